"""The records that every caller tries to read and change, created once."""

from collections import Counter
from collections.abc import AsyncGenerator

import pytest_asyncio

from infra.operate.operator import asking
from tests.access.areas import BUILDERS
from tests.access.cells import CELLS
from tests.access.doors import Gateway, Services
from tests.access.people import BY_DELEGATION, DEPUTIES
from tests.access.world import World
from tests.conftest import GraphQL, gateway_with


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(graphql: GraphQL) -> World:
    made = World(graphql.settings)
    spare = Counter(cell.thing for cells in CELLS.values() for cell in cells if cell.changes)
    await made.build(spare, [deputy for deputy in DEPUTIES if deputy.relation in BY_DELEGATION], BUILDERS)
    return made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def gateway(graphql: GraphQL) -> AsyncGenerator[Gateway, None]:
    async with gateway_with(graphql, persisted_only="nobody") as open_:
        yield Gateway(graphql, open_)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def services(graphql: GraphQL) -> AsyncGenerator[Services, None]:
    async with asking(graphql.settings) as client:
        yield Services(client)
