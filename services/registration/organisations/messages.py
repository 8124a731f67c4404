"""Commands, queries and events of organisations."""

from datetime import date
from typing import Annotated, ClassVar

import msgspec

from services.kernel.kinds import Kind
from services.kernel.messages import ANY_OFFICE, Command, Event, Id, Role, described
from services.kernel.rows import ByFilter, ByKeys
from services.kernel.units import UnitOnDay
from services.movement.homes import Home
from services.movement.organisations import DatedOrganisation, OrganisationName
from services.movement.words import BodyKind

ORGANISATION = Kind("organisation", "tổ chức", "organisation")

KEEPS = frozenset({Role.OFFICER, Role.OPERATOR})


class RegisterOrganisation(Command, frozen=True, kw_only=True):
    """`on`: a day on which the unit exists; default today. `since`: first day of the organisation, if known.

    `insist`, here and below: although the unit has one of this name and kind in being.
    """

    roles: ClassVar[frozenset[Role]] = KEEPS
    vi: ClassVar[str] = "Tổ chức cần ghi nhận."

    name: Annotated[str, described("Tên đầy đủ, tối đa 200 ký tự.")]
    kind: Annotated[BodyKind, described("Loại tổ chức.")]
    unit: Annotated[Id, described("Mã đơn vị hành chính mà tổ chức thuộc về.")]
    on: Annotated[date | None, described("Một ngày mà đơn vị tồn tại; bỏ trống là hôm nay.")] = None
    since: Annotated[date | None, described("Ngày bắt đầu hoạt động; bỏ trống khi không rõ.")] = None
    insist: Annotated[
        bool, described("Có: ghi nhận dù trong đơn vị đã có tổ chức cùng loại, cùng tên đang hoạt động.")
    ] = False


class RenameOrganisation(Command, frozen=True, kw_only=True):
    """The organisation continues under another name, or as another kind of body, from the day `on`; default today."""

    roles: ClassVar[frozenset[Role]] = KEEPS
    vi: ClassVar[str] = "Tổ chức đổi tên, hoặc đổi thành loại khác, mà vẫn là tổ chức ấy."

    organisation: Annotated[Id, described("Mã tổ chức.")]
    name: Annotated[str, described("Tên mới, tối đa 200 ký tự.")]
    document: Annotated[str, described("Văn bản đổi tên, tối đa 300 ký tự.")]
    kind: Annotated[BodyKind | None, described("Loại mới; bỏ trống là như cũ.")] = None
    on: Annotated[date | None, described("Ngày đầu tiên mang tên mới; bỏ trống: hôm nay.")] = None
    insist: Annotated[
        bool, described("Có: ghi nhận dù trong đơn vị đã có tổ chức cùng loại, cùng tên đang hoạt động.")
    ] = False


class EndOrganisation(Command, frozen=True, kw_only=True):
    """`on`: first day without the organisation; default today. `successor`: id of the one that takes over its tasks."""

    roles: ClassVar[frozenset[Role]] = KEEPS
    vi: ClassVar[str] = "Tổ chức kết thúc hoạt động."

    organisation: Annotated[Id, described("Mã tổ chức.")]
    document: Annotated[str, described("Văn bản kết thúc hoạt động, tối đa 300 ký tự.")]
    successor: Annotated[Id | None, described("Mã tổ chức kế thừa nhiệm vụ, nếu có.")] = None
    on: Annotated[date | None, described("Ngày đầu tiên không còn hoạt động; bỏ trống là hôm nay.")] = None


class MergeOrganisations(Command, frozen=True, kw_only=True):
    """An organisation was entered twice: `organisation` goes on under `into`, and both ids mean `into` from then on."""

    roles: ClassVar[frozenset[Role]] = KEEPS
    vi: ClassVar[str] = "Hai mã của cùng một tổ chức, do ghi nhận hai lần."

    organisation: Annotated[Id, described("Mã được gộp; về sau vẫn dùng được.")]
    into: Annotated[Id, described("Mã của tổ chức được giữ.")]
    reason: Annotated[str, described("Vì sao biết là một, tối đa 4000 ký tự.")]
    document: Annotated[str, described("Văn bản căn cứ, nếu có, tối đa 300 ký tự.")] = ""


class OrganisationsFilter(msgspec.Struct, frozen=True, kw_only=True):
    """A field that is left out matches all. `unit`: in it or below. `ended`: whether the organisation has ended."""

    vi: ClassVar[str] = "Lọc tổ chức; bỏ trống là không lọc."

    unit: Annotated[Id | None, described("Của đơn vị này và cấp dưới.")] = None
    kind: Annotated[BodyKind | None, described("Thuộc loại này.")] = None
    ended: Annotated[bool | None, described("Có: đã kết thúc hoạt động; không: chưa kết thúc.")] = None


class OrganisationsPage(ByFilter, frozen=True, kw_only=True):
    """The newest first."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    filter: OrganisationsFilter = OrganisationsFilter()


class OrganisationsById(ByKeys, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class FormerName(msgspec.Struct, frozen=True, kw_only=True):
    """Name and kind from `since` (included; None if unknown) to `until` (excluded). `document`: of the change."""

    name: str
    kind: BodyKind
    since: date | None
    until: date
    document: str


class MergedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A second entry of an organisation that was merged into the first. `on`: the day of the merger.

    `into`: id of the entry into which it was merged. That entry may itself have been merged later. Empty if unknown.
    """

    organisation: str
    into: str = ""
    name: str
    kind: BodyKind
    on: date
    reason: str
    document: str


class OrganisationRow(msgspec.Struct, frozen=True, kw_only=True):
    """`unit`: as of today. `since`: first day of the name. `former`: earlier names, oldest first.

    `ended_on`: first day without the organisation. `successor`: id of an organisation. `merged`: its second entries.
    """

    id: str
    version: int
    name: str
    kind: BodyKind
    merged: tuple[MergedEntry, ...]
    unit: UnitOnDay
    since: date | None
    former: tuple[FormerName, ...]
    ended_on: date | None
    end_document: str | None
    successor: str | None


class OrganisationRegistered(Event, frozen=True, kw_only=True):
    name: str
    kind: BodyKind
    since: date | None = None

    def applied_to(self, known: DatedOrganisation | None) -> DatedOrganisation:
        name = OrganisationName(name=self.name, kind=self.kind, since=self.since)
        return DatedOrganisation(id=self.key, version=self.version, unit=self.unit, names=(name,))


class OrganisationRenamed(Event, frozen=True, kw_only=True):
    """`before`: its name until `on`. `basis`: the document behind the change, in words."""

    before: str
    name: str
    kind: BodyKind
    basis: str
    on: date

    def applied_to(self, known: DatedOrganisation | None) -> DatedOrganisation:
        known = _known(known, self)
        *former, last = known.names
        last = msgspec.structs.replace(last, until=self.on)
        name = OrganisationName(name=self.name, kind=self.kind, since=self.on)
        return msgspec.structs.replace(known, version=self.version, names=(*former, last, name))


class OrganisationEnded(Event, frozen=True, kw_only=True):
    """`on`: the first day without it. `basis`: the document behind its end, in words."""

    basis: str
    successor: str | None
    on: date

    def applied_to(self, known: DatedOrganisation | None) -> DatedOrganisation:
        return msgspec.structs.replace(
            _known(known, self), version=self.version, ended_on=self.on, successor=self.successor
        )


class OrganisationMerged(Event, frozen=True, kw_only=True):
    """It was a second entry of `into`, and was merged into it. `basis`: the document behind it, in words; or empty."""

    name: str
    into: str
    into_name: str
    reason: str
    basis: str
    on: date

    def applied_to(self, known: DatedOrganisation | None) -> DatedOrganisation:
        return msgspec.structs.replace(_known(known, self), version=self.version, merged_into=self.into)


class OrganisationAbsorbed(Event, frozen=True, kw_only=True):
    """`merged`, a second entry of this organisation, goes on under it: the other side of `OrganisationMerged`."""

    name: str
    merged: str
    merged_name: str
    reason: str
    basis: str
    on: date

    def applied_to(self, known: DatedOrganisation | None) -> DatedOrganisation:
        return msgspec.structs.replace(_known(known, self), version=self.version)


class OrganisationUnmerged(Event, frozen=True, kw_only=True):
    """The merger into `kept` was a mistake and was undone. `correction`: id of the proposal.

    `basis`: the document behind it, in words; may be empty.
    """

    name: str
    kept: str
    kept_name: str
    correction: str
    reason: str
    basis: str
    proposed_by: str
    approved_by: str | None
    on: date

    def applied_to(self, known: DatedOrganisation | None) -> DatedOrganisation:
        return msgspec.structs.replace(_known(known, self), version=self.version, merged_into=None)


class OrganisationReleased(Event, frozen=True, kw_only=True):
    """The merger of `released` into this organisation was undone. `OrganisationUnmerged` is the event of `released`."""

    name: str
    released: str
    released_name: str
    correction: str
    reason: str
    basis: str
    proposed_by: str
    approved_by: str | None
    on: date

    def applied_to(self, known: DatedOrganisation | None) -> DatedOrganisation:
        return msgspec.structs.replace(_known(known, self), version=self.version)


class OrganisationHandedOver(Event, frozen=True, kw_only=True):
    """It was handed over to `unit`, a successor of its unit, which has ended. `before`: path of the ended unit.

    `homes`: all units to which it was handed over, each with its first day.
    """

    before: str
    homes: tuple[Home, ...]
    basis: str
    on: date

    def applied_to(self, known: DatedOrganisation | None) -> DatedOrganisation:
        known = _known(known, self)
        former = (*known.former_units, known.unit)
        return msgspec.structs.replace(known, version=self.version, unit=self.unit, former_units=former)


def _known(known: DatedOrganisation | None, event: Event) -> DatedOrganisation:
    if known is None:
        raise LookupError(f"{event.key} was not registered before version {event.version}")
    return known
