"""Every caller tries every operation, through both entrances; the outcomes are those of the table."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from services.kernel.messages import ANY_OFFICE, Role
from tests.access.cells import CELLS, SUBSCRIBED, Cell
from tests.access.doors import Gateway, Outcome, Services
from tests.access.people import BY_DELEGATION, OTHERS, RELATIONS, deputy, holder
from tests.access.table import lines
from tests.access.tries import Try
from tests.access.world import World
from tests.conftest import GraphQL
from tests.review.test_subscription import subscribed

pytestmark = pytest.mark.asyncio(loop_scope="session")

AT_ONCE = 32
"""Requests under way at once."""


def worlds(*wanted: tuple[str, str]) -> pytest.MarkDecorator:
    """The test runs in the world of each section and service. Any worker may take a world."""
    params = [
        pytest.param(one, marks=pytest.mark.xdist_group(f"access to {name}"), id=name)
        for one in wanted
        for name in [" of ".join(one)]
    ]
    return pytest.mark.parametrize("world", params, indirect=True)


Door = Callable[[Try], Awaitable[Outcome]]


def door_of(world: World, services: Services, gateway: Gateway) -> Door:
    return services.outcome if world.section == "services" else gateway.outcome


def tried(cell: Cell, world: World) -> Try:
    things = world.spare[cell.thing]
    thing = things.pop() if cell.changes else world.things.get(cell.thing, "")
    who = cell.who.acting_for(world.owner) if cell.state == "own-organisation" else cell.who
    return Try(cell.operation, cell.state, who, thing)


async def all_of(tries: list[Try], door: Door) -> list[Outcome]:
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(each: Try) -> Outcome:
        async with slots:
            return await door(each)

    return list(await asyncio.gather(*map(one, tries)))


@worlds(*CELLS)
async def test_every_caller_gets_the_answer_of_the_table(
    world: World, services: Services, gateway: Gateway
) -> None:
    cells = CELLS[world.section, world.service]
    door = door_of(world, services, gateway)
    found = await all_of([tried(cell, world) for cell in cells], door)
    differences = {
        str(cell): f"{outcome.word}, not {cell.expected}"
        for cell, outcome in zip(cells, found, strict=True)
        if outcome.word != cell.expected
    }
    assert differences == {}


def hidden_cells(section: str, service: str) -> list[Cell]:
    """Cells that look as if the record did not exist, one for each operation, state and relation."""
    cells = {
        (cell.operation, cell.state, cell.who.relation): cell
        for cell in CELLS[section, service]
        if cell.expected == "null" or cell.expected.endswith("-not-found")
        if not cell.who.inside or cell.state == "another's"
    }
    return list(cells.values())


@worlds(*(one for one in CELLS if hidden_cells(*one)))
async def test_record_outside_the_scope_looks_like_a_missing_one(
    world: World, services: Services, gateway: Gateway
) -> None:
    door = door_of(world, services, gateway)
    hidden = [tried(cell, world) for cell in hidden_cells(world.section, world.service)]
    assert hidden
    absent = [Try(t.operation, t.state, t.who, _never(t.thing)) for t in hidden]
    pairs = zip(hidden, await all_of(hidden, door), await all_of(absent, door), strict=True)
    assert {f"{t.operation} by {t.who.what}" for t, there, nowhere in pairs if there != nowhere} == set()


@pytest.mark.parametrize("role", sorted(ANY_OFFICE))
@worlds(("gateway", "review"))
async def test_caller_receives_only_review_events_of_their_units(
    role: str, world: World, graphql: GraphQL, gateway: Gateway
) -> None:
    for line in lines("gateway"):
        if line.name.startswith(SUBSCRIBED):
            assert line[2:] == (frozenset({"any"}), "found", "unseen")
    listening = [holder(Role(role), relation) for relation in RELATIONS]
    listening += [deputy(Role(role), relation) for relation in BY_DELEGATION]
    heard = await asyncio.gather(
        *(first_heard(graphql, gateway.token(who), world.before) for who in listening)
    )
    assert {who.what: event["review"]["id"] for who, event in zip(listening, heard, strict=True)} == {
        who.what: world.heard[who.relation] for who in listening
    }
    assert all(event["model"]["id"] for event in heard)


async def test_caller_without_a_role_receives_no_review_event(graphql: GraphQL, gateway: Gateway) -> None:
    for who in OTHERS:
        if who.anonymous:
            continue  # tested with the connections
        async with subscribed(graphql, gateway.token(who), after="0") as live:
            message = await live.message()
        errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
        assert errors[0]["extensions"]["code"] == "not-permitted", who.what


async def first_heard(graphql: GraphQL, token: str | None, after: str) -> dict[str, Any]:
    async with subscribed(graphql, token, after=after) as live:
        (event,) = await live.next(1)
    return event


def _never(thing: str) -> str:
    """An id of the same kind that no record has."""
    kind, _, number = thing.partition("_")
    return f"{kind}_{number[:8]}{'0' * 16}"
