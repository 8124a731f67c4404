"""Commands, queries and events of relations between models."""

from datetime import date
from typing import Annotated, ClassVar

import msgspec

from services.kernel.kinds import Kind
from services.kernel.messages import ANY_OFFICE, Command, Event, Id, Role, described
from services.kernel.rows import ByFilter, ByKeys, ByOwners
from services.kernel.units import UnitOnDay
from services.kernel.words import Word

RELATION = Kind("relation", "quan hệ", "relation")


class RelationKind(Word):
    """Quan hệ của một mô hình với một mô hình có trước."""

    DUPLICATE = "DUPLICATE", "Trùng lặp: cùng một mô hình, ghi hai lần"
    CONTINUATION = "CONTINUATION", "Tiếp tục, duy trì: cùng tổ chức chủ trì, kỳ trước"
    REPLICATION = "REPLICATION", "Nhân rộng: cùng cách làm, nơi khác hay tổ chức khác"


class RelationState(Word):
    """Trạng thái của quan hệ."""

    SUGGESTED = "SUGGESTED", "Máy gợi ý, chờ người xem"
    CONFIRMED = "CONFIRMED", "Người đã xác nhận"
    DISMISSED = "DISMISSED", "Người đã bác bỏ"
    LAPSED = "LAPSED", "Gợi ý hết hiệu lực: tên mô hình đã sửa, không còn giống"


DECIDES = frozenset({Role.OFFICER, Role.APPRAISER, Role.LEADER})
LONGEST_REASON = 1000


class ConfirmRelation(Command, frozen=True, kw_only=True):
    """`kind`: the true kind, if the suggestion has another."""

    roles: ClassVar[frozenset[Role]] = DECIDES
    vi: ClassVar[str] = "Quan hệ cần xác nhận."

    relation: Annotated[Id, described("Mã quan hệ.")]
    kind: Annotated[RelationKind | None, described("Thực ra là quan hệ gì; bỏ trống là đúng như gợi ý.")] = (
        None
    )
    reason: Annotated[str, described("Lý do, tối đa 1000 ký tự.")] = ""


class DismissRelation(Command, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = DECIDES
    vi: ClassVar[str] = "Quan hệ cần bác bỏ và lý do."

    relation: Annotated[Id, described("Mã quan hệ.")]
    reason: Annotated[str, described("Vì sao không phải, tối đa 1000 ký tự.")]


class AssertRelation(Command, frozen=True, kw_only=True):
    """States that `model` is a duplicate, continuation or replication of `other`, with or without a suggestion."""

    roles: ClassVar[frozenset[Role]] = DECIDES
    vi: ClassVar[str] = "Một quan hệ mà người khai biết, dù máy có gợi ý hay không."

    model: Annotated[Id, described("Mã mô hình sau.")]
    other: Annotated[Id, described("Mã mô hình trước.")]
    kind: Annotated[RelationKind, described("Mô hình sau là gì của mô hình trước.")]
    reason: Annotated[str, described("Dựa vào đâu, tối đa 1000 ký tự.")]


class RelationsFilter(msgspec.Struct, frozen=True, kw_only=True):
    """An absent field does not restrict. `unit`: both models are in it or below."""

    vi: ClassVar[str] = "Lọc quan hệ; bỏ trống là không lọc."

    unit: Annotated[Id | None, described("Cả hai mô hình trong đơn vị này và cấp dưới.")] = None
    kind: Annotated[RelationKind | None, described("Thuộc loại này.")] = None
    state: Annotated[
        RelationState | None, described("Ở trạng thái này; SUGGESTED là những gợi ý chờ người xem.")
    ] = None


class RelationsPage(ByFilter, frozen=True, kw_only=True):
    """Relations, the newest first."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    filter: RelationsFilter = RelationsFilter()


class RelationsById(ByKeys, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class RelationsOfModels(ByOwners, frozen=True, kw_only=True):
    """Confirmed relations of each model, on either side, the newest first."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class LookalikesOfModels(ByOwners, frozen=True, kw_only=True):
    """Undecided suggestions of each model, on either side, the newest first."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """A phrase that both titles have. `weight`: its share of all shared weight, in thousandths."""

    text: str
    weight: int


class RelationRow(msgspec.Struct, frozen=True, kw_only=True):
    """`model` is the later one. `score`: thousandths; 0 when a person stated it. `unit`: contains both models."""

    id: str
    version: int
    model: str
    other: str
    unit: UnitOnDay
    kind: RelationKind
    state: RelationState
    score: int
    grounds: tuple[Ground, ...]
    suggested_on: date | None
    decided_on: date | None
    decided_by: Annotated[str | None, msgspec.Meta(extra={"roles": DECIDES})]
    reason: Annotated[str | None, msgspec.Meta(extra={"roles": DECIDES})]


class RelationSuggested(Event, frozen=True, kw_only=True):
    """The system suggests a relation and decides nothing. Announced again when a new title changes kind or score."""

    model: str
    other: str
    kind: RelationKind
    score: int
    grounds: tuple[Ground, ...]
    on: date


class RelationLapsed(Event, frozen=True, kw_only=True):
    """A title was changed, and the titles are no longer alike."""

    model: str
    other: str
    on: date


class RelationConfirmed(Event, frozen=True, kw_only=True):
    """A person decided that `model` has this relation to `other`. `suggested`: whether the system had suggested it."""

    model: str
    other: str
    kind: RelationKind
    suggested: bool
    reason: str
    on: date


class RelationDismissed(Event, frozen=True, kw_only=True):
    model: str
    other: str
    kind: RelationKind
    reason: str
    on: date
