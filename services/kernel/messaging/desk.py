"""Turns a request into a transaction or a read: verifies the caller, decodes the message, and keeps the reply.

One idempotency key has one effect and one reply. A command's answer is stored in the transaction of its effects, a
refusal right after it. A request with a known key gets the stored reply; with other content it is refused.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple, Self, TypeVar

import msgspec
from opentelemetry.trace import SpanKind, StatusCode

from services.kernel import telemetry
from services.kernel.calendar import day_of, moment
from services.kernel.caller import Caller, ClockOff, Tokens, binding, reading
from services.kernel.inputs import key_of_once
from services.kernel.messages import Command, Query, Refusal, Refused
from services.kernel.messaging.client import CALLER, FIELDS, KEY, MANY, PREVIEW, Keyed, Reply
from services.kernel.mongo.access import Access
from services.kernel.mongo.driver import DuplicateKeyError, PyMongoError, is_transient
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Fields, Rows, narrowed

C = TypeVar("C", bound=Command)
Q = TypeVar("Q", bound=Query)
Headers = Mapping[str, str]
LARGEST_ANSWER = 4_000_000
"""Bytes of an answer at most. NATS takes messages of 4 MiB."""


class _Previewed(Exception):  # noqa: N818 - no error
    """Carries the replies to commands that are only previewed."""

    def __init__(self, replies: list[bytes]) -> None:
        super().__init__()
        self.replies = replies


class _Order(NamedTuple):
    """A command under its idempotency key. `body`: the command as it came."""

    key: str
    body: bytes
    command: Any

    @classmethod
    def of(cls, keyed: Keyed, kind: type[Command]) -> Self:
        return cls(key_of_once(keyed.key), bytes(keyed.command), _decoded(keyed.command, kind))


class Desk:
    def __init__(
        self,
        store: Store,
        tokens: Tokens,
        committed: Callable[[], Awaitable[None]],
        *,
        answers: timedelta = timedelta(days=30),
        refusals: timedelta = timedelta(days=1),
    ) -> None:
        """`committed` is called after each transaction that may have logged events. Replies are kept that long."""
        self._kept = {True: answers, False: refusals}
        self._store = store
        self._tokens = tokens
        self.committed = committed
        self._running: dict[tuple[str, str, str], asyncio.Future[bytes]] = {}
        self.problem: str | None = None
        """The reason why requests are not answered: this clock is not the gateway's."""

    async def command(
        self,
        kind: type[C],
        handler: Callable[[C, Transaction], Awaitable[Any]],
        body: bytes,
        headers: Headers,
    ) -> bytes:
        async def act(caller: Caller, at: datetime) -> bytes:
            many = MANY in headers
            keyed = _decoded(body, list[Keyed]) if many else [Keyed(headers.get(KEY, ""), msgspec.Raw(body))]
            orders = [_Order.of(one, kind) for one in keyed]
            doing = _Doing(self, self._store, kind, handler, headers, caller, at)
            if not many:
                return await doing.one(orders[0])
            return await self.together((caller.id, "", _digest(kind, body)), partial(doing.many, orders))

        return await self._reply(kind, body, headers, act)

    async def together(self, request: tuple[str, str, str], settle: Callable[[], Awaitable[bytes]]) -> bytes:
        """A request that arrives again while it is being settled waits for the same reply: it costs nothing."""
        if running := self._running.get(request):
            return await asyncio.shield(running)
        done = self._running[request] = asyncio.get_running_loop().create_future()
        try:
            reply = await settle()
            done.set_result(reply)
            return reply
        except Exception as error:
            done.set_exception(error)
            done.exception()  # there may be nobody else to take it
            raise
        finally:
            done.cancel()
            del self._running[request]

    async def query(
        self, kind: type[Q], handler: Callable[[Q, Access], Awaitable[Any]], body: bytes, headers: Headers
    ) -> bytes:
        async def act(caller: Caller, at: datetime) -> bytes:
            query = _decoded(body, kind)
            scope = caller.scope(kind.roles, day_of(at), reads=True)
            answer = _encoded(await handler(query, self._store.reading(caller, scope, at)))
            if len(answer) > LARGEST_ANSWER:
                raise Refused(
                    "answer-too-large",
                    vi="Câu trả lời quá lớn; hãy hỏi trang nhỏ hơn hoặc ít trường hơn.",
                    en="The answer is too large; ask for a smaller page or fewer fields.",
                )
            return answer

        return await self._reply(kind, body, headers, act)

    async def _reply(
        self,
        kind: type[Command | Query],
        body: bytes,
        headers: Headers,
        act: Callable[[Caller, datetime], Awaitable[bytes]],
    ) -> bytes:
        at = moment()
        parent = headers.get("traceparent") or None
        with telemetry.span(kind.subject, parent=parent, kind=SpanKind.SERVER) as span:
            try:
                bound = (
                    binding(kind.subject, body, headers.get(KEY, ""))
                    if issubclass(kind, Command)
                    else reading(kind.service)
                )
                caller = self._tokens.verify_ours(headers.get(CALLER, ""), at, **bound)
                self.problem = None
                return await act(caller, at)
            except Refused as refused:
                return _refusal(refused.refusal)
            except ClockOff as off:
                self.problem = str(off)
                telemetry.log.warning("clock", why=str(off))
                return msgspec.json.encode(Reply(failure=telemetry.trace_id(), again=True))
            except Exception as error:
                span.set_status(StatusCode.ERROR)
                telemetry.log.exception("request failed", subject=kind.subject)
                return msgspec.json.encode(Reply(failure=telemetry.trace_id(), again=is_transient(error)))

    async def remember(
        self, caller: Caller, key: str, kind: type[Command], body: bytes, reply: bytes, tx: Transaction | None
    ) -> None:
        document = {
            "_id": {"caller": caller.id, "key": key},
            "digest": _digest(kind, body),
            "reply": reply,
            "until": moment() + self._kept[tx is not None],
        }
        if tx:
            tx.answers.append(document)
        else:
            await self._store.db.answers.insert_one(document)

    async def remember_or_recall(
        self, caller: Caller, key: str, kind: type[Command], body: bytes, reply: bytes
    ) -> bytes:
        """Stores a refusal without a transaction, as it changes nothing; returns the reply that the key has by then."""
        try:
            await self.remember(caller, key, kind, body, reply, None)
        except DuplicateKeyError:
            return await self.recall(caller, key, kind, body) or reply
        return reply

    async def recall(self, caller: Caller, key: str, kind: type[Command], body: bytes) -> bytes | None:
        stored = await self._store.db.answers.find_one({"_id": {"caller": caller.id, "key": key}})
        if stored is None:
            return None
        if stored["digest"] != _digest(kind, body):
            raise Refused(
                "key-reused",
                "idempotencyKey",
                vi="Khóa này đã dùng cho một yêu cầu có nội dung khác.",
                en="This key was used for a request with other content.",
            )
        return bytes(stored["reply"])


class _Doing:
    """Carries out commands of one type for one caller."""

    def __init__(
        self,
        desk: Desk,
        store: Store,
        kind: type[Command],
        handler: Callable[[Any, Transaction], Awaitable[Any]],
        headers: Headers,
        caller: Caller,
        at: datetime,
    ) -> None:
        self._desk, self._store, self._kind, self._handler = desk, store, kind, handler
        self._caller = caller
        self._fields = msgspec.json.decode(headers.get(FIELDS) or "{}", type=Fields)
        self._preview = PREVIEW in headers
        scope = caller.scope(kind.roles, day_of(at), reads=kind.inherits)
        self._who: dict[str, Any] = {"at": at, "caller": caller, "scope": scope}

    async def one(self, order: _Order) -> bytes:
        """The reply to the command. `Refused` only for a preview, and for a key that was used for another command."""
        if self._preview:
            return (await self._in_one([order]))[0]
        request = (self._caller.id, order.key, _digest(self._kind, order.body))
        return await self._desk.together(request, partial(self._settled, order))

    async def many(self, orders: Sequence[_Order]) -> bytes:
        """The replies, as a list, to commands on different records.

        They share a transaction. If that fails, for example because one of them is refused, each gets its own.
        """
        try:
            replies = await self._in_one(orders)
        except (Refused, PyMongoError):
            replies = [await self._alone(order) for order in orders]
        else:
            await self._desk.committed()
        return msgspec.json.encode(Reply(answer=[msgspec.Raw(reply) for reply in replies]))

    async def _alone(self, order: _Order) -> bytes:
        try:
            return await self.one(order)
        except Refused as refused:
            return _refusal(refused.refusal)

    async def _settled(self, order: _Order) -> bytes:
        desk, known = self._desk, (self._caller, order.key, self._kind, order.body)
        try:
            reply = (await self._in_one([order]))[0]
        except Refused as refused:
            reply = await desk.remember_or_recall(*known, _refusal(refused.refusal))
        except DuplicateKeyError:
            recalled = await desk.recall(*known)
            if recalled is None:
                raise
            reply = recalled
        await desk.committed()
        return reply

    async def _in_one(self, orders: Sequence[_Order]) -> list[bytes]:
        """Carries the commands out in one transaction. A preview takes its effects back."""

        async def work(tx: Transaction) -> list[bytes]:
            replies = [await self._reply(order, tx) for order in orders]
            if self._preview:
                raise _Previewed(replies)
            return replies

        try:
            return await self._store.transaction(work, **self._who)
        except _Previewed as previewed:
            return previewed.replies

    async def _reply(self, order: _Order, tx: Transaction) -> bytes:
        answer = await self._handler(order.command, tx)
        if self._fields and isinstance(answer, dict) and "id" in answer:
            answer = narrowed(answer, self._fields)
        reply = _encoded(answer)
        if not self._preview:
            await self._desk.remember(self._caller, order.key, self._kind, order.body, reply, tx)
        return reply


def _digest(kind: type[Command], body: bytes) -> str:
    return hashlib.sha256(kind.subject.encode() + b"\n" + body).hexdigest()


def _decoded(body: bytes | msgspec.Raw, kind: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise Refused(
            "input-invalid",
            str(error).rpartition("$.")[2].rstrip("`"),
            vi=f"Dữ liệu sai: {error}",
            en=str(error),
        ) from error


def _encoded(value: Any) -> bytes:
    if isinstance(value, Rows):
        return msgspec.json.encode(Reply(answer=value.head)) + value.text
    return msgspec.json.encode(Reply(answer=value))


def _refusal(refusal: Refusal) -> bytes:
    return msgspec.json.encode(Reply(refusal=refusal))
