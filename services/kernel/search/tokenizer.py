"""The tokenizer of Vietnamese text: a token is a syllable, with its marks and without.

Both places of a tone mark (`hoà`, `hòa`), both letters for a final i (`kỹ`, `kĩ`), any case and any normal form give
the same token. An abbreviation and its words find each other, by the table `abbreviations.csv`.
"""

import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from services.kernel.text import plain

TABLE = Path(__file__).with_name("abbreviations.csv")
_TONES = {"\u0300": "f", "\u0301": "s", "\u0303": "x", "\u0309": "r", "\u0323": "j"}
"""Combining grave, acute, tilde, hook above and dot below, by the letters that Telex types them with."""
_SYLLABLE = re.compile(r"[^\W_]+")
_FINAL_Y = re.compile(r"^([hklmstv]|qu)y$")


class Token(NamedTuple):
    """`exact` keeps the marks, `bare` does not. `start` and `end` are places of characters in the NFC text."""

    exact: str
    bare: str
    start: int
    end: int


class Terms(NamedTuple):
    """The terms by which a text is found. A pair is two neighbouring bare tokens with a blank between."""

    exact: frozenset[str]
    bare: frozenset[str]
    pairs: frozenset[str]

    @classmethod
    def union(cls, many: Sequence["Terms"]) -> "Terms":
        nothing: frozenset[str] = frozenset()
        return cls(*(nothing.union(*columns) for columns in zip(*many, strict=True))) if many else NO_TERMS


NO_TERMS = Terms(frozenset(), frozenset(), frozenset())


@lru_cache(50_000)
def keys(syllable: str) -> tuple[str, str]:
    """The syllable with marks and without. The place of a tone mark within the syllable does not matter."""
    letters, tones = [], []
    for character in unicodedata.normalize("NFD", plain(syllable).casefold()):
        if tone := _TONES.get(character):
            tones.append(tone)
        else:
            letters.append(character)
    toneless = unicodedata.normalize("NFC", "".join(letters))
    bare = "".join(c for c in letters if not unicodedata.combining(c)).replace("đ", "d")
    return f"{_with_final_i(toneless)}{''.join(sorted(tones)).upper()}", _with_final_i(bare)


def _with_final_i(syllable: str) -> str:
    return _FINAL_Y.sub(r"\1i", syllable)


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a text in order, abbreviations as they are written."""
    for match in _SYLLABLE.finditer(unicodedata.normalize("NFC", text)):
        exact, bare = keys(match[0])
        yield Token(exact, bare, match.start(), match.end())


class Abbreviation(NamedTuple):
    short: str
    full: str
    source: str


@cache
def abbreviations() -> tuple[Abbreviation, ...]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(Abbreviation(**row) for row in csv.DictReader(file))


@cache
def _expansions() -> dict[str, tuple[Token, ...]]:
    """Bare abbreviation → the tokens of its words."""
    return {keys(one.short)[1]: tuple(tokens(one.full)) for one in abbreviations()}


@cache
def _contractions() -> dict[str, list[tuple[tuple[str, ...], str, str]]]:
    """First bare word of an abbreviation → all its bare words, and its exact and bare key; the longest first."""
    by_first: dict[str, list[tuple[tuple[str, ...], str, str]]] = {}
    for one in abbreviations():
        full = tuple(token.bare for token in tokens(one.full))
        by_first.setdefault(full[0], []).append((full, *keys(one.short)))
    return {first: sorted(many, key=lambda one: -len(one[0])) for first, many in by_first.items()}


def expanded(text: str) -> list[Token]:
    """The tokens of a text, each abbreviation replaced by its words, which all have the abbreviation's place."""
    expansions = _expansions()
    written: list[Token] = []
    for one in tokens(text):
        full = expansions.get(one.bare)
        if full:
            written += [Token(word.exact, word.bare, one.start, one.end) for word in full]
        else:
            written.append(one)
    return written


@lru_cache(50_000)
def spoken(text: str) -> str:
    """The text as it is said: abbreviations in words, without marks, case and punctuation. Names are compared by it."""
    return " ".join(token.bare for token in expanded(text))


def abbreviated(text: Sequence[Token]) -> Iterator[tuple[int, int, str, str]]:
    """Stretches of words that have an abbreviation: first place, the place after the last, exact key and bare key."""
    contractions = _contractions()
    bare = tuple(one.bare for one in text)
    for place, first in enumerate(bare):
        for full, exact_key, bare_key in contractions.get(first, ()):
            if bare[place : place + len(full)] == full:
                yield place, place + len(full), exact_key, bare_key


def terms_of(*texts: str) -> Terms:
    """No pair reaches from one text into the next."""
    exact: set[str] = set()
    bare: set[str] = set()
    pairs: set[str] = set()
    for text in texts:
        written = expanded(text)
        exact.update(one.exact for one in written)
        bare.update(one.bare for one in written)
        pairs.update(pairs_of(written))
        for _, _, exact_key, bare_key in abbreviated(written):
            exact.add(exact_key)
            bare.add(bare_key)
    return Terms(frozenset(exact), frozenset(bare), frozenset(pairs))


def pairs_of(text: Sequence[Token]) -> Iterator[str]:
    return (f"{a.bare} {b.bare}" for a, b in pairwise(text))


def highlights(text: str, wanted: frozenset[str]) -> list[tuple[int, int]]:
    """The stretches of `text` with the wanted bare words, also as an abbreviation or within an abbreviation's words."""
    written = expanded(text)
    hit = [one.bare in wanted for one in written]
    for start, end, _, short in abbreviated(written):
        if short in wanted:
            hit[start:end] = [True] * (end - start)
    spans: list[tuple[int, int]] = []
    joins = False
    for one, is_hit in zip(written, hit, strict=True):
        if is_hit and joins:
            spans[-1] = (spans[-1][0], max(spans[-1][1], one.end))
        elif is_hit:
            spans.append((one.start, one.end))
        joins = is_hit
    # The words of one abbreviation share its place: when some of them are not wanted, the place appears twice.
    return [span for place, span in enumerate(spans) if place == 0 or span != spans[place - 1]]
