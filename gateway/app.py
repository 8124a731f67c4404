"""The gateway as a process: `uvicorn --factory gateway.app:create_app`."""

import asyncio
import gc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from cross_web import HTTPException
from nats.aio.client import Client as Nats
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from gateway.door import Door
from gateway.errors import INVALID
from gateway.guard import Guard, respond
from gateway.identity import Authenticated, Identity
from gateway.schema import schema
from services.kernel import client, telemetry
from services.kernel.caller import Caller, Tokens
from services.kernel.client import Client
from services.kernel.config import Settings
from services.kernel.messages import Refused
from services.kernel.process import Watchdog, keep_running


@dataclass
class Context:
    """What resolvers see of their request."""

    door: Door
    nats: Nats
    live: bool
    """Over a WebSocket, where one operation may have many answers."""
    connection_params: Any = None


class Gateway:
    """What lives as long as the process: the connection and the keys."""

    nats: Nats
    client: Client

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.identity = Identity(settings)
        self._tokens = Tokens.from_file("gateway", settings.keys / "caller.private.json")

    @asynccontextmanager
    async def running(self, _: Starlette) -> AsyncGenerator[None, None]:
        self.nats = await client.connect(self.settings.nats, "gateway")
        self.client = Client(self.nats, self._tokens, timeout=self.settings.request_timeout)
        watchdog = asyncio.create_task(keep_running("watchdog", Watchdog(self.settings.watchdog).run))
        gc.collect()
        gc.freeze()  # what is alive now stays: later collections need not walk it
        try:
            yield
        finally:
            watchdog.cancel()
            await self.nats.close()
            telemetry.stop()

    def context(self, caller: Caller | None, *, live: bool) -> Context:
        return Context(Door(self.client, caller), self.nats, live)

    async def healthy(self, _: Request) -> Response:
        return PlainTextResponse("ok")

    async def ready(self, _: Request) -> Response:
        connected = self.nats.is_connected
        return PlainTextResponse("ok" if connected else "nats: not connected", 200 if connected else 503)


class Endpoint(GraphQL[Context, None]):
    def __init__(self, gateway: Gateway) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            # The older protocol of the same name as its library had holes; its clients have moved on.
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
        )
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        try:
            response = await self.run(Request(scope, receive))
        except HTTPException as refused:
            await respond(send, *_told(refused))
        else:
            await response(scope, receive, send)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        return self._gateway.context(request.scope["danvan.caller"], live=isinstance(request, WebSocket))

    async def on_ws_connect(self, context: Context) -> Any:
        """Browsers cannot set headers on a WebSocket: the token may come as `Authorization` in the first message."""
        params = context.connection_params
        header = (
            params.get("Authorization") or params.get("authorization") if isinstance(params, dict) else None
        )
        if header is not None:
            try:
                caller = self._gateway.identity.caller(str(header))
            except Refused as refused:
                refusal = refused.refusal
                raise ConnectionRejectionError(
                    {"code": refusal.code, "vi": refusal.vi, "en": refusal.en}
                ) from refused
            context.door = Door(self._gateway.client, caller)
        return await super().on_ws_connect(context)

    def encode_json(self, data: object) -> str:
        # Text, because bytes break WebSockets.
        return orjson.dumps(data, default=str).decode()


def _told(refused: HTTPException) -> tuple[int, str, str, str]:
    """What Strawberry refuses in plain text, as the error that everything else is."""
    cause = refused.__cause__
    if isinstance(cause, InvalidOperationTypeError):
        vi, en = (
            "Qua GET chỉ được truy vấn; hãy gửi bằng POST.",
            "GET is for queries only; send it with POST.",
        )
        return 405, INVALID, vi, en
    if isinstance(cause, CannotGetOperationTypeError):
        name = str(cause.operation_name)[:60]
        vi, en = f"Yêu cầu không có thao tác “{name}”.", f"The request has no operation “{name}”."
        return 400, INVALID, vi, en
    return refused.status_code, INVALID, f"Yêu cầu không hợp lệ: {refused.reason}", refused.reason


def create_app(settings: Settings | None = None) -> Starlette:
    settings = settings or Settings()
    telemetry.start("gateway", settings)
    gateway = Gateway(settings)
    graphql = Authenticated(Guard(Endpoint(gateway)), gateway.identity)
    return Starlette(
        routes=[
            Route("/graphql", graphql, methods=["GET", "POST", "OPTIONS"]),
            WebSocketRoute("/graphql", graphql),
            Route("/healthz", gateway.healthy),
            Route("/readyz", gateway.ready),
        ],
        lifespan=gateway.running,
    )
