"""Governing documents in the schema."""

from datetime import date
from typing import Annotated

import strawberry
from strawberry import ID

from gateway.fields.declare import RootQuery, does, one, root
from gateway.fields.relay import VERSION, After, Before, Connection, First, Last, Node, Refusal, described
from gateway.fields.rows import shows
from gateway.schema.registration.units import Unit
from services.movement.words import BodyKind
from services.registration.documents.messages import (
    DocumentKind,
    DocumentRow,
    DocumentsFilter,
    DocumentsPage,
    RegisterDocument,
)
from services.registration.units.messages import UnitsOnDay


@shows(
    DocumentRow, "Văn bản chỉ đạo, xác định bằng loại, số, cơ quan ban hành và ngày; một mình số không đủ."
)
class GoverningDocument(Node):
    version: int = strawberry.field(description=VERSION)
    kind: DocumentKind = strawberry.field(description="Loại văn bản.")
    number: str = strawberry.field(description="Số, ký hiệu như ghi trên văn bản.")
    issued_on: date = strawberry.field(description="Ngày ban hành.")
    title: str = strawberry.field(description="Trích yếu.")
    issuer_name: str = strawberry.field(description="Tên cơ quan ban hành vào ngày ấy.")
    issuer_kind: BodyKind = strawberry.field(description="Loại cơ quan vào ngày ấy.")
    issuer: ID = strawberry.field(
        description="Mã cơ quan ban hành, tra bằng `node(id)` nếu thuộc phạm vi của người hỏi."
    )
    unit: Unit | None = one(UnitsOnDay, "unit", "Đơn vị của cơ quan ban hành vào ngày ban hành.")


DocumentResult = Annotated[
    GoverningDocument | Refusal,
    strawberry.union("DocumentResult", description="Văn bản đã ghi nhận, hoặc vì sao không ghi nhận."),
]


def _documents(
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    filter: Annotated[DocumentsFilter | None, described("Chỉ những văn bản thỏa mọi điều kiện.")] = None,
) -> RootQuery:
    return RootQuery(
        DocumentsPage(filter=filter or DocumentsFilter(), first=first, after=after, last=last, before=before)
    )


@strawberry.type
class DocumentsQuery:
    documents: Connection[GoverningDocument] = root(
        _documents, "Văn bản chỉ đạo, ghi nhận gần nhất trước.", DocumentsPage
    )


@strawberry.type
class DocumentsMutation:
    register_document: DocumentResult = does(
        RegisterDocument, GoverningDocument, "Ghi nhận một văn bản chỉ đạo."
    )
