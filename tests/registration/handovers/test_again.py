"""A unit that took over records ends too: its open records and their corrections go to its successor."""

from typing import Any

import pytest

from infra.operate.recount import recount
from services.kernel.messages import Role
from tests.conftest import GraphQL
from tests.people import Office, Person
from tests.registration.handovers.test_graphql import figures, running_model
from tests.registration.programmes.test_graphql import started
from tests.registration.reorganisations.test_graphql import text

pytestmark = pytest.mark.asyncio(loop_scope="session")

PROVINCE, OLD, BETWEEN, OTHER = "u33-2025", "u12448", "u12466-2025", "u12454-2025"
"""`OLD` ended on 2025-07-01: `BETWEEN` has the whole of it. `BETWEEN` and `OTHER` become `LAST`."""
SECOND = "2026-03-01"
LAST = f"u90601-{SECOND}"
FILE = text(
    f"MERGE,{BETWEEN},90601,Phường Vũ Phúc,Phường,COMMUNE,{PROVINCE},", f"MERGE,{OTHER},90601,,,,,"
).replace("2025-09-01", SECOND)
WAITING = """query($unit: ID!) { waitingTotals(filter: { unit: $unit }) { kinds { kind records } } }"""
LIVES = """query($id: ID!) { node(id: $id) {
  ... on Model { unit { id } homes { unit { id } since } livesUnder { id } }
  ... on Launch { homes { unit { id } since } } ... on Programme { homes { unit { id } since } } } }"""
CONTRIBUTED = "query($id: ID!) { node(id: $id) { ... on Model { contributions { version } } } }"
OPEN = """query($id: ID!) { node(id: $id) {
  ... on Model { questions(first: 9) { edges { node { id rule state } } } review { id verdict } }
  ... on Launch { until standings { units registerOn } } } }"""
OWNED = "query($owner: ID!) { models(first: 9, filter: { owner: $owner }) { edges { node { id } } } }"
ASKED = """query { toDo(first: 50, filter: { kinds: [LAUNCH_TO_ANSWER] }) { edges { node { id many } } } }"""
TWICE = [{"unit": {"id": BETWEEN}, "since": "2025-07-01"}, {"unit": {"id": LAST}, "since": SECOND}]


async def waiting(person: Person, unit: str) -> dict[str, int]:
    """Number of open records of an ended unit by kind, without zeros."""
    found = (await person.ask(WAITING, unit=unit))["waitingTotals"]["kinds"]
    return {one["kind"]: one["records"] for one in found if one["records"]}


async def node(person: Person, query: str, id_: str) -> dict[str, Any]:
    found: dict[str, Any] = (await person.ask(query, id=id_))["node"]
    return found


async def test_everything_open_is_handed_over_again(graphql: GraphQL) -> None:
    old, between, last = Office(graphql, OLD), Office(graphql, BETWEEN), Office(graphql, LAST)
    leader = Person(graphql, Role.LEADER, LAST)
    model, owner = await running_model(old, OLD)
    await old.officer.does("recordContribution", model=model, kind="WORK_DAY", amount="30", on="2025-03-05")
    typed = {"model": model, "amount": "3", "reason": "Thừa số 0"}
    (given,) = (await node(old.officer, CONTRIBUTED, model))["contributions"]
    slip = await old.officer.does("correctContribution", contribution=given["version"], **typed)
    # A registration for 2026, made before the first reorganisation, is questioned.
    formal = await old.draft(owner, on="2025-06-01", title="Dân vận khéo", year=2026)
    await old.officer.does("submitModel", model=formal, on="2025-06-02")
    await old.appraiser.does("acceptModel", model=formal, on="2025-06-03")
    draft = await old.draft(owner, on="2025-06-20", title="Hũ gạo tình thương")
    programme = await started(old, OLD, 2025, 2026)
    asked: dict[str, Any] = {"programme": programme, "year": 2026, "level": "COMMUNE"}
    launch = await old.officer.does("launchProgramme", **asked, unit=OLD, until="2026-02-01", on="2025-06-10")
    await graphql.settled()

    # The first successor takes over all but a draft, and goes on with it.
    assert await waiting(between.officer, OLD) == {"MODEL": 3, "PROGRAMME": 1, "LAUNCH": 1, "ORGANISATION": 2}
    for record in (model, formal):
        await between.officer.tries("handOver", record=record)
    rest = await between.officer.tries("handOverAll", unit=OLD, kinds=["PROGRAMME", "LAUNCH", "ORGANISATION"])
    assert (rest["records"], rest["left"]) == (4, 1)
    assert (await old.officer.tries("setTheme", programme=programme, year=2026, theme="x"))[
        "code"
    ] == "handed-over"
    assert (await old.officer.tries("recallCorrection", correction=slip))["code"] == "handed-over"
    await between.officer.does("correctModel", model=model, place="Tổ 5", reason="Sót địa điểm")
    await between.officer.does(
        "recordContribution", model=model, kind="WORK_DAY", amount="5", on="2025-08-01"
    )

    await Person(graphql, Role.OPERATOR, "vn").does("reorganiseUnits", file=FILE)
    assert (await between.officer.tries("beginModel", model=formal, on=SECOND))["code"] == "unit-not-in-force"
    assert await waiting(last.officer, BETWEEN) == {
        "MODEL": 2,
        "PROGRAMME": 1,
        "LAUNCH": 1,
        "ORGANISATION": 2,
    }
    everything = await last.officer.tries("handOverAll", unit=BETWEEN)
    assert (everything["to"]["id"], everything["records"], everything["left"]) == (LAST, 6, 0)
    assert (await last.officer.tries("handOver", record=draft))["to"]["id"] == LAST
    for record in (model, formal, draft, launch, programme):
        assert (await node(last.officer, LIVES, record))["homes"] == TWICE
    assert await waiting(last.officer, LAST) == {}
    assert (await between.officer.tries("extendLaunch", launch=launch, until="2026-12-01", reason="x"))[
        "code"
    ] == "handed-over"

    # The last successor acts on everything, for days under each of the three units.
    for amount, on in (("7", "2025-06-30"), ("11", "2026-02-28"), ("13", SECOND)):
        await last.officer.does("recordContribution", model=model, kind="WORK_DAY", amount=amount, on=on)
    await last.officer.does("carryOverModel", model=model, on="2026-01-10")
    await last.officer.does("submitModel", model=draft, on="2025-08-01")
    await leader.does("approveCorrection", correction=slip)
    await last.officer.does("extendLaunch", launch=launch, until="2026-12-01", reason="Sắp xếp đơn vị")
    await last.officer.does("setTheme", programme=programme, year=2026, theme="Sau sắp xếp")
    # The launch addressed the old unit. It waits for the unit that has the whole of it now.
    for office, many in ((last, 1), (Office(graphql, "u12817-2025"), None)):
        tasks = (await office.officer.ask(ASKED))["toDo"]["edges"]
        assert {edge["node"]["id"]: edge["node"]["many"] for edge in tasks}.get(launch) == many
    await graphql.settled()
    found = await node(last.officer, OPEN, formal)
    questions = [edge["node"]["id"] for edge in found["questions"]["edges"]]
    assert questions
    for question in questions:
        await last.officer.does("answerQuestion", question=question, answer="Ba ngõ, tổ 4")
    review = (await node(last.officer, OPEN, model))["review"]["id"]
    await last.appraiser.does(
        "decideReview", review=review, verdict="RECOGNISED", reason="Thiết thực", on="2026-03-10"
    )
    made = {}
    for on in ("2025-05-01", "2025-09-01", "2026-03-05"):
        again = await last.draft(owner, on=on, programme=programme)
        shown = await node(last.officer, LIVES, again)
        made[shown["unit"]["id"]] = shown["livesUnder"]["id"]
    assert made == {OLD: LAST, BETWEEN: LAST, LAST: LAST}
    heir = await last.organisation(unit=LAST, on=SECOND)
    await last.officer.does(
        "endOrganisation", organisation=owner, successor=heir, document="QĐ 5", on="2026-04-01"
    )
    # The successor of an organisation that has ended takes its models over, all at once.
    wanted: dict[str, Any] = {"owner": heir, "reason": "Kế thừa", "document": "QĐ 5", "on": "2026-04-01"}
    for preview in (True, False):
        taken = await last.officer.tries(
            "changeModelOwners", models=[model, formal], preview=preview, **wanted
        )
        assert (taken["preview"], taken["done"], taken["refused"]) == (preview, 2, 0)
    held = await last.officer.ask(OWNED, owner=heir)
    assert {edge["node"]["id"] for edge in held["models"]["edges"]} == {model, formal}

    # The list of 2025-06-30 does not say when the old unit began. The last unit is known from its first day on.
    new = await last.officer.does("launchProgramme", **asked, unit=LAST, until="2026-12-01", on="2026-03-02")
    for one, register in ((launch, "2025-06-30"), (new, "2026-03-02")):
        shown = await node(last.officer, OPEN, one)
        assert (shown["until"], shown["standings"]) == ("2026-12-01", {"units": 1, "registerOn": register})

    # Each fact is in one report of each level.
    await graphql.settled()
    for office, unit, period, work in (
        (old, OLD, "2025", 10),
        (between, BETWEEN, "2025", 15),
        (last, LAST, "2025", 15),
        (last, LAST, "2026", 24),
        (between, BETWEEN, "2026", 11),
    ):
        counted = await figures(office, unit, period)
        assert (unit, period, counted["WORK_DAY"]) == (unit, period, work)
        assert sum(counted["places"].values()) == work
    year = await figures(last, LAST, "2026")
    assert (year["CARRIED_OVER"], year["RECOGNISED"]) == (1, 1)
    assert (await recount(graphql.settings)).differences == []
