"""The limit: the services' bytes put together as they came, by one who knows the query beforehand."""

import asyncio
import json
import time
from pathlib import Path

import msgspec
from nats.aio.client import Client as Nats
from starlette.types import Receive, Scope, Send

from gateway.identity import Identity
from services.kernel import client
from services.kernel.calendar import moment
from services.kernel.caller import LIFE, Caller, Tokens, reading
from services.kernel.client import CALLER, Reply
from services.kernel.config import Settings
from services.kernel.rows import LINK, ROW, Head

REQUESTS = json.loads(Path(__file__).with_name("requests.json").read_bytes())
SUBJECTS = {name: request["subject"] for name, request in REQUESTS.items()}
FIELDS = {name: request["fields"] for name, request in REQUESTS.items()}
LINKS = ("owner", "unit", "review")
"""The last fields of each row, none of them ever null."""

encoded = msgspec.json.Encoder().encode
head_of = msgspec.json.Decoder(Reply[Head]).decode

LINKED = {name: f">{letter}{FIELDS['page'][name]}" for letter, name in enumerate(LINKS)}
PAGE = encoded({"first": 50, "fields": FIELDS["page"] | LINKED})
KEYS = {name: b'{"fields":' + encoded(FIELDS[name]) + b',"keys":' for name in LINKS}


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
        head, _, rows = (await self._ask("page", PAGE, caller, header)).partition(ROW)
        answer = head_of(head).answer
        assert answer
        # In the order of the text: of each row the keys of owner, unit and review, each behind its letter.
        keys = answer.keys
        found: dict[str, bytes] = {}
        await asyncio.gather(
            *(self._find(name, keys[place::3], found, caller, header) for place, name in enumerate(LINKS))
        )
        between = rows.replace(ROW, b'},{"node":').split(LINK)
        pieces = [b""] * (2 * len(between) - 1)
        pieces[0::2] = between
        pieces[1::2] = map(found.__getitem__, keys)
        (page,) = answer.pages
        info = {
            "hasNextPage": page.has_next,
            "hasPreviousPage": page.has_previous,
            "startCursor": page.cursors[0],
            "endCursor": page.cursors[-1],
        }
        return [b'{"data":{"models":{"edges":[{"node":', *pieces, b'}],"pageInfo":', encoded(info), b"}}}"]

    async def _find(
        self, name: str, keys: list[str], into: dict[str, bytes], caller: Caller, header: str
    ) -> None:
        different = list(dict.fromkeys(keys))
        body = KEYS[name] + encoded([key[1:] for key in different]) + b"}"
        _, *texts = (await self._ask(name, body, caller, header)).split(ROW)
        into.update(zip(different, texts, strict=True))

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
