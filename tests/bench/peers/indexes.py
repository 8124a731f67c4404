"""The search index and two libraries that could replace it: the same documents, the same words, the same queries.

Each engine runs in a process of its own, so that its memory can be measured. The parent process sends one request at a
time and reads one reply: `python -m tests.bench.peers.indexes ENGINE FOLDER`.
"""

import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import msgspec
import tantivy

from services.kernel.search.declaration import Searched
from services.kernel.search.file import IndexFile
from services.kernel.search.hits import Hit, Hits
from services.kernel.search.index import Entry, Index
from services.kernel.search.tokenizer import Terms, abbreviated, expanded, pairs_of, terms_of, tokens
from services.registration.models.messages import MODEL

PAGE = 20
TIERS = 4
FACETS = ("field", "level", "subject_kind", "state", "year")
GAP = "0gap0"
"""Stands between two texts of a document, so that no phrase reaches from one into the next."""
FILE = Searched(kind=MODEL, collection="models", texts={"TITLE": "title"})


class Document(msgspec.Struct, frozen=True, array_like=True):
    """`number`: place of its id among all ids. `units`: the names by which search finds its unit."""

    number: int
    id: str
    texts: tuple[str, ...]
    units: tuple[str, ...]
    within: tuple[str, ...]
    values: dict[str, str]


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """`after`: the cursor, tier and number of the last hit of the page before."""

    text: str
    units: tuple[str, ...] = ()
    values: dict[str, str] = {}
    after: tuple[int, int] | None = None


class Answer(msgspec.Struct, frozen=True):
    total: int
    facets: dict[str, dict[str, int]]
    page: list[Hit]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """Exactly one of the fields is set. `skip`: the hit at that place of a list, as a cursor."""

    ask: Ask | None = None
    skip: tuple[Ask, int] | None = None
    put: tuple[Document, ...] = ()


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds of wall clock and of processor time; `anonymous` and `mapped` memory in bytes."""

    wall: float = 0.0
    cpu: float = 0.0
    answer: Answer | None = None
    anonymous: int = 0
    mapped: int = 0


class Engine(Protocol):
    def put(self, documents: Sequence[Document]) -> None:
        """Adds new documents and replaces known ones. They are found afterwards."""

    def load(self, batches: Iterator[list[Document]]) -> None:
        """Builds the index of all documents, on disk."""

    def answer(self, ask: Ask) -> Answer: ...


class Roaring:
    """Ours."""

    def __init__(self, folder: Path) -> None:
        self._file = IndexFile(FILE, folder / "index")
        self._index = self._file.read() or Index(MODEL)

    def load(self, batches: Iterator[list[Document]]) -> None:
        for batch in batches:
            self.put(batch)
        self._file.write(self._file.packed(self._index))

    def put(self, documents: Sequence[Document]) -> None:
        self._index.put([self._entry(document) for document in documents])

    def answer(self, ask: Ask) -> Answer:
        found = self._find(ask)
        start = found.place(*ask.after)[1] if ask.after else 0
        counted = {name: self._index.facet(found, name) for name in FACETS}
        return Answer(len(found), counted, found[start : start + PAGE])

    def skip(self, ask: Ask, place: int) -> Hit:
        (hit,) = self._find(ask)[place : place + 1]
        return hit

    def _find(self, ask: Ask) -> Hits:
        return self._index.find(ask.text, frozenset(ask.units) or None, (), ask.values)

    def _entry(self, document: Document) -> Entry:
        own, units = terms_of(*document.texts), _unit_terms(document.units)
        return Entry(document.id, Terms.union([own, units]), document.within, document.values)


class Fts5:
    """SQLite's FTS5: a table of tokens that Python has made, and a table of values to count by."""

    def __init__(self, folder: Path) -> None:
        self._db = sqlite3.connect(folder / "index.db", isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-65536", "temp_store=MEMORY"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.execute(
            "CREATE VIRTUAL TABLE IF NOT EXISTS words USING "
            "fts5(exact, bare, within, tokenize=\"unicode61 remove_diacritics 0 tokenchars '_='\")"
        )
        columns = ", ".join(FACETS)
        self._db.execute(f"CREATE TABLE IF NOT EXISTS facets (number INTEGER PRIMARY KEY, {columns})")

    def load(self, batches: Iterator[list[Document]]) -> None:
        for batch in batches:
            self.put(batch)
        self._db.execute("INSERT INTO words(words) VALUES ('optimize')")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def put(self, documents: Sequence[Document]) -> None:
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT OR REPLACE INTO words(rowid, exact, bare, within) VALUES (?, ?, ?, ?)",
            [(one.number, *_tokens(one), _terms(one)) for one in documents],
        )
        places = ", ".join("?" * (1 + len(FACETS)))
        self._db.executemany(
            f"INSERT OR REPLACE INTO facets VALUES ({places})",  # noqa: S608 - no input
            [(one.number, *(one.values.get(name) for name in FACETS)) for one in documents],
        )
        self._db.execute("COMMIT")

    def answer(self, ask: Ask) -> Answer:
        every, tiers = self._matches(ask)
        columns = ", ".join(f"facets.{name}" for name in FACETS)
        rows = self._db.execute(
            f"SELECT count(*), {columns} FROM words JOIN facets ON facets.number = words.rowid "  # noqa: S608
            f"WHERE words MATCH ? GROUP BY {columns}",
            (every,),
        )
        total, counted = 0, _no_facets()
        for many, *values in rows:
            total += many
            for name, value in zip(FACETS, values, strict=True):
                if value is not None:
                    counted[name][value] = counted[name].get(value, 0) + many
        return Answer(total, counted, _page(ask, lambda *part: self._tier(tiers, *part)))

    def _tier(self, tiers: Sequence[str], tier: int, below: int, limit: int) -> list[int]:
        if not tiers[tier]:
            return []
        found = self._db.execute(
            "SELECT rowid FROM words WHERE words MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?",
            (tiers[tier], below, limit),
        )
        return [number for (number,) in found]

    def _matches(self, ask: Ask) -> tuple[str, list[str]]:
        asked = list(tokens(ask.text))
        every = [f"bare : ({_and(f'{one.bare}' for one in asked)})"]
        if ask.units:
            every.append(f"within : ({' OR '.join(_quoted(unit) for unit in ask.units)})")
        every += [f"within : {_quoted(f'{name}={value}')}" for name, value in ask.values.items()]
        base = f"({' AND '.join(every)})"
        exact = f"(exact : ({_and(one.exact for one in asked)}))"
        pairs = _pairs(ask.text)
        if not pairs:
            return base, [f"{base} AND {exact}", "", f"{base} NOT {exact}", ""]
        side = f"(bare : ({_and(pairs)}))"
        return base, [
            f"{base} AND {exact} AND {side}",
            f"({base} AND {exact}) NOT {side}",
            f"({base} AND {side}) NOT {exact}",
            f"{base} NOT ({exact} OR {side})",
        ]


class Tantivy:
    """tantivy: postings in files that the process maps into its memory."""

    def __init__(self, folder: Path) -> None:
        schema = tantivy.SchemaBuilder()
        schema.add_unsigned_field("number", stored=False, indexed=True, fast=True)
        schema.add_text_field("exact", tokenizer_name="blanks", index_option="basic")
        schema.add_text_field("bare", tokenizer_name="blanks", index_option="position")
        schema.add_text_field("within", tokenizer_name="blanks", index_option="basic")
        for name in FACETS:
            schema.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
        self._schema = schema.build()
        self._index = tantivy.Index(self._schema, path=str(folder))
        self._index.register_tokenizer(
            "blanks", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        )
        self._writer: Any = None
        self._searcher = self._index.searcher()

    def load(self, batches: Iterator[list[Document]]) -> None:
        writer = self._index.writer(heap_size=256_000_000, num_threads=1)
        for batch in batches:
            for one in batch:
                writer.add_document(self._document(one))
        writer.commit()
        writer.wait_merging_threads()
        self._reload()

    def put(self, documents: Sequence[Document]) -> None:
        if self._writer is None:
            self._writer = self._index.writer(heap_size=64_000_000, num_threads=1)
        for one in documents:
            # Deletion by term reads the number as a signed one, and so deletes nothing.
            self._writer.delete_documents_by_query(self._term("number", one.number))
            self._writer.add_document(self._document(one))
        self._writer.commit()
        self._reload()

    def answer(self, ask: Ask) -> Answer:
        every, tiers = self._matches(ask)
        wanted = {name: {"terms": {"field": name, "size": 100}} for name in FACETS}
        counted = self._searcher.aggregate(every, wanted)
        total: int = self._searcher.search(every, 1, count=True).count  # type: ignore[attr-defined]
        facets = {
            name: {str(one["key"]): int(one["doc_count"]) for one in counted[name]["buckets"]}
            for name in FACETS
        }
        return Answer(total, facets, _page(ask, lambda *part: self._tier(tiers, *part)))

    def _reload(self) -> None:
        self._index.reload()
        self._searcher = self._index.searcher()

    def _document(self, one: Document) -> tantivy.Document:
        exact, bare = _tokens(one)
        document = tantivy.Document(exact=exact, bare=bare, within=_terms(one), **one.values)
        document.add_unsigned("number", one.number)
        return document

    def _tier(self, tiers: Sequence[Any], tier: int, below: int, limit: int) -> list[int]:
        if tiers[tier] is None:
            return []
        query = tiers[tier]
        if below < sys.maxsize:
            older = tantivy.Query.range_query(
                self._schema, "number", tantivy.FieldType.Unsigned, 0, below, include_upper=False
            )
            query = _must(query, older)
        found = self._searcher.search(
            query, limit, count=False, order_by_field="number", order=tantivy.Order.Desc
        )
        return [int(number) for number, _ in found.hits]

    def _matches(self, ask: Ask) -> tuple[Any, list[Any]]:
        asked = list(tokens(ask.text))
        must = [self._term("bare", one.bare) for one in asked]
        if ask.units:
            units = [(tantivy.Occur.Should, self._term("within", unit)) for unit in ask.units]
            must.append(tantivy.Query.boolean_query(units))
        must += [self._term("within", f"{name}={value}") for name, value in ask.values.items()]
        base = _must(*must)
        exact = _must(*(self._term("exact", one.exact) for one in asked))
        pairs = _pairs(ask.text)
        if not pairs:
            return base, [_must(base, exact), None, _but(base, exact), None]
        side = _must(
            *(tantivy.Query.phrase_query(self._schema, "bare", list(pair.split())) for pair in pairs)
        )
        return base, [
            _must(base, exact, side),
            _but(_must(base, exact), side),
            _but(_must(base, side), exact),
            _but(base, exact, side),
        ]

    def _term(self, field: str, term: str | int) -> Any:
        return tantivy.Query.term_query(self._schema, field, term, index_option="basic")


def _must(*queries: Any) -> Any:
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, query) for query in queries])


def _but(query: Any, *excluded: Any) -> Any:
    without = [(tantivy.Occur.MustNot, one) for one in excluded]
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, query), *without])


def _page(ask: Ask, tier_page: Callable[[int, int, int], list[int]]) -> list[Hit]:
    """One tier after the other. In each tier the greatest numbers come first."""
    page: list[Hit] = []
    first, below = ask.after or (0, sys.maxsize)
    for tier in range(first, TIERS):
        numbers = tier_page(tier, below, PAGE - len(page))
        page += [(tier, number) for number in numbers]
        below = sys.maxsize
        if len(page) == PAGE:
            break
    return page


def _no_facets() -> dict[str, dict[str, int]]:
    return {name: {} for name in FACETS}


def _and(tokens: Any) -> str:
    return " AND ".join(_quoted(token) for token in tokens)


def _quoted(token: str) -> str:
    return f'"{token}"'


def _pairs(text: str) -> list[str]:
    return list(pairs_of(expanded(text)))


def _terms(document: Document) -> str:
    return " ".join((*document.within, *(f"{name}={value}" for name, value in document.values.items())))


def _tokens(document: Document) -> tuple[str, str]:
    """All words with marks, and all without. After each text come the abbreviations of its words."""
    own, units = _texts_tokens(document.texts), _unit_tokens(document.units)
    return f"{own[0]} {units[0]}", f"{own[1]} {GAP} {units[1]}"


def _texts_tokens(texts: Sequence[str]) -> tuple[str, str]:
    exact, bare = [], []
    for text in texts:
        written = expanded(text)
        short = list(abbreviated(written))
        exact += [*(one.exact for one in written), *(one[2] for one in short)]
        bare += [*(one.bare for one in written), GAP, *(token for one in short for token in (one[3], GAP))]
    return " ".join(exact), " ".join(bare)


@cache
def _unit_tokens(units: tuple[str, ...]) -> tuple[str, str]:
    return _texts_tokens(units)


@cache
def _unit_terms(units: tuple[str, ...]) -> Terms:
    return terms_of(*units)


ENGINES: dict[str, Callable[[Path], Engine]] = {"roaring": Roaring, "fts5": Fts5, "tantivy": Tantivy}


def framed(value: Any) -> bytes:
    """The packed value, after its length in 4 bytes."""
    packed = msgspec.msgpack.encode(value)
    return len(packed).to_bytes(4, "big") + packed


def read_batches(file: Path) -> Iterator[list[Document]]:
    with file.open("rb") as stream:
        while packed := read(stream):
            yield msgspec.msgpack.decode(packed, type=list[Document])


def read(stream: BinaryIO) -> bytes:
    return stream.read(int.from_bytes(stream.read(4), "big"))


def _memory() -> dict[str, int]:
    lines = Path("/proc/self/status").read_text().splitlines()
    fields = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Rss")}
    return {"anonymous": int(fields["RssAnon"]) * 1024, "mapped": int(fields["RssFile"]) * 1024}


def _timed(work: Callable[[], Answer | None]) -> Reply:
    wall, cpu = time.perf_counter(), time.process_time()
    answer = work()
    return Reply(wall=time.perf_counter() - wall, cpu=time.process_time() - cpu, answer=answer, **_memory())


def main(name: str, folder: Path, documents: Path | None) -> None:
    """With `documents`, builds their index and ends. Otherwise opens the index and answers requests."""
    make = ENGINES[name]
    if documents:
        _reply(_timed(lambda: make(folder).load(read_batches(documents))))
        return
    opened: list[Engine] = []
    _reply(_timed(lambda: opened.append(make(folder))))
    (engine,) = opened
    while packed := read(sys.stdin.buffer):
        request = msgspec.msgpack.decode(packed, type=Request)
        if request.skip:
            assert isinstance(engine, Roaring), "only our index can skip to a hit"
            _reply(Reply(answer=Answer(0, {}, [engine.skip(*request.skip)])))
        elif request.ask:
            _reply(_timed(partial(engine.answer, request.ask)))
        else:
            _reply(_timed(partial(engine.put, request.put)))


def _reply(reply: Reply) -> None:
    sys.stdout.buffer.write(framed(reply))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
