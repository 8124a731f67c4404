"""The path under which a fact counts: that of its unit on the day of the fact, whatever path its event has.

A record keeps the path of the day on which it was made. Its unit may have come under another parent since then.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec

from services.kernel.units import DatedUnit, UnitPath
from services.reporting.domain import Fact


def placed(facts: Iterable[Fact], moved: Mapping[str, DatedUnit]) -> list[Fact]:
    """`moved`: the units with several spells, by id. A fact of a day outside its unit's life keeps its path."""
    return [_placed(fact, moved.get(UnitPath(fact.unit).unit)) for fact in facts]


def units_of(facts: Sequence[Fact]) -> list[str]:
    return sorted({UnitPath(fact.unit).unit for fact in facts})


def _placed(fact: Fact, unit: DatedUnit | None) -> Fact:
    spell = unit.at(fact.on) if unit else None
    return msgspec.structs.replace(fact, unit=spell.path) if spell else fact


def moved_since(before: DatedUnit, after: DatedUnit) -> date | None:
    """The first day on which the unit has another path than before; None if there is none. `date.min`: since always."""
    spells = (*before.spells, *after.spells)
    days = {date.min, *(day for spell in spells for day in (spell.since, spell.until) if day)}
    for day in sorted(days):
        then, now = before.at(day), after.at(day)
        if now and (then is None or then.path != now.path):
            return day
    return None
