"""Hand-overs through GraphQL: open records of an ended unit continue under a successor, and old figures stay."""

from decimal import Decimal
from typing import Any

import pytest

from infra.operate.recount import recount
from services.kernel.messages import Role
from tests.conftest import GraphQL
from tests.people import Office, Person, fresh
from tests.review.test_subscription import last_cursor, subscribed

pytestmark = pytest.mark.asyncio(loop_scope="session")

PROVINCE, DISTRICT, WARD = "u40", "u412", "u16663"
"""The district and the ward ended on 2025-07-01."""
SUCCESSOR, NEIGHBOUR = "u16681-2025", "u16702-2025"
"""`SUCCESSOR` has the whole ward, together with others. `NEIGHBOUR` has other wards of the district."""
ENDED = "2025-07-01"

WAITING = """
query($filter: WaitingFilter, $unit: ID!, $after: String) {
  waitingUnits(first: 1, after: $after, filter: $filter) {
    edges { cursor node { unit { id name } endedOn records kinds { kind records } proposed { id }
      successors { unit { id } whole since } } }
    pageInfo { hasNextPage } }
  waitingTotals(filter: $filter) { units records kinds { kind name records } }
  waitingRecords(first: 10, unit: $unit) { edges { node { id version kind title state } } }
}
"""
PREVIEW = """
query($unit: ID!, $to: ID) { handOverPreview(unit: $unit, to: $to) {
  ... on HandedOver { unit { id } to { id } since records left kinds { kind records } }
  ... on Refusal { code fields messageVi } } }
"""
MODEL = """
query($id: ID!) { node(id: $id) { ... on Model { state level unit { id } livesUnder { id }
  homes { unit { id } since on document } review { id verdict }
  history(last: 1) { edges { node { step by document changes { field before after } } } } } } }
"""
REPORT = """
query($unit: ID!, $period: String!) { report(unit: $unit, period: $period) { ... on Report { complete
  figures { measure total breakdowns { by gap rows { code value } } } } ... on Refusal { code } } }
"""


async def figures(office: Office, unit: str, period: str) -> dict[str, Any]:
    """Measure → its total, if it is not 0. `places`: the rows of WORK_DAY by place, without zeros."""
    report = (await office.reporter.ask(REPORT, unit=unit, period=period))["report"]
    found: dict[str, Any] = {}
    for figure in report["figures"]:
        assert {Decimal(part["gap"]) for part in figure["breakdowns"]} == {0}
        if Decimal(figure["total"]):
            found[figure["measure"]] = Decimal(figure["total"])
        if figure["measure"] == "WORK_DAY":
            (places,) = [part["rows"] for part in figure["breakdowns"] if part["by"] == "PLACE"]
            found["places"] = {row["code"]: Decimal(row["value"]) for row in places if Decimal(row["value"])}
    return found


async def running_model(office: Office, unit: str) -> tuple[str, str]:
    """A model that began before its unit ended, and its owner."""
    owner = await office.organisation(unit=unit, on="2025-01-02")
    model = await office.draft(owner, on="2025-02-01")
    await office.officer.does("submitModel", model=model, on="2025-02-05")
    await office.appraiser.does("acceptModel", model=model, on="2025-02-10")
    await office.officer.does("beginModel", model=model, on="2025-03-01")
    return model, owner


async def test_model_continues_under_the_successor_and_its_earlier_figures_stay(graphql: GraphQL) -> None:
    old, new, province = Office(graphql, WARD), Office(graphql, SUCCESSOR), Office(graphql, PROVINCE)
    neighbour = Person(graphql, Role.OFFICER, NEIGHBOUR)
    head = await last_cursor(graphql)
    model, owner = await running_model(old, WARD)
    draft = await old.draft(owner, on="2025-06-20", title="Tuyến đường hoa")
    review = await old.review_of(model)
    for held in (old, province):
        late = await held.officer.tries("carryOverModel", model=model, on="2026-01-10")
        assert (late["code"], late["fields"]) == ("unit-not-in-force", ["model", "on"])

    # Until the hand-over, the ended unit is in the list of everybody with a role in a successor or above it.
    for who in (new.officer, province.reporter):
        seen = await who.ask(WAITING, filter={"unit": WARD}, unit=WARD)
        (edge,) = seen["waitingUnits"]["edges"]
        assert edge["node"] == {
            "unit": {"id": WARD, "name": "Phường Đông Vĩnh"},
            "endedOn": ENDED,
            "records": 3,
            "kinds": edge["node"]["kinds"],
            "proposed": {"id": SUCCESSOR},
            "successors": [{"unit": {"id": SUCCESSOR}, "whole": True, "since": ENDED}],
        }
        assert seen["waitingTotals"]["kinds"][0] == {
            "kind": "MODEL",
            "name": "Mô hình, kể cả bản nháp",
            "records": 2,
        }
        records = [edge["node"] for edge in seen["waitingRecords"]["edges"]]
        assert [(one["id"], one["state"]) for one in records if one["kind"] == "MODEL"] == [
            (model, "Đang triển khai"),
            (draft, "Bản nháp"),
        ]
    unseen = await neighbour.ask(WAITING, filter={"unit": WARD}, unit=WARD)
    assert (unseen["waitingUnits"]["edges"], unseen["waitingTotals"]["records"]) == ([], 0)
    assert unseen["waitingRecords"]["edges"] == []

    assert (await neighbour.tries("handOver", record=model))["code"] == "model-not-found"
    refused = await province.officer.tries("handOver", record=model, to=NEIGHBOUR)
    assert (refused["code"], refused["fields"]) == ("not-a-successor", ["to"])
    refused = await new.officer.tries("handOver", record=model, expectedVersion=1)
    assert refused["code"] == "changed-meanwhile"
    key = fresh()
    handed = [
        await new.officer.tries("handOver", key=key, record=model, document="Biên bản 01/BB")
        for _ in range(2)
    ]
    assert handed[0] == handed[1]
    assert {**handed[0], "left": 0, "__typename": ""} == {
        "__typename": "",
        "unit": {"id": WARD},
        "to": {"id": SUCCESSOR},
        "since": ENDED,
        "document": "Biên bản 01/BB",
        "records": 1,
        "left": 0,
    }
    assert (await new.officer.tries("handOver", record=model))["code"] == "unit-not-ended"

    # The old unit can read the model. The successor, or a unit above it, acts on it, also for days before that day.
    kept = (await old.officer.ask(MODEL, id=model))["node"]
    assert (kept["unit"]["id"], kept["livesUnder"]["id"], kept["level"]) == (WARD, SUCCESSOR, "COMMUNE")
    (home,) = kept["homes"]
    assert (home["unit"]["id"], home["since"], home["document"]) == (SUCCESSOR, ENDED, "Biên bản 01/BB")
    assert kept["history"]["edges"][0]["node"] == {
        "step": "HAND_OVER",
        "by": f"officer@{SUCCESSOR}",
        "document": "Biên bản 01/BB",
        "changes": [{"field": "livesUnder", "before": WARD, "after": SUCCESSOR}],
    }
    assert (await old.officer.tries("noteProgress", model=model, text="x"))["code"] == "handed-over"
    before = {"H1": await figures(old, WARD, "2025-H1"), "all": await figures(province, PROVINCE, "2025")}
    for amount, on in (("3", "2025-06-30"), ("5", ENDED)):
        await new.officer.does("recordContribution", model=model, kind="WORK_DAY", amount=amount, on=on)
    await new.officer.does("selfAssessModel", model=model, rating="MET", text="Đạt", on="2025-12-01")
    await province.officer.does("carryOverModel", model=model, on="2026-01-10")

    # The review continues under the successor, too.
    await graphql.settled()
    assert (await old.appraiser.tries("decideReview", review=review, verdict="NOT_MET", reason="x"))[
        "code"
    ] == "handed-over"
    await new.appraiser.does(
        "decideReview", review=review, verdict="RECOGNISED", reason="Thiết thực", on="2025-12-20"
    )

    async with subscribed(graphql, new.reporter.token, after=head, unit=SUCCESSOR) as live:
        handed_over, decided = await live.next(2)
    assert [handed_over["kind"], decided["kind"]] == ["HANDED_OVER", "DECIDED"]
    assert (handed_over["review"]["id"], handed_over["verdict"]) == (review, None)

    # The draft is handed over in bulk, and the successor submits it.
    shown = (await new.officer.ask(PREVIEW, unit=WARD))["handOverPreview"]
    assert (shown["to"]["id"], shown["since"], shown["left"]) == (SUCCESSOR, ENDED, 0)
    assert shown["kinds"][0] == {"kind": "MODEL", "records": 1}
    everything = await new.officer.tries("handOverAll", unit=WARD)
    assert (everything["records"], everything["left"]) == (shown["records"], 0) == (2, 0)
    await new.officer.does("submitModel", model=draft, on="2025-08-01")
    gone = await new.officer.ask(WAITING, filter={"unit": WARD}, unit=WARD)
    assert gone["waitingUnits"]["edges"] == []

    # The organisation was handed over, too. It registers models in its new unit, also one of an earlier day.
    again = await new.draft(owner, on="2025-09-01")
    earlier = await new.draft(owner, on="2025-05-01")
    for model_, unit in ((again, SUCCESSOR), (earlier, WARD)):
        made = (await new.officer.ask(MODEL, id=model_))["node"]
        assert (made["unit"]["id"], made["livesUnder"]["id"]) == (unit, SUCCESSOR)
    heir = await new.organisation(unit=SUCCESSOR, on="2025-07-02")
    await new.officer.does(
        "endOrganisation", organisation=owner, successor=heir, document="QĐ 5", on="2026-01-15"
    )
    await new.officer.does(
        "changeModelOwner", model=model, owner=heir, reason="Kế thừa", document="QĐ 5", on="2026-01-15"
    )

    # Each fact is in one report of each level. Figures of days before the reorganisation have not changed.
    await graphql.settled()
    h1 = await figures(old, WARD, "2025-H1")
    assert h1 == before["H1"] | {"WORK_DAY": Decimal(3), "places": {WARD: Decimal(3)}}
    # The report of the successor shows the year whole, and its second half as it was.
    second = await figures(new, SUCCESSOR, "2025-H2")
    assert (second["RECOGNISED"], second["WORK_DAY"], second["places"]) == (1, 5, {SUCCESSOR: Decimal(5)})
    year = await figures(new, SUCCESSOR, "2025")
    assert (year["REGISTERED"], year["IMPLEMENTED"], year["WORK_DAY"]) == (1, 1, 8)
    assert year["places"] == {SUCCESSOR: Decimal(8)}
    assert (await figures(new, SUCCESSOR, "2026"))["CARRIED_OVER"] == 1
    whole = await figures(province, PROVINCE, "2025")
    assert whole["WORK_DAY"] == before["all"].get("WORK_DAY", 0) + 8
    assert {code: whole["places"].get(code, 0) for code in (WARD, DISTRICT, SUCCESSOR)} == {
        WARD: 0,
        DISTRICT: 0,
        SUCCESSOR: 8,
    }
    halves = [await figures(province, PROVINCE, f"2025-{half}") for half in ("H1", "H2")]
    assert [half["places"].get(DISTRICT, 0) for half in halves] == [3, 0]
    assert (await recount(graphql.settings)).differences == []


async def test_model_of_a_district_goes_to_the_chosen_unit(graphql: GraphQL) -> None:
    old, province = Office(graphql, DISTRICT), Office(graphql, PROVINCE)
    model, _ = await running_model(old, DISTRICT)
    refused = await province.officer.tries("handOver", record=model)
    assert (refused["code"], refused["fields"]) == ("successor-needed", ["to"])
    assert "Phường Thành Vinh" in refused["messageVi"]
    assert (await Person(graphql, Role.OFFICER, SUCCESSOR).tries("handOver", record=model, to=PROVINCE))[
        "code"
    ] == "not-permitted"
    assert (await province.officer.tries("handOver", record=model, to=PROVINCE))["to"]["id"] == PROVINCE
    for on in ("2025-06-01", "2025-09-01"):
        await province.officer.does("recordContribution", model=model, kind="LAND_M2", amount="7", on=on)
    found = (await province.officer.ask(MODEL, id=model))["node"]
    assert (found["unit"]["id"], found["livesUnder"]["id"], found["level"]) == (DISTRICT, PROVINCE, "CITY")
    await graphql.settled()
    assert (await recount(graphql.settings)).differences == []
