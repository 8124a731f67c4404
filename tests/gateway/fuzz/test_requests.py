"""The running gateway answers every request as GraphQL requires, and never with an internal error."""

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
    """Callers in a unit whose figures no other test reads: enough callers that none exceeds its budget."""
    return [
        *(graphql.token(Role.OFFICER, "u436", name=f"fuzz {number}") for number in range(12)),
        *(graphql.token(Role.APPRAISER, "u436", name=f"fuzz too {number}") for number in range(4)),
        graphql.token(Role.OPERATOR, "u436", name="fuzz as well"),
        graphql.token(Role.OFFICER, "u436", hours=-1),
        "",
    ]


@settings(max_examples=300, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_request_gets_a_well_formed_answer(wire: Wire, tokens: list[str], data: st.DataObject) -> None:
    sent: Sent = data.draw(requests(schema._schema, tokens))
    assert problem(sent, wire.send(sent)) is None
