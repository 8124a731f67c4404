"""The stage of a model in its programme and year, and how a change of it changes the numbers of its unit and owner."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple, Protocol

from services.registration.models.messages import ModelState

REGISTERED = frozenset(
    {ModelState.REGISTERED, ModelState.IMPLEMENTING, ModelState.SELF_ASSESSED, ModelState.DISCONTINUED}
)
DRAFTS = frozenset({ModelState.DRAFT, ModelState.RETURNED})


class Staged(Protocol):
    """The fields of a model that decide its stage."""

    @property
    def unit(self) -> str: ...
    @property
    def owner(self) -> str: ...
    @property
    def programme(self) -> str | None: ...
    @property
    def year(self) -> int: ...
    @property
    def state(self) -> ModelState: ...
    @property
    def submitted_on(self) -> date | None: ...
    @property
    def submission_recorded_on(self) -> date | None: ...


class Place(NamedTuple):
    """`unit`: the path of the models' unit. `owner`: id of the organisation that owns them."""

    programme: str
    year: int
    unit: str
    owner: str


class Stage(NamedTuple):
    """`name`: `drafting`, `waiting` or `registered`. `day`: of a registered model, see `submission_day`."""

    place: Place
    name: str
    day: str = ""


def submission_day(submitted_on: date | None, recorded_on: date | None) -> str:
    """The day of submission as ISO text. If it was recorded later, `/` and that day follow."""
    later = recorded_on and submitted_on and recorded_on > submitted_on
    return f"{submitted_on}/{recorded_on}" if later else str(submitted_on)


def stage_of(model: Staged) -> Stage | None:
    """None for a model that no launch counts: without a programme, or withdrawn."""
    if not model.programme:
        return None
    place = Place(model.programme, model.year, model.unit, model.owner)
    if model.state in REGISTERED:
        return Stage(place, "registered", submission_day(model.submitted_on, model.submission_recorded_on))
    if model.state is ModelState.SUBMITTED:
        return Stage(place, "waiting")
    return Stage(place, "drafting") if model.state in DRAFTS else None


Numbers = dict[str, Any]
"""Numbers of models: `drafting`, `waiting`, and `registered` by `submission_day`. A name that is left out is 0."""


def moves(changes: Iterable[tuple[Stage | None, Stage | None]]) -> dict[Place, Numbers]:
    """The sums to add to the numbers of each place. `changes`: the stage of each model before and after its change."""
    sums: Counter[Stage] = Counter()
    for before, after in changes:
        sums.update([after] if after else ())
        sums.subtract([before] if before else ())
    found: dict[Place, Numbers] = {}
    for stage, number in sums.items():
        if number:
            numbers = found.setdefault(stage.place, {})
            if stage.day:
                numbers.setdefault(stage.name, {})[stage.day] = number
            else:
                numbers[stage.name] = number
    return found
