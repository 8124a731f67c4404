"""GraphQL over WebSocket: the protocol graphql-transport-ws."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from gateway.callers.identity import Identity
from gateway.callers.rates import network
from gateway.operations import (
    Operations,
    encoded,
    is_request_error,
    response,
    too_many_subscriptions,
)
from gateway.request import GraphQLRequest, RequestRefused
from gateway.transport import guard, live
from gateway.transport.headers import may_connect, one
from services.kernel import telemetry
from services.kernel.caller import Caller
from services.kernel.config import Settings
from services.kernel.messages import Refused
from services.kernel.process import end

PROTOCOL = "graphql-transport-ws"
INIT = 5.0
"""Seconds within which `connection_init` must arrive."""

BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, PROTOCOL_UNKNOWN = 4400, 4401, 4403, 4406
INIT_TIMEOUT, ID_TAKEN, SLOW_CLIENT, INIT_TWICE = 4408, 4409, 4410, 4429
INTERNAL, SLOW_DOWN = 4500, 4429


class Closed(Exception):  # noqa: N818
    """Closes the connection with a code. Without a code the client has closed it already."""

    def __init__(self, code: int | None, reason: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason

    @classmethod
    def because(cls, code: int, bad: RequestRefused) -> "Closed":
        return cls(code, f"{bad.code}: {bad}")


class WebSocket:
    def __init__(self, settings: Settings, identity: Identity, operations: Operations) -> None:
        self._settings = settings
        self._identity = identity
        self._operations = operations
        self._without_token: Counter[str] = Counter()
        """WebSockets that have shown no token yet, by address."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        try:
            caller = await self._identity.identify(one(scope, b"authorization").decode("latin-1"))
        except Refused:
            await send({"type": "websocket.close", "code": UNAUTHORIZED})
            return
        if not may_connect(scope, self._settings.origins):
            await send({"type": "websocket.close", "code": FORBIDDEN})
            return
        if PROTOCOL not in scope["subprotocols"]:
            await send({"type": "websocket.accept"})
            reason = f"the subprotocol must be {PROTOCOL}"
            await send({"type": "websocket.close", "code": PROTOCOL_UNKNOWN, "reason": reason})
            return
        address = self._operations.policy.address(scope)
        with self._seat(network(address)) as leave:
            if leave is None and caller is None:
                await send({"type": "websocket.close", "code": SLOW_DOWN})
                return
            await send({"type": "websocket.accept", "subprotocol": PROTOCOL})
            conversation = Conversation(
                self._settings, self._identity, self._operations, caller, address, receive, send
            )
            conversation.on_token = leave or conversation.on_token
            if caller:
                conversation.on_token()
            await conversation.run()

    @contextmanager
    def _seat(self, place: str) -> Iterator[Callable[[], None] | None]:
        """Counts a WebSocket as one without a token. Yields the function that ends this; None if there are too many."""
        if self._without_token[place] >= self._settings.anonymous_websockets:
            yield None
            return
        self._without_token[place] += 1
        left = False

        def leave() -> None:
            nonlocal left
            if not left:
                left = True
                self._without_token[place] -= 1
                if not self._without_token[place]:
                    del self._without_token[place]

        try:
            yield leave
        finally:
            leave()


class Conversation:
    """One accepted connection."""

    def __init__(
        self,
        settings: Settings,
        identity: Identity,
        operations: Operations,
        caller: Caller | None,
        address: str,
        receive: Receive,
        send: Send,
    ) -> None:
        self._settings = settings
        self._identity = identity
        self._operations = operations
        self._caller = caller
        self._address = address
        self._receive = receive
        self._out = live.patient(send, settings.slow_client)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        """The tasks in `_running`, and tasks that are ending."""
        self._initiated = asyncio.Event()
        self._client_spoke = True
        """Whether the client has sent a message since the last ping."""
        self.on_token: Callable[[], None] = lambda: None
        """Called when the client shows a token."""
        self._over: asyncio.Future[Closed] = asyncio.get_running_loop().create_future()
        """Why the connection ends."""

    async def run(self) -> None:
        self._start(self._listen())
        self._start(self._watch())
        try:
            closed = await self._over
        finally:
            await end(self._tasks)
        if closed.code:
            reason = closed.reason.encode()[:120].decode(errors="ignore")  # a close frame holds 123 bytes
            with suppress(live.Gone, live.SlowClient):
                await self._out({"type": "websocket.close", "code": closed.code, "reason": reason})

    def _start(self, work: Any) -> asyncio.Task[None]:
        """Runs a task beside the others. If it raises `Closed`, the connection is closed."""
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guarded(self, work: Any) -> None:
        try:
            await work
        except Closed as closed:
            self._close(closed)
        except live.Gone:
            self._close(Closed(None))
        except live.SlowClient:
            self._close(Closed.because(SLOW_CLIENT, live.slow_client()))
        except Exception:
            telemetry.log.exception("unexpected")
            self._close(Closed.because(INTERNAL, live.broken()))

    def _close(self, closed: Closed) -> None:
        if not self._over.done():
            self._over.set_result(closed)

    async def _watch(self) -> None:
        """Closes the connection when the first message is late, the client is silent or the token expires."""
        try:
            async with asyncio.timeout(INIT):
                await self._initiated.wait()
        except TimeoutError:
            raise Closed(INIT_TIMEOUT, "connection_init did not come") from None
        while (left := live.remaining(self._caller)) > 0:
            if left <= self._settings.keep_alive:
                await asyncio.sleep(left)  # A timer may ring early. Then the loop sleeps again.
                continue
            await asyncio.sleep(self._settings.keep_alive)
            if not self._client_spoke:
                raise live.SlowClient
            self._client_spoke = False
            await self._send({"type": "ping"})
        raise Closed.because(FORBIDDEN, live.token_expired())

    async def _listen(self) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                raise Closed(None)
            self._client_spoke = True
            await self._handle(_frame(message))

    async def _handle(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "connection_init":
                await self._init(frame.get("payload"))
            case "ping":
                await self._send({"type": "pong"})
            case "pong":
                pass
            case "subscribe":
                await self._subscribe(_id(frame), frame.get("payload"))
            case "complete":
                if task := self._running.pop(_id(frame), None):
                    task.cancel()
            case other:
                raise Closed(BAD_REQUEST, f"there is no type of message {other[:40]}")

    async def _init(self, payload: Any) -> None:
        """The token may be in the first message, as `Authorization`: browsers cannot set headers of a WebSocket."""
        if self._initiated.is_set():
            raise Closed(INIT_TWICE, "connection_init came twice")
        if payload is not None and not isinstance(payload, dict):
            raise Closed(BAD_REQUEST, "the payload of connection_init must be an object")
        header = (payload or {}).get("Authorization") or (payload or {}).get("authorization")
        if header is not None:
            try:
                self._caller = await self._identity.identify(str(header))
                self.on_token()
            except Refused as refused:
                raise Closed.because(FORBIDDEN, RequestRefused.because(401, refused.refusal)) from None
        self._initiated.set()
        await self._send({"type": "connection_ack"})

    async def _subscribe(self, id_: str, payload: Any) -> None:
        if not self._initiated.is_set():
            raise Closed(UNAUTHORIZED, "connection_init must come first")
        if id_ in self._running:
            raise Closed(ID_TAKEN, f"an operation with the id {id_[:40]} is running")
        try:
            request = guard.asked(payload)
        except RequestRefused as bad:
            raise Closed.because(BAD_REQUEST, bad) from None
        # Operations that are ending count too: a client can start and stop them faster than they end.
        most = self._settings.subscriptions_per_connection
        operations = len(self._tasks) - 2  # without `_listen` and `_watch`
        if operations >= most:
            await self._send(_error(id_, too_many_subscriptions(most).error))
            return
        self._running[id_] = self._start(self._answer(id_, request))

    async def _answer(self, id_: str, request: GraphQLRequest) -> None:
        context = self._operations.context(self._caller, self._address)
        last: dict[str, Any] = {"id": id_, "type": "complete"}
        try:
            await self._operations.policy.admit(self._caller, self._address)
            async with aclosing(self._operations.many(request, context)) as results:
                async for result in results:
                    if is_request_error(result):
                        last = _error(id_, *response(result)["errors"])
                        break
                    await self._send({"id": id_, "type": "next", "payload": response(result)})
        except RequestRefused as bad:
            last = _error(id_, *self._operations.refused(bad, self._caller, self._address)["errors"])
        finally:
            # The id must be free before the client gets the last message: then it may use the id again.
            if self._running.get(id_) is asyncio.current_task():
                del self._running[id_]
        await self._send(last)

    async def _send(self, message: dict[str, Any]) -> None:
        await self._out({"type": "websocket.send", "text": encoded(message).decode()})


def _frame(message: Message) -> dict[str, Any]:
    text = message.get("text")
    if not isinstance(text, str):
        raise Closed(BAD_REQUEST, "a message must be text")
    try:
        return guard.frame(text)
    except RequestRefused as bad:
        raise Closed.because(BAD_REQUEST, bad) from None


def _id(frame: dict[str, Any]) -> str:
    id_ = frame.get("id")
    if not isinstance(id_, str) or not id_:
        raise Closed(BAD_REQUEST, "the message has no id")
    return id_


def _error(id_: str, *errors: dict[str, Any]) -> dict[str, Any]:
    return {"id": id_, "type": "error", "payload": errors}
