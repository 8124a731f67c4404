"""Ports of servers on this machine: a free one, or a socket that holds one."""

import errno
import fcntl
import secrets
import socket
from collections.abc import Iterator
from functools import cache
from itertools import cycle, islice

from infra.run.child import FIRST_FREE_DESCRIPTOR, CannotStart

LOOPBACK = "127.0.0.1"
EPHEMERAL = 32768
"""First port of the range that the kernel uses for outgoing connections. A server cannot rely on such a port."""
PORTS = range(10_000, EPHEMERAL)
"""Ports to search for a free one."""
BACKLOG = 256


def free_port(preferred: int | None = None) -> int:
    """The preferred port if it is free, otherwise a free one below the ephemeral range.

    Another process may take it before its user listens on it. `listening` excludes that.
    """
    if preferred and is_free(preferred):
        return preferred
    for port in islice(_candidates(PORTS), len(PORTS)):
        if is_free(port):
            return port
    raise _none_is_free(LOOPBACK)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # The servers set it too: only a listener makes a port taken, not a connection in TIME_WAIT.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def listening(host: str = LOOPBACK, preferred: int | None = None) -> socket.socket:
    """A socket that listens on the preferred port, or on a free one if that is taken.

    The port belongs to the caller, who may hand the socket to a child process, until the caller closes it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    wishes = [preferred] if preferred else []
    for port in (*wishes, *islice(_candidates(PORTS), len(PORTS))):
        try:
            made = socket.create_server((host, port), family=family, backlog=BACKLOG)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise CannotStart(f"It is not possible to listen on {host}: {error.strerror}.") from None
        else:
            with made:
                # Accepted connections inherit it. asyncio sets it only if it has made the socket itself.
                made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return socket.socket(fileno=fcntl.fcntl(made, fcntl.F_DUPFD_CLOEXEC, FIRST_FREE_DESCRIPTOR))
    raise _none_is_free(host)


def port_of(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port


@cache
def _candidates(ports: range) -> Iterator[int]:
    """Endless: all ports in turn, from a random one on."""
    start = secrets.randbelow(len(ports))
    return cycle([*ports[start:], *ports[:start]])


def _none_is_free(host: str) -> CannotStart:
    return CannotStart(f"No free port was found from {PORTS.start} to {PORTS.stop - 1} on {host}.")
