"""Finds units by name: matches with tone marks come before matches without, whole names before parts."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from services.kernel.messages import Refused
from services.kernel.text import folded, nfc, plain
from services.kernel.units import DatedUnit, Spell, UnitLevel, UnitPath

SHORTEST, LONGEST = 2, 100
KINDS = ("thành phố", "thị xã", "thị trấn", "đặc khu", "tỉnh", "quận", "huyện", "phường", "xã")
"""Words before a name that say which kind of unit it is."""
_KINDS = tuple(sorted((folded(kind) for kind in KINDS), key=len, reverse=True))
_SHORT = {
    "tp": "thành phố",
    "tx": "thị xã",
    "tt": "thị trấn",
    "q": "quận",
    "h": "huyện",
    "p": "phường",
    "x": "xã",
    "t": "tỉnh",
}
_SHORT_KIND = re.compile(r"(?:(tp|tx|tt|[qhpxt])\.\s*|(tp|tx|tt)\s+|([qp])\s?(?=\d))(?=\S)", re.IGNORECASE)
"""`TP. Vinh`, `TX Hồng Lĩnh`, `P1`: a single letter needs a dot or a number after it."""
_I_OR_Y = re.compile(r"\b(qu|[bcdghklmnpqrstvx]{0,3})y\b")
"""A syllable that some people spell with i and others with y: `Mỹ Đình`, `Quy Nhơn`, `Lý Sơn`."""


def official(name: str, kind: str) -> tuple[str, str]:
    """Kind and name as all units write them: `Thành Phố Bắc Kạn` is a `Thành phố`, its name `Thành phố Bắc Kạn`.

    The name says which kind of unit it is; `kind` is for a name that does not.
    """
    begins = next((one for one in KINDS if nfc(name).casefold().startswith(f"{one} ")), "")
    if not begins:
        return kind, name
    return begins.capitalize(), f"{begins.capitalize()}{nfc(name)[len(begins) :]}"


@dataclass(frozen=True, slots=True)
class Found:
    unit: DatedUnit
    spell: Spell
    former: bool


def words(spells: Iterable[Spell]) -> list[str]:
    """The folded words of all names of a unit, without the words for its kind: its search terms."""
    return sorted({word for spell in spells for word in _bare(_folded(spell.name)).split()})


def asked(name: str) -> list[str]:
    """The words to look up. The last one can be the beginning of a word."""
    name = nfc(name)
    if not SHORTEST <= len(name) <= LONGEST:
        raise Refused(
            "unit-name",
            "name",
            vi=f"Tên cần tìm phải có từ {SHORTEST} đến {LONGEST} ký tự.",
            en=f"The name to look for needs {SHORTEST} to {LONGEST} characters.",
        )
    name = _in_full(name)
    bare = _bare(_folded(name))
    return bare.split() or _folded(name).split() or [name]


def ranked(
    name: str, units: Sequence[DatedUnit], *, on: date, level: UnitLevel | None, within: str | None
) -> list[Found]:
    """Each unit once, under its best matching name until the day. Of equal matches, one in force comes first."""
    wanted = _spelt(_in_full(nfc(name)))
    best: list[tuple[tuple[int, bool, int, str, str], Found]] = []
    depth = list(UnitLevel).index
    for unit in units:
        current = unit.at(on)
        found = [
            ((near, spell is not current, depth(spell.level), spell.name, unit.id), spell)
            for spell in unit.spells
            if level in (None, spell.level)
            and (spell.since is None or spell.since <= on)
            and (within is None or UnitPath(spell.path).within(within))
            and (near := _nearness(wanted, spell.name)) is not None
        ]
        if found:
            order, spell = min(found, key=lambda one: one[0])
            best.append((order, Found(unit, spell, former=spell is not current)))
    return [found for _, found in sorted(best, key=lambda one: one[0])]


def _nearness(wanted: str, name: str) -> int | None:
    """Rank of a name, best 0; None if it lacks a word of the query."""
    own, bare_wanted, bare_own = _spelt(name), _folded(wanted), _folded(name)
    without = own[len(own) - len(_bare(bare_own)) :]
    if wanted in (own, without):
        return 0
    if bare_wanted in (bare_own, _bare(bare_own)):
        return 1
    if own.startswith(wanted) or without.startswith(wanted):
        return 2
    if bare_own.startswith(bare_wanted) or _bare(bare_own).startswith(bare_wanted):
        return 3
    *whole, last = bare_wanted.split()
    held = bare_own.split()
    return 4 if set(whole) <= set(held) and any(word.startswith(last) for word in held) else None


def variants(word: str) -> list[str]:
    """The spellings of a folded word in the database: an older version stored `my` where this one stores `mi`."""
    return [word, f"{word[:-1]}y"] if _I_OR_Y.fullmatch(f"{word[:-1]}y") and word.endswith("i") else [word]


def _in_full(name: str) -> str:
    """The name with the kind of unit in full: `TP. Vinh` as `thành phố Vinh`."""
    if short := _SHORT_KIND.match(name):
        kind = next(group for group in short.groups() if group)
        return f"{_SHORT[kind.casefold()]} {name[short.end() :]}"
    return name


def _spelt(name: str) -> str:
    """The name with its marks: `Bà Rịa – Vũng Tàu` as `bà rịa vũng tàu`, `Ea H’Leo` as `ea hleo`, `P. 01` as `p. 1`."""
    words = re.sub(r"'\s*", "", plain(name).casefold()).replace("-", " ").split()
    return " ".join(word.lstrip("0") or word if word.isdecimal() else word for word in words)


def _folded(name: str) -> str:
    return _I_OR_Y.sub(r"\1i", folded(_spelt(name)))


def _bare(name: str) -> str:
    """The folded name without the words for the kind of unit."""
    kind = next((kind for kind in _KINDS if name.startswith(f"{kind} ")), "")
    return name[len(kind) :].strip()
