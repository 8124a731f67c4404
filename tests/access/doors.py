"""The two ways in: GraphQL over HTTP, and straight to the services over NATS. Each request has one outcome, a word."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import msgspec
import orjson

from infra.operator import user_token
from services.kernel.calendar import moment
from services.kernel.caller import LIFE, binding, reading
from services.kernel.client import CALLER, KEY, Client, Reply
from services.kernel.messages import Command, Query, Role
from services.kernel.rows import ROW, ByFilter, Fields
from services.kernel.units import DatedUnit, Spell, UnitLevel
from services.registration.delegations.events import (
    DelegateRole,
    DelegationsById,
    DelegationsPage,
    GrantsDelegated,
    RevokeDelegation,
)
from services.registration.events import ContributionKind
from services.registration.models.events import (
    AcceptModel,
    ModelFilter,
    ModelsById,
    ModelsPage,
    RecordContribution,
    ReturnModel,
    SubmitModel,
)
from services.registration.organisations.events import OrganisationsById
from services.registration.units.events import ChildUnits, RecordUnits, UnitsOnDay, UnitWithCode
from services.reporting.events import RebuildCounters, ReportOf
from services.review.events import DecideReview, NominateReview, ReviewsById, ReviewsByModel, Verdict
from services.supervision.events import SessionsById, SessionsPage
from tests.access.people import EXPIRED, NOBODY, PLACE, Somebody
from tests.access.world import ACCEPTED, DECIDED, DRAFTED, SUBMITTED, draft, in_a_week, organisation, session
from tests.conftest import GraphQL
from tests.e2e.people import mutation

ID: Fields = {"id": "id"}
THEN = f"{PLACE}@2019-06-01"


class Outcome(NamedTuple):
    """`told`: all that came back, but for what differs from one request to the next."""

    word: str
    told: bytes


@dataclass(frozen=True, slots=True)
class Try:
    """Somebody asks for a thing."""

    operation: str
    state: str
    who: Somebody
    thing: str

    @property
    def role(self) -> Role:
        grants = self.who.caller.grants
        return grants[0].role if grants else Role.OFFICER


def _new_unit() -> DatedUnit:
    name = f"u080-{uuid4().hex[:12]}"
    spell = Spell(
        name="Xã mới",
        code=name,
        kind="Xã",
        level=UnitLevel.COMMUNE,
        parent=PLACE,
        path=f"/vn/u10/{PLACE}/{name}",
        since=DRAFTED,
        until=ACCEPTED,
    )
    return DatedUnit(id=name, spells=(spell,))


MESSAGES: dict[str, Callable[[Try], Command | Query]] = {
    "registration.record-units": lambda t: RecordUnits(units=(_new_unit(),)),
    "registration.register-organisation": lambda t: organisation(),
    "registration.draft-model": lambda t: draft(t.thing),
    "registration.submit-model": lambda t: SubmitModel(model=t.thing, on=SUBMITTED),
    "registration.return-model": lambda t: ReturnModel(model=t.thing, reason="x", on=ACCEPTED),
    "registration.accept-model": lambda t: AcceptModel(model=t.thing, on=ACCEPTED),
    "registration.record-contribution": lambda t: RecordContribution(
        model=t.thing, kind=ContributionKind.WORK_DAY, amount="1", on=DECIDED
    ),
    "registration.delegate-role": lambda t: DelegateRole(
        to=uuid4().hex, role=t.role, unit=PLACE, until=in_a_week()
    ),
    "registration.revoke-delegation": lambda t: RevokeDelegation(delegation=t.thing),
    "review.decide": lambda t: DecideReview(
        review=t.thing, verdict=Verdict.RECOGNISED, reason="x", on=DECIDED
    ),
    "review.nominate": lambda t: NominateReview(review=t.thing, on=DECIDED),
    "supervision.record-session": lambda t: session(),
    "reporting.rebuild-counters": lambda t: RebuildCounters(),
    "registration.units-on-day": lambda t: UnitsOnDay(keys=(THEN,), fields=ID),
    "registration.unit-with-code": lambda t: UnitWithCode(code="080", on=DRAFTED, fields=ID),
    "registration.child-units": lambda t: ChildUnits(keys=(THEN,), first=1, fields=ID),
    "registration.organisations-by-id": lambda t: OrganisationsById(keys=(t.thing,), fields=ID),
    "registration.models-by-id": lambda t: ModelsById(keys=(t.thing,), fields=ID),
    "registration.models-page": lambda t: ModelsPage(
        first=1, after=newer_than(t.thing), fields=ID, filter=ModelFilter(unit=PLACE)
    ),
    "registration.delegations-by-id": lambda t: DelegationsById(keys=(t.thing,), fields=ID),
    "registration.delegations-page": lambda t: DelegationsPage(first=1, after=newer_than(t.thing), fields=ID),
    "registration.grants-delegated": lambda t: GrantsDelegated(),
    "review.reviews-by-id": lambda t: ReviewsById(keys=(t.thing,), fields=ID),
    "review.reviews-by-model": lambda t: ReviewsByModel(keys=(t.thing,), fields=ID),
    "supervision.sessions-by-id": lambda t: SessionsById(keys=(t.thing,), fields=ID),
    "supervision.sessions-page": lambda t: SessionsPage(first=1, after=newer_than(t.thing), fields=ID),
    "reporting.report": lambda t: ReportOf(unit=PLACE, period="2019", fields={"id": "unit_id"}),
}
"""How each message is asked for a thing."""


def newer_than(thing: str) -> str:
    """The cursor after which, newest first, this thing is the next."""
    kind, _, number = thing.partition("_")
    return f"{kind}_{int(number, 16) + 1:024x}"


class Services:
    """Straight at the services, with callers signed by the gateway's key."""

    section = "services"

    def __init__(self, client: Client) -> None:
        self._client = client

    async def outcome(self, tried: Try) -> Outcome:
        message = MESSAGES[tried.operation](tried)
        body, key = msgspec.json.encode(message), uuid4().hex
        bound = (
            binding(message.subject, body, key)
            if isinstance(message, Command)
            else reading(message.service())
        )
        at = moment() - (timedelta(hours=1) if tried.who.expired else timedelta())
        token = self._client._tokens.sign(tried.who.caller, at, LIFE, **bound)
        return await self.sent(message, body, {CALLER: token, KEY: key}, tried.thing)

    async def sent(
        self, message: Command | Query, body: bytes, headers: dict[str, str], thing: str
    ) -> Outcome:
        raw = (await self._client._nats.request(message.subject, body, timeout=60, headers=headers)).data
        head, *rows = raw.split(ROW)
        reply = msgspec.json.decode(head, type=Reply[Any])
        assert not reply.failure, raw
        told = raw.replace(thing.encode(), b"it") if thing else raw
        if reply.refusal:
            return Outcome(reply.refusal.code, told)
        if isinstance(message, Command):
            return Outcome("done", told)
        return Outcome(_seen(message, rows, thing), told)


def _seen(message: Command | Query, rows: list[bytes], thing: str) -> str:
    if isinstance(message, GrantsDelegated):
        return "found"
    if isinstance(message, ByFilter):
        found = rows and (not thing or msgspec.json.decode(rows[0])["id"] == thing)
        return "found" if found else "unseen"
    return "found" if rows[0] != b"null" else "null"


_NODE = "query($id: ID!) { node(id: $id) { %s } }"
_OF = {
    "Organisation.unit": ("Organisation", "unit { id }"),
    "Model.owner": ("Model", "owner { id }"),
    "Model.unit": ("Model", "unit { id }"),
    "Model.review": ("Model", "review { id }"),
    "Model.returnReason": ("Model", "returnReason"),
    "Review.model": ("Review", "model { id }"),
    "Review.reason": ("Review", "reason"),
    "SupervisionSession.unit": ("SupervisionSession", "unit { id }"),
    "Delegation.unit": ("Delegation", "unit { id }"),
}
_UNIT = 'query { unit(id: "u080", on: "2019-06-01") { %s } }'
_PAGE = "query($after: String!) { %s(first: 1, after: $after%s) { edges { node { id } } } }"
QUERIES = {
    "Query.node": _NODE % "id",
    "Query.unit": _UNIT % "id",
    "Query.unitByCode": 'query { unitByCode(code: "080", on: "2019-06-01") { id } }',
    "Query.models": _PAGE % ("models", ', filter: { unit: "u080" }'),
    "Query.supervisionSessions": _PAGE % ("supervisionSessions", ""),
    "Query.delegations": _PAGE % ("delegations", ""),
    "Query.report": """query { report(unit: "u080", period: "2019") {
        __typename ... on Report { unitId } ... on Refusal { code fields messageVi messageEn } } }""",
    "Unit.parent": _UNIT % "parent { id }",
    "Unit.children": _UNIT % "children(first: 1) { edges { node { id } } }",
    "Predecessor.unit": 'query { unitByCode(code: "26740", on: "2026-01-01") { predecessors { unit { id } } } }',
    **{name: _NODE % f"... on {type_} {{ {field} }}" for name, (type_, field) in _OF.items()},
}
"""Of each field of the schema that asks a service, and each that is not for everybody, a query that shows it."""

INPUTS: dict[str, Callable[[Try], dict[str, Any]]] = {
    "registerOrganisation": lambda t: _input(organisation()),
    "draftModel": lambda t: _input(draft(t.thing)),
    "submitModel": lambda t: {"model": t.thing, "on": f"{SUBMITTED}"},
    "returnModel": lambda t: {"model": t.thing, "reason": "x", "on": f"{ACCEPTED}"},
    "acceptModel": lambda t: {"model": t.thing, "on": f"{ACCEPTED}"},
    "recordContribution": lambda t: {
        "model": t.thing,
        "kind": "WORK_DAY",
        "amount": "1",
        "on": f"{DECIDED}",
    },
    "decideReview": lambda t: {
        "review": t.thing,
        "verdict": "RECOGNISED",
        "reason": "x",
        "on": f"{DECIDED}",
    },
    "nominateReview": lambda t: {"review": t.thing, "on": f"{DECIDED}"},
    "recordSupervisionSession": lambda t: _input(session()),
    "delegateRole": lambda t: {
        "to": uuid4().hex,
        "role": t.role.name,
        "unit": PLACE,
        "until": f"{in_a_week()}",
    },
    "revokeDelegation": lambda t: {"delegation": t.thing},
}
"""The input of each mutation."""


def _input(command: Command) -> dict[str, Any]:
    camel = {name: _camel(name) for name in command.__struct_fields__}
    values: dict[str, Any] = msgspec.to_builtins(command)
    return {camel[name]: value for name, value in values.items()}


def _camel(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(word.title() for word in more)


class Gateway:
    """GraphQL over HTTP, with tokens of the issuer: what is delegated is not in them."""

    section = "gateway"

    def __init__(self, graphql: GraphQL, open_: GraphQL) -> None:
        """`open_`: a gateway that runs any operation for those without a token, and not registered ones only."""
        self._graphql = graphql
        self._open = open_
        self._tokens: dict[str, str] = {}

    async def outcome(self, tried: Try) -> Outcome:
        of, _, field = tried.operation.partition(".")
        variables: dict[str, Any]
        if of == "Mutation":
            input_ = INPUTS[field](tried)
            query, variables = mutation(field), {"key": uuid4().hex, "input": input_}
        else:
            query, variables = QUERIES[tried.operation], _variables(field, tried.thing)
        gateway = self._open if tried.who is NOBODY else self._graphql
        reply = await gateway.post({"query": query, "variables": variables}, self.token(tried.who))
        return _told(reply, tried.thing)

    def token(self, who: Somebody) -> str | None:
        if who is NOBODY:
            return None
        if who.giver:
            who = replace(who, caller=msgspec.structs.replace(who.caller, grants=()))
        life = timedelta(hours=-1 if who is EXPIRED else 1)
        key = f"{who.caller!r} {life}"
        if key not in self._tokens:
            self._tokens[key] = user_token(self._graphql.settings, who.caller, life)
        return self._tokens[key]


def _variables(field: str, thing: str) -> dict[str, str]:
    paged = field in ("models", "supervisionSessions", "delegations")
    return {"after": newer_than(thing)} if paged else {"id": thing}


def _told(reply: httpx.Response, thing: str) -> Outcome:
    answer = reply.json()
    answer.pop("extensions", None)
    told = orjson.dumps(answer)
    told = told.replace(thing.encode(), b"it") if thing else told
    if "errors" in answer:
        codes = {error["extensions"]["code"] for error in answer["errors"]}
        assert len(codes) == 1, answer
        return Outcome(codes.pop(), told)
    (value,) = answer["data"].values()
    if isinstance(value, dict) and value.get("__typename") == "Refusal":
        return Outcome(value["code"], told)
    if isinstance(value, dict) and "__typename" in value and "unitId" not in value:
        return Outcome("done", told)
    if isinstance(value, dict) and "edges" in value:
        ids = [edge["node"]["id"] for edge in value["edges"]]
        return Outcome("found" if ids and (not thing or ids[0] == thing) else "unseen", told)
    return Outcome("null" if _nothing(value) else "found", told)


def _nothing(value: Any) -> bool:
    """Nothing but nulls all the way down."""
    if isinstance(value, dict):
        return all(map(_nothing, value.values()))
    if isinstance(value, list):
        return all(map(_nothing, value))
    return value is None
