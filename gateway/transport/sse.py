"""GraphQL over server-sent events, one connection for each operation (graphql-sse's “distinct connections”)."""

import asyncio
from contextlib import aclosing, suppress
from typing import Any

from starlette.types import Receive, Scope, Send

from gateway.operations import Context, Operations, encoded, response
from gateway.request import GraphQLRequest, RequestRefused
from gateway.transport import live
from gateway.transport.headers import EVENTS, SECURITY, one
from services.kernel import telemetry
from services.kernel.caller import Caller
from services.kernel.config import Settings
from services.kernel.process import end

HEADERS = [
    (b"content-type", EVENTS + b"; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # or proxies buffer the events
    *SECURITY,
]
SIGN_OF_LIFE = b":\n\n"
COMPLETE = b"event: complete\ndata:\n\n"  # browsers ignore an event without data


class Stream:
    """One operation. Its errors are events of the stream: browsers do not show the body of another status."""

    def __init__(
        self, settings: Settings, operations: Operations, caller: Caller | None, scope: Scope, send: Send
    ) -> None:
        self._settings = settings
        self._operations = operations
        self._caller = caller
        resume = one(scope, b"last-event-id").decode("latin-1") or None
        self._address = operations.policy.address(scope)
        self._context = operations.context(caller, self._address, resume=resume)
        self._send = live.patient(send, settings.slow_client)

    async def run(self, asked: GraphQLRequest, receive: Receive, *, reading: bool) -> None:
        """Runs until the operation, the token or the connection ends."""
        with suppress(live.Gone, live.SlowClient):
            await self._send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            await self._write(SIGN_OF_LIFE)
            gone = asyncio.create_task(_gone(receive))
            delivery = asyncio.create_task(self._deliver(asked, reading))
            try:
                last = await self._over(delivery, gone)
            except RequestRefused as bad:
                last = _event(self._operations.refused(bad, self._caller, self._address)) + COMPLETE
            finally:
                await end((delivery, gone))
            await self._write(last, more=False)

    async def _over(self, delivery: asyncio.Task[None], gone: asyncio.Task[None]) -> bytes:
        """Waits for the end of the operation or the connection. Returns the last message."""
        try:
            while not (delivery.done() or gone.done()):
                left = live.remaining(self._caller)
                if left <= 0:
                    raise live.token_expired()
                wait = min(self._settings.keep_alive, left)
                done, _ = await asyncio.wait((delivery, gone), timeout=wait, return_when="FIRST_COMPLETED")
                if not done:
                    await self._write(SIGN_OF_LIFE)
            if delivery.done():
                await delivery
        except live.SlowClient:
            raise live.slow_client() from None
        return COMPLETE

    async def _deliver(self, asked: GraphQLRequest, reading: bool) -> None:
        try:
            async with aclosing(self._operations.many(asked, self._context, reading=reading)) as results:
                async for result in results:
                    await self._write(_event(response(result), self._context))
        except (RequestRefused, live.Gone, live.SlowClient):
            raise
        except Exception:
            telemetry.log.exception("unexpected")
            raise live.broken() from None

    async def _write(self, body: bytes, *, more: bool = True) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": more})


def _event(answer: dict[str, Any], context: Context | None = None) -> bytes:
    """The cursor is the id of the event: a client that reconnects sends the last id by itself."""
    id_ = f"id: {context.cursor}\n".encode() if context and context.cursor else b""
    return b"%sevent: next\ndata: %s\n\n" % (id_, encoded(answer))


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
