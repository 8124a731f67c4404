"""The holder of the unit that the whole of another one became reads its history, in every service, and changes none."""

import pytest

from services.kernel.messages import Role
from tests.conftest import GraphQL
from tests.people import Office, Person
from tests.review.test_subscription import last_cursor, subscribed
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

OLD, OLD_PROVINCE = "u01834", "u06"
"""Phường Nguyễn Thị Minh Khai of Bắc Kạn, until 2025-06-30."""
NEW, PROVINCE = "u01840-2025", "u19-2025"
"""Phường Đức Xuân of Thái Nguyên, which holds the whole of the old ones."""
BESIDE, ELSEWHERE = "u01843-2025", "u42"
LINEAGE = """
query($unit: ID!) { report(unit: $unit, period: "2019") { ... on Report { placesOn registerOn
  madeOf { unitId kind } figures { measure total breakdowns { by gap rows { code value } } } } } }
"""
EVERYTHING = """
query($model: ID!, $review: ID!, $unit: ID!) {
  model: node(id: $model) { ... on Model { id owner { id } history(first: 5) { edges { node { version } } } } }
  review: node(id: $review) { ... on Review { id reason } }
  models(first: 9, filter: { unit: $unit }) { edges { node { id } } }
  activities(first: 9, filter: {unit: $unit}) { edges { node { id } } }
  search(text: "lineage", filter: { unit: $unit }) { hits(first: 9) { edges { node { model { id } } } } }
  report(unit: $unit, period: "2019") { __typename ... on Report { figures { measure total } } }
}
"""


async def test_history_is_read_by_the_holder_of_the_successor(graphql: GraphQL) -> None:
    before = await last_cursor(graphql)
    old = Office(graphql, OLD_PROVINCE)
    owner = await old.organisation(OLD)
    model = await old.draft(owner, title="Lineage hoa ban")
    await old.officer.does("submitModel", model=model, on="2019-02-10")
    await old.appraiser.does("acceptModel", model=model, on="2019-03-01")
    await old.officer.does("beginModel", model=model, on="2019-03-02")
    review = await old.review_of(model)
    await old.appraiser.does(
        "decideReview", review=review, verdict="RECOGNISED", reason="Thiết thực", on="2019-11-01"
    )
    session = await old.supervisor.does(
        "recordActivity", kind="SURVEY", bodies=[owner], unit=OLD, title="Khảo sát", heldOn="2019-06-01"
    )
    await graphql.settled()

    for unit in (PROVINCE, NEW):
        reader = Person(graphql, Role.LEADER, unit)
        seen = await reader.ask(EVERYTHING, model=model, review=review, unit=OLD)
        assert seen["model"]["owner"]["id"] == owner
        assert len(seen["model"]["history"]["edges"]) == 4
        assert seen["review"] == {"id": review, "reason": "Thiết thực"}
        assert seen["models"]["edges"] == [{"node": {"id": model}}]
        assert seen["activities"]["edges"] == [{"node": {"id": session}}]
        assert seen["search"]["hits"]["edges"] == [{"node": {"model": {"id": model}}}]
        totals = {figure["measure"]: figure["total"] for figure in seen["report"]["figures"]}
        assert (totals["REGISTERED"], totals["SUPERVISION_ACTIVITY"]) == ("1", "1")
        async with subscribed(graphql, reader.token, after=before) as events:
            assert [event["review"]["id"] for event in await events.next(2)] == [review, review]
        # The successor's own report of that year counts it, and says of which units and of which list of units.
        whole = (await reader.ask(LINEAGE, unit=unit))["report"]
        assert (whole["registerOn"], whole["placesOn"]) == ("2025-06-30", "2025-07-01")
        assert {part["kind"] for part in whole["madeOf"]} == {"WHOLE"}
        assert {OLD, OLD_PROVINCE} & {part["unitId"] for part in whole["madeOf"]}
        figures = {figure["measure"]: figure for figure in whole["figures"]}
        assert figures["SUPERVISION_ACTIVITY"]["total"] == "1"
        rows = {part["by"]: part["rows"] for part in figures["SUPERVISION_ACTIVITY"]["breakdowns"]}
        assert {row["code"] for row in rows["PLACE"] if row["value"] != "0"} == {NEW}
        assert {part["gap"] for figure in figures.values() for part in figure["breakdowns"]} == {"0"}
    for unit in (BESIDE, ELSEWHERE):
        seen = await Person(graphql, Role.LEADER, unit).ask(EVERYTHING, model=model, review=review, unit=OLD)
        assert (seen["model"], seen["review"], seen["report"]["__typename"]) == (None, None, "Refusal")
        hits = seen["search"]["hits"]
        assert seen["models"]["edges"] == seen["activities"]["edges"] == hits["edges"] == []

    writer = Person(graphql, Role.OFFICER, PROVINCE)
    assert (await writer.tries("beginModel", model=model, on="2019-05-01"))["code"] == "model-not-found"
    job = await writer.does("startExport", filter={"unit": OLD}, format="CSV")

    async def exported() -> bool:
        seen = await writer.ask(
            "query($id: ID!) { node(id: $id) { ... on SheetJob { state done } } }", id=job
        )
        assert seen["node"]["state"] != "FAILED", seen
        return bool(seen["node"] == {"state": "DONE", "done": 1})

    await until(exported)
