"""The addressees of a launch: units of a level, or organisations, each with a number of models to register."""

from collections.abc import Sequence
from datetime import date

import msgspec

from services.kernel.act import Act
from services.kernel.messages import Refused
from services.kernel.units import DatedUnit, UnitPath
from services.movement.homes import spell_on
from services.registration.launches.messages import (
    AddressedKind,
    AddressedOrganisation,
    AskedKind,
    AskedOrganisation,
)
from services.registration.organisations.domain import Organisation, in_being

MOST_QUOTA = 1000
MOST_KINDS = 30
MOST_ORGANISATIONS = 200


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The number of models that a launch of the day `on` asks of each unit, or of each of these organisations."""

    on: date
    quota: int = 1
    kinds: tuple[AddressedKind, ...] = ()
    organisations: tuple[AddressedOrganisation, ...] = ()

    @property
    def of_organisations(self) -> bool:
        return bool(self.kinds or self.organisations)

    def of(self, organisation: Organisation, unit: Sequence[str] | None) -> int | None:
        """The number of models that it asks of an organisation; None if it does not address it.

        `unit`: the segments of the path of its unit on the day, if the launch concerns units like that one. The quota
        of a named organisation wins. Then the first kind that fits decides.
        """
        named = {one.organisation: one.quota for one in self.organisations}
        if quotas := [named[id_] for id_ in organisation.ids if id_ in named]:
            return quotas[0]
        began, ended = organisation.began_on, organisation.ended_on
        if unit is None or (began and began > self.on) or (ended and ended <= self.on):
            return None
        _, kind = organisation.named_on(self.on)
        fit = [one.quota for one in self.kinds if one.kind is kind and (not one.unit or one.unit in unit)]
        return fit[0] if fit else None


def ask(
    *,
    quota: int,
    kinds: Sequence[tuple[AskedKind, DatedUnit | None]],
    organisations: Sequence[tuple[AskedOrganisation, Organisation, DatedUnit]],
    unit: DatedUnit,
    act: Act,
) -> Asked:
    """`kinds`: each with its unit, if it names one. `organisations`: each with its record and its unit on the day.

    `unit`: of the launch.
    """
    if len(kinds) > MOST_KINDS or len(organisations) > MOST_ORGANISATIONS:
        raise Refused(
            "too-many-addressees",
            "kinds",
            "organisations",
            vi=f"Một đợt phát động nêu tối đa {MOST_KINDS} loại và {MOST_ORGANISATIONS} tổ chức.",
            en=f"A launch names at most {MOST_KINDS} kinds and {MOST_ORGANISATIONS} organisations.",
        )
    for one, of in kinds:
        if of and not UnitPath(of.in_force(act.on, "kinds", "on").path).within(unit.id):
            raise _elsewhere("kinds", one.unit or "")
    for named, organisation, its in organisations:
        if not UnitPath(spell_on(organisation, its, act.on, "organisations", "on").path).within(unit.id):
            raise _elsewhere("organisations", named.organisation)
        in_being(organisation, act.on, "organisations", "on")
    default = _quota(quota)
    return Asked(
        on=act.on,
        quota=default,
        kinds=tuple(
            AddressedKind(kind=one.kind, unit=of.id if of else None, quota=_quota(one.quota, default))
            for one, of in kinds
        ),
        organisations=tuple(
            AddressedOrganisation(organisation=record.id, quota=_quota(one.quota, default))
            for one, record, _ in organisations
        ),
    )


def _quota(quota: int | None, default: int = 1) -> int:
    found = default if quota is None else quota
    if not 1 <= found <= MOST_QUOTA:
        raise Refused(
            "quota-invalid",
            "quota",
            vi=f"Số mô hình được giao phải từ 1 đến {MOST_QUOTA}.",
            en=f"The number of models asked for must be from 1 to {MOST_QUOTA}.",
        )
    return found


def _elsewhere(field: str, what: str) -> Refused:
    return Refused(
        "addressee-elsewhere",
        field,
        vi=f"“{what[:60]}” không thuộc đơn vị phát động hay cấp dưới.",
        en=f"“{what[:60]}” is not in the unit of the launch or below it.",
    )


def names(asked: Asked) -> list[str]:
    """The addressees as parts of the launch's identity: one unit may launch a year once for each group of them."""
    kinds = sorted(f"{one.kind}@{one.unit or ''}" for one in asked.kinds)
    return [*kinds, *sorted(one.organisation for one in asked.organisations)]
