"""Whatever is sent, the running gateway answers as GraphQL does, and never with a fault of its own."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.schema import schema
from services.kernel.messages import Role
from tests.conftest import GraphQL
from tests.gateway.fuzz.requests import requests
from tests.gateway.fuzz.wire import Sent, Wire, problem


@pytest.fixture(scope="module")
def wire(graphql: GraphQL) -> Iterator[Wire]:
    with Wire(graphql.url) as made:
        yield made


@pytest.fixture(scope="module")
def tokens(graphql: GraphQL) -> list[str]:
    """People where no figures are of interest to other tests: as many as are not refused for asking too much."""
    return [
        *(graphql.token(Role.OFFICER, "u436", name=f"fuzz {number}") for number in range(12)),
        *(graphql.token(Role.APPRAISER, "u436", name=f"fuzz too {number}") for number in range(4)),
        graphql.token(Role.OPERATOR, "u436", name="fuzz as well"),
        graphql.token(Role.OFFICER, "u436", hours=-1),
        "",
    ]


@settings(max_examples=600, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_is_sent_is_answered_well(wire: Wire, tokens: list[str], data: st.DataObject) -> None:
    sent: Sent = data.draw(requests(schema._schema, tokens))
    assert problem(sent, wire.send(sent)) is None
