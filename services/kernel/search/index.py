"""An index of documents in memory: a posting list for each term and for each value to filter by.

A posting list is a compressed bitmap over the numbers that documents get in the order of their arrival, so narrowing,
counting and paging a million documents takes a few milliseconds, whatever the words. The index knows terms and values
only; the text of a hit is read from its document.
"""

import hashlib
from array import array
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from pyroaring import BitMap

from services.kernel.kinds import Kind
from services.kernel.search.hits import Hits
from services.kernel.search.ids import Ids
from services.kernel.search.tokenizer import Terms, expanded, pairs_of, tokens

Postings = dict[str, BitMap]
FEW_STRAYS, MANY_STRAYS = 2_000, 20_000
"""Numbers of documents that arrived out of the order of ids. Ordering this many costs a query milliseconds."""


class Entry(msgspec.Struct, frozen=True):
    """One document as the index sees it.

    `within`: ids of everything it belongs to, its unit and all units above it among them. `values`: filter → value; a
    filter has few values.
    """

    id: str
    terms: Terms
    within: tuple[str, ...]
    values: dict[str, str]

    def digests(self) -> tuple[int, int]:
        """A digest of the terms, and one of `within`. Both seldom change."""
        return _digest((*sorted(self.terms.exact), "", *sorted(self.terms.pairs))), _digest(self.within)


def _digest(texts: Sequence[str]) -> int:
    return int.from_bytes(hashlib.blake2b("\n".join(texts).encode(), digest_size=8).digest(), "little")


COLUMNS = ("*exact", "*bare", "*pairs", "*within")
"""Names of the columns that are no filter. No filter's name begins with an asterisk."""


class Packed(msgspec.Struct, frozen=True):
    """An index as bytes."""

    position: int = 0
    event: str = ""
    ids: bytes = b""
    digests: bytes = b""
    columns: dict[str, dict[str, bytes]] = {}


class Index:
    """`position`: the last event of the log that it includes. `event`: its id, which tells one log from another."""

    def __init__(self, kind: Kind, packed: Packed | None = None) -> None:
        packed = packed or Packed()
        self.position = packed.position
        self.event = packed.event
        self.ids = Ids(kind, packed.ids)
        self._digests = array("Q", packed.digests)
        columns = {
            name: {key: BitMap.deserialize(numbers) for key, numbers in column.items()}
            for name, column in packed.columns.items()
        }
        self._exact, self._bare, self._pairs, self._within = (columns.pop(name, {}) for name in COLUMNS)
        self._values = columns

    @property
    def documents(self) -> int:
        return len(self.ids)

    def packed(self) -> Packed:
        columns = {
            **dict(zip(COLUMNS, (self._exact, self._bare, self._pairs, self._within), strict=True)),
            **self._values,
        }
        return Packed(
            position=self.position,
            event=self.event,
            ids=self.ids.packed(),
            digests=self._digests.tobytes(),
            columns={
                name: {key: numbers.serialize() for key, numbers in column.items()}
                for name, column in columns.items()
            },
        )

    def is_disordered(self, *, idle: bool) -> bool:
        """Whether the index should be built again in order, because too many documents are strays."""
        return len(self.ids.strays) > (FEW_STRAYS if idle else max(MANY_STRAYS, self.documents * 3 // 10))

    def put(self, entries: Iterable[Entry]) -> None:
        """Adds new documents and brings known ones up to date."""
        fresh: dict[int, Entry] = {}
        reworded: dict[int, Entry] = {}
        moved: dict[int, Entry] = {}
        known: dict[int, Entry] = {}
        for entry in entries:
            number, digests = self.ids.number(entry.id), array("Q", entry.digests())
            if number is None:
                number = self.ids.add(entry.id)
                self._digests.extend(digests)
                fresh[number] = entry
                continue
            place = slice(2 * number, 2 * number + 2)
            if number in fresh:
                fresh[number] = entry
            else:
                terms, within = self._digests[place]
                if terms != digests[0]:
                    reworded[number] = entry
                if within != digests[1]:
                    moved[number] = entry
            known[number] = entry
            self._digests[place] = digests
        # A document's old terms are listed nowhere: changed documents are taken out of every posting list. The lists of
        # owners are many, so a document with a new text is left in them.
        _remove(known, *self._values.values())
        _remove(reworded, self._exact, self._bare, self._pairs)
        _remove(moved, self._within)
        self._add(fresh | reworded, fresh | moved, fresh | known)

    def _add(
        self, termed: Mapping[int, Entry], placed: Mapping[int, Entry], valued: Mapping[int, Entry]
    ) -> None:
        _post(self._exact, ((n, e.terms.exact) for n, e in termed.items()))
        _post(self._bare, ((n, e.terms.bare) for n, e in termed.items()))
        _post(self._pairs, ((n, e.terms.pairs) for n, e in termed.items()))
        _post(self._within, ((n, e.within) for n, e in placed.items()))
        for name in {name for entry in valued.values() for name in entry.values}:
            column = self._values.setdefault(name, {})
            _post(column, ((n, (e.values[name],)) for n, e in valued.items() if name in e.values))

    def find(
        self,
        text: str,
        units: frozenset[str] | None,
        within: Sequence[str] = (),
        values: Mapping[str, str] | None = None,
    ) -> Hits:
        """Documents in one of the units (anywhere for None) and in all of `within`, with these values and all words.

        Tiers: marks as typed and side by side; marks as typed; side by side with any marks; the rest.
        """
        nothing = BitMap()
        narrowed: list[BitMap] = []
        if units is not None:
            narrowed.append(BitMap.union(nothing, *(self._within.get(unit, nothing) for unit in units)))
        narrowed += [self._within.get(one, nothing) for one in within]
        for name, value in (values or {}).items():
            narrowed.append(self._values.get(name, {}).get(value, nothing))
        wanted = list(tokens(text))
        if not wanted:
            everything = _intersection(narrowed) if narrowed else BitMap(range(self.documents))
            # A text of signs only, such as `%`, has no word that a document could have.
            return Hits([nothing if text.strip() else everything, nothing, nothing, nothing], self.ids)
        bare = _intersection([*narrowed, *(self._bare.get(one.bare, nothing) for one in wanted)])
        exact = _intersection([bare, *(self._exact.get(one.exact, nothing) for one in wanted)])
        side = _intersection([bare, *(self._pairs.get(pair, nothing) for pair in pairs_of(expanded(text)))])
        return Hits([exact & side, exact - side, side - exact, bare - (side | exact)], self.ids)

    def belonging(self, keys: Iterable[str]) -> set[str]:
        """Ids of the documents that belong to any of these units, owners or other records."""
        nothing = BitMap()
        numbers = BitMap.union(nothing, *(self._within.get(one, nothing) for one in keys))
        return {self.ids[number] for number in numbers}

    def facet(self, hits: Hits, name: str) -> dict[str, int]:
        """Value of the filter → number of hits that have it, without values that none has."""
        numbers = hits.all()
        counted = {
            value: numbers.intersection_cardinality(posted)
            for value, posted in self._values.get(name, {}).items()
        }
        return {value: many for value, many in sorted(counted.items()) if many}

    def frequency(self, term: str) -> int:
        """Number of documents with a bare word or a pair."""
        return len((self._pairs if " " in term else self._bare).get(term, ()))

    def alike(self, terms: Sequence[str], *, within: str | None, most: int, floor: int) -> list[str]:
        """Ids of at most `most` documents that have the most of these bare words and pairs, at least `floor` of them.

        Among equals the oldest come first, so that a query has the same answer while the index grows.
        """
        layers: list[BitMap] = []
        inside = self._within.get(within, BitMap()) if within else None
        for term in terms:
            numbers = (self._pairs if " " in term else self._bare).get(term)
            if not numbers:
                continue
            numbers = numbers & inside if inside is not None else numbers
            layers.append(BitMap())
            for place in range(len(layers) - 1, 0, -1):
                layers[place] |= layers[place - 1] & numbers
            layers[0] |= numbers
        ids: list[str] = []
        passed = BitMap()
        for layer in reversed(layers[floor - 1 :]):
            left = layer - passed
            passed |= layer
            for number in left:
                if len(ids) == most:
                    return ids
                ids.append(self.ids[number])
        return ids


def _post(column: Postings, terms: Iterable[tuple[int, Iterable[str]]]) -> None:
    gathered: dict[str, list[int]] = {}
    for number, keys in terms:
        for key in keys:
            gathered.setdefault(key, []).append(number)
    for key, numbers in gathered.items():
        known = column.get(key)
        if known is None:
            column[key] = BitMap(numbers)
        else:
            known.update(numbers)


def _remove(changed: Mapping[int, Entry], *columns: Postings) -> None:
    gone = BitMap(changed)
    for column in columns if gone else ():
        for numbers in column.values():
            numbers.difference_update(gone)


def _intersection(sets: Sequence[BitMap]) -> BitMap:
    """Takes the smallest first, and stops when nothing is left."""
    first, *others = sorted(sets, key=len)
    common = first.copy()
    for numbers in others:
        if not common:
            break
        common &= numbers
    return common
