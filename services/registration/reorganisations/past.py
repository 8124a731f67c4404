"""Dated facts of the past: until a day, a unit had another name, kind or code, such as those of a rural district."""

from datetime import date

from msgspec.structs import replace

from services.kernel.units import DatedUnit
from services.registration.reorganisations.file import Line
from services.registration.units import naming


def with_past(unit: DatedUnit, line: Line, day: date) -> DatedUnit | None:
    """The unit with what the line says of it until the day. None if the unit was not, or began, on the day itself."""
    spell = unit.at(day)
    if spell is None or spell.since == day:
        return None
    kind, name = naming.official(line.name or spell.name, line.type or spell.kind)
    before = replace(spell, name=name, kind=kind, code=line.code or spell.code, until=day)
    after = replace(spell, since=day)
    spells = [part for one in unit.spells for part in ((before, after) if one is spell else (one,))]
    return replace(unit, spells=tuple(spells))
