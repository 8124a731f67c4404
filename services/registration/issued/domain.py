"""Issued records: each exists once only, whatever its id."""

from services.kernel.aggregate import Aggregate


class Issue(Aggregate, frozen=True, kw_only=True):
    """`identity`: a text that no other record of the kind has."""

    identity: str
