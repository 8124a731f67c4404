"""Organisations in the schema."""

from datetime import date
from typing import Annotated

import strawberry
from strawberry import ID

from gateway.fields.declare import Wish, does, one, root
from gateway.fields.relay import VERSION, After, Before, Connection, First, Last, Node, Refusal, described
from gateway.schema.registration.units import Unit
from services.movement.words import BodyKind
from services.registration.organisations.messages import (
    EndOrganisation,
    OrganisationFilter,
    OrganisationsById,
    OrganisationsPage,
    RegisterOrganisation,
    RenameOrganisation,
)
from services.registration.units.messages import UnitsOnDay


@strawberry.type(description="Tên một tổ chức từng mang.")
class FormerName:
    name: str = strawberry.field(description="Tên ấy.")
    kind: BodyKind = strawberry.field(description="Loại tổ chức khi ấy.")
    since: date | None = strawberry.field(description="Mang tên ấy từ ngày (null: không rõ).")
    until: date = strawberry.field(description="Mang tên ấy đến trước ngày.")
    document: str = strawberry.field(description="Văn bản đổi tên.")


@strawberry.type(description="Tổ chức: đơn vị chủ trì mô hình, cơ quan ban hành văn bản.")
class Organisation(Node):
    name: str = strawberry.field(description="Tên đầy đủ đang mang, hoặc tên cuối cùng.")
    kind: BodyKind = strawberry.field(description="Loại tổ chức.")
    version: int = strawberry.field(description=VERSION)
    since: date | None = strawberry.field(description="Mang tên ấy từ ngày nào (null: không rõ).")
    former: list[FormerName] = strawberry.field(
        description="Các tên từng mang, tên đầu tiên trước; tối đa 50."
    )
    ended_on: date | None = strawberry.field(
        description="Ngày đầu tiên không còn hoạt động; null khi đang hoạt động."
    )
    end_document: str | None = strawberry.field(
        description="Văn bản kết thúc hoạt động; null khi đang hoạt động."
    )
    successor: "Annotated[Organisation, strawberry.lazy('gateway.schema.registration.organisations')] | None" = one(
        OrganisationsById, "successor", "Tổ chức kế thừa nhiệm vụ, nếu có và trong phạm vi của người hỏi."
    )
    unit: Unit | None = one(UnitsOnDay, "unit", "Đơn vị hành chính mà tổ chức thuộc về, như hôm nay.")


@strawberry.input(description="Lọc tổ chức; bỏ trống là không lọc.")
class OrganisationsFilter:
    unit: ID | None = strawberry.field(default=None, description="Của đơn vị này và cấp dưới.")
    kind: BodyKind | None = strawberry.field(default=None, description="Thuộc loại này.")
    ended: bool | None = strawberry.field(
        default=None, description="Có: đã kết thúc hoạt động; không: chưa kết thúc."
    )


@strawberry.input(description="Tổ chức cần ghi nhận.")
class RegisterOrganisationInput:
    name: str = strawberry.field(description="Tên đầy đủ, tối đa 200 ký tự.")
    kind: BodyKind = strawberry.field(description="Loại tổ chức.")
    unit: ID = strawberry.field(description="Mã đơn vị hành chính mà tổ chức thuộc về.")
    on: date | None = strawberry.field(
        default=None, description="Một ngày mà đơn vị tồn tại; bỏ trống là hôm nay."
    )
    since: date | None = strawberry.field(
        default=None, description="Ngày bắt đầu hoạt động; bỏ trống khi không rõ."
    )


@strawberry.input(description="Tổ chức đổi tên, hoặc đổi thành loại khác, mà vẫn là tổ chức ấy.")
class RenameOrganisationInput:
    organisation: ID = strawberry.field(description="Mã tổ chức.")
    name: str = strawberry.field(description="Tên mới, tối đa 200 ký tự.")
    document: str = strawberry.field(description="Văn bản đổi tên, tối đa 300 ký tự.")
    kind: BodyKind | None = strawberry.field(default=None, description="Loại mới; bỏ trống là như cũ.")
    on: date | None = strawberry.field(
        default=None, description="Ngày đầu tiên mang tên mới; bỏ trống: hôm nay."
    )


@strawberry.input(description="Tổ chức kết thúc hoạt động.")
class EndOrganisationInput:
    organisation: ID = strawberry.field(description="Mã tổ chức.")
    document: str = strawberry.field(description="Văn bản kết thúc hoạt động, tối đa 300 ký tự.")
    successor: ID | None = strawberry.field(default=None, description="Mã tổ chức kế thừa nhiệm vụ, nếu có.")
    on: date | None = strawberry.field(
        default=None, description="Ngày đầu tiên không còn hoạt động; bỏ trống là hôm nay."
    )


OrganisationResult = Annotated[
    Organisation | Refusal,
    strawberry.union(
        "OrganisationResult", description="Tổ chức sau khi thực hiện, hoặc vì sao không thực hiện."
    ),
]


def _organisations(
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    filter: Annotated[OrganisationsFilter | None, described("Chỉ những tổ chức thỏa mọi điều kiện.")] = None,
) -> Wish:
    wanted = OrganisationFilter(**vars(filter)) if filter else OrganisationFilter()
    return Wish(OrganisationsPage(filter=wanted, first=first, after=after, last=last, before=before))


@strawberry.type
class OrganisationsQuery:
    organisations: Connection[Organisation] = root(
        _organisations, "Các tổ chức, ghi nhận gần nhất trước.", OrganisationsPage
    )


@strawberry.type
class OrganisationsMutation:
    register_organisation: OrganisationResult = does(
        RegisterOrganisation, RegisterOrganisationInput, Organisation, "Ghi nhận một tổ chức."
    )
    rename_organisation: OrganisationResult = does(
        RenameOrganisation,
        RenameOrganisationInput,
        Organisation,
        "Ghi nhận việc đổi tên hay đổi loại; tên cũ được giữ cùng thời gian của nó.",
    )
    end_organisation: OrganisationResult = does(
        EndOrganisation,
        EndOrganisationInput,
        Organisation,
        "Ghi nhận việc kết thúc hoạt động và ai kế thừa; mô hình đã có giữ nguyên.",
    )
