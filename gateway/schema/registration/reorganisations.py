"""Reorganisations of units in the schema: a preview of a file, and the applied reorganisations."""

from datetime import date
from typing import Annotated

import strawberry
from strawberry import ID

from gateway.fields.declare import RootQuery, does, one, pages, root
from gateway.fields.relay import VERSION, After, Before, Connection, First, Last, Node, Refusal, described
from gateway.fields.rows import shows
from gateway.schema.registration.models import Model
from gateway.schema.registration.units import Unit
from services.kernel.units import UnitLevel
from services.registration.reorganisations.messages import (
    OpenModelsOfUnits,
    PreviewOfReorganisation,
    PreviewRow,
    ReorganisationKind,
    ReorganisationProblem,
    ReorganisationRow,
    ReorganisationsPage,
    ReorganiseUnits,
)
from services.registration.units.messages import UnitsOnDay

FILE = (
    "Nội dung tệp CSV (UTF-8), mỗi dòng một đơn vị cũ và đơn vị mà nó trở thành; các cột: effective_on, "
    "document_kind, document_number, document_issuer, document_date, kind, old, code, name, type, level, "
    "parent, main; thêm source, nơi đọc được văn bản, nếu có."
)


@strawberry.type(description="Một lỗi của tệp.")
class ReorganisationFault:
    row: int | None = strawberry.field(description="Dòng trong tệp, dòng tiêu đề là 1; null: cả tệp.")
    column: str | None = strawberry.field(description="Cột, nếu lỗi ở một cột.")
    problem: ReorganisationProblem = strawberry.field(description="Loại lỗi.")
    vi: str = strawberry.field(description="Bằng tiếng Việt.")
    en: str = strawberry.field(description="Bằng tiếng Anh.")


@strawberry.type(description="Một dòng: đơn vị cũ và đơn vị mà nó trở thành, hoặc nhập (một phần) vào.")
class ReorganisedUnit:
    row: int = strawberry.field(description="Dòng trong tệp.")
    kind: ReorganisationKind = strawberry.field(description="Cách sắp xếp.")
    unit: Unit | None = one(UnitsOnDay, "unit", "Đơn vị cũ, như ngay trước ngày có hiệu lực.")
    becomes: ID = strawberry.field(description="Mã của đơn vị từ ngày ấy; đơn vị đi tiếp thì giữ mã cũ.")
    name: str = strawberry.field(description="Tên từ ngày ấy.")
    code: str = strawberry.field(description="Mã quốc gia từ ngày ấy.")
    level: UnitLevel = strawberry.field(description="Cấp từ ngày ấy.")
    parent: ID | None = strawberry.field(description="Mã đơn vị cấp trên từ ngày ấy.")
    whole: bool = strawberry.field(description="Trọn vẹn hay một phần.")
    main: bool = strawberry.field(description="Đơn vị kế thừa chính.")


@strawberry.type(description="Hồ sơ của một đơn vị sẽ kết thúc hoặc thay đổi; hồ sơ giữ nguyên đơn vị cũ.")
class AffectedUnit:
    unit: Unit | None = one(UnitsOnDay, "unit", "Đơn vị, như ngay trước ngày có hiệu lực.")
    drafts: int = strawberry.field(description="Số bản nháp và mô hình đang được trả lại.")
    open_models: int = strawberry.field(description="Số mô hình đã gửi, chưa rút và chưa dừng.")
    organisations: int = strawberry.field(description="Số tổ chức chủ trì.")
    models: Connection[Model] = pages(
        OpenModelsOfUnits, "id", "Các bản nháp và mô hình ấy, mới nhất trước; mỗi trang tối đa 100."
    )


@shows(PreviewRow, "Điều sẽ xảy ra nếu áp dụng tệp, và mọi lỗi của tệp; xem trước không thay đổi gì.")
class ReorganisationPreview:
    digest: str = strawberry.field(description="Dấu của nội dung; như nhau với tệp cùng nội dung.")
    effective_on: date | None = strawberry.field(description="Ngày có hiệu lực.")
    document: str | None = strawberry.field(description="Văn bản làm căn cứ.")
    source: str = strawberry.field(description="Nơi đọc được văn bản; rỗng nếu tệp không nêu.")
    applied: ID | None = strawberry.field(
        description="Tệp này đã được áp dụng trong lần sắp xếp này; khi ấy không còn gì để xem trước."
    )
    problems: list[ReorganisationFault] = strawberry.field(description="Mọi lỗi; rỗng là áp dụng được.")
    lines: list[ReorganisedUnit] = strawberry.field(description="Từng dòng.")
    affected: list[AffectedUnit] = strawberry.field(description="Hồ sơ của từng đơn vị cũ, cả cấp dưới.")
    began: int = strawberry.field(description="Số đơn vị mới.")
    ended: int = strawberry.field(description="Số đơn vị kết thúc.")
    changed: int = strawberry.field(description="Số đơn vị đổi tên, mã, cấp hoặc cấp trên.")
    followers: int = strawberry.field(description="Số đơn vị bên dưới chỉ theo cấp trên mới.")
    drafts: int = strawberry.field(description="Tổng số bản nháp và mô hình đang được trả lại.")
    open_models: int = strawberry.field(description="Tổng số mô hình đã gửi, chưa rút và chưa dừng.")
    organisations: int = strawberry.field(description="Tổng số tổ chức chủ trì.")


@strawberry.type(description="Văn bản làm căn cứ của một lần sắp xếp đơn vị.")
class ReorganisationBasis:
    kind: str = strawberry.field(description="Loại: nghị quyết, nghị định…")
    number: str = strawberry.field(description="Số, ký hiệu.")
    issuer: str = strawberry.field(description="Cơ quan ban hành.")
    dated_on: date = strawberry.field(description="Ngày ban hành.")


@shows(
    ReorganisationRow,
    "Một lần sắp xếp đơn vị đã áp dụng. Hồ sơ giữ đơn vị cũ; quyền trong đơn vị cũ không sang đơn vị mới.",
)
class Reorganisation(Node):
    version: int = strawberry.field(description=VERSION)
    effective_on: date = strawberry.field(description="Ngày có hiệu lực.")
    document: ReorganisationBasis = strawberry.field(description="Văn bản làm căn cứ.")
    source: str = strawberry.field(description="Nơi đọc được văn bản; rỗng nếu tệp không nêu.")
    lines: list[ReorganisedUnit] = strawberry.field(description="Từng dòng.")
    began: int = strawberry.field(description="Số đơn vị mới.")
    ended: int = strawberry.field(description="Số đơn vị kết thúc.")
    changed: int = strawberry.field(description="Số đơn vị đổi tên, mã, cấp hoặc cấp trên.")
    followers: int = strawberry.field(description="Số đơn vị bên dưới chỉ theo cấp trên mới.")


ReorganisationResult = Annotated[
    Reorganisation | Refusal,
    strawberry.union("ReorganisationResult", description="Lần sắp xếp đã áp dụng, hoặc vì sao không."),
]


def _preview(file: Annotated[str, described(FILE)]) -> RootQuery:
    return RootQuery(PreviewOfReorganisation(file=file))


def _reorganisations(
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    unit: Annotated[
        ID | None, described("Chỉ những lần mà đơn vị này bắt đầu, kết thúc hay thay đổi.")
    ] = None,
) -> RootQuery:
    return RootQuery(ReorganisationsPage(unit=unit, first=first, after=after, last=last, before=before))


@strawberry.type
class ReorganisationsQuery:
    reorganisation_preview: ReorganisationPreview | None = root(
        _preview,
        "Xem trước một lần sắp xếp đơn vị theo tệp: ai nhập, ai chia, hồ sơ nào bị ảnh hưởng.",
        PreviewOfReorganisation,
    )
    reorganisations: Connection[Reorganisation] = root(
        _reorganisations, "Các lần sắp xếp đơn vị đã áp dụng, mới nhất trước.", ReorganisationsPage
    )


@strawberry.type
class ReorganisationsMutation:
    reorganise_units: ReorganisationResult = does(
        ReorganiseUnits,
        Reorganisation,
        "Áp dụng một lần sắp xếp đơn vị: toàn bộ tệp hoặc không gì cả; cùng một tệp chỉ áp dụng một lần.",
    )
