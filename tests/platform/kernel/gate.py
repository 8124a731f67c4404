"""A proxy in front of a server: while it is shut, the server's answers wait, as those of a slow server do."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from infra.run.ports import LOOPBACK
from services.kernel.process import end


class Gate:
    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._is_open = asyncio.Event()
        self._is_open.set()
        self._serving: set[asyncio.Task[None]] = set()
        self.accepted = 0
        """Number of connections so far."""

    def shut(self) -> None:
        self._is_open.clear()

    def open(self) -> None:
        self._is_open.set()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncGenerator[int, None]:
        """Listens on the port that it yields."""
        async with await asyncio.start_server(self._accept, LOOPBACK, 0) as server:
            yield server.sockets[0].getsockname()[1]
            await end(self._serving)

    def _accept(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self._serving.add(asyncio.create_task(self._serve(client, to_client)))

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_connection(LOOPBACK, self._server_port)
        both = [
            asyncio.create_task(self._copy(client, to_server)),
            asyncio.create_task(self._copy(server, to_client, self._is_open)),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end(both)
            for writer in (to_client, to_server):
                writer.close()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()

    async def _copy(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        may_pass: asyncio.Event | None = None,
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65536):
                if may_pass:
                    await may_pass.wait()
                target.write(data)
                await target.drain()
