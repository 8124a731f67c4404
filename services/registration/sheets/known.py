"""The records by which rows of a list of models are judged, and what an import writes for a row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from services.kernel.caller import Scope
from services.kernel.messages import Event
from services.kernel.search.tokenizer import spoken
from services.kernel.units import DatedUnit
from services.movement.changes import Change
from services.movement.homes import Homed
from services.movement.words import ContributionKind
from services.registration.models.domain import Model
from services.registration.organisations.domain import Organisation
from services.registration.programmes.domain import Programme
from services.registration.sheets import naming

RESOURCES = {
    "land_m2": ContributionKind.LAND_M2,
    "work_days": ContributionKind.WORK_DAY,
    "money": ContributionKind.MONEY,
}
"""Column → the resource that it totals."""


EVERYWHERE = Scope(None)


@dataclass(slots=True)
class Known:
    """The records by which the rows of a job are judged.

    `owners`: by all their ids. `titles`: a digest of each owner, title and year that the job has met → the row that it
    met first. `recorded`: owner, title and year → the id of a model that has them. `revisions`: id of a model → its
    versions that revised it, with the changes, oldest first.
    """

    owners: Mapping[str, Organisation]
    units: dict[str, DatedUnit]
    programmes: dict[str, Programme] = field(default_factory=dict)
    by_name: dict[str, list[Organisation]] = field(default_factory=dict)
    titles: dict[int, int] = field(default_factory=dict)
    recorded: dict[tuple[str, str, int], str] = field(default_factory=dict)
    models: dict[str, Model] = field(default_factory=dict)
    scope: Scope = EVERYWHERE
    results_on: date | None = None
    """The day of results in rows that name none, as the import says it."""
    revisions: Mapping[str, Sequence[tuple[int, Sequence[Change]]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_name = naming.by_name(self.owners.values())

    def owners_named(self, name: str) -> Sequence[Organisation]:
        """The organisations that the id or name can mean."""
        return [self.owners[name]] if name in self.owners else self.by_name.get(spoken(name), ())

    def unit_of(self, record: Homed, day: date) -> DatedUnit:
        """The unit under which the record lived on `day`."""
        return self.units[record.home_on(day).unit]


@dataclass(frozen=True, slots=True)
class Effect:
    """Written by an import for one row: a new model with its events, or the next versions of a known model."""

    made: tuple[Model, list[Event]] | None = None
    changes: tuple[tuple[Model, Event], ...] = ()
