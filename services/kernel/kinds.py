"""Kinds of records: how their ids begin, and what people call them."""

import re
from dataclasses import dataclass

_DIGITS = re.compile(r"[0-9a-f]{24}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Noun:
    """Names of a record: `field` in inputs and refusal codes, `vi` and `en` in sentences."""

    field: str
    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class Kind(Noun):
    """A kind of record, declared once beside its messages. An id is the prefix and 24 hexadecimal digits.

    `service`: the owner of the record, for kinds that several services have: their ids begin with it, so that the
    owner of `registration-file_…` is known from the id.
    """

    service: str = ""

    @property
    def prefix(self) -> str:
        return f"{self.service}-{self.field}_" if self.service else f"{self.field}_"

    def id(self, digits: str) -> str:
        """The id with these 24 hexadecimal digits."""
        return self.prefix + digits

    def digits(self, id_: str) -> str | None:
        """The digits of an id of this kind; None of anything else."""
        digits = id_.removeprefix(self.prefix)
        return digits if digits != id_ and _DIGITS.fullmatch(digits) else None

    def names(self, id_: str) -> bool:
        """Whether `id_` is an id of this kind. It may belong to no record."""
        return self.digits(id_) is not None
