"""The records that every caller tries to read and change: a world for each service and entrance."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from infra.operate.operator import asking
from tests.access.areas import builders
from tests.access.cells import CELLS
from tests.access.doors import Gateway, Services
from tests.access.people import BY_DELEGATION, DEPUTIES
from tests.access.world import Making, World
from tests.conftest import GraphQL, gateway_with
from tests.http import Connections
from tests.review.test_subscription import last_cursor


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(request: pytest.FixtureRequest, graphql: GraphQL, deputies: None) -> World:
    """The things that the cells of a service ask for at one of its entrances."""
    section, service = request.param
    made = World(graphql.settings, section, service, before=await last_cursor(graphql))
    changing = (cell.thing for cell in CELLS[made.section, made.service] if cell.changes)
    await made.build(Counter(changing), builders(made.service))
    return made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def deputies(graphql: GraphQL) -> None:
    """The delegations by which deputies may act through the gateway."""
    async with asking(graphql.settings) as services:
        making = Making(services)
        await asyncio.gather(*(making.deputise(each) for each in DEPUTIES if each.relation in BY_DELEGATION))
    await graphql.settled()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def gateway(graphql: GraphQL) -> AsyncGenerator[Gateway, None]:
    async with gateway_with(graphql, persisted_only="nobody") as open_:
        with Connections(graphql.url) as to_closed, Connections(open_.url) as to_open:
            yield Gateway(graphql.settings, to_closed, to_open)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def services(graphql: GraphQL) -> AsyncGenerator[Services, None]:
    async with asking(graphql.settings) as client:
        yield Services(client)
