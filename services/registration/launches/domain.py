"""The rules of launches: which units or organisations must register models by which day, and how far each has come."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, timezone
from typing import Any

from services.kernel.act import Act
from services.kernel.aggregate import about, changed
from services.kernel.inputs import happened, optional, required
from services.kernel.messages import Refused
from services.kernel.units import DatedUnit, Spell, UnitLevel, UnitPath
from services.movement.homes import Step, handed_over
from services.registration.documents.domain import Document
from services.registration.issued.domain import Issue
from services.registration.launches.asked import Asked, names
from services.registration.launches.messages import (
    AddressedKind,
    AddressedOrganisation,
    Extension,
    LaunchExtended,
    LaunchHandedOver,
    LaunchRecalled,
    ProgrammeLaunched,
)
from services.registration.programmes.domain import Programme, admit

LONGEST_TEXT = 2000
MOST_EXTENSIONS = 20
_DEPTH = {UnitLevel.COUNTRY: 0, UnitLevel.PROVINCE: 1, UnitLevel.DISTRICT: 2, UnitLevel.COMMUNE: 3}
_VIETNAM = timezone(timedelta(hours=7))


class Launch(Issue, frozen=True, kw_only=True):
    """`until`: the last day, included. `units`: number of addressed units or organisations. `launched_in`: a unit's id.

    `quota`: the number of models that each unit must register. `kinds`, `organisations`: as in `LaunchRow`.
    """

    programme: str
    year: int
    level: UnitLevel
    until: date
    message: str
    document: str | None
    launched_on: date
    units: int
    launched_in: str
    quota: int = 1
    kinds: tuple[AddressedKind, ...] = ()
    organisations: tuple[AddressedOrganisation, ...] = ()
    extensions: tuple[Extension, ...] = ()
    recalled: bool = False
    recalled_on: date | None = None
    recall_reason: str | None = None

    def as_of(self, today: date) -> date:
        """The day on which it is decided whether an addressed unit still exists."""
        return min(today, self.until)

    @property
    def asked(self) -> Asked:
        return Asked(
            on=self.launched_on, quota=self.quota, kinds=self.kinds, organisations=self.organisations
        )

    def covers(self, spell: Spell | None) -> bool:
        """Whether it concerns such units. `spell`: the unit as of the day of the launch, if it existed then."""
        return (
            spell is not None and spell.level is self.level and UnitPath(spell.path).within(self.launched_in)
        )

    def addresses(self, spell: Spell | None) -> bool:
        """Whether the launch addresses a unit. `spell`: as in `covers`."""
        return not self.asked.of_organisations and self.covers(spell)


def launch(
    programme: Programme,
    *,
    key: str,
    unit: DatedUnit,
    year: int,
    level: UnitLevel,
    units: int,
    until: date,
    message: str,
    document: Document | None,
    asked: Asked | None = None,
    act: Act,
) -> tuple[Launch, ProgrammeLaunched]:
    """`units`: number of units of `level` in `unit`, itself included, on the day of the act; or of asked organisations.

    `asked`: by default, one model of each unit.
    """
    asked = asked or Asked(on=act.on)
    on = act.on
    spell = unit.in_force(on)
    happened(on, act.today)
    admit(programme, spell.path, year=year)
    _check_deadline(until, on, year)
    _check_level(spell, level)
    if not units and asked.of_organisations:
        raise Refused(
            "no-organisations",
            "kinds",
            vi=f"{spell.name} không có tổ chức nào thuộc các loại ấy ở cấp “{level.vi}” vào ngày {on:%d/%m/%Y}.",
            en=f"{spell.name} has no organisation of these kinds in units of the level {level} on {on}.",
        )
    if not units:
        raise Refused(
            "no-units",
            "level",
            vi=f"{spell.name} không có đơn vị nào thuộc cấp “{level.vi}” vào ngày {on:%d/%m/%Y}.",
            en=f"{spell.name} has no unit of the level {level} on {on}.",
        )
    launched = Launch(
        id=key,
        version=1,
        unit=spell.path,
        launched_in=unit.id,
        identity="/".join((programme.id, unit.id, str(year), level, *names(asked))),
        programme=programme.id,
        year=year,
        level=level,
        until=until,
        message=optional(message, "message", longest=LONGEST_TEXT, vi="Lời phát động", en="The message"),
        document=document.id if document else None,
        launched_on=on,
        units=units,
        quota=asked.quota,
        kinds=asked.kinds,
        organisations=asked.organisations,
    )
    return launched, ProgrammeLaunched(
        **about(launched, act),
        programme=programme.id,
        year=year,
        level=level,
        until=until,
        document=launched.document,
        units=units,
        quota=asked.quota,
        kinds=asked.kinds,
        organisations=asked.organisations,
        on=on,
    )


def extend(launch: Launch, *, until: date, reason: str, act: Act) -> tuple[Launch, LaunchExtended]:
    _require_in_effect(launch)
    if until <= launch.until:
        raise Refused(
            "deadline-not-later",
            "until",
            vi=f"Hạn mới {until:%d/%m/%Y} không sau hạn cũ {launch.until:%d/%m/%Y}.",
            en=f"{until} is not after the present deadline {launch.until}.",
        )
    _check_deadline(until, launch.launched_on, launch.year)
    if len(launch.extensions) >= MOST_EXTENSIONS:
        raise Refused(
            "too-many-extensions",
            "launch",
            vi=f"Đã gia hạn {MOST_EXTENSIONS} lần.",
            en=f"The launch was extended {MOST_EXTENSIONS} times already.",
        )
    extension = Extension(before=launch.until, reason=_reason(reason), on=act.today)
    extended = changed(launch, until=until, extensions=(*launch.extensions, extension))
    return extended, LaunchExtended(
        **_about(extended, act), before=launch.until, until=until, reason=extension.reason, on=act.today
    )


def recall(launch: Launch, *, reason: str, act: Act) -> tuple[Launch, LaunchRecalled]:
    _require_in_effect(launch)
    reason = _reason(reason)
    recalled = changed(
        launch,
        recalled=True,
        recalled_on=act.today,
        recall_reason=reason,
        identity=f"{launch.identity}/{launch.id}",  # the unit can launch the programme again
    )
    return recalled, LaunchRecalled(**_about(recalled, act), reason=reason, on=act.today)


def hand_over(
    launch: Launch, *, steps: Sequence[Step], document: str, act: Act
) -> tuple[Launch, LaunchHandedOver]:
    """The launch lives in the units of these steps, each from its day on. The addressed units stay the same."""
    handed, told = handed_over(launch, steps, document=document, act=act)
    return handed, LaunchHandedOver(**told)


def _about(launch: Launch, act: Act) -> dict[str, Any]:
    return {**about(launch, act), "unit": str(launch.home)}


def closing(until: date) -> datetime:
    """The moment at which the day `until` ends in Viet Nam."""
    return datetime(until.year, until.month, until.day, tzinfo=_VIETNAM) + timedelta(days=1)


def nearest(launches: Iterable[Launch], unit: str) -> Launch | None:
    """The launch that counts for a unit with this path: that of the closest unit; of several, the one due first."""
    segments = UnitPath(unit).segments
    fit = [one for one in launches if not one.recalled and one.launched_in in segments]
    return min(fit, key=lambda one: (-segments.index(one.launched_in), one.until, one.id), default=None)


def _check_level(unit: Spell, level: UnitLevel) -> None:
    if level is UnitLevel.COUNTRY or _DEPTH[level] < _DEPTH[unit.level]:
        raise Refused(
            "level-above",
            "level",
            vi=f"{unit.name} không phát động cho cấp “{level.vi}”, là cấp trên của mình.",
            en=f"{unit.name} cannot launch for the level {level}, which is above it.",
        )


def known_already(known: Launch) -> Refused:
    return Refused(
        "launch-known",
        "year",
        vi=f"Chương trình đã phát động năm {known.year} cho cấp này ở đơn vị này: {known.id}; "
        "hãy gia hạn hoặc thu hồi đợt ấy.",
        en=f"The programme was launched for {known.year} on this level in this unit: {known.id}; "
        "extend that launch or recall it.",
    )


def _check_deadline(until: date, on: date, year: int) -> None:
    if not on <= until <= date(year, 12, 31):
        raise Refused(
            "deadline-invalid",
            "until",
            vi=f"Hạn {until:%d/%m/%Y} phải từ ngày phát động {on:%d/%m/%Y} đến hết năm {year}.",
            en=f"The deadline {until} must be from the day of the launch, {on}, to the end of {year}.",
        )


def _require_in_effect(launch: Launch) -> None:
    if launch.recalled_on:
        raise Refused(
            "launch-recalled",
            "launch",
            vi=f"Đợt phát động đã thu hồi ngày {launch.recalled_on:%d/%m/%Y}.",
            en=f"The launch was recalled on {launch.recalled_on}.",
        )


def _reason(text: str) -> str:
    return required(text, "reason", longest=LONGEST_TEXT, vi="Lý do", en="The reason", lines=True)
