"""A small HTTP client. A general client would use more processor time than the gateway under test."""

import asyncio
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


class Connection:
    """One kept-alive connection to a gateway."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self._head = f"POST {self._address.path} HTTP/1.1\r\nHost: {self._address.netloc}\r\n"
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, body: bytes, token: str | None = None) -> bytes:
        """Sends a JSON body and returns the body of the answer.

        A kept connection that ends before the first byte of an answer was closed as idle while the request was on its
        way: the request is sent again on a new connection, as HTTP clients do.
        """
        reused = self._streams is not None
        try:
            return await self._exchange(body, token)
        except ConnectionError:
            if not reused:
                raise
        except asyncio.IncompleteReadError as error:
            if not reused or error.partial:
                raise
        self.close()
        self._streams = None
        return await self._exchange(body, token)

    async def _exchange(self, body: bytes, token: str | None) -> bytes:
        reader, writer = await self._connected()
        caller = f"Authorization: Bearer {token}\r\n" if token else ""
        writer.write(
            f"{self._head}{caller}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        return await reader.readexactly(int(head.partition(b"content-length:")[2].partition(b"\r\n")[0]))

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The connection, opened again if the gateway has closed it as idle."""
        if self._streams is None or self._streams[0].at_eof():
            self.close()
            self._streams = await asyncio.open_connection(self._address.hostname, self._address.port)
        return self._streams


class Connections:
    """As many connections to one gateway as there are requests under way."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._idle: list[Connection] = []

    async def send(self, body: bytes, token: str | None = None) -> bytes:
        connection = self._idle.pop() if self._idle else Connection(self._url)
        try:
            answer = await connection.send(body, token)
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in self._idle:
            connection.close()
