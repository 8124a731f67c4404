"""What search and look-alikes take for a word of Vietnamese: a syllable, compared with its marks or without.

Both ways of writing a tone (`hoà`, `hòa`), both letters for a final i (`kỹ`, `kĩ`), any case and any normal form are
one word. An abbreviation stands for its words and they for it, by one table, `abbreviations.csv`.
"""

import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).with_name("abbreviations.csv")
_TONES = {"\u0300": "f", "\u0301": "s", "\u0303": "x", "\u0309": "r", "\u0323": "j"}
"""Combining grave, acute, tilde, hook above and dot below, by the letters that Telex types them with."""
_SYLLABLE = re.compile(r"[^\W_]+")
_FINAL_Y = re.compile(r"^([hklmstv]|qu)y$")


class Syllable(NamedTuple):
    """`exact` tells it from others by marks too, `bare` does not. `start` and `end` are characters of the NFC text."""

    exact: str
    bare: str
    start: int
    end: int


class Words(NamedTuple):
    """All that a text is found by. A pair is two neighbouring bare words."""

    exact: frozenset[str]
    bare: frozenset[str]
    pairs: frozenset[str]


@lru_cache(50_000)
def keys(syllable: str) -> tuple[str, str]:
    """With marks and without; where a tone's mark stands in the syllable says nothing."""
    letters, tones = [], []
    for character in unicodedata.normalize("NFD", syllable.casefold()):
        if tone := _TONES.get(character):
            tones.append(tone)
        else:
            letters.append(character)
    toneless = unicodedata.normalize("NFC", "".join(letters))
    bare = "".join(c for c in letters if not unicodedata.combining(c)).replace("đ", "d")
    return f"{_spelt(toneless)}{''.join(sorted(tones)).upper()}", _spelt(bare)


def _spelt(syllable: str) -> str:
    return _FINAL_Y.sub(r"\1i", syllable)


def syllables(text: str) -> Iterator[Syllable]:
    for found in _SYLLABLE.finditer(unicodedata.normalize("NFC", text)):
        exact, bare = keys(found[0])
        yield Syllable(exact, bare, found.start(), found.end())


class Abbreviation(NamedTuple):
    short: str
    full: str
    source: str


@cache
def abbreviations() -> tuple[Abbreviation, ...]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(Abbreviation(**row) for row in csv.DictReader(file))


@cache
def _fulls() -> dict[str, tuple[Syllable, ...]]:
    """Bare abbreviation → its words."""
    return {keys(one.short)[1]: tuple(syllables(one.full)) for one in abbreviations()}


@cache
def _shorts() -> dict[str, list[tuple[tuple[str, ...], str, str]]]:
    """The first of an abbreviation's bare words → all of them, and its keys; the longest first."""
    found: dict[str, list[tuple[tuple[str, ...], str, str]]] = {}
    for one in abbreviations():
        full = tuple(syllable.bare for syllable in syllables(one.full))
        found.setdefault(full[0], []).append((full, *keys(one.short)))
    return {first: sorted(many, key=lambda one: -len(one[0])) for first, many in found.items()}


def written_out(text: str) -> list[Syllable]:
    """The syllables, each abbreviation by its words, which all stand where it stood."""
    fulls = _fulls()
    found: list[Syllable] = []
    for one in syllables(text):
        full = fulls.get(one.bare)
        if full:
            found += [Syllable(word.exact, word.bare, one.start, one.end) for word in full]
        else:
            found.append(one)
    return found


def abbreviated(text: Sequence[Syllable]) -> Iterator[tuple[int, int, str, str]]:
    """Where words stand that have an abbreviation: from, to, and its keys, exact and bare."""
    shorts = _shorts()
    bare = tuple(one.bare for one in text)
    for place, first in enumerate(bare):
        for full, exact_key, bare_key in shorts.get(first, ()):
            if bare[place : place + len(full)] == full:
                yield place, place + len(full), exact_key, bare_key


def words_of(*texts: str) -> Words:
    """Pairs do not reach from one text into the next."""
    exact: set[str] = set()
    bare: set[str] = set()
    pairs: set[str] = set()
    for text in texts:
        written = written_out(text)
        exact.update(one.exact for one in written)
        bare.update(one.bare for one in written)
        pairs.update(f"{a.bare} {b.bare}" for a, b in pairwise(written))
        for _, _, exact_key, bare_key in abbreviated(written):
            exact.add(exact_key)
            bare.add(bare_key)
    return Words(frozenset(exact), frozenset(bare), frozenset(pairs))


def asked_for(text: str) -> list[Syllable]:
    """The words of a query, as they stand: those of an abbreviation are found by it, and it by them."""
    return list(syllables(text))


def marked(text: str, wanted: frozenset[str]) -> list[tuple[int, int]]:
    """The stretches of `text` in which the wanted bare words stand, also as, or within, an abbreviation's words."""
    written = written_out(text)
    hit = [one.bare in wanted for one in written]
    for start, end, _, short in abbreviated(written):
        if short in wanted:
            hit[start:end] = [True] * (end - start)
    found: list[tuple[int, int]] = []
    joins = False
    for one, is_hit in zip(written, hit, strict=True):
        if is_hit and joins:
            found[-1] = (found[-1][0], max(found[-1][1], one.end))
        elif is_hit:
            found.append((one.start, one.end))
        joins = is_hit
    # An abbreviation's words stand in one place: those that were not asked for must not part it from the next.
    return [span for place, span in enumerate(found) if place == 0 or span != found[place - 1]]
