"""A connection to NATS on which requests are cheap.

The driver passes each request through a queue and a task, and each reply through two more, and parses headers that
nobody reads: half of the cost of a request. Here all requests of one turn of the loop are written to the socket
together, and a reply goes straight to the waiting request. Login, disconnection and reconnection are the driver's.
"""

import asyncio
from itertools import count

from nats.aio.client import Client as Nats
from nats.errors import NoRespondersError, StaleConnectionError

REPEAT = 0.5
"""Seconds after which a request without a reply is sent again. NATS may give it to another process then. Each pause is
twice the one before, up to `LONGEST_REPEAT`: a service that is only slow gets few of them.
"""
LONGEST_REPEAT = 5.0
HEADERS = b"NATS/1.0\r\n"
_NOBODY = b"NATS/1.0 503"


def header(name: str, value: str) -> bytes:
    """A line to follow `HEADERS`; `ValueError` for a value of several lines."""
    if "\r" in value or "\n" in value:
        raise ValueError(f"the header {name} has to be one line")
    return f"{name}: {value}\r\n".encode()


class Connection(Nats):
    """`nats-py`'s client with `ask`. `tests/platform/kernel/test_wire.py` names the methods that it overrides."""

    def __init__(self) -> None:
        super().__init__()
        self._opening: asyncio.Task[bytes] | None = None
        self._inbox = b""
        self._answers = -1
        """The id of the subscription on which replies arrive."""
        self._numbers = count(1)
        self._posting = False
        self._waiting: dict[bytes, asyncio.Future[bytes]] = {}

    async def ask(self, subject: str, headers: bytes, body: bytes, *, within: float) -> bytes:
        """The body of the first reply. `TimeoutError` after `within` seconds, `NoRespondersError` if nobody listens.

        The request is sent again while no reply comes, so it must be safe to repeat. `StaleConnectionError` as soon as
        the connection is lost: nobody knows whether the request arrived. `headers` are `HEADERS` and lines of `header`.
        """
        if not self._inbox:
            self._opening = self._opening or asyncio.create_task(self._open())
            self._inbox = await self._opening
        request = _Request(self, subject.encode(), headers, body, within)
        try:
            if self.is_connected and request.size <= self._max_payload:
                request.send()
            else:
                # The driver waits for the connection, or raises.
                lines = self._parse_header_lines(headers.removeprefix(HEADERS) + b"\r\n")
                inbox = self._inbox_of(request)
                await self.publish(subject, body, reply=inbox.decode(), headers=lines)
            answer: bytes = await request.reply
            return answer
        finally:
            request.end()

    def _inbox_of(self, request: "_Request") -> bytes:
        """A new inbox for each time it is sent: the server lets a service reply to an inbox once."""
        inbox = b"%b%d" % (self._inbox, next(self._numbers))
        self._waiting[inbox] = request.reply
        request.inboxes.append(inbox)
        return inbox

    def _post(self, command: bytes) -> None:
        """Queues a command. All commands of one turn of the loop are sent together."""
        self._pending.append(command)
        self._pending_data_size += len(command)
        if not self._posting:
            self._posting = True
            asyncio.get_running_loop().call_soon(self._send)

    def _send(self) -> None:
        self._posting = False
        # Without a connection the commands stay in the driver's queue, which it sends after reconnecting.
        if self._pending and self._transport and self.is_connected:
            self._transport.write(b"".join(self._pending))
            self._pending = []
            self._pending_data_size = 0

    async def lost(self) -> None:
        """To be called when the connection is lost: every waiting request fails."""
        for reply in self._waiting.values():
            if not reply.done():
                reply.set_exception(StaleConnectionError())

    async def _open(self) -> bytes:
        try:
            inbox = self.new_inbox()
            self._answers = (await self.subscribe(f"{inbox}.*"))._id
        except BaseException:
            self._opening = None
            raise
        return f"{inbox}.".encode()

    async def _process_msg(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes) -> None:
        if sid != self._answers:
            await super()._process_msg(sid, subject, reply, data, headers)
            return
        waiting = self._waiting.get(subject)
        if waiting is None or waiting.done():
            return
        if headers and headers.startswith(_NOBODY):
            waiting.set_exception(NoRespondersError())
        else:
            waiting.set_result(data)


class _Request:
    """A request that waits for its reply."""

    __slots__ = (
        "_body",
        "_connection",
        "_headers",
        "_pause",
        "_subject",
        "_timer",
        "_until",
        "inboxes",
        "reply",
        "size",
    )

    def __init__(
        self, connection: Connection, subject: bytes, headers: bytes, body: bytes, within: float
    ) -> None:
        self._connection, self._subject, self._headers, self._body = connection, subject, headers, body
        self.size = len(headers) + 2 + len(body)
        loop = asyncio.get_running_loop()
        self.reply: asyncio.Future[bytes] = loop.create_future()
        self.inboxes: list[bytes] = []
        self._until = loop.time() + within
        self._pause = REPEAT
        self._timer = loop.call_later(min(REPEAT, within), self._repeat)

    def send(self) -> None:
        inbox = self._connection._inbox_of(self)
        start = b"HPUB %b %b %d %d\r\n" % (self._subject, inbox, len(self._headers) + 2, self.size)
        self._connection._post(b"%b%b\r\n%b\r\n" % (start, self._headers, self._body))

    def _repeat(self) -> None:
        if self.reply.done():
            return
        loop = asyncio.get_running_loop()
        left = self._until - loop.time()
        if left <= 0:
            self.reply.set_exception(TimeoutError())
            return
        if self._connection.is_connected and self.size <= self._connection.max_payload:
            self.send()
        self._pause = min(2 * self._pause, LONGEST_REPEAT)
        self._timer = loop.call_later(min(self._pause, left), self._repeat)

    def end(self) -> None:
        self._timer.cancel()
        for inbox in self.inboxes:
            self._connection._waiting.pop(inbox, None)
