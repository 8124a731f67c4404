"""Administrative units as dated values: names, codes, levels and parents of a unit, each with its days.

A national code is not a key: from 2025-07-01 many new communes have the code of another old one. So a unit has an id of
ours, which is never used again, and its name, code, level and parent hold for a spell of time.
"""

import re
from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from services.kernel.messages import Refused
from services.kernel.words import Word

COUNTRY = "vn"
"""The id of the whole country, the first segment of every path."""


OLDEST_REGISTER = date(2025, 6, 30)
"""The day of the oldest list of units. It does not say since when each unit had been so."""


class UnitLevel(Word):
    """Cấp đơn vị hành chính; cấp huyện kết thúc ngày 30/6/2025."""

    COUNTRY = "COUNTRY", "Cả nước"
    PROVINCE = "PROVINCE", "Tỉnh, thành phố trực thuộc trung ương"
    DISTRICT = "DISTRICT", "Quận, huyện, thị xã"
    COMMUNE = "COMMUNE", "Xã, phường, thị trấn, đặc khu"


class UnitPath(str):
    """The ids from the country down to a unit, as in `/vn/u42/u437`. Paths are compared by whole segments."""

    __slots__ = ()

    @property
    def segments(self) -> tuple[str, ...]:
        return tuple(self.strip("/").split("/"))

    @property
    def unit(self) -> str:
        return self.rpartition("/")[2]

    def child(self, unit: str) -> "UnitPath":
        return UnitPath(f"{self}/{unit}")

    def within(self, unit: str) -> bool:
        return unit in self.segments

    def below(self, unit: str) -> str | None:
        """The segment that follows `unit` in this path; None if the path ends with `unit`."""
        rest = self.segments[self.segments.index(unit) + 1 :]
        return rest[0] if rest else None


class UnitOnDay(str):
    """The key of a unit as of a day: `u437@2018-03-08` is the unit on that day, or as it last was before the day.

    `u437<2018-03-08`: as it was just before the day. `u437=2018-03-08`: as it was on the day, and nothing if it did not
    exist then. `u437`: as it is today, or last was.
    """

    __slots__ = ()

    @staticmethod
    def of(path: str, day: str) -> str:
        """The key of a record's unit, as of the record's day."""
        return f"{UnitPath(path).unit}@{day}"

    @property
    def unit(self) -> str:
        return re.split("[@<=]", self, maxsplit=1)[0]

    def day(self, today: date) -> date:
        """The day of the key, or `today` if it has none. Raises ValueError if the day cannot be read."""
        return date.fromisoformat(self[len(self.unit) + 1 :]) if len(self) > len(self.unit) else today

    def spell(self, dated: "DatedUnit", today: date) -> "tuple[Spell, date] | None":
        """The unit's spell for this key, and the day for which to look up parents and sub-units; None if none fits."""
        day = self.day(today)
        how = self[len(self.unit) : len(self.unit) + 1]
        then = None if how == "<" else dated.at(day)
        if then or how == "=":
            return (then, day) if then else None
        last = next((s for s in reversed(dated.spells) if not s.since or s.since < day), None)
        if last is None:
            return None
        return last, min(day, last.until - timedelta(days=1)) if last.until else day


class Spell(msgspec.Struct, frozen=True, kw_only=True):
    """A unit from `since` (included; None if unknown) to `until` (excluded; None while the spell lasts)."""

    name: str
    code: str
    kind: str
    level: UnitLevel
    parent: str | None
    path: str
    since: date | None = None
    until: date | None = None

    def covers(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


def register_of(since: Iterable[date | None], day: date) -> date:
    """The day of the list of units on which an answer about these units as of `day` rests.

    `since`: the first day of each spell. If all are known, that is `day` itself.
    """
    return day if all(since) else max(day, OLDEST_REGISTER)


class SuccessionKind(Word):
    """Cách kế thừa."""

    MERGE = "MERGE", "Nhập trọn vẹn đơn vị cũ"
    SPLIT = "SPLIT", "Nhận một phần của đơn vị cũ"


class Predecessor(msgspec.Struct, frozen=True, kw_only=True):
    """One line of lineage, kept with the successor: on the day `on`, `unit` became the successor or a part of it."""

    unit: str
    kind: SuccessionKind
    on: date
    main: bool = True
    document: str | None = None


class DatedUnit(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    spells: tuple[Spell, ...]
    predecessors: tuple[Predecessor, ...] = ()
    version: int = 0
    """Version of the record in registration; 0 where it is not known."""

    def at(self, day: date) -> Spell | None:
        return next((spell for spell in self.spells if spell.covers(day)), None)

    def in_force(self, day: date, *fields: str) -> Spell:
        """The unit as it was on `day`; refused if it did not exist yet, or no longer.

        `fields`: the input fields that hold the unit and the day, if they are not `unit` and `on`.
        """
        spell = self.at(day)
        if spell is None:
            name = self.spells[-1].name
            raise Refused(
                "unit-not-in-force",
                *(fields or ("unit", "on")),
                vi=f"{name} không tồn tại vào ngày {day:%d/%m/%Y}, chỉ tồn tại {self._life_vi}.",
                en=f"{name} did not exist on {day}, only {self._life_en}.",
            )
        return spell

    @property
    def _life_vi(self) -> str:
        first, last = self.spells[0].since, self.spells[-1].until
        since = f"từ ngày {first:%d/%m/%Y}" if first else ""
        until = f"đến hết ngày {last - timedelta(days=1):%d/%m/%Y}" if last else ""
        return f"{since} {until}".strip()

    @property
    def _life_en(self) -> str:
        first, last = self.spells[0].since, self.spells[-1].until
        return f"{f'from {first}' if first else ''} {f'until {last - timedelta(days=1)}' if last else ''}".strip()

    def between(self, since: date, until: date) -> list[Spell]:
        """The spells that hold on any day from `since` to `until` (both included), in their order."""
        return [
            spell
            for spell in self.spells
            if (spell.since is None or spell.since <= until) and (spell.until is None or since < spell.until)
        ]
