"""The number of events to take in one transaction: as many as a transaction has time for."""

from collections.abc import Iterator
from contextlib import contextmanager

STEPS = 8
"""Transactions after which `size` has grown from 1 to the most."""


class Pace:
    """`size` is halved when a transaction does not commit, whatever the reason, and grows by a step when one does.

    MongoDB aborts a transaction that lasts too long. A handler that keeps the processor busy can lose the lease of its
    cursor, which cancels the transaction. Without halving, a slow machine would try the same page for ever; and if
    `size` doubled after each success, every second transaction would fail.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.size = most

    @contextmanager
    def one(self) -> Iterator[None]:
        """Wraps one transaction and adapts `size` to its result."""
        try:
            yield
        except BaseException:
            self.size = max(1, self.size // 2)
            raise
        self.size = min(self.most, self.size + max(1, self.most // STEPS))
