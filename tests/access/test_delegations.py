"""Delegated roles: usable, never more than the giver has, and ended by a revocation."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest
import pytest_asyncio

from gateway.callers import delegating
from gateway.callers.delegating import Delegating
from infra.operate.operator import asking, user_token
from services.kernel.calendar import today
from services.kernel.caller import Caller, Grant
from services.kernel.messages import Refused, Role, Unavailable
from services.kernel.messaging.client import Client
from services.kernel.rows import Rows
from services.registration.delegations.messages import (
    DelegateRole,
    DelegationsById,
    DelegationsPage,
    RevokeDelegation,
    Side,
)
from services.registration.models.messages import AcceptModel, ModelsById, SubmitModel
from tests.access.people import PLACE
from tests.access.world import ACCEPTED, SUBMITTED, draft, in_a_week, organisation
from tests.conftest import GraphQL, gateway_with
from tests.people import DISTRICT, MOUNTAIN, Person
from tests.waiting import DEADLINE

pytestmark = pytest.mark.asyncio(loop_scope="session")

NEXT_MONTH = today() + timedelta(days=30)
DELEGATIONS = """
query($side: Side!) {
  delegations(first: 10, side: $side) {
    edges { node { id role giver receiver until revokedOn unit { id } } }
  }
}
"""
ROW: Any = {"id": "id", "role": "role", "until": "until", "revoked": "revoked_on", "giver": "giver"}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def direct(graphql: GraphQL) -> AsyncGenerator[Client, None]:
    async with asking(graphql.settings) as services:
        yield services


def person(*grants: Grant) -> Caller:
    return Caller(id=uuid4().hex, name="", grants=grants)


def officer(unit: str = PLACE, **more: Any) -> Caller:
    return person(Grant(role=Role.OFFICER, unit=unit, **more))


async def does(services: Client, command: Any, caller: Caller) -> dict[str, Any]:
    return await services.ask(command, caller, dict[str, Any], key=uuid4().hex)


async def given(services: Client, giver: Caller, to: Caller, **more: Any) -> dict[str, Any]:
    wanted = {"role": giver.grants[0].role, "unit": PLACE, "until": in_a_week(), **more}
    return await does(services, DelegateRole(to=to.id, **wanted), giver)


async def refused(services: Client, command: Any, caller: Caller) -> str:
    with pytest.raises(Refused) as no:
        await does(services, command, caller)
    return no.value.refusal.code


async def test_delegated_role_can_be_used_until_it_is_revoked(
    graphql: GraphQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delegating, "FRESH", 0.2)
    async with gateway_with(graphql) as gateway:
        giver, deputy = (Person(gateway, Role.OFFICER, PLACE, uuid4().hex) for _ in range(2))
        name = f"deputy {uuid4().hex}"
        deputy.token = user_token(graphql.settings, Caller(id=name, name=""), timedelta(hours=1))
        register: dict[str, Any] = {
            "name": "Hội Nông dân",
            "kind": "FARMERS_UNION",
            "unit": PLACE,
            "on": "2019-01-02",
            "insist": True,
        }

        async def until_it_ends_with(typename: str) -> None:
            async with asyncio.timeout(DEADLINE):
                while (await deputy.tries("registerOrganisation", **register))["__typename"] != typename:
                    await asyncio.sleep(0.05)

        assert (await deputy.tries("registerOrganisation", **register))["code"] == "not-permitted"
        until = f"{in_a_week()}"
        delegation = await giver.does("delegateRole", to=name, role="OFFICER", unit=PLACE, until=until)
        await until_it_ends_with("Organisation")
        (edge,) = (await giver.ask(DELEGATIONS, side="GIVEN"))["delegations"]["edges"]
        assert (await deputy.ask(DELEGATIONS, side="RECEIVED"))["delegations"]["edges"] == [edge]
        assert (await deputy.ask(DELEGATIONS, side="GIVEN"))["delegations"]["edges"] == []
        assert edge["node"].pop("giver") != edge["node"].pop("receiver") == name
        assert edge["node"] == {
            "id": delegation,
            "role": "OFFICER",
            "until": until,
            "revokedOn": None,
            "unit": {"id": PLACE},
        }
        await giver.does("revokeDelegation", delegation=delegation)
        await until_it_ends_with("Refusal")
        assert (await giver.tries("revokeDelegation", delegation=delegation))["code"] == "delegation-over"


async def test_delegation_ends_with_its_givers_grant(direct: Client) -> None:
    soon = today() + timedelta(days=2)
    giver = officer(until=soon)
    assert (await given(direct, giver, person()))["until"] == f"{soon}"
    longer = msgspec.structs.replace(giver, grants=(*giver.grants, Grant(role=Role.OFFICER, unit="u10")))
    assert (await given(direct, longer, person()))["until"] == f"{in_a_week()}"


@pytest.mark.parametrize(
    ("what", "more", "code"),
    [
        ("another role", {"role": Role.APPRAISER}, "not-permitted"),
        ("the public's role", {"role": Role.PUBLIC}, "not-permitted"),
        ("the unit above", {"unit": "u10"}, "not-permitted"),
        ("the unit beside", {"unit": "u082"}, "not-permitted"),
        ("no unit", {"unit": "nowhere"}, "unit-not-found"),
        ("after the grant", {"since": NEXT_MONTH, "until": NEXT_MONTH}, "not-permitted"),
        ("from yesterday on", {"since": today() - timedelta(days=1)}, "date-too-early"),
        ("until yesterday", {"until": today() - timedelta(days=1)}, "date-too-early"),
        ("to nobody", {"to": " "}, "to-empty"),
        ("to a person with a long name", {"to": "x" * 201}, "to-too-long"),
    ],
)
async def test_caller_cannot_delegate_a_role_of_others(
    direct: Client, what: str, more: dict[str, Any], code: str
) -> None:
    giver = officer(until=today() + timedelta(days=20))
    wanted = {"to": "somebody", "role": Role.OFFICER, "unit": PLACE, "until": in_a_week(), **more}
    assert await refused(direct, DelegateRole(**wanted), giver) == code


async def test_holder_of_the_new_parent_cannot_delegate_a_unit_that_moved_there(
    direct: Client,
) -> None:
    """The giver may not see its records of the time before."""
    command = DelegateRole(to="somebody", role=Role.OFFICER, unit=MOUNTAIN, until=in_a_week())
    assert await refused(direct, command, officer(DISTRICT)) == "not-permitted"
    for above in (MOUNTAIN, "vn"):
        assert (await does(direct, command, officer(above)))["role"] == Role.OFFICER


async def test_caller_cannot_delegate_to_themselves_or_pass_on_a_delegated_role(direct: Client) -> None:
    giver = officer()
    command = DelegateRole(to=giver.id, role=Role.OFFICER, unit=PLACE, until=in_a_week())
    assert await refused(direct, command, giver) == "to-oneself"
    deputy = officer(giver="another")
    assert await refused(direct, command, deputy) == "not-permitted"


async def test_only_giver_receiver_and_operators_see_and_revoke_a_delegation(direct: Client) -> None:
    giver, receiver = officer(), officer("u450")
    operator = person(Grant(role=Role.OPERATOR, unit="u10"))
    others = [
        officer(),
        person(Grant(role=Role.LEADER, unit="vn")),
        person(Grant(role=Role.OPERATOR, unit="u082")),
    ]
    for ends in (giver, receiver, operator):
        id_ = (await given(direct, giver, receiver))["id"]
        for who in (giver, receiver, operator, *others):
            seen = (await direct.ask(DelegationsById(keys=(id_,), fields=ROW), who, Rows)).read()[0]
            assert (seen is None) == (who in others), who
        for who in others:
            assert await refused(direct, RevokeDelegation(delegation=id_), who) == "delegation-not-found"
        assert (await does(direct, RevokeDelegation(delegation=id_), ends))["revoked_on"] == f"{today()}"


async def test_delegations_come_in_pages_by_side(direct: Client) -> None:
    giver, receiver = officer(), officer()
    made = [(await given(direct, giver, receiver))["id"] for _ in range(3)]

    async def ids(who: Caller, **more: Any) -> list[str]:
        page = await direct.ask(DelegationsPage(fields=ROW, **more), who, Rows)
        return [row["id"] for row in page.read() if row]

    assert await ids(giver, side=Side.GIVEN, first=2) == [made[2], made[1]]
    assert await ids(giver, side=Side.GIVEN, first=2, after=made[1]) == [made[0]]
    assert await ids(receiver, side=Side.RECEIVED, last=2) == [made[1], made[0]]
    assert await ids(receiver, first=9) == made[::-1]
    assert await ids(giver, side=Side.RECEIVED, first=9) == []


async def test_deputy_does_not_judge_the_work_of_the_giver(direct: Client) -> None:
    giver = person(Grant(role=Role.APPRAISER, unit=PLACE), Grant(role=Role.OFFICER, unit=PLACE))
    owner = (await does(direct, organisation(), giver))["id"]
    model = (await does(direct, draft(owner), giver))["id"]
    await does(direct, SubmitModel(model=model, on=SUBMITTED), giver)
    held = Grant(role=Role.APPRAISER, unit=PLACE, giver=giver.id)
    accept = AcceptModel(model=model, on=ACCEPTED)
    assert await refused(direct, accept, person(held)) == "own-work"
    assert (await does(direct, accept, person(Grant(role=Role.APPRAISER, unit=PLACE))))[
        "state"
    ] == "REGISTERED"


async def test_grant_of_a_deputy_names_the_giver_and_the_givers_organisation(
    direct: Client,
) -> None:
    giver = officer(organisation="o_somebody")
    deputy = person()
    await given(direct, giver, deputy)
    await given(direct, giver, deputy, since=today() + timedelta(days=1))
    ended = (await given(direct, giver, deputy))["id"]
    await does(direct, RevokeDelegation(delegation=ended), giver)
    held = (await Delegating(direct).effective(deputy)).grants
    assert {(g.role, g.unit, g.giver, g.organisation, g.until) for g in held} == {
        (Role.OFFICER, PLACE, giver.id, "o_somebody", in_a_week())
    }
    assert sorted(g.since for g in held if g.since) == [today(), today() + timedelta(days=1)]


class Mute(Client):
    """A client to which registration does not reply."""

    async def ask(self, *_: Any, **__: Any) -> Any:
        raise Unavailable("registration")


async def test_known_delegations_hold_for_a_minute_while_registration_does_not_answer(
    direct: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    giver, deputy = officer(), person()
    await given(direct, giver, deputy)
    client = Delegating(direct)
    known = await client.effective(deputy)
    assert known.grants
    client._client = Mute(direct._connection, direct._tokens, timeout=1)
    monkeypatch.setattr(delegating, "FRESH", 0.0)
    client._known[id(deputy)] = client._known[id(deputy)]._replace(again=0.0)
    assert await client.effective(deputy) is known
    monkeypatch.setattr(delegating, "STALE", 0.0)
    for who in (deputy, person()):
        with pytest.raises(Unavailable):
            await client.effective(who)


async def test_simultaneous_requests_of_a_caller_ask_registration_once(direct: Client) -> None:
    deputy = person()
    await given(direct, officer(), deputy)
    client = Delegating(direct)
    found = await asyncio.gather(*(client.effective(deputy) for _ in range(50)))
    assert all(one is found[0] for one in found)
    assert await client.effective(deputy) is found[0]
    assert (await direct.ask(ModelsById(keys=("model_x",)), found[0], Rows)).read() == [None]
