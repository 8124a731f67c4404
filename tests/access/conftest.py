"""The records that every caller tries to read and change: a world for each service."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from infra.operate.operator import asking
from infra.operate.positions import settled
from tests.access.areas import builders
from tests.access.cells import CELLS, SECTIONS
from tests.access.doors import Gateway, Services
from tests.access.people import BY_DELEGATION, DEPUTIES
from tests.access.world import Making, World
from tests.conftest import GraphQL, gateway_with


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(request: pytest.FixtureRequest, graphql: GraphQL, deputies: None) -> World:
    """The things that the cells of a service ask for."""
    made = World(graphql.settings, request.param)
    cells = [cell for section in SECTIONS for cell in CELLS[section, made.service]]
    await made.build(Counter(cell.thing for cell in cells if cell.changes), builders(made.service))
    return made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def deputies(graphql: GraphQL) -> None:
    """The delegations by which deputies may act through the gateway."""
    async with asking(graphql.settings) as services:
        making = Making(services)
        await asyncio.gather(*(making.deputise(each) for each in DEPUTIES if each.relation in BY_DELEGATION))
    await settled(graphql.settings)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def gateway(graphql: GraphQL) -> AsyncGenerator[Gateway, None]:
    async with gateway_with(graphql, persisted_only="nobody") as open_:
        yield Gateway(graphql, open_)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def services(graphql: GraphQL) -> AsyncGenerator[Services, None]:
    async with asking(graphql.settings) as client:
        yield Services(client)
