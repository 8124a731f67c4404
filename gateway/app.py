"""The gateway as a process: `uvicorn --factory gateway.app:create_app`."""

import asyncio
import gc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from gateway.callers.delegating import Delegating
from gateway.callers.identity import Identity
from gateway.engine.executor import PlanningExecutor
from gateway.operations import Operations
from gateway.transport.connections import DOOR, Door
from gateway.transport.files import Files
from gateway.transport.headers import PAGE, Secured
from gateway.transport.http import Http
from gateway.transport.websocket import WebSocket
from services.kernel import telemetry
from services.kernel.caller import Tokens
from services.kernel.config import Settings
from services.kernel.messaging import client
from services.kernel.messaging.client import Client
from services.kernel.process import Watchdog, end, keep_private, keep_running, raise_open_files

GRAPHIQL = Path(__file__).with_name("graphiql")


class Gateway:
    """The connection to NATS and the key of the process, open while it serves."""

    def __init__(self, settings: Settings, operations: Operations) -> None:
        self._settings = settings
        self._operations = operations
        self._tokens = Tokens.from_file("gateway", settings.secrets_of("gateway") / "caller.private.json")

    @asynccontextmanager
    async def running(self, _: ASGIApp) -> AsyncGenerator[dict[str, Any], None]:
        operations, settings = self._operations, self._settings
        operations.nats = await client.connect(settings, "gateway")
        metrics = operations.policy.metrics
        asking = Client(operations.nats, self._tokens, timeout=settings.request_timeout, took=metrics.took)
        operations.client = Delegating(asking)
        metrics.observe(telemetry.meter)
        door = Door(settings)
        works = {"watchdog": Watchdog(settings.watchdog).run, "door": door.watch}
        tasks = [asyncio.create_task(keep_running(name, work)) for name, work in works.items()]
        gc.collect()
        gc.freeze()  # a full collection takes 0.1 s of the loop otherwise
        try:
            yield {DOOR: door}
        finally:
            await end(tasks)
            await operations.nats.close()
            telemetry.stop()

    async def healthy(self, _: Request) -> Response:
        return PlainTextResponse("ok")

    async def ready(self, _: Request) -> Response:
        connected = self._operations.nats.is_connected
        return PlainTextResponse("ok" if connected else "nats: not connected", 200 if connected else 503)


def create_app(settings: Settings | None = None) -> ASGIApp:
    settings = settings or Settings()
    keep_private()
    telemetry.start("gateway", settings)
    raise_open_files()
    PlanningExecutor.on = settings.plan
    operations, identity = Operations(settings), Identity(settings)
    gateway = Gateway(settings, operations)
    routes: list[BaseRoute] = [Route("/healthz", gateway.healthy), Route("/readyz", gateway.ready)]
    routes += Files(identity, operations).routes()
    if settings.graphiql:
        routes.append(Mount("/graphiql", Secured(StaticFiles(directory=GRAPHIQL, html=True), PAGE)))
    app = Router(
        routes=[
            Route("/graphql", Http(settings, identity, operations)),
            WebSocketRoute("/graphql", WebSocket(settings, identity, operations)),
            Mount("", Secured(Starlette(routes=routes))),
        ],
        lifespan=gateway.running,
    )
    return CORSMiddleware(app, **_across(settings.origins)) if settings.origins else app


def _across(origins: frozenset[str]) -> dict[str, Any]:
    return {
        "allow_origins": sorted(origins),
        "allow_methods": ["GET", "POST"],
        "allow_headers": [
            "authorization",
            "content-type",
            "graphql-preflight",
            "if-none-match",
            "last-event-id",
        ],
        "expose_headers": ["etag", "retry-after"],
        "max_age": 600,
    }
