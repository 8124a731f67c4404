"""Asking services over NATS: one request, one reply, signed by whoever asks in whose name.

A reply is an answer, a refusal (a rule said no, and asking again changes nothing), or a failure (unknown whether it
happened: ask again with the same key).
"""

import asyncio
import time
from collections.abc import Callable
from functools import cache
from itertools import count
from typing import Any, Generic, NamedTuple, TypeVar, cast

import msgspec
import nats
import nats.errors
import stamina
from nats.aio.client import Client as Nats
from nats.aio.msg import Msg
from nats.errors import NoRespondersError
from opentelemetry.trace import SpanKind, StatusCode

from services.kernel import telemetry
from services.kernel.calendar import moment
from services.kernel.caller import LIFE, Caller, Tokens, binding, reading
from services.kernel.config import Settings
from services.kernel.credentials import nats_login
from services.kernel.messages import Command, Query, Refusal, Refused, Unavailable
from services.kernel.rows import ROW, Head, Rows

A = TypeVar("A")

CALLER = "danvan-caller"
KEY = "danvan-key"
ATTEMPT = 5.0
"""Seconds one attempt waits for its reply before the same request is sent again under the same key."""
MOST_PASSES = 4096


class Reply(msgspec.Struct, Generic[A], frozen=True, omit_defaults=True):
    answer: A | None = None
    refusal: Refusal | None = None
    failure: str | None = None
    """The trace id of what went wrong; `again` tells whether it is worth asking again."""
    again: bool = False


def lasting() -> dict[str, Any]:
    """Options of a connection that is never given up: after 60 attempts, the default, it would be lost for good."""

    async def on_error(error: Exception) -> None:
        # Denied permissions show up nowhere else.
        telemetry.log.warning("nats", why=repr(error))

    return {
        "max_reconnect_attempts": -1,
        "reconnect_time_wait": 0.25,
        "connect_timeout": 2,
        "ping_interval": 5,
        "max_outstanding_pings": 2,
        "error_cb": on_error,
    }


async def connect(settings: Settings, user: str) -> Nats:
    return await nats.connect(settings.nats, **nats_login(settings, user), **lasting())


class Replies:
    """Where the answers to our requests come in. The driver's own way costs half as much again."""

    def __init__(self, connection: Nats) -> None:
        self._nats = connection
        self._opening: asyncio.Task[str] | None = None
        self._inbox = ""
        self._numbers = count(1)
        self._waiting: dict[str, asyncio.Future[Msg]] = {}

    async def to(self, subject: str, body: bytes, headers: dict[str, str], *, within: float) -> Msg:
        """The reply to a request; `TimeoutError` after so many seconds, `NoRespondersError` if nobody listens."""
        if not self._inbox:
            self._opening = self._opening or asyncio.create_task(self._open())
            self._inbox = await self._opening
        inbox = f"{self._inbox}.{next(self._numbers)}"
        loop = asyncio.get_running_loop()
        reply = self._waiting[inbox] = loop.create_future()
        timer = loop.call_later(within, _give_up, reply)
        try:
            await self._nats.publish(subject, body, reply=inbox, headers=headers)
            answer: Msg = await reply
            return answer
        finally:
            timer.cancel()
            del self._waiting[inbox]

    async def _open(self) -> str:
        try:
            inbox = self._nats.new_inbox()
            await self._nats.subscribe(f"{inbox}.*", cb=self._on_reply)
        except BaseException:
            self._opening = None
            raise
        return inbox

    async def _on_reply(self, message: Msg) -> None:
        reply = self._waiting.get(message.subject)
        if reply is None or reply.done():
            return
        if message.headers and message.headers.get("Status") == "503":
            reply.set_exception(NoRespondersError())
        else:
            reply.set_result(message)


def _give_up(reply: "asyncio.Future[Msg]") -> None:
    if not reply.done():
        reply.set_exception(TimeoutError())


class Client:
    """Asks services, in somebody's name. Used by the gateway and by operators' commands."""

    def __init__(
        self,
        connection: Nats,
        tokens: Tokens,
        *,
        timeout: float,
        took: Callable[[str, float], None] | None = None,
    ) -> None:
        """`took` hears how many seconds of "services" each request took."""
        self._took = took
        self._nats = connection
        self._replies = Replies(connection)
        self._tokens = tokens
        self._timeout = timeout
        self._passes: dict[tuple[int, str], _Pass] = {}

    async def ask(self, message: Command | Query, caller: Caller, type_: type[A], *, key: str = "") -> A:
        """The answer; `Refused` when a rule said no; `Unavailable` when nobody could say within the time limit."""
        body = msgspec.json.encode(message)
        begun = time.monotonic()
        with telemetry.span(f"ask {message.subject}", kind=SpanKind.CLIENT) as span:
            try:
                reply, texts = await self._until_answered(message, body, caller, key, _decoder(type_))  # type: ignore[arg-type]
            except (TimeoutError, nats.errors.Error, _Again) as error:
                span.set_status(StatusCode.ERROR)
                raise Unavailable(f"{message.service()} does not answer", telemetry.trace_id()) from error
            finally:
                if self._took:
                    self._took("services", time.monotonic() - begun)
            if reply.refusal:
                span.set_attribute("danvan.refusal", reply.refusal.code)
                raise Refused.because(reply.refusal)
            answer: Any = Rows(reply.answer, texts) if type_ is Rows else reply.answer
            return cast(A, answer)

    async def _until_answered(
        self, message: Command | Query, body: bytes, caller: Caller, key: str, decoder: Any
    ) -> Any:
        """Asked once more, and again, until somebody answers: the first time without the cost of counting attempts."""
        began = time.monotonic()
        try:
            return await self._attempt(message, body, caller, key, decoder)
        except (TimeoutError, nats.errors.Error, _Again):
            left = self._timeout - (time.monotonic() - began)
        async for attempt in stamina.retry_context(
            on=(nats.errors.Error, asyncio.TimeoutError, _Again),
            attempts=None,
            timeout=max(left, 0.1),
            wait_initial=0.02,
            wait_max=0.5,
            wait_jitter=0.02,
        ):
            with attempt:
                return await self._attempt(message, body, caller, key, decoder)
        raise AssertionError("unreachable")

    async def _attempt(
        self, message: Command | Query, body: bytes, caller: Caller, key: str, decoder: Any
    ) -> Any:
        if isinstance(message, Query):
            token = self._pass(caller, message.service())
        else:
            token = self._tokens.sign(caller, moment(), LIFE, **binding(message.subject, body, key))
        headers = {CALLER: token}
        if key:
            headers[KEY] = key
        if trace := telemetry.traceparent():
            headers["traceparent"] = trace
        answered = await self._replies.to(message.subject, body, headers, within=ATTEMPT)
        head, *texts = answered.data.split(ROW)
        reply = decoder.decode(head)
        if reply.failure:
            raise _Again if reply.again else Unavailable(f"{message.subject} failed", reply.failure)
        return reply, texts

    def _pass(self, caller: Caller, service: str) -> str:
        """The caller's token for reading from one service, signed anew before it is old."""
        now = time.monotonic()
        # By identity: to compare callers would cost more than all the rest.
        known = self._passes.get((id(caller), service))
        if known and known.caller is caller and now < known.until:
            return known.token
        if len(self._passes) > MOST_PASSES:
            self._passes.clear()
        token = self._tokens.sign(caller, moment(), LIFE, **reading(service))
        self._passes[id(caller), service] = _Pass(caller, token, now + LIFE.total_seconds() / 3)
        return token


class _Pass(NamedTuple):
    caller: Caller
    token: str
    until: float


@cache
def _decoder(type_: Any) -> Any:
    read: Any = Head if type_ is Rows else type_
    return msgspec.json.Decoder(Reply[read])


class _Again(Exception):  # noqa: N818
    pass
