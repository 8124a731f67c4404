"""Programmes in the schema."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import ID

from gateway.fields.declare import Wish, does, one, pages, root
from gateway.fields.relay import VERSION, After, Before, Connection, First, Last, Node, Refusal, described
from gateway.schema.registration.documents import GoverningDocument
from gateway.schema.registration.units import Unit
from services.registration.launches.messages import LaunchesOfProgrammes
from services.registration.programmes.messages import (
    AddPlanItem,
    CiteDocument,
    DocumentsOfProgrammes,
    DropPlanItem,
    EndProgramme,
    ProgrammeFilter,
    ProgrammesPage,
    SetTheme,
    StartProgramme,
)
from services.registration.units.messages import UnitsOnDay

if TYPE_CHECKING:
    from gateway.schema.registration.launches import Launch

EXPECTED = "Phiên bản đã xem; nếu đã có người sửa sau đó thì không làm gì và cho biết đã đổi những gì."


@strawberry.type(description="Chủ đề của một năm.")
class AnnualTheme:
    year: int = strawberry.field(description="Năm nào.")
    theme: str = strawberry.field(description="Chủ đề.")
    document: ID | None = strawberry.field(
        description="Mã văn bản đặt ra chủ đề, tra bằng `node(id)`; null khi không nêu."
    )


@strawberry.type(description="Một nhiệm vụ trong kế hoạch.")
class PlanItem:
    item: int = strawberry.field(description="Số của nhiệm vụ, không bao giờ dùng lại.")
    year: int = strawberry.field(description="Của năm nào.")
    task: str = strawberry.field(description="Việc phải làm.")
    lead: str = strawberry.field(description="Đơn vị chủ trì; có thể rỗng.")
    due_on: date | None = strawberry.field(description="Hạn; null khi không có ngày cụ thể.")


@strawberry.type(description="Phong trào, đề án, chương trình nhiều năm.")
class Programme(Node):
    version: int = strawberry.field(description=VERSION)
    name: str = strawberry.field(description="Tên chương trình.")
    first_year: int = strawberry.field(description="Năm đầu của thời kỳ.")
    last_year: int = strawberry.field(description="Năm cuối của thời kỳ, tính cả năm ấy.")
    started_on: date = strawberry.field(description="Ngày lập chương trình.")
    themes: list[AnnualTheme] = strawberry.field(description="Chủ đề từng năm, theo năm.")
    plan: list[PlanItem] = strawberry.field(description="Kế hoạch, theo năm và hạn; tối đa 500 nhiệm vụ.")
    ended_on: date | None = strawberry.field(description="Ngày kết thúc trước hạn; null khi không.")
    end_reason: str | None = strawberry.field(description="Vì sao kết thúc trước hạn; null khi không.")
    unit: Unit | None = one(UnitsOnDay, "unit", "Đơn vị của chương trình, vào ngày lập.")
    documents: Connection[GoverningDocument] = pages(
        DocumentsOfProgrammes, "id", "Các văn bản căn cứ, theo thứ tự viện dẫn; tối đa 50."
    )
    launches: Connection[Annotated["Launch", strawberry.lazy("gateway.schema.registration.launches")]] = (
        pages(LaunchesOfProgrammes, "id", "Các đợt phát động, mới nhất trước.")
    )


@strawberry.input(description="Lọc chương trình; bỏ trống là không lọc.")
class ProgrammesFilter:
    unit: ID | None = strawberry.field(default=None, description="Của đơn vị này và cấp dưới.")
    year: int | None = strawberry.field(default=None, description="Thực hiện trong năm này.")


@strawberry.input(description="Chương trình mới, cho một đơn vị và mọi cấp dưới.")
class StartProgrammeInput:
    unit: ID = strawberry.field(description="Mã đơn vị.")
    name: str = strawberry.field(description="Tên, tối đa 300 ký tự.")
    first_year: int = strawberry.field(description="Năm đầu.")
    last_year: int = strawberry.field(description="Năm cuối, tính cả năm ấy; thời kỳ dài tối đa 15 năm.")
    documents: list[ID] = strawberry.field(description="Mã các văn bản căn cứ, từ 1 đến 50.")
    on: date | None = strawberry.field(
        default=None, description="Ngày lập, khi đơn vị tồn tại; bỏ trống là hôm nay."
    )


@strawberry.input(description="Thêm một văn bản căn cứ.")
class CiteDocumentInput:
    programme: ID = strawberry.field(description="Mã chương trình.")
    document: ID = strawberry.field(description="Mã văn bản.")
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED)


@strawberry.input(description="Chủ đề của một năm, thay chủ đề cũ nếu có.")
class SetThemeInput:
    programme: ID = strawberry.field(description="Mã chương trình.")
    year: int = strawberry.field(description="Năm, trong thời kỳ của chương trình.")
    theme: str = strawberry.field(description="Chủ đề, tối đa 1000 ký tự.")
    document: ID | None = strawberry.field(default=None, description="Mã văn bản đặt ra chủ đề.")
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED)


@strawberry.input(description="Một nhiệm vụ thêm vào kế hoạch.")
class AddPlanItemInput:
    programme: ID = strawberry.field(description="Mã chương trình.")
    year: int = strawberry.field(description="Năm, trong thời kỳ của chương trình.")
    task: str = strawberry.field(description="Việc phải làm, tối đa 1000 ký tự.")
    lead: str = strawberry.field(default="", description="Đơn vị chủ trì, tối đa 200 ký tự.")
    due_on: date | None = strawberry.field(default=None, description="Hạn, trong năm ấy.")
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED)


@strawberry.input(description="Bỏ một nhiệm vụ khỏi kế hoạch; lịch sử vẫn giữ.")
class DropPlanItemInput:
    programme: ID = strawberry.field(description="Mã chương trình.")
    item: int = strawberry.field(description="Số của nhiệm vụ.")
    reason: str = strawberry.field(description="Lý do, tối đa 1000 ký tự.")
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED)


@strawberry.input(description="Kết thúc chương trình trước hạn.")
class EndProgrammeInput:
    programme: ID = strawberry.field(description="Mã chương trình.")
    reason: str = strawberry.field(description="Lý do, tối đa 1000 ký tự.")
    on: date | None = strawberry.field(default=None, description="Ngày kết thúc; bỏ trống là hôm nay.")
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED)


ProgrammeResult = Annotated[
    Programme | Refusal,
    strawberry.union(
        "ProgrammeResult", description="Chương trình sau khi thực hiện, hoặc vì sao không thực hiện."
    ),
]


def _programmes(
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    filter: Annotated[
        ProgrammesFilter | None, described("Chỉ những chương trình thỏa mọi điều kiện.")
    ] = None,
) -> Wish:
    wanted = ProgrammeFilter(**vars(filter)) if filter else ProgrammeFilter()
    return Wish(ProgrammesPage(filter=wanted, first=first, after=after, last=last, before=before))


@strawberry.type
class ProgrammesQuery:
    programmes: Connection[Programme] = root(_programmes, "Các chương trình, mới nhất trước.", ProgrammesPage)


@strawberry.type
class ProgrammesMutation:
    start_programme: ProgrammeResult = does(
        StartProgramme, StartProgrammeInput, Programme, "Lập một chương trình."
    )
    cite_document: ProgrammeResult = does(
        CiteDocument, CiteDocumentInput, Programme, "Thêm một văn bản căn cứ vào chương trình."
    )
    set_theme: ProgrammeResult = does(SetTheme, SetThemeInput, Programme, "Đặt chủ đề của một năm.")
    add_plan_item: ProgrammeResult = does(
        AddPlanItem, AddPlanItemInput, Programme, "Thêm một nhiệm vụ vào kế hoạch."
    )
    drop_plan_item: ProgrammeResult = does(
        DropPlanItem, DropPlanItemInput, Programme, "Bỏ một nhiệm vụ khỏi kế hoạch."
    )
    end_programme: ProgrammeResult = does(
        EndProgramme,
        EndProgrammeInput,
        Programme,
        "Kết thúc chương trình trước hạn: mô hình của những năm sau không thuộc chương trình nữa.",
    )
