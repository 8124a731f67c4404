"""What clients send to MongoDB, seen by the driver's own monitoring."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymongo import monitoring


class Watch(monitoring.CommandListener):
    """The commands that were sent: each with its name and body."""

    def __init__(self) -> None:
        self.commands: list[tuple[str, dict[str, Any]]] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self.commands.append((event.command_name, dict(event.command)))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None: ...

    def failed(self, event: monitoring.CommandFailedEvent) -> None: ...


@contextmanager
def watching() -> Iterator[Watch]:
    """Sees the commands of clients that are made inside."""
    watch = Watch()
    monitoring.register(watch)
    try:
        yield watch
    finally:
        monitoring._LISTENERS.command_listeners.remove(watch)
