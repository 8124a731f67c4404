"""Issued records: no two records of a kind have the same `identity`."""

from services.kernel.aggregate import Aggregate


class Issue(Aggregate, frozen=True, kw_only=True):
    """`identity`: a text that no other record of the kind has."""

    identity: str
