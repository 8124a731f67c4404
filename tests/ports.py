"""Ports for the servers of tests. Each parallel worker has a range of its own."""

import os
from itertools import count

from infra.run import ports

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
FOR_STACKS = 400

_share = len(ports.PORTS) // WORKERS
_own = ports.PORTS[WORKER * _share : (WORKER + 1) * _share]
_stacks = count(_own.start, 10)
# `free_port` and `listening` search the rest of the range.
ports.PORTS = _own[FOR_STACKS:]


def stack_port() -> int:
    """A port for the gateway of a stack; its services take the ports after it."""
    return next(_stacks)
