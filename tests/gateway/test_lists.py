"""Lists have counts, and are narrowed by days, by verdict and by what waits for a decision."""

from typing import Any

import pytest

from tests.conftest import GraphQL
from tests.people import WARD, Office

pytestmark = pytest.mark.asyncio(loop_scope="session")

MODELS = """query($owner: ID!, $since: Date, $until: Date, $after: String) {
  models(first: 2, after: $after, filter: {owner: $owner}, registered: {since: $since, until: $until}) {
    totalCount edges { node { id history(first: 1) { totalCount edges { node { version } } } } } pageInfo { endCursor }
  }
}"""
REVIEWS = """query($filter: ReviewsFilter!) {
  reviews(first: 100, filter: $filter) { edges { node { model { id } } } totalCount }
}"""
ACTIVITIES = """query($filter: ActivitiesFilter!) {
  activities(first: 1, filter: $filter) { n: totalCount edges { node { id } } }
}"""
DAY = "2019-03-17"
"""No other test accepts a model in the ward on this day."""


async def accepted(office: Office, owner: str, on: str) -> str:
    model = await office.draft(owner)
    await office.officer.does("submitModel", model=model, on="2019-02-10")
    return await office.appraiser.does("acceptModel", model=model, on=on)


async def test_models_are_counted_and_narrowed_by_the_day_of_registration(graphql: GraphQL) -> None:
    office = Office(graphql)
    owner = await office.organisation()
    models = [await accepted(office, owner, on) for on in ("2019-03-01", "2019-03-02", "2019-03-02")]
    await office.draft(owner)

    async def page(**days: str) -> dict[str, Any]:
        return (await office.reporter.ask(MODELS, owner=owner, **days))["models"]  # type: ignore[no-any-return]

    whole = await page()
    assert (whole["totalCount"], len(whole["edges"])) == (4, 2)
    assert (await page(after=whole["pageInfo"]["endCursor"]))["totalCount"] == 4
    of_second = await page(since="2019-03-02", until="2019-03-02")
    assert [edge["node"]["id"] for edge in of_second["edges"]] == models[:0:-1]
    assert of_second["edges"][0]["node"]["history"] == {
        "totalCount": 3,
        "edges": [{"node": {"version": 1}}],
    }
    assert [(await page(since=day))["totalCount"] for day in ("2019-03-01", "2019-03-02", "2019-03-03")] == [
        3,
        2,
        0,
    ]
    reversed_ = await office.reporter.errors(MODELS, owner=owner, since="2019-03-02", until="2019-03-01")
    assert [error["extensions"]["code"] for error in reversed_] == ["days-reversed"]


async def test_reviews_that_wait_and_reviews_by_verdict_and_day(graphql: GraphQL) -> None:
    office = Office(graphql)
    owner, other = await office.organisation(), await office.organisation()
    waiting, recognised, not_met = [await accepted(office, owner, DAY) for _ in range(3)]
    for model, verdict, on in ((recognised, "RECOGNISED", "2019-11-01"), (not_met, "NOT_MET", "2019-11-02")):
        await office.officer.does("beginModel", model=model, on=DAY)
        review = await office.review_of(model)
        await office.appraiser.does("decideReview", review=review, verdict=verdict, reason="Đã xét", on=on)

    async def listed(**filter_: Any) -> list[str]:
        wanted = {"unit": WARD, "opened": {"since": DAY, "until": DAY}, **filter_}
        found = (await office.reporter.ask(REVIEWS, filter=wanted))["reviews"]
        assert found["totalCount"] == len(found["edges"])
        return [edge["node"]["model"]["id"] for edge in found["edges"]]

    assert await listed(undecided=True) == [waiting]
    assert set(await listed(undecided=False)) == {recognised, not_met}
    assert set(await listed(owner=owner, year=2019)) == {waiting, recognised, not_met}
    assert await listed(owner=other) == await listed(year=2020) == []
    assert await listed(verdict="RECOGNISED") == [recognised]
    assert await listed(decided={"since": "2019-11-02"}) == [not_met]
    assert await listed(nominated={"since": "2019-11-01"}) == []
    assert set(await listed(field="ECONOMY", level="COMMUNE")) == {waiting, recognised, not_met}
    assert await listed(field="DEFENCE_SECURITY") == []


async def test_activities_are_narrowed_by_kind_body_and_day(graphql: GraphQL) -> None:
    office = Office(graphql)
    bodies = [await office.organisation(), await office.organisation()]
    await graphql.settled()
    for kind, on, held_by in (
        ("SUPERVISION", "2019-06-01", bodies),
        ("SURVEY", "2019-06-02", bodies[:1]),
    ):
        await office.supervisor.does(
            "recordActivity", kind=kind, bodies=held_by, unit=WARD, title="Giám sát thu quỹ", heldOn=on
        )

    async def many(**filter_: Any) -> int:
        found = (await office.reporter.ask(ACTIVITIES, filter={"body": bodies[0], **filter_}))["activities"]
        return int(found["n"])

    assert await many() == 2
    assert await many(kind="SURVEY") == 1
    assert await many(body=bodies[1]) == 1
    assert await many(held={"until": "2019-06-01"}) == 1
    assert await many(unit=WARD, held={"since": "2019-06-01", "until": "2019-06-30"}) == 2
