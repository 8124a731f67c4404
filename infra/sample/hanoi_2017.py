"""The data set *Thành phố Hà Nội, 2017*: a city's year of Dân vận khéo, entered as a list of 8,834 rows.

`PUBLISHED_FIGURES` holds what the city's summary of 2017 says. The summary does not explain that it has 1,104 models
more implemented than registered: 30 of the city and 1,924 of communes more, 850 of districts fewer. Here those 1,954
were registered for 2016 and carried over, and the 850 were registered for 2017 and not begun. By field the published
implemented models sum to 7,924, 60 fewer than the published total of 7,984: here those 60 are models of collectives for
culture and society, and `GAPS` says where the report differs from the summary because of them.

The source gives totals, without the list behind them. The list is invented to fit, from the titles of the invented
country, but for the model of the Cầu Giấy police, whose two wordings are real.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random
from types import MappingProxyType

from infra.country import making
from infra.country.wording import BODIES
from services.kernel.units import Spell, UnitLevel
from services.movement.words import BodyKind, Field, SubjectKind

CITY = "u01"
YEAR = 2017
CARRIED_FROM = 2016
ORGANISED_ON = date(2016, 1, 4)
DRAFTED, ACCEPTED, BEGUN = (2, 1), (3, 15), (4, 3)
"""Month and day of these steps, in the year for which a model is registered."""
CARRIED_ON = date(YEAR, 2, 6)

REGISTERED = {UnitLevel.PROVINCE: 348, UnitLevel.DISTRICT: 2973, UnitLevel.COMMUNE: 3559}
IMPLEMENTED = {UnitLevel.PROVINCE: 378, UnitLevel.DISTRICT: 2123, UnitLevel.COMMUNE: 5483}
FIELDS = {
    (Field.ECONOMY, SubjectKind.COLLECTIVE): 710,
    (Field.ECONOMY, SubjectKind.INDIVIDUAL): 780,
    (Field.CULTURE_SOCIETY, SubjectKind.COLLECTIVE): 1664,
    (Field.CULTURE_SOCIETY, SubjectKind.INDIVIDUAL): 1896,
    (Field.DEFENCE_SECURITY, SubjectKind.COLLECTIVE): 594,
    (Field.DEFENCE_SECURITY, SubjectKind.INDIVIDUAL): 547,
    (Field.POLITICAL_SYSTEM, SubjectKind.COLLECTIVE): 803,
    (Field.POLITICAL_SYSTEM, SubjectKind.INDIVIDUAL): 930,
}
"""Implemented models, as published: 7,924 in all."""
UNEXPLAINED = sum(IMPLEMENTED.values()) - sum(FIELDS.values())
PLACED = (Field.CULTURE_SOCIETY, SubjectKind.COLLECTIVE)
"""Field and subject kind given to the `UNEXPLAINED` models, which no published field has."""
LEVEL_CODES = {UnitLevel.PROVINCE: "CITY", UnitLevel.DISTRICT: "DISTRICT", UnitLevel.COMMUNE: "COMMUNE"}

Figures = Mapping[tuple[str, str, str], Decimal]


def _sums(place: int) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for key, number in FIELDS.items():
        code = key[place].value
        sums[code] = sums.get(code, Decimal(0)) + number
    return sums


PUBLISHED_FIGURES: Figures = MappingProxyType(
    {
        ("REGISTERED", "", ""): Decimal(sum(REGISTERED.values())),
        **{("REGISTERED", "LEVEL", LEVEL_CODES[at]): Decimal(many) for at, many in REGISTERED.items()},
        ("IMPLEMENTED", "", ""): Decimal(sum(IMPLEMENTED.values())),
        **{("IMPLEMENTED", "LEVEL", LEVEL_CODES[at]): Decimal(many) for at, many in IMPLEMENTED.items()},
        **{("IMPLEMENTED", "FIELD", code): many for code, many in _sums(0).items()},
        **{("IMPLEMENTED", "SUBJECT_KIND", code): many for code, many in _sums(1).items()},
    }
)
"""(measure, dimension or "", code or "") → value, as published."""
GAPS: Figures = MappingProxyType(
    {
        ("IMPLEMENTED", "FIELD", PLACED[0].value): Decimal(UNEXPLAINED),
        ("IMPLEMENTED", "SUBJECT_KIND", PLACED[1].value): Decimal(UNEXPLAINED),
    }
)
"""How much more the report has than the summary: the summary does not add up by itself."""


@dataclass(frozen=True, slots=True)
class Body:
    """An organisation. `ref`: its name within the data set."""

    ref: str
    name: str
    kind: BodyKind
    unit: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the list. `year`: for which the model is registered. `begun`: whether it is carried out."""

    owner: str
    title: str
    field: Field
    subject_kind: SubjectKind
    place: str
    summary: str
    target: str
    year: int
    begun: bool

    @property
    def drafted_on(self) -> date:
        return date(self.year, *DRAFTED)


POLICE = "Dân vận khéo trong công tác tiếp dân và giải quyết thủ tục hành chính"
POLICE_TITLES = (POLICE, f"{POLICE} tại bộ phận tiếp nhận và trả kết quả hồ sơ hành chính")
CAU_GIAY = "005"
"""The district's code."""


def spells() -> dict[UnitLevel, list[tuple[str, Spell]]]:
    """The city, its districts and communes with their ids, by level, as they are known of the year."""
    found: dict[UnitLevel, list[tuple[str, Spell]]] = {level: [] for level in REGISTERED}
    for unit, spell in making.units_below(CITY, date(YEAR, 6, 30)):
        if spell.level in found:
            found[spell.level].append((unit, spell))
    return found


def bodies() -> list[Body]:
    return [
        Body(f"{unit}/{kind}", BODIES[kind].format(u=spell.name), kind, unit)
        for level, units in spells().items()
        for unit, spell in units
        for kind in _kinds(level)
    ]


def _kinds(level: UnitLevel) -> list[BodyKind]:
    """The kinds of bodies of a unit: fewer than in life, so that the set loads within minutes."""
    return list(BODIES)[: 3 if level is UnitLevel.COMMUNE else 7]


def entries() -> list[Entry]:
    """The rows of the list, the same in each call."""
    dice = Random(YEAR)  # noqa: S311 - an invented list
    kinds = [key for key, number in FIELDS.items() for _ in range(number)] + [PLACED] * UNEXPLAINED
    dice.shuffle(kinds)
    fit, of_units = iter(kinds), spells()
    made: list[Entry] = []
    for level, (year, begun, many) in _parts():
        for number in range(many):
            unit, spell = of_units[level][number % len(of_units[level])]
            field, subject_kind = next(fit) if begun else dice.choice(list(FIELDS))
            made.append(_entry(unit, spell, field, subject_kind, year, begun, dice))
    _name_police(made, of_units[UnitLevel.DISTRICT])
    return made


def _parts() -> Iterator[tuple[UnitLevel, tuple[int, bool, int]]]:
    """For each level: the year of registration, whether the models are begun, and their number."""
    for level, registered in REGISTERED.items():
        implemented = IMPLEMENTED[level]
        yield level, (YEAR, True, min(registered, implemented))
        yield level, (YEAR, False, max(0, registered - implemented))
        yield level, (CARRIED_FROM, True, max(0, implemented - registered))


def _entry(
    unit: str, spell: Spell, field: Field, subject_kind: SubjectKind, year: int, begun: bool, dice: Random
) -> Entry:
    core, target = making.method_of(field, dice)
    place = making.place_in(spell, dice)
    return Entry(
        owner=f"{unit}/{dice.choice(_kinds(spell.level))}",
        title=making.titled(core, place, dice),
        field=field,
        subject_kind=subject_kind,
        place=place,
        summary=making.summarised(dice),
        target=target,
        year=year,
        begun=begun,
    )


def _name_police(made: list[Entry], districts: list[tuple[str, Spell]]) -> None:
    """Gives two models of the Cầu Giấy police their real titles."""
    owner = next(f"{unit}/{BodyKind.POLICE}" for unit, spell in districts if spell.code == CAU_GIAY)
    chosen = [
        number
        for number, entry in enumerate(made)
        if entry.owner.partition("/")[0] == owner.partition("/")[0]
    ]
    for number, title in zip(chosen, POLICE_TITLES, strict=False):
        entry = made[number]
        made[number] = Entry(
            owner=owner,
            title=title,
            field=entry.field,
            subject_kind=entry.subject_kind,
            place="",
            summary=entry.summary,
            target=entry.target,
            year=entry.year,
            begun=entry.begun,
        )
