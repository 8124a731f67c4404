"""Files, sheets and background jobs of any service: upload, check, import, result file, export, download.

A service declares a `Sheet` (columns, how rows are judged and written, what an export selects) and the messages of its
own in a `messages.py`, and mounts them as one `Sheets` in its `app.py`. `README.md` shows a complete small example.
This package knows no record of any service.
"""
