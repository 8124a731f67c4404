"""How far a unit or an organisation has come in a launch, by the numbers of its models."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import msgspec

from services.movement.years import months_between
from services.registration.launches.messages import Standing

MET = (Standing.IN_TIME, Standing.DECLARED, Standing.LATE)
"""The quota is reached."""


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of the models of a unit or an organisation, as in `LaunchUnitRow`.

    `months`: of the declared models, the most whole months from the day of submission to the day of its recording.
    """

    in_time: int = 0
    declared: int = 0
    late: int = 0
    waiting: int = 0
    drafting: int = 0
    months: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            in_time=self.in_time + other.in_time,
            declared=self.declared + other.declared,
            late=self.late + other.late,
            waiting=self.waiting + other.waiting,
            drafting=self.drafting + other.drafting,
            months=max(self.months, other.months),
        )

    def standing(self, quota: int) -> Standing:
        """`quota`: the number of models that must be registered."""
        if self.in_time >= quota:
            return Standing.IN_TIME
        if self.in_time + self.declared >= quota:
            return Standing.DECLARED
        registered = self.in_time + self.declared + self.late
        if registered:
            return Standing.LATE if registered >= quota else Standing.SHORT
        if self.waiting:
            return Standing.WAITING
        return Standing.DRAFTING if self.drafting else Standing.NOTHING


NONE = Tally()


def tally(stages: Mapping[str, Any], until: str) -> Tally:
    """The tally of a unit with these numbers by stage. `until`: the deadline, as ISO text.

    The deadline is compared with two days: that of the submission, and that on which the submission was recorded.
    """
    in_time = declared = late = months = 0
    for days, number in stages.get("registered", {}).items():
        day, _, recorded = days.partition("/")
        if day > until:
            late += number
        elif recorded > until:
            declared += number
            if number > 0:
                months = max(months, months_between(date.fromisoformat(day), date.fromisoformat(recorded)))
        else:
            in_time += number
    drafting, waiting = stages.get("drafting", 0), stages.get("waiting", 0)
    return Tally(
        in_time=in_time, declared=declared, late=late, waiting=waiting, drafting=drafting, months=months
    )


def standing(own: Tally, heirs: Iterable[tuple[Tally, bool]], quota: int) -> tuple[Standing, Tally]:
    """Standing of a unit that has ended. `heirs`: the tally of each successor, and whether it took over the whole unit.

    The unit's own models count, and those of successors that took over the whole unit. Models of a successor that took
    over a part may or may not belong to the unit: they count for nothing, and the standing can be `UNASSIGNED`.
    """
    parted = False
    sum_ = own
    for tally, whole in heirs:
        if whole:
            sum_ += tally
        elif tally != NONE:
            parted = True
    if sum_.standing(quota) not in MET and parted:
        return Standing.UNASSIGNED, own
    return sum_.standing(quota), sum_
