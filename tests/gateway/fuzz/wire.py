"""Sends right and wrong requests as bytes over a connection, and checks the replies."""

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import orjson

LEAKS = (b"Traceback", b"site-packages", b'.py"', b"NoneType", b"object at 0x", b"pymongo", b"msgspec")
PATIENCE = 30.0


@dataclass(frozen=True)
class Sent:
    """A request. `mangled` holds bytes that need not be HTTP: the server may answer anything to them, or nothing."""

    body: bytes = b""
    method: str = "POST"
    query: bytes = b""
    headers: Mapping[str, bytes] = field(default_factory=dict)
    mangled: bytes = b""

    @property
    def http(self) -> bool:
        return not self.mangled

    def raw(self, path: str, host: str) -> bytes:
        if self.mangled:
            return self.mangled
        target = path.encode() + (b"?" + self.query if self.query else b"")
        given = {"host": host.encode(), "content-length": b"%d" % len(self.body), **self.headers}
        lines = [b"%s %s HTTP/1.1" % (self.method.encode(), target)]
        lines += [name.encode() + b": " + value for name, value in given.items()]
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body


@dataclass(frozen=True)
class Reply:
    """`status` is 0 when the server closed the connection without a reply."""

    status: int
    kind: bytes
    body: bytes
    seconds: float


class Wire:
    """One connection to the gateway. It is opened again after it was closed."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 80)
        self.host, self.path = parts.netloc, parts.path
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def send(self, sent: Sent) -> Reply:
        raw = sent.raw(self.path, self.host)
        begun = time.perf_counter()
        reply = self._once(raw, begun, sent) if self._socket else None
        # The gateway may have closed the connection while it was idle, so a second attempt uses a new one.
        if reply is None or (reply.status == 0 and sent.http):
            begun = time.perf_counter()
            reply = self._once(raw, begun, sent)
        if sent.mangled:
            self._close()
        return reply

    def _once(self, raw: bytes, begun: float, sent: Sent) -> Reply:
        if self._socket is None:
            self._socket = socket.create_connection(self._address, timeout=PATIENCE)
        try:
            self._socket.sendall(raw)
            if sent.mangled:
                self._socket.shutdown(socket.SHUT_WR)
            reply = self._read(self._socket, begun, sent.method)
        except (ConnectionError, BrokenPipeError):
            reply = Reply(0, b"", b"", time.perf_counter() - begun)
        if reply.status == 0:
            self._close()
        return reply

    def _read(self, connection: socket.socket, begun: float, method: str) -> Reply:
        data = b""
        while b"\r\n\r\n" not in data:
            if not (more := connection.recv(65536)):
                return Reply(0, b"", data, time.perf_counter() - begun)
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:])
        }
        length = 0 if method == "HEAD" else int(headers.get(b"content-length", b"0"))
        while len(body) < length:
            if not (more := connection.recv(65536)):
                break
            body += more
        if headers.get(b"connection", b"").lower() == b"close":
            self._close()
        return Reply(
            int(head.split(b" ")[1]), headers.get(b"content-type", b""), body, time.perf_counter() - begun
        )

    def _close(self) -> None:
        if self._socket:
            self._socket.close()
            self._socket = None


def problem(sent: Sent, reply: Reply) -> str | None:
    """Describes the fault of a reply; None if there is none."""
    if reply.status == 0:
        return None if sent.mangled else "no reply"
    if reply.status >= 500:
        return f"status {reply.status}"
    if leaks := [leak for leak in LEAKS if leak in reply.body]:
        return f"it shows internals: {leaks}"
    if sent.mangled or sent.method == "HEAD":
        return None
    if b"json" not in reply.kind:
        return f"{reply.kind!r} is not JSON"
    try:
        answer = orjson.loads(reply.body)
    except orjson.JSONDecodeError as error:
        return f"not JSON: {error}"
    return _shape(answer)


def _shape(answer: object) -> str | None:
    if not isinstance(answer, dict) or not answer.keys() <= {"data", "errors", "extensions"}:
        return "not the object that GraphQL wants"
    errors = answer.get("errors", [])
    if "data" not in answer and not errors:
        return "neither data nor errors"
    if not isinstance(errors, list) or len(errors) > 5:
        return "errors are no list of at most five"
    for error in errors:
        more = error.get("extensions", {})
        if not all(isinstance(more.get(name), str) and more[name] for name in ("code", "vi", "en")):
            return f"an error without code, vi or en: {error}"
        if more["code"] == "internal":
            return f"an internal error, trace {more.get('traceId')}"
    return None
