"""Compares two titles by the words that describe the method.

The movement's boilerplate (`boilerplate.txt`) and names of places are left out. Each other word weighs by how rare it
is among all models. The same titles and frequencies give the same likeness.
"""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Self

import msgspec

from services.kernel.search.tokenizer import Token, expanded, tokens

LIST = Path(__file__).with_name("boilerplate.txt")
PLACE_WORDS = (
    *("phường", "xã", "thị trấn", "quận", "huyện", "thị xã", "thành phố", "tỉnh"),
    *("thôn", "xóm", "ấp", "bản", "tổ dân phố", "tổ", "khu dân cư", "khu phố", "khu", "cụm"),
)
"""A number or a capitalised name after one of these words is a place."""
SINGLE = 0.6
"""Factor of a single word, where a pair of neighbours has 1: a syllable alone means little."""
Frequency = Callable[[str], int]
"""Number of models with a word without marks, or with two such words side by side (a blank between)."""
Phrases = dict[str, list[tuple[str, ...]]]
_YEAR = re.compile(r"(19|20)\d\d")


class Content(msgspec.Struct, frozen=True, cache_hash=True):
    """The words of a title that describe the method, and the places that it names."""

    stretches: tuple[tuple[Token, ...], ...]
    """Words in their order, cut where boilerplate or places were left out."""
    places: frozenset[str]
    words: frozenset[str]
    terms: frozenset[str]
    """Words, and pairs of neighbours with a blank between."""

    @classmethod
    def of(cls, stretches: tuple[tuple[Token, ...], ...], places: frozenset[str]) -> Self:
        words = frozenset(one.bare for stretch in stretches for one in stretch)
        pairs = (f"{a.bare} {b.bare}" for stretch in stretches for a, b in pairwise(stretch))
        return cls(stretches, places, words, words | frozenset(pairs))


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """A phrase of both titles, as the newer one writes it. `weight`: share of all shared weight, in thousandths."""

    text: str
    weight: int


class Likeness(msgspec.Struct, frozen=True, kw_only=True):
    """`alike`: shared part of both titles, in thousandths. `covered`: shared part of the shorter title, in thousandths.

    `telling`: weight of the shared terms. A rare word of a small corpus weighs about 2.
    """

    alike: int
    covered: int
    telling: int


def content(title: str, units: Iterable[str] = ()) -> Content:
    """`units`: names of the model's unit and of the units above it. They are places, not part of the method."""
    return _content(title, tuple(units))


@lru_cache(20_000)
def _content(title: str, units: tuple[str, ...]) -> Content:
    said = expanded(title)
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
    stretches: list[list[Token]] = [[]]
    for one, skip in zip(said, idle, strict=True):
        if skip or _YEAR.fullmatch(one.bare):
            stretches.append([])
        else:
            stretches[-1].append(one)
    return Content.of(tuple(tuple(stretch) for stretch in stretches if stretch), frozenset(places))


class Corpus:
    """Compares titles by how rare their words are in all models.

    It keeps each result: create one for each batch, as frequencies change between batches.
    """

    def __init__(self, frequency: Frequency, models: int) -> None:
        self._frequency = frequency
        self._models = models
        self._weights: dict[str, float] = {}
        self._totals: dict[Content, float] = {}
        self._likeness: dict[tuple[Content, Content], Likeness] = {}
        self._shared: dict[tuple[Content, Content, str], tuple[Shared, ...]] = {}

    def likeness(self, newer: Content, older: Content) -> Likeness:
        known = self._likeness.get((newer, older))
        if known is None:
            known = self._likeness[newer, older] = self._compared(newer, older)
        return known

    def shared(self, newer: Content, older: Content, title: str) -> tuple[Shared, ...]:
        """The phrases of the newer title that the older one has too. `title`: the newer one, quoted from."""
        known = self._shared.get((newer, older, title))
        if known is None:
            both = self._weight(newer.terms & older.terms)
            known = self._shared[newer, older, title] = tuple(
                Shared(text=text, weight=_thousandths(self._weight(terms), both))
                for text, terms in _phrases_shared(newer, older.terms, title)
            )
        return known

    def _compared(self, newer: Content, older: Content) -> Likeness:
        both = self._weight(newer.terms & older.terms)
        ours, theirs = self._total(newer), self._total(older)
        return Likeness(
            alike=_thousandths(2 * both, ours + theirs),
            covered=_thousandths(both, min(ours, theirs)),
            telling=round(both),
        )

    def _total(self, content: Content) -> float:
        known = self._totals.get(content)
        if known is None:
            known = self._totals[content] = self._weight(content.terms)
        return known

    def _weight(self, terms: Iterable[str]) -> float:
        # fsum rounds once, so the order of a set does not matter.
        return math.fsum(map(self._weight_of, terms))

    def _weight_of(self, term: str) -> float:
        """Rarity, smoothed so that words of a small corpus weigh about the same: 1,000 more models are assumed."""
        known = self._weights.get(term)
        if known is None:
            rarity = math.log((self._models + 1000) / (self._frequency(term) + 10))
            known = self._weights[term] = rarity if " " in term else SINGLE * rarity
        return known


def _phrases_shared(
    newer: Content, theirs: frozenset[str], title: str
) -> Iterable[tuple[str, frozenset[str]]]:
    """Runs of words that the other title has too, as written, each with its shared terms."""
    counted: set[str] = set()
    for stretch in newer.stretches:
        run: list[Token] = []
        for one in (*stretch, None):
            if one is not None and one.bare in theirs and (not run or f"{run[-1].bare} {one.bare}" in theirs):
                run.append(one)
                continue
            if run:
                terms = (
                    frozenset((*(w.bare for w in run), *(f"{a.bare} {b.bare}" for a, b in pairwise(run))))
                    - counted
                )
                if terms:
                    counted |= terms
                    yield title[run[0].start : run[-1].end], terms
            run = [one] if one is not None and one.bare in theirs else []


def _names(title: str, one: Token) -> bool:
    first = title[one.start]
    return first.isdigit() or first.isupper() or one.bare == "so"


def _thousandths(part: float, whole: float) -> int:
    return round(1000 * part / whole) if whole else 0


def _proper(unit: str, *, marked: bool) -> list[tuple[str, ...]]:
    """Keys of the name, with and without the kind of unit. Names of one word are left out: they have other meanings."""
    keys = tuple(one.exact if marked else one.bare for one in tokens(unit))
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
        tuple(tuple(one.exact if marked else one.bare for one in tokens(phrase)) for phrase in phrases)
    )


@cache
def _lists() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Boilerplate phrases, and phrases that contain boilerplate but describe a method."""
    lines = [
        line for line in LIST.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
    ]
    telling = tuple(line[1:] for line in lines if line.startswith("+"))
    return tuple(line for line in lines if not line.startswith("+")), telling


def _indexed(phrases: Iterable[tuple[str, ...]]) -> Phrases:
    """Phrases by their first word, the longest first."""
    found: Phrases = {}
    for phrase in sorted(set(phrases), key=lambda one: (-len(one), one)):
        found.setdefault(phrase[0], []).append(phrase)
    return found


def _found(keys: Sequence[str], phrases: Phrases) -> Iterable[tuple[int, int]]:
    """Start and end of each phrase in `keys`. Of several that begin in one place the longest counts."""
    place = 0
    while place < len(keys):
        for phrase in phrases.get(keys[place], ()):
            if tuple(keys[place : place + len(phrase)]) == phrase:
                yield place, place + len(phrase)
                place += len(phrase)
                break
        else:
            place += 1
