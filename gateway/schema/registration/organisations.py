"""Organisations in the schema."""

from datetime import date
from typing import Annotated

import strawberry
from strawberry import ID

from gateway.fields.declare import RootQuery, does, one, root
from gateway.fields.relay import VERSION, After, Before, Connection, First, Last, Node, Refusal, described
from gateway.fields.rows import shows
from gateway.schema.registration.units import Unit
from services.movement.words import BodyKind
from services.registration.organisations.messages import (
    EndOrganisation,
    MergeOrganisations,
    OrganisationRow,
    OrganisationsById,
    OrganisationsFilter,
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


@strawberry.type(
    description="Một lần ghi nhận trùng đã được gộp; mã của nó vẫn dùng được và có nghĩa là tổ chức này."
)
class MergedEntry:
    organisation: ID = strawberry.field(description="Mã được gộp.")
    name: str = strawberry.field(description="Tên khi được gộp.")
    kind: BodyKind = strawberry.field(description="Loại tổ chức khi được gộp.")
    on: date = strawberry.field(description="Ngày gộp.")
    reason: str = strawberry.field(description="Vì sao biết là một.")
    document: str = strawberry.field(description="Văn bản căn cứ; rỗng nếu không có.")


@shows(OrganisationRow, "Tổ chức: đơn vị chủ trì mô hình, cơ quan ban hành văn bản.")
class Organisation(Node):
    name: str = strawberry.field(description="Tên đầy đủ đang mang, hoặc tên cuối cùng.")
    kind: BodyKind = strawberry.field(description="Loại tổ chức.")
    version: int = strawberry.field(description=VERSION)
    since: date | None = strawberry.field(description="Mang tên ấy từ ngày nào (null: không rõ).")
    former: list[FormerName] = strawberry.field(
        description="Các tên từng mang, tên đầu tiên trước; tối đa 50."
    )
    merged: list[MergedEntry] = strawberry.field(
        description="Những lần ghi nhận trùng đã được gộp vào tổ chức này."
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
) -> RootQuery:
    return RootQuery(
        OrganisationsPage(
            filter=filter or OrganisationsFilter(), first=first, after=after, last=last, before=before
        )
    )


@strawberry.type
class OrganisationsQuery:
    organisations: Connection[Organisation] = root(
        _organisations, "Các tổ chức, ghi nhận gần nhất trước.", OrganisationsPage
    )


@strawberry.type
class OrganisationsMutation:
    register_organisation: OrganisationResult = does(
        RegisterOrganisation, Organisation, "Ghi nhận một tổ chức."
    )
    rename_organisation: OrganisationResult = does(
        RenameOrganisation,
        Organisation,
        "Ghi nhận việc đổi tên hay đổi loại; tên cũ được giữ cùng thời gian của nó.",
    )
    end_organisation: OrganisationResult = does(
        EndOrganisation,
        Organisation,
        "Ghi nhận việc kết thúc hoạt động và ai kế thừa; mô hình đã có giữ nguyên.",
    )
    merge_organisations: OrganisationResult = does(
        MergeOrganisations,
        Organisation,
        "Gộp hai lần ghi nhận của cùng một tổ chức: cả hai mã về sau đều có nghĩa là tổ chức được giữ, "
        "với mô hình của cả hai.",
    )
