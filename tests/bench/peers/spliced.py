"""The limit: the services' bytes put together as they came, by one who knows the query beforehand."""

import asyncio
import json
import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from nats.aio.client import Client as Nats
from starlette.types import Receive, Scope, Send

from gateway.identity import Identity
from services.kernel import client
from services.kernel.calendar import moment
from services.kernel.caller import LIFE, Caller, Tokens, reading
from services.kernel.client import CALLER
from services.kernel.config import Settings

REQUESTS = json.loads(Path(__file__).with_name("requests.json").read_bytes())
SUBJECTS = {name: request["subject"] for name, request in REQUESTS.items()}
FIELDS = {name: msgspec.json.encode(request["fields"]) for name, request in REQUESTS.items()}
PAGE = b'{"first":50,"fields":' + FIELDS["page"] + b"}"
LINKS = re.compile(rb'"owner":("[^"]*"),"unit":("[^"]*"),"review":("[^"]*")},?')
"""The end of each row, and the three keys in it. A text cannot look like that: its quotes are escaped."""


class Found(msgspec.Struct):
    rows: list[msgspec.Raw]


class Reply(msgspec.Struct):
    answer: Found


class Ends(msgspec.Struct):
    """What follows the rows of a page."""

    cursors: list[str]
    has_next: bool
    has_previous: bool


rows_of = msgspec.json.Decoder(Reply).decode
ends_of = msgspec.json.Decoder(Ends).decode
encoded = msgspec.json.Encoder().encode


class Spliced:
    nats: Nats

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._identity = Identity(settings)
        self._tokens = Tokens.from_file("gateway", settings.secrets_of("gateway") / "caller.private.json")
        self._passes: dict[tuple[str, str], tuple[dict[str, str], float]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            self.nats = await client.connect(self._settings, "gateway")
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await self.nats.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
        while (await receive()).get("more_body"):
            pass
        header = next(value for name, value in scope["headers"] if name == b"authorization").decode()
        caller = self._identity.caller(header)
        assert caller
        body = b"".join(await self._pieces(caller, header))
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _pieces(self, caller: Caller, header: str) -> list[bytes]:
        page = await self._ask("page", PAGE, caller, header)
        start = page.index(b"[") + 1
        # Between the rows' own bytes, in turn: the keys of owner, unit and review.
        parts = LINKS.split(page[start:])
        owners, units, reviews = await asyncio.gather(
            self._rows("owner", parts[1::4], caller, header),
            self._rows("unit", parts[2::4], caller, header),
            self._rows("review", parts[3::4], caller, header),
        )
        pieces = [b'{"data":{"models":{"edges":[']
        for place in range(0, len(parts) - 1, 4):
            row, owner, unit, review = parts[place : place + 4]
            pieces += (
                *(b'{"node":', row),
                *(b'"owner":', owners[owner]),
                *(b',"unit":', units[unit]),
                *(b',"review":', reviews[review], b"}}", b","),
            )
        pieces.pop()
        ends = ends_of(b"{" + parts[-1][2:-1])
        info = {
            "hasNextPage": ends.has_next,
            "hasPreviousPage": ends.has_previous,
            "startCursor": ends.cursors[0],
            "endCursor": ends.cursors[-1],
        }
        return [*pieces, b'],"pageInfo":', encoded(info), b"}}}"]

    async def _rows(self, name: str, all_: Iterable[bytes], caller: Caller, header: str) -> dict[bytes, Any]:
        keys = list(dict.fromkeys(all_))
        body = b'{"keys":[' + b",".join(keys) + b'],"fields":' + FIELDS[name] + b"}"
        answer = rows_of(await self._ask(name, body, caller, header)).answer
        return dict(zip(keys, answer.rows, strict=True))

    async def _ask(self, name: str, body: bytes, caller: Caller, header: str) -> bytes:
        subject = SUBJECTS[name]
        headers = self._pass(caller, header, subject.split(".")[1])
        return (await self.nats.request(subject, body, timeout=5, headers=headers)).data

    def _pass(self, caller: Caller, header: str, service: str) -> dict[str, str]:
        now = time.monotonic()
        headers, until = self._passes.get((header, service), ({}, 0.0))
        if now > until:
            headers = {CALLER: self._tokens.sign(caller, moment(), LIFE, **reading(service))}
            self._passes[header, service] = headers, now + LIFE.total_seconds() / 3
        return headers


def create_app() -> Spliced:
    return Spliced(Settings())
