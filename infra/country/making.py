"""Organisations and models of the invented country, and each model's steps: a function of size, seed and last day.

A model depends only on its number, so that any process can create any part again. Models and their events come from the
rules of the domain, as from commands. Only callers, contents and days are invented.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache
from itertools import accumulate
from random import Random

from infra.country.wording import (
    ACTS,
    BODIES,
    COPIED,
    FORMAL,
    FORMAL_SUMMARIES,
    HAMLETS,
    METHODS,
    OPENINGS,
    SPOTS,
    WAYS,
)
from services.kernel.act import Act
from services.kernel.calendar import VIETNAM
from services.kernel.messages import Event
from services.kernel.units import DatedUnit, Spell, UnitLevel, UnitPath
from services.movement.words import BodyKind, ContributionKind, Covers, Field, SubjectKind
from services.registration.models import contributing, drafting, implementing, registering
from services.registration.models.domain import Model
from services.registration.models.messages import MODEL, SelfRating
from services.registration.organisations import domain as organisations
from services.registration.organisations.domain import Organisation
from services.registration.organisations.messages import ORGANISATION
from services.registration.units.national import REORGANISED_ON, national_units

FIRST_DAY = date(2016, 1, 4)
LAST_DAY = date(2026, 10, 31)
MONTHS = (8, 22, 34, 12, 6, 5, 4, 3, 3, 2, 1, 0)
"""Percentage of a year's models drafted in each month. The day of the deadline has `DEADLINE_SHARE` more."""
DEADLINE_SHARE = 6
FIELDS = {
    Field.ECONOMY: 1490,
    Field.CULTURE_SOCIETY: 3560,
    Field.DEFENCE_SECURITY: 1141,
    Field.POLITICAL_SYSTEM: 1733,
}
"""Shares published for Hà Nội, 2017, like those of subjects and levels."""
COLLECTIVE = 0.476
LEVELS = {UnitLevel.PROVINCE: 348, UnitLevel.DISTRICT: 2973, UnitLevel.COMMUNE: 3559}
WHOLE = 200_000
"""Smallest number of models at which every unit has some. A smaller country has models in fewer units."""
COMMUNE_BODIES = 9
RUSH = 8
"""Models that one unit submits within the last hour."""


class Mark(StrEnum):
    """A model's mark, to measure how well the product finds such models."""

    NONE = "none"
    EMPTY = "empty"
    """Registered as a formality: only phrases of the movement, no place, no target."""
    COPIED = "copied"
    """The same text in many units."""
    RUSHED = "rushed"
    """One of many models that a unit submitted within the last hour before the deadline."""
    IDLE = "idle"
    """Registered and never begun."""
    DUPLICATE = "duplicate"
    CONTINUATION = "continuation"
    REPLICATION = "replication"


FORMAL_MARKS = frozenset({Mark.EMPTY, Mark.COPIED, Mark.RUSHED, Mark.IDLE})


def deadline(year: int) -> datetime:
    """The last day to register models of that year."""
    return datetime.combine(date(year, 3, 31), time(23, 59, 59), VIETNAM)


@dataclass(frozen=True, slots=True)
class Plan:
    """The draft of a model. `other`: the number of the model that it is related to."""

    number: int
    key: str
    at: datetime
    unit: DatedUnit
    spell: Spell
    body: BodyKind
    field: Field
    subject_kind: SubjectKind
    core: str
    title: str
    summary: str
    place: str
    target: str
    mark: Mark
    other: int | None = None

    @property
    def on(self) -> date:
        return self.at.date()


@dataclass(frozen=True, slots=True)
class Made:
    model: Model
    events: tuple[Event, ...]
    mark: Mark
    other: str | None


class Country:
    def __init__(self, size: int, seed: int, until: date, units: Sequence[DatedUnit]) -> None:
        self.size = size
        self.seed = seed
        self.until = until
        dice = Random(seed)  # noqa: S311 - a made-up country, not a secret
        share = min(1.0, size / WHOLE)
        self._pools: dict[bool, dict[UnitLevel, list[DatedUnit]]] = {}
        for new in (False, True):
            day = REORGANISED_ON if new else FIRST_DAY
            pool: dict[UnitLevel, list[DatedUnit]] = {}
            for level in LEVELS:
                there = [unit for unit in units if (spell := unit.at(day)) and spell.level is level]
                if there:
                    pool[level] = dice.sample(there, -int(-share * len(there) // 1))
            self._pools[new] = pool
        self._days, self._ends = self._calendar()
        self.plan = lru_cache(2048)(self._plan)

    def _calendar(self) -> tuple[list[date], list[float]]:
        """The days on which models are drafted, and the number drafted by the end of each."""
        days, weights = [], []
        day = FIRST_DAY
        while day <= self.until:
            weight = MONTHS[day.month - 1] / 30 + (DEADLINE_SHARE if (day.month, day.day) == (3, 31) else 0)
            if weight and (day.weekday() < 5 or (day.month, day.day) == (3, 31)):
                days.append(day)
                weights.append(weight)
            day += timedelta(days=1)
        total = sum(weights)
        return days, [end / total for end in accumulate(weights)]

    @cached_property
    def bodies(self) -> list[tuple[DatedUnit, BodyKind]]:
        """All organisations of the units that have models, old units and new ones."""
        units = {unit.id: unit for pool in self._pools.values() for level in pool.values() for unit in level}
        return [(unit, body) for unit in units.values() for body in bodies_of(unit.spells[0].level)]

    def organisations(
        self, start: int, stop: int, at: datetime
    ) -> Iterator[tuple[Organisation, tuple[Event, ...]]]:
        for unit, body in self.bodies[start:stop]:
            organisation, registered = self._organisation(unit, body, at)
            yield organisation, (registered,)

    def _organisation(self, unit: DatedUnit, body: BodyKind, at: datetime) -> tuple[Organisation, Event]:
        spell = unit.spells[0]
        return organisations.register(
            key=ORGANISATION.id(_hash(self.seed, unit.id, body)),
            name=BODIES[body].format(u=_uncapitalised(spell.name)),
            kind=body,
            unit=unit,
            act=_act(f"operator@{unit.id}", at, self.until).dated(spell.since or FIRST_DAY),
        )

    def make(self, number: int) -> Made:
        plan = self.plan(number)
        owner, _ = self._organisation(plan.unit, plan.body, plan.at)
        model, events = _life(plan, owner, self.seed, self.until)
        other = self.plan(plan.other).key if plan.other is not None else None
        return Made(model, tuple(events), plan.mark, other)

    def _plan(self, number: int) -> Plan:
        dice = Random(self.seed << 40 | number)  # noqa: S311
        draw = dice.random()
        if draw < 0.055 and (related := self._related(number, draw, dice)):
            return related
        return self._first(number, dice)

    def _first(self, number: int, dice: Random) -> Plan:
        """A model that is not related to another."""
        at = self._moment(number)
        if (at.month, at.day) == (3, 31) and self._rushed(number):
            group = Random(self.seed << 40 | 1 << 39 | number // RUSH)  # noqa: S311
            unit, spell, _ = self._owner(at.date(), group)
            at = deadline(at.year) - timedelta(seconds=1200 + number % RUSH)
            mark, body = Mark.RUSHED, dice.choice(bodies_of(spell.level))
        else:
            unit, spell, body = self._owner(at.date(), dice)
            draw = dice.random()
            mark = Mark.EMPTY if draw < 0.03 else Mark.COPIED if draw < 0.04 else Mark.NONE
            if mark is Mark.NONE and draw > 0.97:
                mark = Mark.IDLE
        field = dice.choices(list(FIELDS), list(FIELDS.values()))[0]
        subject = SubjectKind.COLLECTIVE if dice.random() < COLLECTIVE else SubjectKind.INDIVIDUAL
        core, target = method_of(field, dice)
        place = place_in(spell, dice) if dice.random() < 0.93 else ""
        summary = summarised(dice)
        if dice.random() < 0.07:
            target = ""
        title = titled(core, place, dice)
        if mark is Mark.EMPTY:
            core, place, target = "", "", ""
            title = dice.choice(FORMAL).format(y=at.year)
            summary = dice.choice(FORMAL_SUMMARIES)
        elif mark is Mark.COPIED:
            core = title = COPIED[at.year % len(COPIED)]
            summary, place, target = f"{title}.", "", ""
        return Plan(
            number=number,
            key=self._key(number, at),
            at=at,
            unit=unit,
            spell=spell,
            body=body,
            field=field,
            subject_kind=subject,
            core=core,
            title=title,
            summary=summary,
            place=place,
            target=target,
            mark=mark,
        )

    def _related(self, number: int, draw: float, dice: Random) -> Plan | None:
        """A model that repeats, continues or copies an earlier one."""
        if draw < 0.015:
            mark, other = Mark.DUPLICATE, number - dice.randint(1, 200)
        elif draw < 0.035:
            mark, other = Mark.CONTINUATION, number - round(self.size / 10.8) - dice.randint(0, 20)
        else:
            mark, other = Mark.REPLICATION, dice.randrange(number) if number else -1
        if other < 0:
            return None
        earlier = self.plan(other)
        if earlier.mark is not Mark.NONE:
            return None
        at = self._moment(number)
        unit, spell, body = earlier.unit, earlier.unit.at(at.date()), earlier.body
        if mark is Mark.REPLICATION:
            unit, spell, body = self._owner(at.date(), dice)
        if spell is None or (mark is Mark.DUPLICATE and at.year != earlier.at.year):
            return None
        place = earlier.place if mark is not Mark.REPLICATION else place_in(spell, dice)
        title = {
            Mark.DUPLICATE: f"Dân vận khéo trong {_uncapitalised(earlier.core)}",
            Mark.CONTINUATION: f"Duy trì {_uncapitalised(earlier.core)}",
        }.get(mark) or titled(earlier.core, place, dice)
        return Plan(
            number=number,
            key=self._key(number, at),
            at=at,
            unit=unit,
            spell=spell,
            body=body,
            field=earlier.field,
            subject_kind=earlier.subject_kind,
            core=earlier.core,
            title=title,
            summary=summarised(dice),
            place=place,
            target=earlier.target,
            mark=mark,
            other=other,
        )

    def _owner(self, day: date, dice: Random) -> tuple[DatedUnit, Spell, BodyKind]:
        pool = self._pools[day >= REORGANISED_ON]
        levels = list(pool)
        level = dice.choices(levels, [LEVELS[level] for level in levels])[0]
        unit = dice.choice(pool[level])
        spell = unit.at(day)
        if spell is None:
            raise LookupError(f"{unit.id} is not in force on {day}")
        return unit, spell, dice.choice(bodies_of(unit.spells[0].level))

    def _moment(self, number: int) -> datetime:
        """The moment of the draft. A higher number is drafted later."""
        place = (number + 0.5) / self.size
        index = min(bisect_right(self._ends, place), len(self._days) - 1)
        begun = self._ends[index - 1] if index else 0.0
        part = (place - begun) / (self._ends[index] - begun)
        return datetime.combine(self._days[index], time(8), VIETNAM) + timedelta(seconds=int(part * 8 * 3600))

    def _rushed(self, number: int) -> bool:
        group = number // RUSH * RUSH
        days = {self._moment(min(n, self.size - 1)).date() for n in (group, group + RUSH - 1)}
        return len(days) == 1 and _hash(self.seed, "rush", str(group)) < "4"

    def _key(self, number: int, at: datetime) -> str:
        return MODEL.id(
            f"{int(self._moment(number).timestamp()):08x}{_hash(self.seed, 'model', str(number))[:8]}{number:08x}"
        )


def units_below(root: str, day: date) -> list[tuple[str, Spell]]:
    """The unit and the units below it on the day, each with its id."""
    dated = [(unit.id, unit.at(day)) for unit in national_units()]
    return [(id_, spell) for id_, spell in dated if spell and UnitPath(spell.path).within(root)]


def _act(by: str, at: datetime, today: date) -> Act:
    return Act(
        by=by, own=frozenset({by}), on=at.astimezone(VIETNAM).date(), today=today, at=at.astimezone(UTC)
    )


def _life(plan: Plan, owner: Organisation, seed: int, until: date) -> tuple[Model, list[Event]]:
    """The steps of the model, until it stops, its unit ends, or the last day is reached."""
    dice = Random(seed << 41 | plan.number)  # noqa: S311
    unit = plan.unit
    office, council = f"officer@{unit.id}", f"appraiser@{plan.spell.parent or unit.id}"

    def act(by: str, at: datetime) -> Act:
        return _act(by, at, until)

    event: Event
    model, event = drafting.draft(
        key=plan.key,
        owner=owner,
        unit=unit,
        title=plan.title,
        summary=plan.summary,
        place=plan.place,
        target=plan.target,
        programme=None,
        year=plan.at.year,
        field=plan.field,
        subject_kind=plan.subject_kind,
        act=act(office, plan.at),
    )
    events: list[Event] = [event]
    at = plan.at

    def goes_on(likely: float, low: int, high: int) -> bool:
        """An act after that many days. None if the unit has ended by then, or after the last day."""
        nonlocal at
        later = at + timedelta(days=dice.randint(low, high))
        if dice.random() >= likely or later.date() > until or unit.at(later.date()) is None:
            return False
        at = later
        return True

    if plan.mark is Mark.RUSHED:
        at = deadline(plan.at.year) - timedelta(seconds=1000 - dice.randrange(900))
    if not goes_on(0.96, 0, 0 if plan.mark is Mark.RUSHED else 3):
        return model, events
    model, event = registering.submit(model, unit=unit, act=act(office, at))
    events.append(event)
    if dice.random() < 0.04 and goes_on(1, 2, 9):
        reason = "Chưa nêu rõ địa điểm và kết quả cần đạt."
        model, event = registering.return_(model, unit=unit, reason=reason, act=act(council, at))
        events.append(event)
        if not goes_on(0.8, 2, 9):
            return model, events
        model, event = registering.submit(model, unit=unit, act=act(office, at))
        events.append(event)
    if not goes_on(0.97, 3, 20):
        return model, events
    model, event = registering.accept(model, unit=unit, act=act(council, at))
    events.append(event)
    begins = 0.0 if plan.mark is Mark.IDLE else 0.45 if plan.mark in FORMAL_MARKS else 0.93
    if not goes_on(begins, 3, 45):
        return model, events
    model, event = implementing.begin(model, unit=unit, act=act(office, at))
    events.append(event)
    if dice.random() < 0.2 and goes_on(1, 10, 60):
        kind = dice.choice(list(ContributionKind))
        amount = str(dice.randint(1, 400) * (1_000_000 if kind is ContributionKind.MONEY else 1))
        covers = dice.choice(list(Covers)) if kind is ContributionKind.MONEY else None
        note = "Nhân dân đóng góp"
        model, event = contributing.contribute(
            model, unit=unit, kind=kind, amount=amount, covers=covers, note=note, act=act(office, at)
        )
        events.append(event)
    if goes_on(0.5, 60, 150):
        rating = dice.choices(list(SelfRating), [15, 60, 20, 5])[0]
        text = f"Thực hiện từ ngày {plan.at:%d/%m/%Y}, {dice.randint(20, 100)}% số hộ tham gia."
        model, event = implementing.self_assess(
            model, unit=unit, rating=rating, text=text, act=act(office, at)
        )
        events.append(event)
    return model, events


@lru_cache
def bodies_of(level: UnitLevel) -> tuple[BodyKind, ...]:
    return tuple(BODIES)[: COMMUNE_BODIES if level is UnitLevel.COMMUNE else None]


def method_of(field: Field, dice: Random) -> tuple[str, str]:
    """The object of a title, and its target."""
    method = dice.choice(METHODS[field])
    return method.title.format(o=dice.choice(method.objects)), method.target.format(n=dice.randint(3, 99))


def titled(core: str, place: str, dice: Random) -> str:
    opening = dice.choice(OPENINGS)
    where = f" tại {place.partition(',')[0]}" if place and dice.random() < 0.4 else ""
    return f"{opening}{_uncapitalised(core) if opening else core}{dice.choice(WAYS)}{where}"


def summarised(dice: Random) -> str:
    return ". ".join(one.format(n=dice.randint(3, 60)) for one in dice.sample(ACTS, 2)) + "."


def place_in(spell: Spell, dice: Random) -> str:
    spot = dice.choice(SPOTS).format(h=dice.choice(HAMLETS), n=dice.randint(1, 24))
    return f"{spot[0].upper()}{spot[1:]}, {_uncapitalised(spell.name)}"


def _uncapitalised(text: str) -> str:
    return text[:1].lower() + text[1:]


def _hash(seed: int, *of: str) -> str:
    return hashlib.blake2b("/".join((str(seed), *of)).encode(), digest_size=12).hexdigest()
