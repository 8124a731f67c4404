"""Search over documents by words: one index machinery, and a declaration for each kind of document.

- `tokenizer` turns Vietnamese text into terms; `index` keeps a posting list for each term; `ids` and `hits` order and
  page them; `file` keeps an index on disk.
- `declaration` declares the texts, filters and facets of a kind of document; `texts` reads texts of the document and
  names that it borrows from other records; `source` reads whole documents from the database.
- `projection` keeps a process's index up to date with the log; `answers` answers queries from it.
"""
