"""GraphQL over server-sent events, each operation a connection of its own (graphql-sse's “distinct connections”)."""

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
    (b"x-accel-buffering", b"no"),  # proxies would keep events until there are enough of them
    *SECURITY,
]
SIGN_OF_LIFE = b":\n\n"
COMPLETE = b"event: complete\ndata:\n\n"  # with a line of data, or browsers pass over it


class Stream:
    """One operation. Whatever goes wrong with it is told in the stream: browsers do not show what a status says."""

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
        """Until the operation, its token or its client comes to an end."""
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
        """What to say at the end, once it has come."""
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
    """With the cursor as its id: a client that comes back names the last one by itself."""
    id_ = f"id: {context.cursor}\n".encode() if context and context.cursor else b""
    return b"%sevent: next\ndata: %s\n\n" % (id_, encoded(answer))


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
