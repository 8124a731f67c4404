"""The number of events to take in one transaction: as many as a transaction has time for."""

from collections.abc import Iterator
from contextlib import contextmanager

from services.kernel.mongo.driver import PyMongoError


class Pace:
    """`size` is halved when a transaction fails, and doubled, up to `most`, when one commits.

    MongoDB aborts a transaction that lasts too long. A slow machine could otherwise try the same page for ever.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.size = most

    @contextmanager
    def one(self) -> Iterator[None]:
        """Wraps one transaction and adapts `size` to its result."""
        try:
            yield
        except PyMongoError:
            self.size = max(1, self.size // 2)
            raise
        self.size = min(self.most, self.size * 2)
