"""Issued records: no two records of a kind have the same `identity`."""

from services.movement.homes import Homed


class Issue(Homed, frozen=True, kw_only=True):
    """`identity`: a text that no other record of the kind has."""

    identity: str
