"""What is issued is there once only, whatever its id."""

from services.kernel.aggregate import Aggregate


class Issue(Aggregate, frozen=True, kw_only=True):
    """`identity`: what no other of its kind has."""

    identity: str
