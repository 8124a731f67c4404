"""Units that ended before the oldest list of units are entered as dated facts; reports on their time name them."""

import asyncio
from datetime import date

import pytest

from services.kernel.units import DatedUnit, SuccessionKind, UnitLevel
from services.movement.words import DISTRICTS_END
from services.registration.handovers.family import Family
from services.registration.reorganisations.domain import plan
from services.registration.reorganisations.file import COLUMNS, read
from services.registration.units.domain import Unit, record
from services.registration.units.national import national_units
from services.reporting.measures import Dimension
from tests.reporting.test_composition import Reports, fact
from tests.values import act

pytestmark = pytest.mark.lists

UNITS = {unit.id: unit for unit in national_units()}
DIVIDED = date(2013, 12, 27)
TU_LIEM, NORTH, SOUTH = "u019-until-2013-12-27", "u021", "u019"
SOURCE = "https://vanban.chinhphu.vn/?pageid=27160&docid=171686"
RESOLUTION = f"{DIVIDED},Nghị quyết,132/NQ-CP,Chính phủ,{DIVIDED}"
DISTRICT = (
    f"{RESOLUTION},FORMER,{SOUTH},019,Huyện Từ Liêm,Huyện,DISTRICT,01,",
    f"{RESOLUTION},FORMER,{NORTH},019,,,,,",
)
COMMUNES = (
    f"{RESOLUTION},EARLIER,u00598,,Xã Liên Mạc,Xã,,,",
    f"{RESOLUTION},FORMER,u00616,00616,Xã Cổ Nhuế,Xã,COMMUNE,019,",
    f"{RESOLUTION},FORMER,u00617,00616,,,,,",
)
HA_TAY = "2008-08-01,Nghị quyết,15/2008/QH12,Quốc hội,2008-05-29,{}"


def after(*rows: str) -> tuple[dict[str, DatedUnit], list[tuple[int | None, str]]]:
    """The changed units after a file with these rows, and the problems of the file."""
    heads = ",".join([*COLUMNS, "source"])
    made = plan(read("\n".join([heads, *(f"{row},{SOURCE}" for row in rows)])), UNITS)
    return {unit.id: unit for unit in made.units}, [(p.row, p.problem) for p in made.problems]


def test_district_that_was_divided_before_the_list_has_its_communes_and_successors() -> None:
    changed, problems = after(*DISTRICT, *COMMUNES)
    assert problems == []
    old = changed[TU_LIEM].spells[0]
    assert (old.name, old.code, old.level, old.path) == (
        "Huyện Từ Liêm",
        "019",
        UnitLevel.DISTRICT,
        f"/vn/u01/{TU_LIEM}",
    )
    assert (old.since, old.until) == (None, DIVIDED)
    for id_ in (NORTH, SOUTH):
        assert [(s.since, s.until) for s in changed[id_].spells] == [(DIVIDED, DISTRICTS_END)]
        (line,) = changed[id_].predecessors
        assert (line.unit, line.kind, line.on, line.main) == (
            TU_LIEM,
            SuccessionKind.SPLIT,
            DIVIDED,
            id_ == SOUTH,
        )
        assert line.document == "Nghị quyết 132/NQ-CP ngày 27/12/2013 của Chính phủ"
    paths = [(s.name, s.path) for s in changed["u00598"].spells]
    assert paths == [("Xã Liên Mạc", f"{old.path}/u00598"), ("Phường Liên Mạc", "/vn/u01/u021/u00598")]
    assert changed["u00622"].spells[0].path == f"{old.path}/u00622"
    assert changed["u00616-until-2013-12-27"].spells[0].path == f"{old.path}/u00616-until-2013-12-27"
    # Its 23 wards, of which two were one commune; the two districts; and the two units that ended.
    assert len(changed) == 23 + 2 + 2
    assert [
        one.unit.id for one in Family((UNITS | changed).values()).successors(changed[TU_LIEM], DIVIDED)
    ] == [
        SOUTH,
        NORTH,
    ]
    # The national list, loaded again, takes nothing back.
    for id_ in (NORTH, "u00598"):
        one = changed[id_]
        known = Unit(
            id=id_,
            version=2,
            unit=one.spells[-1].path,
            spells=one.spells,
            predecessors=one.predecessors,
        )
        assert record(known, UNITS[id_], act=act("operator", DISTRICTS_END)) is None


def test_report_on_2012_names_the_district_that_ended() -> None:
    changed, _ = after(*DISTRICT, *COMMUNES)
    units = {id_: one for id_, one in (UNITS | changed).items() if "u01" in one.spells[0].path.split("/")}
    units["vn"] = UNITS["vn"]
    in_2012, in_2014 = date(2012, 5, 5), date(2014, 5, 5)
    facts = [
        fact(1, units["u00598"], in_2012, 3),
        fact(2, units["u00616-until-2013-12-27"], in_2012, 4),
        fact(3, units["u00598"], in_2014, 5),
    ]
    reports = Reports(units, facts)
    found = asyncio.run(reports.all({id_: units[id_] for id_ in (TU_LIEM, "u01")}, "2012"))
    figure = found[TU_LIEM][2]
    assert figure.total == 7
    (places,) = [one.rows for one in figure.breakdowns if one.by is Dimension.PLACE]
    assert {row.name: row.value for row in places if row.value} == {"Xã Liên Mạc": 3, "Xã Cổ Nhuế": 4}
    assert found["u01"][1].below[TU_LIEM] == "Huyện Từ Liêm"
    assert NORTH not in found["u01"][1].below
    assert asyncio.run(reports.all({NORTH: units[NORTH]}, "2014"))[NORTH][2].total == 5


def test_province_that_went_into_one_that_goes_on_has_its_districts_until_that_day() -> None:
    changed, problems = after(
        HA_TAY.format("FORMER,u01,28,Tỉnh Hà Tây,Tỉnh,PROVINCE,vn,"),
        HA_TAY.format("EARLIER,u271,,,,,28,"),
    )
    assert problems == []
    (line,) = changed["u01"].predecessors
    assert (line.unit, line.kind) == ("u28-until-2008-08-01", SuccessionKind.MERGE)
    assert changed["u01"].spells == UNITS["u01"].spells
    assert [s.path for s in changed["u271"].spells] == ["/vn/u28-until-2008-08-01/u271", "/vn/u01/u271"]
    commune = next(one for one in changed.values() if one.spells[-1].path.startswith("/vn/u01/u271/"))
    assert commune.spells[0].path == f"/vn/u28-until-2008-08-01/u271/{commune.id}"
    known = Unit(id="u01", version=2, unit="/vn/u01", spells=UNITS["u01"].spells, predecessors=(line,))
    assert record(known, UNITS["u01"], act=act("operator", DISTRICTS_END)) is None


@pytest.mark.parametrize(
    ("rows", "problems"),
    [
        (("FORMER,u019,,Huyện X,Huyện,DISTRICT,01,",), [(2, "NEW_UNIT_INCOMPLETE")]),
        (("FORMER,u019,019,,Huyện,DISTRICT,01,", "FORMER,u021,019,,,,,"), [(2, "NEW_UNIT_INCOMPLETE")]),
        (("FORMER,u019,018,Huyện X,Huyện,DISTRICT,01,", "FORMER,u021,018,,,,,"), [(2, "CODE_CLASH")]),
        (("FORMER,u019,019,Huyện X,Huyện,DISTRICT,99,", "FORMER,u021,019,,,,,"), [(2, "PARENT_UNKNOWN")]),
        (("FORMER,u019,019,Huyện X,Huyện,DISTRICT,u018,", "FORMER,u021,019,,,,,"), [(2, "LEVEL_WRONG")]),
        (("FORMER,nowhere,019,Huyện X,Huyện,DISTRICT,01,",), [(2, "UNIT_UNKNOWN")]),
        (("FORMER,u18115-2025,019,Xã X,Xã,COMMUNE,01,",), [(2, "TIME_OVERLAPS")]),
        (("EARLIER,u00598,,,,,99,",), [(2, "PARENT_UNKNOWN"), (2, "NOTHING_CHANGES")]),
    ],
)
def test_past_that_cannot_be_is_refused(rows: tuple[str, ...], problems: list[tuple[int, str]]) -> None:
    changed, found = after(*(f"{RESOLUTION},{row}" for row in rows))
    assert (changed, sorted(found)) == ({}, sorted(problems))
