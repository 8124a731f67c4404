"""A child process that does, instead of reading, what the title of its layout says; its pid is in `into`."""

import os
import signal
from typing import Any

from services.kernel.sheets import child


def _work(request: Any) -> None:
    request.into.write_text(str(os.getpid()))
    hoard = []
    while True:
        if request.layout.title == "sleeps":
            signal.pause()
        elif request.layout.title == "hoards":
            hoard.append(bytes(1 << 20))
        elif request.layout.title == "writes":
            with request.into.open("ab") as file:
                file.write(bytes(1 << 20))
        elif request.layout.title == "breaks":
            raise LookupError("a fault of ours")


child._done = _work  # type: ignore[assignment]

if __name__ == "__main__":
    child.main()
