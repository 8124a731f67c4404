"""Relations between models in the schema: suggested by the machine, decided by people."""

from datetime import date
from typing import Annotated

import strawberry

from gateway.fields.declare import RootQuery, does, one, root
from gateway.fields.relay import VERSION, After, Before, Connection, First, Last, Node, Refusal, described
from gateway.fields.rows import shows
from gateway.schema.registration.models import Model
from gateway.schema.registration.units import Unit
from services.registration.models.messages import ModelsById
from services.registration.relations.messages import (
    AssertRelation,
    ConfirmRelation,
    DismissRelation,
    RelationKind,
    RelationRow,
    RelationsFilter,
    RelationsPage,
    RelationState,
)
from services.registration.units.messages import UnitsOnDay

DECIDED = "; null với người không phải cán bộ đăng ký, người thẩm định hay lãnh đạo ở đơn vị ấy."


@strawberry.type(description="Một cụm từ chung của hai tên mô hình, vì nó mà có gợi ý.")
class RelationGround:
    text: str = strawberry.field(description="Như viết trong tên mô hình sau.")
    weight: int = strawberry.field(
        description="Phần nghìn của tất cả những gì chung; từ hiếm nặng hơn, câu chữ của phong trào không tính."
    )


@shows(
    RelationRow,
    "Quan hệ của mô hình `model` với mô hình có trước `other`; thuộc đơn vị nhỏ nhất chứa cả hai.",
)
class Relation(Node):
    version: int = strawberry.field(description=VERSION)
    kind: RelationKind = strawberry.field(description="Trùng lặp, tiếp tục hay nhân rộng.")
    state: RelationState = strawberry.field(description="Máy gợi ý, hay người đã quyết định.")
    score: int = strawberry.field(description="Giống nhau đến đâu, phần nghìn; 0 khi không do máy gợi ý.")
    grounds: list[RelationGround] = strawberry.field(description="Những cụm từ làm nên điểm giống nhau.")
    suggested_on: date | None = strawberry.field(description="Ngày máy gợi ý, nếu có.")
    decided_on: date | None = strawberry.field(description="Ngày người quyết định, nếu đã có.")
    decided_by: str | None = strawberry.field(description="Mã người quyết định" + DECIDED)
    reason: str | None = strawberry.field(description="Vì sao quyết định như vậy" + DECIDED)
    model: Model | None = one(ModelsById, "model", "Mô hình sau.")
    other: Model | None = one(ModelsById, "other", "Mô hình trước.")
    unit: Unit | None = one(UnitsOnDay, "unit", "Đơn vị nhỏ nhất chứa cả hai mô hình.")


RelationResult = Annotated[
    Relation | Refusal,
    strawberry.union("RelationResult", description="Quan hệ sau khi thực hiện, hoặc vì sao không thực hiện."),
]


def _relations(
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    filter: Annotated[RelationsFilter | None, described("Chỉ những quan hệ thỏa mọi điều kiện.")] = None,
) -> RootQuery:
    return RootQuery(
        RelationsPage(filter=filter or RelationsFilter(), first=first, after=after, last=last, before=before)
    )


@strawberry.type
class RelationsQuery:
    relations: Connection[Relation] = root(
        _relations,
        "Quan hệ giữa các mô hình, mới nhất trước: gợi ý chờ người xem, đã xác nhận, đã bác bỏ.",
        RelationsPage,
    )


@strawberry.type
class RelationsMutation:
    confirm_relation: RelationResult = does(
        ConfirmRelation,
        Relation,
        "Xác nhận một quan hệ; hai mô hình vẫn giữ nguyên, không gộp.",
    )
    dismiss_relation: RelationResult = does(
        DismissRelation,
        Relation,
        "Bác bỏ một gợi ý; máy không gợi ý lại hai mô hình ấy.",
    )
    assert_relation: RelationResult = does(AssertRelation, Relation, "Khai một quan hệ giữa hai mô hình.")
