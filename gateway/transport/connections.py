"""Bounds connections: how many, and how long a client may take to send a request.

uvicorn has no such limits: connections that send half a request would stay open until no file can be opened any more.
`Connection` is uvicorn's protocol with these limits: `uvicorn --http gateway.transport.connections:Connection`.
"""

import asyncio
import resource
from collections import Counter
from heapq import nsmallest
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.callers import rates
from services.kernel import telemetry
from services.kernel.config import Settings

TICK = 1.0
"""Seconds between two looks at all connections."""
LARGEST_HEAD = 64 * 1024
"""Bytes of the first line and the headers of a request."""
SPARE_FILES = 128 + 256
"""Files that the process opens for other things; and connections that wait in the listener's queue (`--backlog 256`).

The loop takes them all at once, before any is counted.
"""
NOBODY = ""
DOOR = "door"
"""The key of the `Door` in the state that the application gives to uvicorn."""


class Door:
    """All connections of a process. A new one over a limit takes the place of one that waits for its client."""

    def __init__(self, settings: Settings) -> None:
        self._headers = settings.header_timeout
        self._body = settings.body_timeout
        self._rate = settings.body_rate
        self._per_address = settings.connections_per_address
        self._most = min(settings.connections, max(SPARE_FILES, _open_files() - SPARE_FILES))
        self._trusted = rates.networks(settings.trusted_proxies)
        self._open: dict[Connection, str] = {}
        self._at: Counter[str] = Counter()

    def enter(self, connection: "Connection", peer: str) -> None:
        """Counts the connection. That of a trusted proxy counts for no address until a request names the client."""
        connection.is_proxy = rates.is_within(peer, self._trusted)
        self.count(connection, NOBODY if connection.is_proxy else peer)
        if len(self._open) > self._most:
            self._make_room(list(self._open), connection)

    def count_forwarded(
        self, connection: "Connection", peer: str, headers: list[tuple[bytes, bytes]]
    ) -> None:
        """Counts a proxy's connection for the client whose request it brings."""
        forwarded = (value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for")
        address = rates.address(peer, forwarded, self._trusted)
        self.count(connection, NOBODY if address == peer else address)

    def count(self, connection: "Connection", address: str) -> None:
        place = rates.network(address)
        self.leave(connection)
        self._open[connection] = place
        self._at[place] += 1
        if place != NOBODY and self._at[place] > self._per_address:
            self._make_room([each for each, other in self._open.items() if other == place], connection)

    def leave(self, connection: "Connection") -> None:
        address = self._open.pop(connection, None)
        if address is None:
            return
        self._at[address] -= 1
        if not self._at[address]:
            del self._at[address]

    def _make_room(self, among: list["Connection"], newest: "Connection") -> None:
        """Ends those that wait for their client and have been silent longest: one in a hundred; or the newest."""
        self._leave_closed(among)
        waiting = [
            each for each in among if each is not newest and each.waits_for_client and each in self._open
        ]
        for each in nsmallest(1 + len(among) // 100, waiting, key=lambda one: one.heard) or [newest]:
            self.leave(each)
            each.end()

    def _leave_closed(self, among: list["Connection"]) -> None:
        """A WebSocket closes without a word to the protocol that received its first request."""
        for each in among:
            if each.transport.is_closing():
                self.leave(each)

    def tick(self) -> None:
        """Ends connections whose clients are late. Counts looks and not time: a slow machine is patient."""
        self._leave_closed(list(self._open))
        late = [each for each in self._open if each.is_late(self._headers, self._body, self._rate)]
        for each in late:
            self.leave(each)
            each.end()
        if late:
            telemetry.log.info("half-sent requests ended", connections=len(late))

    async def watch(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            self.tick()


class Connection(HttpToolsProtocol):
    """Counts the bytes that the client sends. The door decides whether they come fast enough."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._door: Door | None = self.app_state.get(DOOR)
        self._received = 0
        self._is_whole = True
        """Whether the last request with whole headers has a whole body, too. It may be answered before that."""
        self._waited = 0.0
        """Seconds that the present request has waited for its client."""
        self._seen: Any = None
        """The last request whose headers had arrived when the door looked."""
        self.heard = 0.0
        self.is_proxy = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.heard = self.loop.time()
        if self._door:
            self._door.enter(self, self._peer)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._door:
            self._door.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self.heard = self.loop.time()
        self._received += len(data)
        super().data_received(data)
        if self._received > LARGEST_HEAD and self._waits_for_headers:
            self.end()

    def on_headers_complete(self) -> None:
        self._received = 0
        self._is_whole = False
        super().on_headers_complete()
        if self.is_proxy and self._door:
            self._door.count_forwarded(self, self._peer, self.headers)

    def on_message_complete(self) -> None:
        self._is_whole = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.is_proxy and self._door and not self.transport.is_closing():
            self._door.count(self, NOBODY)

    def on_message_begin(self) -> None:
        self._received = 0
        super().on_message_begin()

    @property
    def _peer(self) -> str:
        return self.client[0] if self.client else ""

    @property
    def waits_for_client(self) -> bool:
        """Whether the rest of a request is missing, or the next one."""
        return self._waits_for_headers or self._waits_for_body

    @property
    def _upgraded(self) -> bool:
        """The connection is a WebSocket, and has another protocol."""
        return self.transport.get_protocol() is not self

    @property
    def _waits_for_headers(self) -> bool:
        answered = self.cycle is None or self.cycle.response_complete
        return answered and self._is_whole and not self._upgraded

    @property
    def _waits_for_body(self) -> bool:
        """Not while the application reads slowly."""
        return not (self._is_whole or self._upgraded or self.flow.read_paused)

    def is_late(self, headers: float, body: float, rate: int) -> bool:
        """To be called every `TICK` seconds. uvicorn itself ends a connection without a next request."""
        if self.cycle is not self._seen or not self.waits_for_client or self.timeout_keep_alive_task:
            self._seen, self._waited = self.cycle, 0.0
            return False
        self._waited += TICK
        return self._waited > (body + self._received / rate if self._waits_for_body else headers)

    def end(self) -> None:
        if not self.transport.is_closing():
            self.transport.abort()


def _open_files() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft if soft != resource.RLIM_INFINITY else 1_000_000
