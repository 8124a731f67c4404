"""How alike two titles are in what they say of the method, and by which words. The same titles give the same likeness.

The movement's boilerplate, `boilerplate.txt`, counts for nothing, nor do the places that a title names; what is left
counts by how rare it is among all models.
"""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

import msgspec

from services.registration.search.words import Syllable, syllables, written_out

LIST = Path(__file__).with_name("boilerplate.txt")
PLACE_WORDS = (
    *("phường", "xã", "thị trấn", "quận", "huyện", "thị xã", "thành phố", "tỉnh"),
    *("thôn", "xóm", "ấp", "bản", "tổ dân phố", "tổ", "khu dân cư", "khu phố", "khu", "cụm"),
)
"""Behind one of them a number or a name with capitals says where."""
SINGLE = 0.6
"""What a word alone counts, where two side by side count 1: syllables mean little without their neighbours."""
Frequency = Callable[[str], int]
"""In how many models a bare word stands, or a pair of them with a blank between."""
Phrases = dict[str, list[tuple[str, ...]]]
_YEAR = re.compile(r"(19|20)\d\d")


class Content(msgspec.Struct, frozen=True):
    """What a title says of the method, in stretches between what counts for nothing, and the places it names."""

    stretches: tuple[tuple[Syllable, ...], ...]
    places: frozenset[str]

    @property
    def words(self) -> frozenset[str]:
        return frozenset(one.bare for stretch in self.stretches for one in stretch)

    @property
    def terms(self) -> frozenset[str]:
        """Words, and pairs of neighbours with a blank between."""
        pairs = (f"{a.bare} {b.bare}" for stretch in self.stretches for a, b in pairwise(stretch))
        return self.words | frozenset(pairs)


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """A phrase of the newer title that the other shares. `weight`: its part of all that is shared, in thousandths."""

    text: str
    weight: int


class Likeness(msgspec.Struct, frozen=True, kw_only=True):
    """What they share in thousandths: `alike` of what both say, `covered` of what the one that says less says.

    `words`: how many words of content they share; `telling`: what those weigh, a rare word of a small corpus 2 or so.
    """

    alike: int
    covered: int
    words: int
    telling: int
    shared: tuple[Shared, ...]


def content(title: str, units: Iterable[str] = ()) -> Content:
    """`units`: names of the model's unit and those above it, which in a title are no part of the method."""
    return _content(title, tuple(units))


@lru_cache(20_000)
def _content(title: str, units: tuple[str, ...]) -> Content:
    said = written_out(title)
    marked = any(one.exact != one.bare for one in said)
    keys = [one.exact if marked else one.bare for one in said]
    idle = [False] * len(said)
    telling = {
        place for start, end in _found(keys, _phrases(marked, _lists()[1])) for place in range(start, end)
    }
    places: set[str] = set()
    own = _indexed(tuple(name for unit in units for name in _proper(unit, marked=marked)))
    for start, end in _found(keys, own):
        idle[start:end] = [True] * (end - start)
        places.add(" ".join(one.bare for one in said[start:end]))
    for start, end in _found(keys, _phrases(marked, PLACE_WORDS)):
        if not telling.isdisjoint(range(start, end)):
            continue
        stop = end
        while stop < len(said) and _names(title, said[stop]):
            stop += 1
        if stop > end:
            idle[start:stop] = [True] * (stop - start)
            places.add(" ".join(one.bare for one in said[start:stop] if one.bare != "so"))
    for start, end in _found(keys, _phrases(marked, _lists()[0])):
        if telling.isdisjoint(range(start, end)):
            idle[start:end] = [True] * (end - start)
    stretches: list[list[Syllable]] = [[]]
    for one, skip in zip(said, idle, strict=True):
        if skip or _YEAR.fullmatch(one.bare):
            stretches.append([])
        else:
            stretches[-1].append(one)
    return Content(tuple(tuple(stretch) for stretch in stretches if stretch), frozenset(places))


def likeness(newer: Content, older: Content, title: str, *, frequency: Frequency, models: int) -> Likeness:
    """`title`: the newer one's, to quote from. `frequency` and `models` are of the whole corpus."""

    def weight(terms: Iterable[str]) -> float:
        return math.fsum(_weight(term, frequency, models) for term in sorted(terms))

    ours, theirs = newer.terms, older.terms
    both = weight(ours & theirs)
    all_ours, all_theirs = weight(ours), weight(theirs)
    smaller = min(all_ours, all_theirs)
    return Likeness(
        alike=_thousandths(2 * both, all_ours + all_theirs),
        covered=_thousandths(both, smaller),
        words=len(newer.words & older.words),
        telling=round(both),
        shared=tuple(
            Shared(text=text, weight=_thousandths(weight(terms), both))
            for text, terms in _phrases_shared(newer, theirs, title)
        ),
    )


def _weight(term: str, frequency: Frequency, models: int) -> float:
    """Rarity, smoothed so that in a small corpus all words count about alike: a thousand models are assumed besides."""
    rarity = math.log((models + 1000) / (frequency(term) + 10))
    return rarity if " " in term else SINGLE * rarity


def _phrases_shared(
    newer: Content, theirs: frozenset[str], title: str
) -> Iterable[tuple[str, frozenset[str]]]:
    """Runs of words that stand in the other title too, as written, with the shared terms in them."""
    told: set[str] = set()
    for stretch in newer.stretches:
        run: list[Syllable] = []
        for one in (*stretch, None):
            if one is not None and one.bare in theirs and (not run or f"{run[-1].bare} {one.bare}" in theirs):
                run.append(one)
                continue
            if run:
                terms = (
                    frozenset((*(w.bare for w in run), *(f"{a.bare} {b.bare}" for a, b in pairwise(run))))
                    - told
                )
                if terms:
                    told |= terms
                    yield title[run[0].start : run[-1].end], terms
            run = [one] if one is not None and one.bare in theirs else []


def _names(title: str, one: Syllable) -> bool:
    first = title[one.start]
    return first.isdigit() or first.isupper() or one.bare == "so"


def _thousandths(part: float, whole: float) -> int:
    return round(1000 * part / whole) if whole else 0


def _proper(unit: str, *, marked: bool) -> list[tuple[str, ...]]:
    """The name as keys, with and without its kind: of two words at least, a single one says too much else."""
    keys = tuple(one.exact if marked else one.bare for one in syllables(unit))
    kinds = (
        [kind for kind in _phrases(marked, PLACE_WORDS).get(keys[0], ()) if keys[: len(kind)] == kind]
        if keys
        else []
    )
    bare = keys[len(kinds[0]) :] if kinds else keys
    return [name for name in (keys, bare) if len(name) > 1]


@cache
def _phrases(marked: bool, phrases: Sequence[str]) -> Phrases:
    return _indexed(
        tuple(tuple(one.exact if marked else one.bare for one in syllables(phrase)) for phrase in phrases)
    )


@cache
def _lists() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The boilerplate, and what only looks like it."""
    lines = [
        line for line in LIST.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
    ]
    telling = tuple(line[1:] for line in lines if line.startswith("+"))
    return tuple(line for line in lines if not line.startswith("+")), telling


def _indexed(phrases: Iterable[tuple[str, ...]]) -> Phrases:
    """By the first word, the longest first."""
    found: Phrases = {}
    for phrase in sorted(set(phrases), key=lambda one: (-len(one), one)):
        found.setdefault(phrase[0], []).append(phrase)
    return found


def _found(keys: Sequence[str], phrases: Phrases) -> Iterable[tuple[int, int]]:
    """Where they stand, the longest of those that begin in one place."""
    place = 0
    while place < len(keys):
        for phrase in phrases.get(keys[place], ()):
            if tuple(keys[place : place + len(phrase)]) == phrase:
                yield place, place + len(phrase)
                place += len(phrase)
                break
        else:
            place += 1
