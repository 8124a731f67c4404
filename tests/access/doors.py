"""Two entrances: GraphQL over HTTP, and the services over NATS. The outcome of a request is one word."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec
import orjson

from infra.operate.operator import user_token
from services.kernel.calendar import moment
from services.kernel.caller import LIFE, binding, reading
from services.kernel.config import Settings
from services.kernel.messages import Command, Query
from services.kernel.messaging.client import CALLER, KEY, Client, Reply
from services.kernel.rows import ROW, ByFilter
from services.registration.delegations.messages import EffectiveGrants
from services.registration.sheets.messages import Template
from tests.access.areas import INPUTS, MESSAGES, QUERIES
from tests.access.people import EXPIRED, NOBODY, Somebody
from tests.access.tries import Try, newer_than, waits_after
from tests.http import Connections
from tests.people import mutation
from tests.waiting import DEADLINE


class Outcome(NamedTuple):
    """`told`: the whole reply, without the parts that differ between equal requests."""

    word: str
    told: bytes


class Services:
    """Requests to the services, with callers signed by the gateway's key."""

    section = "services"

    def __init__(self, client: Client) -> None:
        self._client = client

    async def outcome(self, tried: Try) -> Outcome:
        message = MESSAGES[tried.operation](tried)
        body, key = msgspec.json.encode(message), uuid4().hex
        bound = (
            binding(message.subject, body, key) if isinstance(message, Command) else reading(message.service)
        )
        at = moment() - (timedelta(hours=1) if tried.who.expired else timedelta())
        token = self._client._tokens.sign(tried.who.caller, at, LIFE, **bound)
        return await self.sent(message, body, {CALLER: token, KEY: key}, tried)

    async def sent(
        self, message: Command | Query, body: bytes, headers: dict[str, str], tried: Try
    ) -> Outcome:
        thing = tried.thing
        raw = (
            await self._client._connection.request(message.subject, body, timeout=DEADLINE, headers=headers)
        ).data
        head, *rows = raw.split(ROW)
        reply = msgspec.json.decode(head, type=Reply[Any])
        if tried.who.expired:
            # A token of ours that is old means that a clock is off: the service does nothing, and may be asked again.
            assert reply.failure, raw
            assert reply.again, raw
            return Outcome("unauthenticated", b"")
        assert not reply.failure, raw
        told = raw.replace(thing.encode(), b"it") if thing else raw
        if reply.refusal:
            return Outcome(reply.refusal.code, told)
        if isinstance(message, Command):
            return Outcome("done", told)
        return Outcome(_seen(message, rows, thing), told)


def _seen(message: Command | Query, rows: list[bytes], thing: str) -> str:
    if isinstance(message, EffectiveGrants | Template):
        return "found"
    if isinstance(message, ByFilter):
        found = rows and (not thing or msgspec.json.decode(rows[0])["id"] == thing)
        return "found" if found else "unseen"
    return "found" if rows[0] != b"null" else "null"


class Gateway:
    """GraphQL over HTTP, with tokens of the issuer. They do not contain delegated roles."""

    section = "gateway"

    def __init__(self, settings: Settings, closed: Connections, open_: Connections) -> None:
        """`open_`: a gateway that runs any operation without a token, not only registered ones."""
        self._settings = settings
        self._closed = closed
        self._open = open_
        self._tokens: dict[str, str] = {}

    async def outcome(self, tried: Try) -> Outcome:
        of, _, field = tried.operation.partition(".")
        variables: dict[str, Any]
        if of == "Mutation":
            input_ = INPUTS[field](tried)
            query, variables = mutation(field), {"key": uuid4().hex, "input": input_}
        else:
            query = QUERIES[tried.operation]
            variables = _variables(query, tried.thing)
        gateway = self._open if tried.who is NOBODY else self._closed
        body = orjson.dumps({"query": query, "variables": variables})
        return _told(await gateway.send(body, self.token(tried.who)), tried.thing)

    def token(self, who: Somebody) -> str | None:
        if who is NOBODY:
            return None
        if who.giver:
            who = replace(who, caller=msgspec.structs.replace(who.caller, grants=()))
        life = timedelta(hours=-1 if who is EXPIRED else 1)
        key = f"{who.caller!r} {life}"
        if key not in self._tokens:
            self._tokens[key] = user_token(self._settings, who.caller, life)
        return self._tokens[key]


def _variables(query: str, thing: str) -> dict[str, str]:
    if "$work" in query:
        return {"work": waits_after(thing)}
    return {"after": newer_than(thing)} if "$after" in query else {"id": thing}


def _told(reply: bytes, thing: str) -> Outcome:
    answer = orjson.loads(reply)
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
    if isinstance(value, dict) and value.get("__typename") == "Batch":
        (item,) = value["items"]
        return Outcome(item["refusal"]["code"] if item["refusal"] else "done", told)
    if isinstance(value, dict) and "__typename" in value and "unitId" not in value:
        return Outcome("done", told)
    if isinstance(value, dict) and "edges" in value:
        ids = [edge["node"]["id"] for edge in value["edges"]]
        return Outcome("found" if ids and (not thing or ids[0] == thing) else "unseen", told)
    return Outcome("null" if _nothing(value) else "found", told)


def _nothing(value: Any) -> bool:
    """Whether all leaves are null."""
    if isinstance(value, dict):
        return all(map(_nothing, value.values()))
    if isinstance(value, list):
        return all(map(_nothing, value))
    return value is None
