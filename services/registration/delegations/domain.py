"""The rules of delegation: it ends, it is never more than the giver's own grant, and it is not passed on."""

from collections.abc import Iterable
from datetime import date

from services.kernel.act import Act
from services.kernel.aggregate import Aggregate, about, changed
from services.kernel.caller import Caller, Grant
from services.kernel.inputs import not_before, required
from services.kernel.messages import Refused, Role
from services.kernel.units import DatedUnit, UnitPath
from services.registration.delegations.messages import DelegationRevoked, RoleDelegated

LONGEST_PERSON = 200


class Delegation(Aggregate, frozen=True, kw_only=True):
    """`out_of`: the unit of the giver's own grant. `organisation`: the one on whose behalf the giver holds it."""

    persons: tuple[str, str]
    giver: str
    receiver: str
    role: Role
    out_of: str
    organisation: str | None
    since: date
    until: date
    revoked_on: date | None = None

    def grant(self) -> Grant:
        return Grant(
            role=self.role,
            unit=UnitPath(self.unit).unit,
            since=self.since,
            until=self.until,
            organisation=self.organisation,
            giver=self.giver,
        )


def delegate(
    *,
    key: str,
    giver: Caller,
    to: str,
    role: Role,
    unit: DatedUnit,
    since: date,
    until: date,
    act: Act,
) -> tuple[Delegation, RoleDelegated]:
    to = required(
        to, "to", longest=LONGEST_PERSON, vi="Người được ủy quyền", en="The person who gets the delegation"
    )
    if to == giver.id:
        raise Refused(
            "to-oneself",
            "to",
            vi="Không thể ủy quyền cho chính mình.",
            en="You cannot delegate to yourself.",
        )
    not_before(since, act.today, "since")
    not_before(until, since, "until")
    own = _own(giver.grants, role, unit, since)
    until = min(until, own.until or until)
    delegation = Delegation(
        id=key,
        version=1,
        unit=unit.spells[-1].path,
        persons=(giver.id, to),
        giver=giver.id,
        receiver=to,
        role=role,
        out_of=own.unit,
        organisation=own.organisation,
        since=since,
        until=until,
    )
    return delegation, RoleDelegated(
        **about(delegation, act),
        giver=giver.id,
        receiver=to,
        role=role,
        since=since,
        until=until,
    )


def revoke(delegation: Delegation, *, act: Act) -> tuple[Delegation, DelegationRevoked]:
    on = act.today
    if delegation.revoked_on or delegation.until < on:
        ended = delegation.revoked_on or delegation.until
        raise Refused(
            "delegation-over",
            "delegation",
            vi=f"Việc ủy quyền này đã hết từ ngày {ended:%d/%m/%Y}.",
            en=f"This delegation has been over since {ended}.",
        )
    revoked = changed(delegation, revoked_on=on)
    return revoked, DelegationRevoked(**about(revoked, act), on=on)


def within(unit: DatedUnit, other: str) -> bool:
    """Whether the unit was under `other` at all times.

    A unit that was under a third one at some time has records that `other` must not see.
    """
    return all(UnitPath(spell.path).within(other) for spell in unit.spells)


def _own(grants: Iterable[Grant], role: Role, unit: DatedUnit, day: date) -> Grant:
    """The giver's own grant for the role in the whole unit; if there are several, the one that ends last."""
    held = [
        grant
        for grant in grants
        if grant.role is role and grant.giver is None and grant.holds(day) and within(unit, grant.unit)
    ]
    if not held:
        raise Refused(
            "not-permitted",
            "role",
            "unit",
            vi=f"Bạn không tự giữ vai trò “{role.vi}” ở toàn bộ đơn vị {unit.id} vào ngày {day:%d/%m/%Y}.",
            en=f"You do not yourself hold the role {role} in all of unit {unit.id} on {day}.",
        )
    return max(held, key=lambda grant: grant.until or date.max)
