"""Many models and reviews in one mutation: an outcome for each, a preview, and the same outcome when it is repeated."""

import asyncio
from typing import Any

import pytest

from tests.conftest import GraphQL
from tests.people import Office, Person, counts, fresh, mutation

pytestmark = pytest.mark.asyncio(loop_scope="session")

ON = "2019-03-01"


async def sent(who: Person, name: str, key: str = "", **input_: Any) -> dict[str, Any]:
    batch: dict[str, Any] = (await who.ask(mutation(name), key=key or fresh(), input=input_))[name]
    return batch


def outcomes(batch: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(item["id"], item["refusal"] and item["refusal"]["code"]) for item in batch["items"]]


async def test_models_of_a_batch_are_accepted_each_by_its_own_command(graphql: GraphQL) -> None:
    office = Office(graphql)
    owner = await office.organisation()
    submitted = [await office.submitted(owner) for _ in range(3)]
    draft, unknown = await office.draft(owner), "model_" + "0" * 24
    wanted: dict[str, Any] = {"models": [*submitted, draft, unknown, submitted[0]], "on": ON}
    expected = [*((id_, None) for id_ in submitted), (draft, "wrong-state"), (unknown, "model-not-found")]

    before = await counts(graphql)
    foreseen = await sent(office.appraiser, "acceptModels", **wanted, preview=True)
    assert (foreseen["preview"], foreseen["done"], foreseen["refused"]) == (True, 3, 2)
    assert outcomes(foreseen) == expected
    assert await counts(graphql) == before

    key = fresh()
    accepted = await sent(office.appraiser, "acceptModels", key, **wanted)
    assert (accepted["preview"], outcomes(accepted)) == (False, expected)
    after = await counts(graphql)
    assert after["registration.log"] == before["registration.log"] + 3
    # A batch that was cut off is sent again: what was done has the same outcome and is not done twice.
    assert outcomes(await sent(office.appraiser, "acceptModels", key, **wanted)) == expected
    assert await counts(graphql) == after
    again = await sent(office.appraiser, "acceptModels", **wanted)
    assert outcomes(again)[0] == (submitted[0], "wrong-state")

    begun = await sent(office.officer, "beginModels", models=submitted, on="2019-03-02")
    assert (begun["done"], begun["refused"]) == (3, 0)
    reviews = await asyncio.gather(*map(office.review_of, submitted))
    verdict: dict[str, Any] = {"verdict": "RECOGNISED", "reason": "Thiết thực", "on": "2019-11-01"}
    decided = await sent(office.appraiser, "decideReviews", reviews=reviews, **verdict)
    assert (decided["done"], decided["refused"]) == (3, 0)
    refused = await sent(office.officer, "decideReviews", reviews=reviews[:1], **verdict)
    assert outcomes(refused) == [(reviews[0], "not-permitted")]


@pytest.mark.parametrize("many", [0, 101])
async def test_batch_has_at_least_one_item_and_at_most_a_hundred(graphql: GraphQL, many: int) -> None:
    models = [f"model_{number:024x}" for number in range(many)]
    refused = await sent(Office(graphql).appraiser, "returnModels", models=models, reason="x")
    assert (refused["__typename"], refused["code"], refused["fields"]) == (
        "Refusal",
        "batch-size",
        ["models"],
    )
