"""The limit: a server that answers one fixed query from the services' bytes, with bare protocols and no checks."""

import asyncio
import base64
import json
import re
import time
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import msgspec
import nkeys
import uvloop

from gateway.callers.identity import Identity
from services.kernel.calendar import moment
from services.kernel.caller import LIFE, Caller, Tokens, reading
from services.kernel.config import Settings
from services.kernel.credentials import NATS_SEED
from services.kernel.messaging.client import CALLER, Reply
from services.kernel.rows import LINK, ROW, Head, Page

REQUESTS = json.loads(Path(__file__).with_name("requests.json").read_bytes())
SUBJECTS = {name: request["subject"] for name, request in REQUESTS.items()}
FIELDS = {name: request["fields"] for name, request in REQUESTS.items()}
LINKS = ("owner", "unit", "review")
"""The last fields of each row. They are never null."""

encoded = msgspec.json.Encoder().encode
head_of = msgspec.json.Decoder(Reply[Head]).decode

LINKED = {name: f">{letter}{FIELDS['page'][name]}" for letter, name in enumerate(LINKS)}
PAGE = encoded({"first": 50, "fields": FIELDS["page"] | LINKED})
KEYS = {name: b'{"fields":' + encoded(FIELDS[name]) + b',"keys":' for name in LINKS}

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
AUTHORIZATION = re.compile(rb"\r\nauthorization: *([^\r]+)", re.IGNORECASE)
Heard = Callable[[bytes], None]


class Nats(asyncio.Protocol):
    """The part of the NATS protocol that requests need."""

    def __init__(self, seed: bytes) -> None:
        self._pair = nkeys.from_seed(bytearray(seed))
        self._inbox = "_INBOX_gateway.limit."
        self._numbers = count()
        self._waiting: dict[bytes, Heard] = {}
        self._data = b""
        self._needed = 0
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def request(self, subject: str, headers: bytes, body: bytes, heard: Heard) -> bytes:
        """The bytes of a request. `heard` is called with the reply."""
        inbox = f"{self._inbox}{next(self._numbers)}"
        self._waiting[inbox.encode()] = heard
        size = len(headers)
        return f"HPUB {subject} {inbox} {size} {size + len(body)}\r\n".encode() + headers + body + b"\r\n"

    def send(self, requests: bytes) -> None:
        self._transport.write(requests)

    def data_received(self, data: bytes) -> None:
        data = self._data + data if self._data else data
        here = 0
        while len(data) - here >= self._needed and (end := data.find(b"\r\n", here)) >= 0:
            operation, *words = data[here:end].split(b" ")
            start, here = here, end + 2
            if operation in (b"MSG", b"HMSG"):
                stop = here + int(words[-1])
                if stop + 2 > len(data):
                    here, self._needed = start, stop + 2 - start
                    break
                self._needed = 0
                body = here + int(words[-2]) if operation == b"HMSG" else here
                self._waiting.pop(words[0])(data[body:stop])
                here = stop + 2
            else:
                self._hear(operation, words)
        self._data = data[here:]

    def _hear(self, operation: bytes, words: list[bytes]) -> None:
        if operation == b"PING":
            self.send(b"PONG\r\n")
        elif operation == b"PONG":
            self.ready.set_result(None)
        elif operation == b"INFO":
            if self.ready.done():
                return
            nonce = json.loads(b" ".join(words))["nonce"].encode()
            who = {
                "nkey": self._pair.public_key.decode(),
                "sig": base64.b64encode(self._pair.sign(nonce)).decode(),
                "headers": True,
                "verbose": False,
            }
            self.send(b"CONNECT " + encoded(who) + f"\r\nSUB {self._inbox}* 1\r\nPING\r\n".encode())
        else:
            raise ConnectionError(operation, *words)


class Asking:
    """Verifies callers, and makes requests with signed headers."""

    def __init__(self, settings: Settings, nats: Nats) -> None:
        self.nats = nats
        self._identity = Identity(settings)
        self._tokens = Tokens.from_file("gateway", settings.secrets_of("gateway") / "caller.private.json")
        self._passes: dict[tuple[str, str], tuple[bytes, float]] = {}

    def caller(self, header: str) -> Caller:
        caller = self._identity.caller(header)
        assert caller
        return caller

    def request(self, name: str, body: bytes, caller: Caller, heard: Heard) -> bytes:
        subject = SUBJECTS[name]
        service = subject.split(".")[1]
        now = time.monotonic()
        headers, until = self._passes.get((caller.id, service), (b"", 0.0))
        if now > until:
            token = self._tokens.sign(caller, moment(), LIFE, **reading(service))
            headers = f"NATS/1.0\r\n{CALLER}: {token}\r\n\r\n".encode()
            self._passes[caller.id, service] = headers, now + LIFE.total_seconds() / 3
        return self.nats.request(subject, headers, body, heard)


class Http(asyncio.Protocol):
    """One connection. It answers every request as if it were the one query."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, _, body = self._data.partition(b"\r\n\r\n")
        size, who = LENGTH.search(head), AUTHORIZATION.search(head)
        if size and who and len(body) == int(size[1]):
            self._data = b""
            self._caller = self._asking.caller(who[1].decode())
            self._asking.nats.send(self._asking.request("page", PAGE, self._caller, self._on_page))

    def _on_page(self, reply: bytes) -> None:
        head, _, self._rows = reply.partition(ROW)
        answer = head_of(head).answer
        assert answer
        # The keys of owner, unit and review of each row in turn, each after the letter of its link.
        self._keys = answer.keys
        (self._page,) = answer.pages
        self._found: dict[str, bytes] = {}
        self._left = len(LINKS)
        requests = []
        for place, name in enumerate(LINKS):
            keys = list(dict.fromkeys(self._keys[place::3]))
            body = KEYS[name] + encoded([key[1:] for key in keys]) + b"}"
            requests.append(self._asking.request(name, body, self._caller, partial(self._on_rows, keys)))
        self._asking.nats.send(b"".join(requests))

    def _on_rows(self, keys: list[str], reply: bytes) -> None:
        _, *texts = reply.split(ROW)
        self._found.update(zip(keys, texts, strict=True))
        self._left -= 1
        if not self._left:
            self._answer()

    def _answer(self) -> None:
        between = self._rows.replace(ROW, b'},{"node":').split(LINK)
        pieces = [b""] * (2 * len(between) - 1)
        pieces[0::2] = between
        pieces[1::2] = map(self._found.__getitem__, self._keys)
        edges = b"".join(pieces)
        body = b'{"data":{"models":{"edges":[{"node":%b}],"pageInfo":%b}}}' % (edges, _info(self._page))
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
        self._transport.write(head + body)


def _info(page: Page) -> bytes:
    return encoded(
        {
            "hasNextPage": page.has_next,
            "hasPreviousPage": page.has_previous,
            "startCursor": page.cursors[0],
            "endCursor": page.cursors[-1],
        }
    )


async def main(settings: Settings) -> None:
    loop = asyncio.get_running_loop()
    at = urlsplit(settings.nats)
    assert at.hostname
    assert at.port
    seed = (settings.secrets_of("gateway") / NATS_SEED).read_bytes()
    _, nats = await loop.create_connection(lambda: Nats(seed), at.hostname, at.port)
    await nats.ready
    asking = Asking(settings, nats)
    server = await loop.create_server(lambda: Http(asking), settings.host, settings.port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(Settings()))
