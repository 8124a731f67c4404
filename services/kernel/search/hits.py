"""The hits of a query in order, and paging by position: the best tier first, in each tier the greatest ids first."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from pyroaring import BitMap

from services.kernel.search.ids import Ids

Hit = tuple[int, int]
"""Tier and number."""


class _Tier:
    """Numbers of one tier, the greatest id first."""

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
        """Number of hits that are newer than this one; and the same, including this one."""
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


class Hits:
    """`tiers` have no common member."""

    def __init__(self, tiers: Sequence[BitMap], ids: Ids) -> None:
        self._numbers = tiers
        self._tiers = [_Tier(numbers, ids) for numbers in tiers]

    def __len__(self) -> int:
        return sum(map(len, self._tiers))

    def __iter__(self) -> Iterator[Hit]:
        return iter(self[0 : len(self)])

    def __getitem__(self, part: slice) -> list[Hit]:
        """`part` has a start and a stop, both 0 or more."""
        hits: list[Hit] = []
        start, stop = part.start, part.stop
        for tier, numbers in enumerate(self._tiers):
            many = len(numbers)
            hits += [(tier, numbers[place]) for place in range(max(0, start), min(stop, many))]
            start, stop = start - many, stop - many
        return hits

    def place(self, tier: int, number: int) -> tuple[int, int]:
        """Number of hits before this one; and the same, including this one if it is still a hit."""
        above = sum(len(numbers) for numbers in self._tiers[:tier])
        newer, including = self._tiers[tier].place(number)
        return above + newer, above + including

    def all(self) -> BitMap:
        return BitMap.union(*self._numbers)
