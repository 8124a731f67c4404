"""A full disk of NATS, without a disk: its files cannot grow.

Like after a full disk, nats-server refuses events until it is restarted, also when there is room again.
"""

import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def _longest(folder: Path) -> int:
    return max(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@contextmanager
def full_disk(pid: int | None, folder: Path) -> Iterator[None]:
    """`folder`: with all files of the nats-server `pid`."""
    assert pid
    _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (_longest(folder) + 2000, most))
    try:
        yield
    finally:
        with suppress(ProcessLookupError):  # it was restarted
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))
