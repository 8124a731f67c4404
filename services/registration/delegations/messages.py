"""Commands, queries and events of delegations: grants that one person gives to another."""

from datetime import date
from typing import Annotated, ClassVar

import msgspec

from services.kernel.kinds import Kind
from services.kernel.messages import ANY_OFFICE, PUBLIC, Command, Event, Id, Query, Role, described
from services.kernel.rows import ByFilter, ByKeys
from services.kernel.units import UnitOnDay
from services.kernel.words import Word

DELEGATION = Kind("delegation", "việc ủy quyền", "delegation")


class DelegateRole(Command, frozen=True, kw_only=True):
    """`to`: the person's id, as in the tokens of the issuer. `since`: default today.

    The delegation ends with the giver's own grant at the latest, even if `until` is later.
    """

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE
    vi: ClassVar[str] = "Một vai trò mà người gửi tự giữ, ủy quyền cho người khác đến hết ngày `until`."

    to: Annotated[Id, described("Mã người được ủy quyền (`sub` trong mã truy cập của người ấy).")]
    role: Annotated[Role, described("Vai trò mà người gửi tự giữ.")]
    unit: Annotated[Id, described("Trong đơn vị này và cấp dưới.")]
    since: Annotated[date | None, described("Từ ngày; bỏ trống là hôm nay.")] = None
    until: Annotated[
        date, described("Đến hết ngày; nếu quyền của người ủy quyền hết sớm hơn thì theo ngày ấy.")
    ]


class RevokeDelegation(Command, frozen=True, kw_only=True):
    """Allowed to the giver, the receiver, and operators of the unit."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE
    vi: ClassVar[str] = "Việc ủy quyền cần chấm dứt."

    delegation: Annotated[Id, described("Mã việc ủy quyền.")]


class Side(Word):
    """Phía nào của việc ủy quyền."""

    GIVEN = "GIVEN", "Người hỏi đã ủy quyền"
    RECEIVED = "RECEIVED", "Người hỏi được ủy quyền"


class DelegationsPage(ByFilter, frozen=True, kw_only=True):
    """The caller's delegations, newest first; for operators all delegations in their units."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    side: Side | None = None


class DelegationsById(ByKeys, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class EffectiveGrants(Query, frozen=True, kw_only=True):
    """The caller's grants and those delegated to the caller, each with the units that it inherited.

    The answer is a list of `Grant`. A delegation that has ended is left out. A grant on behalf of an organisation with
    several ids is there for each other id too. Allowed to everybody, because the gateway sends it to learn which roles
    a person has.
    """

    roles: ClassVar[frozenset[Role]] = PUBLIC


class DelegationRow(msgspec.Struct, frozen=True, kw_only=True):
    """`unit`: as of today. `giver`, `receiver`: ids of persons, as in the tokens of the issuer."""

    id: str
    version: int
    giver: str
    receiver: str
    role: Role
    unit: UnitOnDay
    since: date
    until: date
    revoked_on: date | None


class RoleDelegated(Event, frozen=True, kw_only=True):
    giver: str
    receiver: str
    role: Role
    since: date
    until: date


class DelegationRevoked(Event, frozen=True, kw_only=True):
    on: date
