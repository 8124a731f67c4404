"""What is changed as one: an id, a version that counts its changes from 1, and the unit it was made under."""

import msgspec


class Aggregate(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    version: int
    unit: str
    """The unit's path on the day it was made. A record keeps it, whatever becomes of the unit."""
