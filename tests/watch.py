"""Records the commands that clients send to MongoDB, by the monitoring of the driver."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymongo import monitoring


class Watch(monitoring.CommandListener):
    """Name and body of each command that was sent."""

    def __init__(self) -> None:
        self.commands: list[tuple[str, dict[str, Any]]] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self.commands.append((event.command_name, dict(event.command)))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None: ...

    def failed(self, event: monitoring.CommandFailedEvent) -> None: ...


@contextmanager
def watching() -> Iterator[Watch]:
    """Records the commands of clients that are created inside the block."""
    watch = Watch()
    monitoring.register(watch)
    try:
        yield watch
    finally:
        monitoring._LISTENERS.command_listeners.remove(watch)
