"""Loads the sample by GraphQL mutations, as a client. A second load changes nothing."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from infra.operate.positions import settled
from infra.sample.client import Person, each
from infra.sample.hong_linh_2018 import (
    ACTIVITIES,
    ORGANISATIONS,
    REGISTRATIONS,
    Activity,
    Organisation,
    Registration,
)
from services.kernel.config import Settings
from services.kernel.messages import Role

SET = "hong-linh-2018"
PROVINCE = "u42"
"""Past years are entered by people of a unit above."""
STEPS = len(ORGANISATIONS) + len(ACTIVITIES) + 2 * len(REGISTRATIONS)

MUTATIONS = (
    *("registerOrganisation", "draftModel", "submitModel", "acceptModel", "beginModel"),
    *("recordContribution", "decideReview", "nominateReview", "recordActivity"),
)
REVIEWS = """
query Reviews($after: String) {
  models(first: 100, after: $after, filter: {unit: "u437", year: 2018}) {
    edges { node { id begunOn review { id begunOn } } }
    pageInfo { hasNextPage endCursor }
  }
}
"""


async def load_hong_linh(settings: Settings, progress: Callable[[int, int], None]) -> int:
    """Returns the number of steps. `progress` gets the number done and all of them."""
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        progress(done, STEPS)

    await load_sample(settings, step)
    return done


async def load_sample(
    settings: Settings,
    progress: Callable[[], None],
    registrations: Sequence[Registration] = REGISTRATIONS,
) -> None:
    """Calls `progress` after each step: `STEPS` times, when it loads all registrations."""
    async with httpx.AsyncClient(timeout=60) as http:
        officer, appraiser, supervisor = (
            Person(http, settings, role, PROVINCE, SET)
            for role in (Role.OFFICER, Role.APPRAISER, Role.SUPERVISOR)
        )
        owners: dict[str, str] = {}
        models: dict[str, str] = {}

        async def organise(organisation: Organisation) -> None:
            owners[organisation.ref] = await _organise(organisation, officer)

        async def register(registration: Registration) -> None:
            owner = owners[registration.owner]
            models[registration.ref] = await _register(registration, owner, officer, appraiser)

        async def judge(registration: Registration) -> None:
            await _judge(registration, reviews[models[registration.ref]], appraiser)

        async def hold(activity: Activity) -> None:
            await _hold(activity, [owners[body] for body in activity.bodies], supervisor)

        await each(organise, ORGANISATIONS, progress)
        # Supervision knows organisations by their events. A refusal would be stored under the key.
        await settled(settings)
        await each(hold, ACTIVITIES, progress)
        await each(register, registrations, progress)
        reviews = await _reviews(set(models.values()), appraiser)
        await each(judge, registrations, progress)


async def _organise(organisation: Organisation, officer: Person) -> str:
    return await officer.do(
        "registerOrganisation",
        organisation.ref,
        name=organisation.name,
        kind=organisation.kind,
        unit=organisation.unit,
        on="2018-01-02",
    )


async def _register(registration: Registration, owner: str, officer: Person, appraiser: Person) -> str:
    ref = registration.ref
    model = await officer.do(
        "draftModel",
        ref,
        owner=owner,
        title=registration.title,
        summary=registration.summary,
        field=registration.field,
        subjectKind=registration.subject,
        on=registration.drafted_on.isoformat(),
    )
    await officer.do("submitModel", ref, model=model, on=registration.submitted_on.isoformat())
    await appraiser.do("acceptModel", ref, model=model, on=registration.accepted_on.isoformat())
    if registration.begun_on:
        await officer.do("beginModel", ref, model=model, on=registration.begun_on.isoformat())
    for number, contribution in enumerate(registration.contributions):
        await officer.do(
            "recordContribution",
            f"{ref}/{number}",
            model=model,
            kind=contribution.kind,
            amount=str(contribution.amount),
            covers=contribution.covers,
            note=contribution.note,
            on=contribution.on.isoformat(),
        )
    return model


async def _reviews(models: set[str], appraiser: Person) -> dict[str, str]:
    """Model → review. Review knows of the acceptance and the beginning when it reads their events, a moment later."""
    while True:
        found: dict[str, str] = {}
        page: dict[str, Any] = {"pageInfo": {"hasNextPage": True, "endCursor": None}}
        while page["pageInfo"]["hasNextPage"]:
            page = (await appraiser.ask(REVIEWS, after=page["pageInfo"]["endCursor"]))["models"]
            nodes = [edge["node"] for edge in page["edges"]]
            known = [n for n in nodes if n["review"] and n["review"]["begunOn"] == n["begunOn"]]
            found |= {node["id"]: node["review"]["id"] for node in known}
        if models <= found.keys():
            return found
        await asyncio.sleep(0.1)


async def _judge(registration: Registration, review: str, appraiser: Person) -> None:
    await appraiser.do(
        "decideReview",
        registration.ref,
        review=review,
        verdict=registration.verdict,
        reason=registration.reason,
        on=registration.decided_on.isoformat(),
    )
    if registration.nominated_on:
        await appraiser.do(
            "nominateReview", registration.ref, review=review, on=registration.nominated_on.isoformat()
        )


async def _hold(activity: Activity, bodies: list[str], supervisor: Person) -> None:
    await supervisor.do(
        "recordActivity",
        activity.ref,
        kind=activity.kind,
        bodies=bodies,
        unit=activity.unit,
        title=activity.title,
        heldOn=activity.held_on.isoformat(),
    )
