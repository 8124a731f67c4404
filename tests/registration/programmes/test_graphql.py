"""A programme through GraphQL: documents and issuers over time, a launch, and units that have not registered."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from infra.operate.recount import recount
from services.kernel.credentials import OPERATOR_USER
from services.kernel.messages import Role
from services.kernel.mongo.store import Store
from tests.conftest import GraphQL
from tests.people import Office, Person
from tests.registration.models.test_versions import Reader
from tests.waiting import DEADLINE

pytestmark = pytest.mark.asyncio(loop_scope="session")

PROVINCE, ELSEWHERE = "u10", "u01"
TOWN = "u080"
"""Until 2025-06-30."""
DISTRICT = "u009"
"""Thanh Xuân in Hà Nội, until 2025-06-30."""
PROGRAMME = """
query Programme($id: ID!) { node(id: $id) { ... on Programme {
  name firstYear lastYear endedOn
  themes { year theme document }
  plan { item year task lead dueOn }
  unit { id }
  documents(first: 10) { edges { node { number issuerName issuerKind issuedOn kind unit { id } } } }
  launches(first: 10) { edges { node { id year until } } }
} } }
"""
LAUNCH = """
query Launch($id: ID!, $standings: [Standing!]) {
  node(id: $id) { ... on Launch {
    year level until launchedOn recalledOn programme { id } unit { id } extensions { before reason }
    standings { units inTime declared late waiting drafting nothing unassigned asOf }
  } }
  launchUnits(launch: $id, first: 100, standings: $standings) {
    edges { node { standing inTime declared late waiting drafting endedOn unit { id } } } }
}
"""
FOR = """
query For($unit: ID!, $open: Boolean!) {
  launchesFor(unit: $unit, first: 10, open: $open) { edges { node { id } } } }
"""


def nodes(connection: dict[str, Any]) -> list[dict[str, Any]]:
    return [edge["node"] for edge in connection["edges"]]


async def issued(office: Office, issuer: str, number: str, on: str, **more: Any) -> str:
    wanted = {"kind": "PLAN", "title": "Về phong trào thi đua", **more}
    return await office.officer.does("registerDocument", issuer=issuer, number=number, issuedOn=on, **wanted)


async def commission(office: Office, unit: str) -> str:
    return await office.officer.does(
        "registerOrganisation",
        name=f"Ban Dân vận {uuid4().hex[:6]}",
        kind="MASS_MOBILISATION_COMMISSION",
        unit=unit,
        on="2016-01-04",
    )


async def started(office: Office, unit: str, first: int, last: int) -> str:
    document = await issued(office, await commission(office, unit), f"{uuid4().hex[:8]}-KH", "2016-02-01")
    return await office.officer.does(
        "startProgramme",
        unit=unit,
        name=f"Dân vận khéo {uuid4().hex[:6]}",
        firstYear=first,
        lastYear=last,
        documents=[document],
        on="2016-03-01",
    )


async def stand(person: Person, launch: str, *standings: str) -> tuple[dict[str, int], dict[str, str]]:
    """The totals, and the standing of each unit."""
    found = await person.ask(LAUNCH, id=launch, standings=list(standings) or None)
    units = {node["unit"]["id"]: node["standing"] for node in nodes(found["launchUnits"])}
    totals = found["node"]["standings"]
    assert totals.pop("asOf")
    assert totals.pop("units") == sum(totals.values())
    return totals, units


async def test_document_keeps_its_issuer_after_the_issuer_is_renamed_and_ended(graphql: GraphQL) -> None:
    office = Office(graphql, PROVINCE)
    issuer, merged = await commission(office, PROVINCE), await commission(office, PROVINCE)
    first = await issued(office, issuer, "04-KH/TU", "2016-02-01")
    twice = await office.officer.tries(
        "registerDocument",
        issuer=issuer,
        number="4 - kh/tu",
        issuedOn="2016-02-01",
        kind="PLAN",
        title="Nhập lại",
    )
    assert (twice["code"], first in twice["messageVi"]) == ("document-known", True)
    await issued(office, merged, "04-KH/TU", "2016-02-01")

    name = f"Ban Tuyên giáo và Dân vận {uuid4().hex[:6]}"
    await office.officer.does(
        "renameOrganisation",
        organisation=merged,
        name=name,
        kind="PROPAGANDA_AND_MASS_MOBILISATION_COMMISSION",
        document="QĐ 01-QĐ/TU",
        on="2025-02-20",
    )
    await office.officer.does(
        "endOrganisation", organisation=issuer, successor=merged, document="QĐ 01-QĐ/TU", on="2025-02-20"
    )
    late = await office.officer.tries(
        "registerDocument", issuer=issuer, number="9-KH/TU", issuedOn="2025-02-20", kind="PLAN", title="x"
    )
    assert (late["code"], merged in late["messageVi"]) == ("organisation-ended", True)
    second = await issued(office, merged, "09-KH/TU", "2025-02-20")

    programme = await office.officer.does(
        "startProgramme",
        unit=PROVINCE,
        name=f"Dân vận khéo {uuid4().hex[:6]}",
        firstYear=2021,
        lastYear=2026,
        documents=[first],
        on="2021-01-05",
    )
    await office.officer.does("citeDocument", programme=programme, document=second)
    await office.officer.does(
        "setTheme", programme=programme, year=2025, theme="Gần dân, trọng dân", document=second
    )
    await office.officer.does(
        "addPlanItem", programme=programme, year=2025, task="Sơ kết", lead="Ban Dân vận", dueOn="2025-06-30"
    )
    reader = Person(graphql, Role.REPORTER, ELSEWHERE)
    found = (await reader.ask(PROGRAMME, id=programme))["node"]
    assert found["themes"] == [{"year": 2025, "theme": "Gần dân, trọng dân", "document": second}]
    assert [item["task"] for item in found["plan"]] == ["Sơ kết"]
    documents = nodes(found["documents"])
    assert [document["number"] for document in documents] == ["04-KH/TU", "09-KH/TU"]
    assert documents[0]["issuerKind"] == "MASS_MOBILISATION_COMMISSION"
    assert (documents[1]["issuerName"], documents[1]["issuerKind"]) == (
        name,
        "PROPAGANDA_AND_MASS_MOBILISATION_COMMISSION",
    )


async def test_organisation_owns_no_new_model_after_its_end(graphql: GraphQL) -> None:
    office = Office(graphql, PROVINCE)
    owner = await office.organisation(TOWN)
    await office.officer.does("endOrganisation", organisation=owner, document="QĐ 1", on="2019-01-10")
    refused = await office.officer.tries(
        "draftModel", owner=owner, title="x", field="ECONOMY", subjectKind="COLLECTIVE", on="2019-02-01"
    )
    assert (refused["code"], refused["fields"]) == ("organisation-ended", ["owner", "on"])


async def test_launch_shows_which_units_have_registered_in_time(graphql: GraphQL) -> None:
    office = Office(graphql, PROVINCE)
    programme = await started(office, TOWN, 2019, 2019)
    launch = await office.officer.does(
        "launchProgramme",
        programme=programme,
        unit=TOWN,
        year=2019,
        level="COMMUNE",
        until="2019-02-28",
        on="2019-01-10",
    )
    communes = await office.officer.ask(
        'query { unitsBelow(unit: "u080", on: "2019-01-10", level: COMMUNE, first: 100) { edges { node { id } } } }'
    )
    units = [node["id"] for node in nodes(communes["unitsBelow"])]
    assert len(units) >= 5
    totals, each = await stand(office.officer, launch)
    assert totals["nothing"] == len(units)
    assert each == dict.fromkeys(units, "NOTHING")

    async def model(unit: str, day: str, *steps: str) -> None:
        owner = await office.organisation(unit)
        id_ = await office.draft(owner, on=day, programme=programme)
        for step in steps:
            who = office.appraiser if step == "acceptModel" else office.officer
            await who.does(step, model=id_, on=day)

    await model(units[0], "2019-02-28", "submitModel", "acceptModel")
    await model(units[1], "2019-03-01", "submitModel", "acceptModel")
    await model(units[2], "2019-02-20", "submitModel")
    await model(units[3], "2019-02-20")
    wanted = dict(zip(units, ["DECLARED", "LATE", "WAITING", "DRAFTING"], strict=False))
    totals, each = await stand(office.officer, launch)
    assert each == dict.fromkeys(units, "NOTHING") | wanted
    assert (totals["declared"], totals["late"], totals["waiting"], totals["drafting"]) == (1, 1, 1, 1)
    _, missing = await stand(office.officer, launch, "NOTHING", "DRAFTING", "WAITING", "LATE")
    assert set(missing) == {*units} - {units[0]}

    extended = await office.officer.does("extendLaunch", launch=launch, until="2019-03-31", reason="Bão lũ")
    totals, each = await stand(office.officer, extended)
    assert (totals["declared"], each[units[1]]) == (2, "DECLARED")

    ward = Person(graphql, Role.OFFICER, units[1])
    assert (await stand(ward, launch))[1] == {units[1]: "DECLARED"}
    addressed = nodes((await ward.ask(FOR, unit=units[1], open=False))["launchesFor"])
    assert launch in [one["id"] for one in addressed]
    assert nodes((await ward.ask(FOR, unit=units[1], open=True))["launchesFor"]) == []
    assert launch not in [
        one["id"] for one in nodes((await ward.ask(FOR, unit=TOWN, open=False))["launchesFor"])
    ]

    again: dict[str, Any] = {"programme": programme, "unit": TOWN, "year": 2019, "level": "COMMUNE"}
    known = await office.officer.tries("launchProgramme", until="2019-05-01", on="2019-01-10", **again)
    assert (known["code"], launch in known["messageVi"]) == ("launch-known", True)
    await office.officer.does("recallLaunch", launch=launch, reason="Nhầm năm")
    await office.officer.does("launchProgramme", until="2019-05-01", on="2019-01-10", **again)


async def test_models_of_the_successor_count_for_units_merged_before_the_deadline(graphql: GraphQL) -> None:
    """Wards of a district of Hà Nội that ended on 2025-07-01. For a partial successor the standing is unassigned."""
    office = Office(graphql, ELSEWHERE)
    programme = await started(office, ELSEWHERE, 2025, 2025)
    launch = await office.officer.does(
        "launchProgramme",
        programme=programme,
        unit=DISTRICT,
        year=2025,
        level="COMMUNE",
        until="2025-09-30",
        on="2025-03-01",
    )
    _, before = await stand(office.officer, launch)
    assert set(before.values()) == {"NOTHING"}
    heirs = (
        'query($u: ID!) { unitSuccession(unit: $u, since: "2025-03-01", first: 50, to: "2025-09-30") {'
        + (" edges { node { whole unit { id } } } } }")
    )
    found = {unit: nodes((await office.officer.ask(heirs, u=unit))["unitSuccession"]) for unit in before}
    whole = {unit: one["unit"]["id"] for unit, (one, *_) in found.items() if one["whole"]}
    heir = next(iter(whole.values()))
    owner = await office.organisation(heir, on="2025-07-02")
    model = await office.draft(owner, on="2025-08-01", programme=programme)
    await office.officer.does("submitModel", model=model, on="2025-08-02")
    await office.appraiser.does("acceptModel", model=model, on="2025-08-03")
    totals, after = await stand(office.officer, launch)
    ours = {unit for unit, its in whole.items() if its == heir}
    parted = {
        unit
        for unit, all_ in found.items()
        if unit not in ours and any(one["unit"]["id"] == heir for one in all_)
    }
    assert ours
    assert {unit for unit, standing in after.items() if standing == "DECLARED"} == ours
    assert {unit for unit, standing in after.items() if standing == "UNASSIGNED"} == parted
    assert totals["declared"] == len(ours)


async def test_cached_launch_is_stale_as_soon_as_a_unit_has_registered(
    graphql: GraphQL,
) -> None:
    office = Office(graphql, PROVINCE)
    programme = await started(office, TOWN, 2019, 2019)
    launch = await office.officer.does(
        "launchProgramme",
        programme=programme,
        unit=TOWN,
        year=2019,
        level="COMMUNE",
        until="2019-02-28",
        on="2019-01-10",
    )
    reader = Reader(graphql, office.reporter.token)
    asked = (
        "query($id: ID!) { node(id: $id) { ... on Launch { standings { drafting nothing } } } }",
        "query($id: ID!) { launchUnits(launch: $id, first: 100) { edges { node { standing drafting } } } }",
    )
    tags = [(await reader.read(query, id=launch)).headers["etag"] for query in asked]
    for query, tag in zip(asked, tags, strict=True):
        assert (await reader.read(query, tag, id=launch)).status_code == 304
    await office.draft(await office.organisation("u02635"), on="2019-02-01", programme=programme)
    for query, tag in zip(asked, tags, strict=True):
        assert (await reader.read(query, tag, id=launch)).status_code == 200


async def test_task_adds_up_the_moves_and_the_standings_stay_the_same(graphql: GraphQL) -> None:
    office = Office(graphql, PROVINCE)
    programme = await started(office, TOWN, 2019, 2019)
    launch: dict[str, Any] = {"programme": programme, "unit": TOWN, "year": 2019, "level": "COMMUNE"}
    launched = await office.officer.does("launchProgramme", **launch, until="2019-02-28", on="2019-01-10")
    owner = await office.organisation("u02635")
    model = await office.draft(owner, on="2019-02-01", programme=programme)
    await office.officer.does("submitModel", model=model, on="2019-02-02")
    before = await stand(office.officer, launched)
    assert before[1]["u02635"] == "WAITING"
    store = Store(graphql.settings, "registration", user=OPERATOR_USER)
    async with asyncio.timeout(DEADLINE):
        while await store.db.stages.find_one({"programme": programme, "move": True}):
            await asyncio.sleep(0.05)
    store.close()
    assert await stand(office.officer, launched) == before


async def test_recount_finds_a_number_that_no_model_stands_for(graphql: GraphQL) -> None:
    store = Store(graphql.settings, "registration", user=OPERATOR_USER)
    place = {"programme": "programme_1", "year": 2019, "unit": "/vn/u10"}
    try:
        await store.db.stages.insert_one({"_id": "wrong", **place, "drafting": 1})
        differences = (await recount(graphql.settings)).differences
    finally:
        await store.db.stages.delete_one({"_id": "wrong"})
        store.close()
    assert differences == ["programme_1/2019/vn/u10 drafting: 0 models, and 1 as kept"]


async def test_record_that_many_enter_at_once_exists_once(graphql: GraphQL) -> None:
    office = Office(graphql, PROVINCE)
    issuer = await commission(office, PROVINCE)
    document = await issued(office, issuer, "01-KH", "2016-02-01")
    programme: dict[str, Any] = {
        "unit": TOWN,
        "name": f"Dân vận khéo {uuid4().hex[:6]}",
        "firstYear": 2019,
        "lastYear": 2019,
    }
    first = await office.officer.does("startProgramme", **programme, documents=[document], on="2019-01-02")
    launch = {"programme": first, "unit": TOWN, "year": 2019, "level": "COMMUNE", "until": "2019-03-31"}
    many: dict[str, dict[str, Any]] = {
        "registerDocument": {
            "issuer": issuer,
            "number": "77-KH",
            "issuedOn": "2016-02-01",
            "kind": "PLAN",
            "title": "x",
        },
        "startProgramme": {**programme, "name": "Một tên", "documents": [document], "on": "2019-01-02"},
        "launchProgramme": {**launch, "on": "2019-01-10"},
    }
    for does, input_ in many.items():
        answers = await asyncio.gather(*(office.officer.tries(does, **input_) for _ in range(8)))
        refused = [answer for answer in answers if answer["__typename"] == "Refusal"]
        assert {answer["code"] for answer in refused} <= {
            "document-known",
            "programme-known",
            "launch-known",
        }
        assert len(refused) == 7, does


async def test_second_change_of_a_programme_is_refused_with_the_first_change(
    graphql: GraphQL,
) -> None:
    office = Office(graphql, PROVINCE)
    programme = await started(office, TOWN, 2019, 2019)
    theme: dict[str, Any] = {"programme": programme, "year": 2019, "expectedVersion": 1}
    await office.officer.does("setTheme", theme="Gần dân", **theme)
    second = await office.officer.tries("setTheme", theme="Vì dân", **theme)
    assert (second["code"], second["fields"]) == ("changed-meanwhile", ["expectedVersion"])
    assert f"Đặt chủ đề, do officer@{PROVINCE}, lúc " in second["messageVi"]
    assert f"a theme set, by officer@{PROVINCE}, at " in second["messageEn"]


async def test_model_joins_only_a_programme_of_its_year_and_unit(graphql: GraphQL) -> None:
    office = Office(graphql, PROVINCE)
    owner = await office.organisation(TOWN)
    programme = await started(office, TOWN, 2019, 2019)
    other = await started(Office(graphql, ELSEWHERE), ELSEWHERE, 2019, 2019)
    base = {"owner": owner, "title": "x", "field": "ECONOMY", "subjectKind": "COLLECTIVE", "on": "2019-02-01"}
    wrong: dict[str, Any]
    for wrong, code in (
        ({"programme": "programme_" + "0" * 24}, "programme-not-found"),
        ({"programme": other}, "programme-elsewhere"),
        ({"programme": programme, "year": 2020}, "programme-not-in-year"),
    ):
        assert (await office.officer.tries("draftModel", **base, **wrong))["code"] == code
    model = await office.draft(owner, programme=programme)
    assert (await office.officer.tries("reviseModel", model=model, year=2018, on="2019-02-02"))["code"] == (
        "programme-not-in-year"
    )
    shown = "query($id: ID!) { node(id: $id) { ... on Model { programme { id } } } }"
    assert (await office.officer.ask(shown, id=model))["node"]["programme"] == {"id": programme}
