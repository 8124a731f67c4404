"""An index of models in memory: for each word and each value to filter by, the set of models that have it.

A set is a compressed bitmap over the numbers that models get in the order of their coming, which but for a few is that
of their ids, so that to narrow, count and page a million of them takes fractions of a millisecond, whatever the words.
It knows words and values only; what is shown is read from the documents.
"""

import hashlib
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec
from pyroaring import BitMap

from services.registration.models.messages import MODEL
from services.registration.search.words import Words, asked_for, written_out

SCHEMA = 1
"""Of what is kept on disk and how texts become words: a file of another one is not read."""
MAGIC = b"danvan-search\n"
Numbers = dict[str, BitMap]
_ID_BYTES = 12
FEW, MANY = 2_000, 20_000
"""Models that came out of order: so many cost a query milliseconds."""


class Entry(msgspec.Struct, frozen=True):
    """What one model is found by. `within`: the ids of its owner, its unit and all units above it.

    `values`: filter → value, of which there are few.
    """

    id: str
    words: Words
    within: tuple[str, ...]
    values: dict[str, str]

    def digest(self) -> int:
        """Of what seldom changes."""
        text = "\n".join((*sorted(self.words.exact), "", *sorted(self.words.pairs), "", *self.within))
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


class Ids:
    """Numbers by id and back, 12 bytes for each.

    Numbers rise as ids do, but for those of strays: ids that came after greater ones, as they do when several processes
    make them. `strays` are their numbers; each lies before the number that `before` has.
    """

    def __init__(self, packed: bytes = b"") -> None:
        self._packed = bytearray()
        self._rising = array("I")
        self._numbers: dict[bytes, int] = {}
        self.strays = BitMap()
        self.before: dict[int, int] = {}
        for start in range(0, len(packed), _ID_BYTES):
            self._add(packed[start : start + _ID_BYTES])

    def __len__(self) -> int:
        return len(self._packed) // _ID_BYTES

    def __getitem__(self, number: int) -> str:
        return MODEL.id(self.key(number).hex())

    def key(self, number: int) -> bytes:
        return bytes(self._packed[number * _ID_BYTES : (number + 1) * _ID_BYTES])

    def add(self, id_: str) -> int:
        """The number of a new one."""
        digits = MODEL.digits(id_)
        assert digits, "only ids of models are added"  # noqa: S101
        return self._add(bytes.fromhex(digits))

    def number(self, id_: str) -> int | None:
        digits = MODEL.digits(id_)
        if digits is None:
            return None
        key = bytes.fromhex(digits)
        place = self._place(key)
        if place < len(self._rising) and self.key(self._rising[place]) == key:
            return self._rising[place]
        return self._numbers.get(key)

    def packed(self) -> bytes:
        return bytes(self._packed)

    def _add(self, key: bytes) -> int:
        number = len(self)
        if not self._rising or self.key(self._rising[-1]) < key:
            self._rising.append(number)
        else:
            self._numbers[key] = number
            self.strays.add(number)
            self.before[number] = self._rising[self._place(key)]
        self._packed += key
        return number

    def _place(self, key: bytes) -> int:
        """Of the first rising one that is not smaller."""
        low, high = 0, len(self._rising)
        while low < high:
            middle = (low + high) // 2
            if self.key(self._rising[middle]) < key:
                low = middle + 1
            else:
                high = middle
        return low


class _Tier:
    """Numbers with the newest id first."""

    def __init__(self, numbers: BitMap, ids: Ids) -> None:
        self._ids = ids
        self._rising = numbers - ids.strays
        self._strays = sorted(((*self._order(n), n) for n in numbers & ids.strays), reverse=True)
        self._places = [place + self._newer(before - 1) for place, (before, _, _) in enumerate(self._strays)]

    def __len__(self) -> int:
        return len(self._rising) + len(self._strays)

    def __getitem__(self, place: int) -> int:
        strays = bisect_left(self._places, place)
        if strays < len(self._places) and self._places[strays] == place:
            return self._strays[strays][2]
        return self._rising[len(self._rising) - 1 - (place - strays)]

    def place(self, number: int) -> tuple[int, int]:
        """How many are newer, and how many are so or this one itself."""
        if number in self._ids.strays:
            before, key = self._order(number)
            newer = self._newer(before - 1) + sum((b, k) > (before, key) for b, k, _ in self._strays)
            return newer, newer + any(n == number for _, _, n in self._strays)
        newer = self._newer(number) + sum(before > number for before, _, _ in self._strays)
        return newer, newer + (number in self._rising)

    def _newer(self, number: int) -> int:
        return len(self._rising) - (self._rising.rank(number) if number >= 0 else 0)

    def _order(self, stray: int) -> tuple[int, bytes]:
        return self._ids.before[stray], self._ids.key(stray)


class Found:
    """All that match, the best first: in tiers without a common member, in each those with the greatest ids first."""

    def __init__(self, tiers: Sequence[BitMap], ids: Ids) -> None:
        self._every = tiers
        self._tiers = [_Tier(numbers, ids) for numbers in tiers]

    def __len__(self) -> int:
        return sum(map(len, self._tiers))

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(self[0 : len(self)])

    def __getitem__(self, part: slice) -> list[tuple[int, int]]:
        """(tier, number) of each."""
        found = []
        start, stop = part.start, part.stop
        for tier, numbers in enumerate(self._tiers):
            many = len(numbers)
            found += [(tier, numbers[place]) for place in range(max(0, start), min(stop, many))]
            start, stop = start - many, stop - many
        return found

    def place(self, tier: int, number: int) -> tuple[int, int]:
        """How many come before it, and up to it; it may have ceased to match."""
        above = sum(len(numbers) for numbers in self._tiers[:tier])
        newer, upto = self._tiers[tier].place(number)
        return above + newer, above + upto

    def every(self) -> BitMap:
        return BitMap.union(*self._every)


COLUMNS = ("*exact", "*bare", "*pairs", "*within")
"""What is kept besides the values, as no filter is called."""


class Kept(msgspec.Struct, frozen=True):
    """An index as bytes."""

    position: int = 0
    event: str = ""
    ids: bytes = b""
    digests: bytes = b""
    columns: dict[str, dict[str, bytes]] = {}


class Index:
    """`position`: the last event of the log that it knows; `event`: that event's id, to tell one log from another."""

    def __init__(self, kept: "Kept | None" = None) -> None:
        kept = kept or Kept()
        self.position = kept.position
        self.event = kept.event
        self.ids = Ids(kept.ids)
        self._digests = array("Q", kept.digests)
        columns = {
            name: {key: BitMap.deserialize(numbers) for key, numbers in column.items()}
            for name, column in kept.columns.items()
        }
        self._exact, self._bare, self._pairs, self._within = (columns.pop(name, {}) for name in COLUMNS)
        self._values = columns

    @property
    def models(self) -> int:
        return len(self.ids)

    def disordered(self, *, idle: bool) -> bool:
        """Whether so many came out of order that it is worth building anew, which puts all in order."""
        strays = len(self.ids.strays)
        return strays > (FEW if idle else max(MANY, self.models * 3 // 10))

    def put(self, entries: Iterable[Entry]) -> None:
        """Adds those that are new, and brings the others up to date."""
        fresh: dict[int, Entry] = {}
        changed: dict[int, Entry] = {}
        others: dict[int, Entry] = {}
        for entry in entries:
            number, digest = self.ids.number(entry.id), entry.digest()
            if number is None:
                number = self.ids.add(entry.id)
                self._digests.append(digest)
                fresh[number] = entry
                continue
            if number in fresh:
                fresh[number] = entry
            elif self._digests[number] != digest:
                changed[number] = entry
            others[number] = entry
            self._digests[number] = digest
        if others:
            _remove(BitMap(others), *self._values.values())
        if changed:
            # There is no list of a model's old words: it is taken out of every set, all changed ones at once.
            _remove(BitMap(changed), self._exact, self._bare, self._pairs, self._within)
        worded = fresh | changed
        _add(self._exact, ((n, e.words.exact) for n, e in worded.items()))
        _add(self._bare, ((n, e.words.bare) for n, e in worded.items()))
        _add(self._pairs, ((n, e.words.pairs) for n, e in worded.items()))
        _add(self._within, ((n, e.within) for n, e in worded.items()))
        valued = fresh | others
        for name in {name for entry in valued.values() for name in entry.values}:
            column = self._values.setdefault(name, {})
            _add(column, ((n, (e.values[name],)) for n, e in valued.items() if name in e.values))

    def find(
        self,
        text: str,
        units: frozenset[str] | None,
        within: Sequence[str] = (),
        values: Mapping[str, str] | None = None,
    ) -> Found:
        """Those in one of the units (anywhere for None) and of all of `within`, with these values and all the words.

        Tiers: all words as typed and side by side; as typed; without regard to marks and side by side; without it.
        """
        narrowed: list[BitMap] = []
        if units is not None:
            narrowed.append(BitMap.union(BitMap(), *(self._within.get(unit, BitMap()) for unit in units)))
        narrowed += [self._within.get(one, BitMap()) for one in within]
        for name, value in (values or {}).items():
            narrowed.append(self._values.get(name, {}).get(value, BitMap()))
        asked = asked_for(text)
        if not asked:
            nothing = BitMap()
            everything = _all(narrowed) if narrowed else BitMap(range(self.models))
            return Found([everything, nothing, nothing, nothing], self.ids)
        bare = _all([*narrowed, *(self._bare.get(one.bare, BitMap()) for one in asked)])
        exact = _all([bare, *(self._exact.get(one.exact, BitMap()) for one in asked)])
        beside = self._side_by_side(text)
        side = _all([bare, *beside]) if beside else bare
        tiers = [exact & side, exact - side, side - exact, bare - (side | exact)]
        return Found(tiers, self.ids)

    def belonging(self, owners_or_units: Iterable[str]) -> set[str]:
        """Ids of the models of any of them."""
        nothing = BitMap()
        numbers = BitMap.union(nothing, *(self._within.get(one, nothing) for one in owners_or_units))
        return {self.ids[number] for number in numbers}

    def counts(self, found: Found, name: str) -> dict[str, int]:
        """How many of them have each value."""
        every = found.every()
        counted = {
            value: every.intersection_cardinality(numbers)
            for value, numbers in self._values.get(name, {}).items()
        }
        return {value: many for value, many in sorted(counted.items()) if many}

    def frequency(self, bare: str) -> int:
        """In how many models a bare word stands, or a pair of them with a blank between."""
        return len((self._pairs if " " in bare else self._bare).get(bare, ()))

    def alike(self, words: Sequence[str], *, within: str | None, most: int, floor: int) -> list[str]:
        """Ids of at most `most` models that have the most of these words or pairs, at least `floor` of them.

        Of those with as many, the oldest first, so that the same question has the same answer while the index grows.
        """
        layers: list[BitMap] = []
        inside = self._within.get(within, BitMap()) if within else None
        for word in words:
            numbers = (self._pairs if " " in word else self._bare).get(word)
            if not numbers:
                continue
            numbers = numbers & inside if inside is not None else numbers
            layers.append(BitMap())
            for place in range(len(layers) - 1, 0, -1):
                layers[place] |= layers[place - 1] & numbers
            layers[0] |= numbers
        found: list[str] = []
        passed = BitMap()
        for layer in reversed(layers[floor - 1 :]):
            left = layer - passed
            passed |= layer
            for number in left:
                if len(found) == most:
                    return found
                found.append(self.ids[number])
        return found

    def _side_by_side(self, text: str) -> list[BitMap]:
        written = written_out(text)
        pairs = (f"{a.bare} {b.bare}" for a, b in pairwise(written))
        return [self._pairs.get(pair, BitMap()) for pair in pairs]

    def packed(self) -> bytes:
        """With a checksum: half a file must not pass for one."""
        columns = {
            **dict(zip(COLUMNS, (self._exact, self._bare, self._pairs, self._within), strict=True)),
            **self._values,
        }
        body = msgspec.msgpack.encode(
            Kept(
                position=self.position,
                event=self.event,
                ids=self.ids.packed(),
                digests=self._digests.tobytes(),
                columns={
                    name: {key: numbers.serialize() for key, numbers in column.items()}
                    for name, column in columns.items()
                },
            )
        )
        head = msgspec.json.encode({"schema": SCHEMA, "bytes": len(body), "crc": zlib.crc32(body)})
        return MAGIC + head + b"\n" + body

    @classmethod
    def unpacked(cls, packed: bytes) -> "Index | None":
        """None of what is no whole index of our schema."""
        try:
            magic, head, body = packed.split(b"\n", 2)
            expected = {"schema": SCHEMA, "bytes": len(body), "crc": zlib.crc32(body)}
            if magic + b"\n" != MAGIC or msgspec.json.decode(head) != expected:
                return None
        except (ValueError, msgspec.DecodeError):
            return None
        return cls(msgspec.msgpack.decode(body, type=Kept))


def _add(column: Numbers, found: Iterable[tuple[int, Iterable[str]]]) -> None:
    gathered: dict[str, list[int]] = {}
    for number, keys in found:
        for key in keys:
            gathered.setdefault(key, []).append(number)
    for key, numbers in gathered.items():
        known = column.get(key)
        if known is None:
            column[key] = BitMap(numbers)
        else:
            known.update(numbers)


def _remove(gone: BitMap, *columns: Numbers) -> None:
    for column in columns:
        for numbers in column.values():
            numbers.difference_update(gone)


def _all(sets: Sequence[BitMap]) -> BitMap:
    """The smallest first: what is empty soon costs nothing more."""
    first, *others = sorted(sets, key=len)
    found = first.copy()
    for numbers in others:
        if not found:
            break
        found &= numbers
    return found
