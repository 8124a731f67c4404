"""Child processes: they end when we end, and their logs stay bounded."""

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

LOG_LIMIT = 5 * 1024 * 1024
FIRST_FREE_DESCRIPTOR = 10
"""The shell of a `Leash` uses descriptors below it. A descriptor that a child inherits must not be one of them."""


class CannotStart(Exception):  # noqa: N818 - the message is a sentence for the user
    """A process cannot be started; the message says what to install or do."""


class Leash:
    """Ends a child when this process ends, even by SIGKILL: a shell beside the child waits for the end of our pipe.

    PR_SET_PDEATHSIG does not suffice: it fires when the *thread* that forked ends, and needs a preexec_fn.
    The child has the pid of the shell that it replaced, so it is our direct child.
    """

    _SCRIPT = 'exec 3<&0; (read -r _ <&3 || kill -TERM $$) & exec "$@" </dev/null 3<&-'

    def __init__(self) -> None:
        self.stdin, self._held = os.pipe()
        """The standard input of the child. `tie` closes our copy when the child has it."""

    def around(self, argv: list[str]) -> list[str]:
        return ["/bin/sh", "-c", self._SCRIPT, argv[0], *argv]

    def tie(self) -> None:
        os.close(self.stdin)

    def release(self) -> None:
        with suppress(BrokenPipeError):
            os.write(self._held, b"\n")  # after a line, the shell ends without killing the child
        os.close(self._held)


def open_log(path: Path) -> BinaryIO:
    """Opens the log to append to it. A log over `LOG_LIMIT` bytes is renamed to `<name>.1` first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_name(f"{path.name}.1"))
    return path.open("ab")


def log_tail(path: Path, lines: int = 15, *, since: int = 0) -> str:
    """The last lines after byte `since`."""
    try:
        with path.open("rb") as log:
            log.seek(max(since, path.stat().st_size - 64 * 1024))
            text = log.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
