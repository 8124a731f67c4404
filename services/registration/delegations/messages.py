"""What delegations can be asked to do, and what is announced of them: grants that one person gives to another."""

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
    """`to`: the person, as the issuer of tokens names them. `since`: today when left out.

    It ends with the giver's own grant at the latest, whatever `until` says.
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
    """For who gave it, who has it, and operators of the unit."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE
    vi: ClassVar[str] = "Việc ủy quyền cần chấm dứt."

    delegation: Annotated[Id, described("Mã việc ủy quyền.")]


class Side(Word):
    """Phía nào của việc ủy quyền."""

    GIVEN = "GIVEN", "Người hỏi đã ủy quyền"
    RECEIVED = "RECEIVED", "Người hỏi được ủy quyền"


class DelegationsPage(ByFilter, frozen=True, kw_only=True):
    """The newest first: of who asks, and for operators all of their units."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    side: Side | None = None


class DelegationsById(ByKeys, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class GrantsDelegated(Query, frozen=True, kw_only=True):
    """What has been delegated to who asks, and is not over: answers a list of `Grant`s.

    For everybody, since it is asked to learn what roles a person has.
    """

    roles: ClassVar[frozenset[Role]] = PUBLIC


class DelegationRow(msgspec.Struct, frozen=True, kw_only=True):
    """`unit`: as of today. `giver` and `receiver` as the issuer of tokens names them."""

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
