"""A connection to NATS on which requests are cheap.

The driver passes each request through a queue and a task, and each reply through two more, and parses headers that
nobody reads: half of the cost of a request. Here all requests of one turn of the loop are written to the socket
together, and a reply goes straight to the waiting request. Login, disconnection and reconnection are the driver's.
"""

import asyncio
from itertools import count

from nats.aio.client import Client as Nats
from nats.errors import NoRespondersError, StaleConnectionError

HEADERS = b"NATS/1.0\r\n"
_NOBODY = b"NATS/1.0 503"


def header(name: str, value: str) -> bytes:
    """A line to follow `HEADERS`; `ValueError` for a value of several lines."""
    if "\r" in value or "\n" in value:
        raise ValueError(f"the header {name} has to be one line")
    return f"{name}: {value}\r\n".encode()


class Connection(Nats):
    """`nats-py`'s client with `ask`. `tests/platform/kernel/test_wire.py` names what it overrides."""

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
        """The body of the reply. `TimeoutError` after `within` seconds, `NoRespondersError` if nobody listens.

        `StaleConnectionError` as soon as the connection is lost: nobody knows whether the request arrived.
        `headers` are `HEADERS` and lines of `header`.
        """
        if not self._inbox:
            self._opening = self._opening or asyncio.create_task(self._open())
            self._inbox = await self._opening
        inbox = b"%b%d" % (self._inbox, next(self._numbers))
        loop = asyncio.get_running_loop()
        reply = self._waiting[inbox] = loop.create_future()
        timer = loop.call_later(within, _give_up, reply)
        try:
            size = len(headers) + 2
            whole = size + len(body)
            if self.is_connected and whole <= self._max_payload:
                start = b"HPUB %b %b %d %d\r\n" % (subject.encode(), inbox, size, whole)
                self._post(b"%b%b\r\n%b\r\n" % (start, headers, body))
            else:
                # The driver waits for the connection, or raises.
                lines = self._parse_header_lines(headers.removeprefix(HEADERS) + b"\r\n")
                await self.publish(subject, body, reply=inbox.decode(), headers=lines)
            answer: bytes = await reply
            return answer
        finally:
            timer.cancel()
            self._waiting.pop(inbox, None)

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


def _give_up(reply: "asyncio.Future[bytes]") -> None:
    if not reply.done():
        reply.set_exception(TimeoutError())
