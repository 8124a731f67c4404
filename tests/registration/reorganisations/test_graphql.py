"""A reorganisation of units: its preview, its application as a whole or not at all, and its effect on records."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from infra.operate.recount import recount
from services.kernel.messages import Role
from services.registration.reorganisations.file import COLUMNS
from tests.commands import Ended, danvan
from tests.conftest import GraphQL
from tests.people import Office, Person, counts
from tests.registration.handovers.test_graphql import figures
from tests.registration.reorganisations.test_former import COMMUNES, DISTRICT, NORTH, SOURCE, SOUTH, TU_LIEM

pytestmark = pytest.mark.asyncio(loop_scope="session")

EFFECTIVE = "2025-09-01"
DOCUMENT = f"{EFFECTIVE},Nghị quyết,33/NQ-UBTVQH15,Ủy ban Thường vụ Quốc hội,2025-08-01"
PROVINCE = "u04"
PREVIEW = """
query($file: String!) { reorganisationPreview(file: $file) {
  effectiveOn document applied began ended changed followers drafts openModels organisations
  problems { row column problem en }
  lines { row kind becomes unit { id name } }
  affected { unit { id } drafts openModels organisations models(first: 5) { edges { node { id } } } }
} }
"""
UNIT = "query($id: ID!, $on: Date) { unit(id: $id, on: $on) { name code parent { id } } }"


def text(*lines: str) -> str:
    return "\n".join([",".join(COLUMNS), *(f"{DOCUMENT},{line}" for line in lines), ""])


def operator(graphql: GraphQL, unit: str = "vn") -> Person:
    return Person(graphql, Role.OPERATOR, unit)


async def communes(graphql: GraphQL, start: int) -> list[dict[str, str]]:
    """Three communes of the province; each test takes its own."""
    asked = "query($u: ID!, $on: Date) { unitsBelow(unit: $u, on: $on, first: 60) { edges { node { id code name } } } }"
    found = await operator(graphql).ask(asked, u=PROVINCE, on="2025-08-31")
    return [edge["node"] for edge in found["unitsBelow"]["edges"]][start : start + 3]


def merging(units: list[dict[str, str]], code: str) -> str:
    first, second, third = units
    return text(
        f"MERGE,{first['id']},{code},Xã Mới {code},Xã,COMMUNE,04,",
        f"MERGE,{second['code']},{code},,,,,",
        f"Đổi tên,{third['id']},,{third['name']} Mới,,,,",
    )


def reorganise(graphql: GraphQL, *arguments: str) -> Ended:
    return danvan(graphql.settings.var, "reorganise", *arguments)


async def test_records_and_grants_keep_their_units_after_a_reorganisation(
    graphql: GraphQL, tmp_path: Path
) -> None:
    units = await communes(graphql, 0)
    old, new = units[0]["id"], f"u90401-{EFFECTIVE}"
    office = Office(graphql, old)
    owner = await office.organisation(unit=old, on="2025-07-02")
    draft = await office.draft(owner, on="2025-08-01")
    open_ = await office.draft(owner, on="2025-08-01", title="Tuyến đường hoa")
    await office.officer.does("submitModel", model=open_, on="2025-08-02")
    file = merging(units, "90401")
    (path := tmp_path / "a.csv").write_text(file, encoding="utf-8-sig")

    shown = (await operator(graphql).ask(PREVIEW, file=file))["reorganisationPreview"]
    assert shown["problems"] == []
    assert (shown["began"], shown["ended"], shown["changed"], shown["followers"]) == (1, 2, 1, 0)
    assert (shown["drafts"], shown["openModels"], shown["organisations"]) == (1, 1, 1)
    (affected,) = [one for one in shown["affected"] if one["unit"]["id"] == old]
    assert [edge["node"]["id"] for edge in affected["models"]["edges"]] == [open_, draft]
    assert [(one["kind"], one["becomes"]) for one in shown["lines"]] == [
        ("MERGE", new),
        ("MERGE", new),
        ("RENAME", units[2]["id"]),
    ]
    before = await counts(graphql)
    done = reorganise(graphql, str(path))
    assert done.returncode == 0, done.stderr
    assert "nothing was changed" in done.stderr
    assert "Tuyến đường hoa" in done.stdout
    assert await counts(graphql) == before

    done = reorganise(graphql, str(path), "--apply")
    assert done.returncode == 0, done.stderr
    assert "Applied as reorganisation_" in done.stderr
    again = reorganise(graphql, str(path), "--apply")
    assert again.returncode == 0
    assert "đã được áp dụng rồi" in again.stdout
    asked = "query($u: ID!) { reorganisations(unit: $u, first: 5) { edges { node { document { number } ended } } } }"
    for unit in (old, new):
        (edge,) = (await operator(graphql).ask(asked, u=unit))["reorganisations"]["edges"]
        assert edge["node"] == {"document": {"number": "33/NQ-UBTVQH15"}, "ended": 2}

    # The record keeps its unit. A caller with a role in the old unit can finish open work there, and begin nothing new.
    kept = "query($id: ID!) { node(id: $id) { ... on Model { unit { id name } } } }"
    assert (await office.officer.ask(kept, id=open_))["node"]["unit"] == {"id": old, "name": units[0]["name"]}
    await office.officer.does("submitModel", model=draft, on="2025-08-03")
    wanted = {"owner": owner, "title": "Sau ngày ấy", "field": "ECONOMY", "subjectKind": "COLLECTIVE"}
    late = await office.officer.tries("draftModel", on=EFFECTIVE, **wanted)
    assert late["code"] == "unit-not-in-force"
    # A role in the new unit, which holds the whole of the old one, reads its records. Roles in the province cover both.
    successor = Office(graphql, new)
    assert (await successor.officer.ask(kept, id=open_))["node"]["unit"]["id"] == old
    late = await successor.officer.tries("noteProgress", model=open_, text="Đang làm", on=EFFECTIVE)
    assert late["code"] == "model-not-found"
    await successor.draft(await successor.organisation(unit=new, on=EFFECTIVE), on=EFFECTIVE)
    assert (await Person(graphql, Role.OFFICER, PROVINCE).ask(kept, id=open_))["node"]["unit"]["id"] == old

    # The copies in other services have the change too.
    body = await successor.organisation(unit=new, on=EFFECTIVE)
    await graphql.settled()
    await successor.supervisor.does(
        "recordActivity", kind="SURVEY", bodies=[body], unit=new, title="Khảo sát", heldOn=EFFECTIVE
    )
    report = 'query($u: ID!) { report(unit: $u, period: "2025") { ... on Report { complete } } }'
    assert (await successor.reporter.ask(report, u=new))["report"]["complete"] in (True, False)


async def test_file_with_one_problem_is_not_applied(graphql: GraphQL, tmp_path: Path) -> None:
    units = await communes(graphql, 3)
    file = merging(units, "90402") + f"{DOCUMENT},MERGE,99999,90402,,,,,\n"
    before = await counts(graphql)
    refused = await operator(graphql).tries("reorganiseUnits", file=file)
    assert refused["code"] == "reorganisation-invalid"
    assert refused["messageEn"].startswith("row 5: ")
    (path := tmp_path / "b.csv").write_text(file)
    done = reorganise(graphql, str(path), "--apply")
    assert done.returncode == 1
    assert "dòng 5, cột old: UNIT_UNKNOWN" in done.stdout
    path.write_bytes(file.encode("utf-16"))
    assert "CSV UTF-8" in reorganise(graphql, str(path)).stderr
    assert await counts(graphql) == before
    found = await operator(graphql).ask(UNIT, id=f"u90402-{EFFECTIVE}")
    assert found["unit"] is None


async def test_file_sent_many_times_at_once_is_applied_once(graphql: GraphQL) -> None:
    units = await communes(graphql, 6)
    rival = merging(units, "90403").replace("Xã Mới 90403", "Xã Khác")
    files = [merging(units, "90403")] * 3 + [rival] * 3
    answers = await asyncio.gather(*(operator(graphql).tries("reorganiseUnits", file=file) for file in files))
    made = [answer for answer in answers if answer["__typename"] == "Reorganisation"]
    codes = sorted(answer["code"] for answer in answers if answer not in made)
    assert len(made) == 1
    assert codes == ["already-reorganised"] * 2 + ["reorganisation-invalid"] * 3
    name = (await operator(graphql).ask(UNIT, id=f"u90403-{EFFECTIVE}"))["unit"]["name"]
    assert name in ("Xã Mới 90403", "Xã Khác")


async def test_reorganisation_needs_an_operator_of_all_its_units(graphql: GraphQL) -> None:
    file = merging(await communes(graphql, 9), "90404")
    for person in (operator(graphql, "u01"), Person(graphql, Role.LEADER, PROVINCE)):
        answer: dict[str, Any] = await person.tries("reorganiseUnits", file=file)
        assert answer["code"] == "not-permitted"
    await operator(graphql, PROVINCE).does("reorganiseUnits", file=file)


async def worked(office: Office) -> Decimal:
    return Decimal((await figures(office, office.unit, "2025")).get("WORK_DAY", 0))


async def test_grants_in_a_parent_reach_units_that_come_under_it(graphql: GraphQL) -> None:
    moved = (await communes(graphql, 12))[0]
    other = "u08-2025"
    office = Office(graphql, moved["id"])
    owner = await office.organisation(unit=moved["id"], on="2025-07-02")
    earlier = await office.draft(owner, on="2025-08-01")
    for step, person in (("submitModel", office.officer), ("acceptModel", office.appraiser)):
        await person.does(step, model=earlier, on="2025-08-02")
    for amount, on in (("3", "2025-08-31"), ("5", EFFECTIVE)):
        await office.officer.does("recordContribution", model=earlier, kind="WORK_DAY", amount=amount, on=on)
    await graphql.settled()
    offices = [Office(graphql, unit) for unit in (PROVINCE, other, "vn")]
    before = [await worked(one) for one in offices]
    await operator(graphql).does("reorganiseUnits", file=text(f"TRANSFER,{moved['id']},,,,,08,"))
    # A fact of that day had been counted in the old province. It moves, without a rebuild.
    await graphql.settled()
    assert [await worked(one) - was for one, was in zip(offices, before, strict=True)] == [-5, 5, 0]
    assert (await recount(graphql.settings)).differences == []
    later = await office.draft(owner, on=EFFECTIVE)
    asked = "query($id: ID!) { node(id: $id) { id } }"
    for province, seen in ((PROVINCE, earlier), (other, later)):
        person = Person(graphql, Role.OFFICER, province)
        found = [(await person.ask(asked, id=model))["node"] for model in (earlier, later)]
        assert [one and one["id"] for one in found] == [
            one if one == seen else None for one in (earlier, later)
        ]
    assert (await operator(graphql).ask(UNIT, id=moved["id"], on=EFFECTIVE))["unit"]["parent"]["id"] == other
    assert (await operator(graphql).ask(UNIT, id=moved["id"], on="2025-08-31"))["unit"]["parent"][
        "id"
    ] == PROVINCE


TOLD = """
query($name: String!, $on: Date!, $gone: ID!, $came: ID!) {
  unitsNamed(name: $name, on: $on, first: 9, within: "u01") { edges { node { unit { id name } } } }
  unitByCode(code: "019", on: $on) { id name registerOn }
  unitSuccession(unit: $gone, since: $on, to: "2014-01-01", first: 9) { edges { node { unit { id } whole } } }
  gone: report(unit: $gone, period: "2012") { ... on Report { unitName registerOn figures {
    measure total breakdowns { by rows { code name value } } } } }
  came: report(unit: $came, period: "2012") { ... on Report { complete madeOf { unitName kind } } }
}
"""


async def test_report_on_2012_names_a_district_that_had_ended_before_the_list(graphql: GraphQL) -> None:
    head = ",".join([*COLUMNS, "source"])
    file = "\n".join([head, *(f"{row},{SOURCE}" for row in (*DISTRICT, *COMMUNES))])
    shown = (await operator(graphql).ask(PREVIEW, file=file))["reorganisationPreview"]
    assert (shown["problems"], shown["began"], shown["ended"], shown["changed"]) == ([], 2, 0, 25)
    await operator(graphql).does("reorganiseUnits", file=file)
    city = Office(graphql, "u01")
    owner = await city.organisation(unit="u00598", on="2012-02-01")
    model = await city.draft(owner, on="2012-02-02")
    await city.officer.does("submitModel", model=model, on="2012-02-03")
    await city.appraiser.does("acceptModel", model=model, on="2012-02-04")
    await city.officer.does("recordContribution", model=model, kind="WORK_DAY", amount="3", on="2012-05-05")
    await graphql.settled()
    told = await city.reporter.ask(TOLD, name="Từ Liêm", on="2012-05-05", gone=TU_LIEM, came=NORTH)
    assert told["unitByCode"] == {"id": TU_LIEM, "name": "Huyện Từ Liêm", "registerOn": "2025-06-30"}
    assert [edge["node"]["unit"]["id"] for edge in told["unitsNamed"]["edges"]] == [TU_LIEM]
    heirs = [edge["node"] for edge in told["unitSuccession"]["edges"]]
    assert heirs == [{"unit": {"id": one}, "whole": False} for one in (SOUTH, NORTH)]
    part = {"unitName": "Huyện Từ Liêm", "kind": "PART"}
    assert told["came"] == {"complete": False, "madeOf": [part]}
    assert (told["gone"]["unitName"], told["gone"]["registerOn"]) == ("Huyện Từ Liêm", "2025-06-30")
    (work,) = [one for one in told["gone"]["figures"] if one["measure"] == "WORK_DAY"]
    rows = {part["by"]: part["rows"] for part in work["breakdowns"]}["PLACE"]
    assert [(row["name"], row["value"]) for row in rows if row["value"] != "0"] == [("Xã Liên Mạc", "3")]
    assert (await recount(graphql.settings)).differences == []
