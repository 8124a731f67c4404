"""Search over documents by words: one index machinery, and a declaration for each kind of document.

- `tokenizer` turns Vietnamese text into terms; `index` keeps a posting list for each term; `ids` and `hits` order and
  page them; `file` keeps an index on disk.
- `declaration` says what a kind of document is found by, `related` what it borrows from other records, `source` reads
  both from the database.
- `projection` keeps a process's index up to date with the log; `answers` answers queries from it.
"""
