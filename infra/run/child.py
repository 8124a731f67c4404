"""What our child processes have in common: an end when we end, and a log that does not grow for ever."""

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

LOG_LIMIT = 5 * 1024 * 1024


class Leash:
    """Ends a child when we die, even by SIGKILL: a shell beside it waits for the end of a pipe that we hold.

    Not PR_SET_PDEATHSIG: that fires when the *thread* that forked ends, and needs a preexec_fn.
    The child keeps the pid of the shell that is exec'ed away, so it is still our direct child.
    """

    _SCRIPT = 'exec 3<&0; (read -r _ <&3 || kill -TERM $$) & exec "$@" </dev/null 3<&-'

    def __init__(self) -> None:
        self.stdin, self._held = os.pipe()
        """`stdin` is the child's; `tie` closes our copy once the child has it."""

    def around(self, argv: list[str]) -> list[str]:
        return ["/bin/sh", "-c", self._SCRIPT, argv[0], *argv]

    def tie(self) -> None:
        os.close(self.stdin)

    def release(self) -> None:
        with suppress(BrokenPipeError):
            os.write(self._held, b"\n")  # a line instead of the end: the shell goes, and kills no one
        os.close(self._held)


def open_log(path: Path) -> BinaryIO:
    """Appends to the log; one that has grown large is set aside as `<name>.1` first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_name(f"{path.name}.1"))
    return path.open("ab")


def log_tail(path: Path, lines: int = 15, *, since: int = 0) -> str:
    """The last lines of what was written after byte `since`."""
    try:
        with path.open("rb") as log:
            log.seek(max(since, path.stat().st_size - 64 * 1024))
            text = log.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
