"""Sends requests to services over NATS, each with a signed token of its caller.

A reply is an answer, a refusal (a rule forbids it, and repeating changes nothing), or a failure (the outcome is
unknown: repeat the request with the same key).
"""

import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Generic, NamedTuple, TypeVar, cast

import msgspec
import stamina
from nats.errors import Error as NatsError
from opentelemetry.trace import SpanKind, StatusCode

from services.kernel import telemetry
from services.kernel.calendar import moment
from services.kernel.caller import LIFE, Caller, Tokens, binding, reading
from services.kernel.config import Settings
from services.kernel.credentials import nats_login
from services.kernel.messages import Command, Query, Refusal, Refused, Unavailable
from services.kernel.messaging.wire import HEADERS, Connection, header
from services.kernel.rows import ROW, Fields, Head, Rows

A = TypeVar("A")

CALLER = "danvan-caller"
KEY = "danvan-key"
FIELDS = "danvan-fields"
"""The columns of a command's answer that the caller needs: no others are sent and kept."""
PREVIEW = "danvan-preview"
"""A command with this header is answered as if it were carried out; nothing is written and no answer is kept."""
MANY = "danvan-many"
"""The body of a request with this header is a list of `Keyed` commands of one type. The answer is a list of replies."""
MOST_PASSES = 4096


class Reply(msgspec.Struct, Generic[A], frozen=True, omit_defaults=True):
    answer: A | None = None
    refusal: Refusal | None = None
    failure: str | None = None
    """The trace id of an error. `again`: whether the same request may succeed when repeated."""
    again: bool = False


class Keyed(msgspec.Struct, frozen=True):
    """A command of many, as JSON, under its idempotency key."""

    key: str
    command: msgspec.Raw


def lasting() -> dict[str, Any]:
    """Options of a connection that reconnects for ever. The driver's default is 60 attempts."""

    async def on_error(error: Exception) -> None:
        # The only sign of a denied permission.
        telemetry.log.warning("nats", why=repr(error))

    return {
        "max_reconnect_attempts": -1,
        "reconnect_time_wait": 0.25,
        "connect_timeout": 2,
        "ping_interval": 5,
        "max_outstanding_pings": 2,
        "error_cb": on_error,
    }


async def connect(settings: Settings, user: str) -> Connection:
    connection = Connection()
    login = nats_login(settings, user)
    await connection.connect(settings.nats, disconnected_cb=connection.lost, **login, **lasting())
    return connection


class Client:
    """Sends requests of callers to services. The gateway and operators' commands use it."""

    def __init__(
        self,
        connection: Connection,
        tokens: Tokens,
        *,
        timeout: float,
        took: Callable[[str, float], None] | None = None,
    ) -> None:
        """`took` is called with "services" and the seconds of each request."""
        self._took = took
        self._connection = connection
        self._tokens = tokens
        self._timeout = timeout
        self._passes: dict[tuple[int, str], _Pass] = {}

    async def ask(
        self,
        message: Command | Query,
        caller: Caller,
        type_: type[A],
        *,
        key: str = "",
        fields: Fields | None = None,
        preview: bool = False,
    ) -> A:
        """The answer; `Refused` if a rule forbids it; `Unavailable` without an outcome after `timeout` seconds."""
        body = msgspec.json.encode(message)
        asked = _Asked(message, body, caller, key, fields, preview, type_, self._until())
        head, text = await self._asked(asked)
        answer: Any = head.answer
        return cast(A, Rows(answer, text) if type_ is Rows else answer)

    async def ask_each(
        self,
        commands: Mapping[str, Command],
        caller: Caller,
        *,
        fields: Fields | None = None,
        preview: bool = False,
    ) -> list[dict[str, Any] | Refusal]:
        """The answer or refusal of each command, in their order. `commands`: one type, by idempotency key.

        `Refused` if the caller may give no such command; `Unavailable` without an outcome after `timeout` seconds.
        """
        body = msgspec.json.encode(
            [Keyed(key, msgspec.Raw(msgspec.json.encode(one))) for key, one in commands.items()]
        )
        first = next(iter(commands.values()))
        asked = _Asked(
            first, body, caller, "", fields, preview, list[Reply[dict[str, Any]]], self._until(), True
        )
        head, _ = await self._asked(asked)
        replies: list[Reply[dict[str, Any]]] = head.answer or []
        return [reply.refusal or reply.answer or {} for reply in replies]

    def _until(self) -> float:
        return time.monotonic() + self._timeout

    async def _asked(self, asked: "_Asked") -> tuple[Reply[Any], bytes]:
        """The head of the reply, and its rows. `Refused` and `Unavailable` as for `ask`."""
        message, begun = asked.message, time.monotonic()
        with telemetry.span(f"ask {message.subject}", kind=SpanKind.CLIENT) as span:
            try:
                try:
                    head, text = await self._attempt(asked)
                except _WORTH_ASKING_AGAIN:
                    head, text = await self._again(asked)
            except _WORTH_ASKING_AGAIN as error:
                span.set_status(StatusCode.ERROR)
                raise Unavailable(f"{message.service} does not answer", telemetry.trace_id()) from error
            finally:
                if self._took:
                    self._took("services", time.monotonic() - begun)
            if head.refusal:
                span.set_attribute("danvan.refusal", head.refusal.code)
                raise Refused.because(head.refusal)
            return head, text

    async def _again(self, asked: "_Asked") -> tuple[Reply[Any], bytes]:
        """Repeats the request until a service answers, or until its time is over."""
        async for attempt in stamina.retry_context(
            on=_WORTH_ASKING_AGAIN,
            attempts=None,
            timeout=asked.left,
            wait_initial=0.02,
            wait_max=0.5,
            wait_jitter=0.02,
        ):
            with attempt:
                return await self._attempt(asked)
        raise AssertionError("unreachable")

    async def _attempt(self, asked: "_Asked") -> tuple[Reply[Any], bytes]:
        """The head of the reply, and its rows. It ends before its token does."""
        message, caller = asked.message, asked.caller
        within = min(asked.left, LIFE.total_seconds())
        if isinstance(message, Query):
            headers = self._pass(caller, message.service)
        else:
            bound = binding(message.subject, asked.body, asked.key)
            headers = HEADERS + header(CALLER, self._tokens.sign(caller, moment(), LIFE, **bound))
        if asked.key:
            headers += header(KEY, asked.key)
        if asked.fields:
            headers += header(FIELDS, msgspec.json.encode(asked.fields).decode())
        if asked.preview:
            headers += header(PREVIEW, "1")
        if asked.many:
            headers += header(MANY, "1")
        if trace := telemetry.traceparent():
            headers += header("traceparent", trace)
        answered = await self._connection.ask(message.subject, headers, asked.body, within=within)
        end = answered.find(ROW)
        reply = _decoder(asked.type_).decode(answered if end < 0 else answered[:end])
        if reply.failure:
            raise _Again if reply.again else Unavailable(f"{message.subject} failed", reply.failure)
        return reply, b"" if end < 0 else answered[end:]

    def _pass(self, caller: Caller, service: str) -> bytes:
        """Headers with the caller's token for queries of one service; a new token before the old one ends."""
        now = time.monotonic()
        # By identity: comparing callers would cost more than all the rest.
        known = self._passes.get((id(caller), service))
        if known and known.caller is caller and now < known.until:
            return known.headers
        if len(self._passes) > MOST_PASSES:
            self._passes.clear()
        headers = HEADERS + header(CALLER, self._tokens.sign(caller, moment(), LIFE, **reading(service)))
        self._passes[id(caller), service] = _Pass(caller, headers, now + LIFE.total_seconds() / 3)
        return headers


class _Asked(NamedTuple):
    """A request. `until`: the moment, by the monotonic clock, at which its caller gives up."""

    message: Command | Query
    body: bytes
    caller: Caller
    key: str
    fields: Fields | None
    preview: bool
    type_: Any
    until: float
    many: bool = False

    @property
    def left(self) -> float:
        """Seconds until then; never 0, so that each request is sent."""
        return max(self.until - time.monotonic(), 0.1)


class _Pass(NamedTuple):
    caller: Caller
    headers: bytes
    until: float


@cache
def _decoder(type_: Any) -> Any:
    read: Any = Head if type_ is Rows else type_
    return msgspec.json.Decoder(Reply[read])


class _Again(Exception):  # noqa: N818
    pass


_WORTH_ASKING_AGAIN = (TimeoutError, NatsError, _Again)
