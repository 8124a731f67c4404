"""Programmes in the schema."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import ID

from gateway.fields.declare import RootQuery, does, one, pages, root
from gateway.fields.relay import VERSION, After, Before, Connection, First, Last, Node, Refusal, described
from gateway.fields.rows import shows
from gateway.schema.registration.documents import GoverningDocument
from gateway.schema.registration.units import Home, Unit
from services.registration.launches.messages import LaunchesOfProgrammes
from services.registration.programmes.messages import (
    AddPlanItem,
    CiteDocument,
    DocumentsOfProgrammes,
    DropPlanItem,
    EndProgramme,
    ProgrammeRow,
    ProgrammesFilter,
    ProgrammesPage,
    SetTheme,
    StartProgramme,
)
from services.registration.units.messages import UnitsOnDay

if TYPE_CHECKING:
    from gateway.schema.registration.launches import Launch


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


@shows(ProgrammeRow, "Phong trào, đề án, chương trình nhiều năm.")
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
    lives_under: Unit | None = one(
        UnitsOnDay,
        "lives_under",
        "Đơn vị nay phụ trách: đơn vị của chương trình, hoặc đơn vị đã nhận bàn giao.",
    )
    homes: list[Home] = strawberry.field(description="Các lần bàn giao cho đơn vị kế thừa, lần đầu trước.")
    documents: Connection[GoverningDocument] = pages(
        DocumentsOfProgrammes, "id", "Các văn bản căn cứ, theo thứ tự viện dẫn; tối đa 50."
    )
    launches: Connection[Annotated["Launch", strawberry.lazy("gateway.schema.registration.launches")]] = (
        pages(LaunchesOfProgrammes, "id", "Các đợt phát động, mới nhất trước.")
    )


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
) -> RootQuery:
    return RootQuery(
        ProgrammesPage(
            filter=filter or ProgrammesFilter(), first=first, after=after, last=last, before=before
        )
    )


@strawberry.type
class ProgrammesQuery:
    programmes: Connection[Programme] = root(_programmes, "Các chương trình, mới nhất trước.", ProgrammesPage)


@strawberry.type
class ProgrammesMutation:
    start_programme: ProgrammeResult = does(StartProgramme, Programme, "Lập một chương trình.")
    cite_document: ProgrammeResult = does(
        CiteDocument, Programme, "Thêm một văn bản căn cứ vào chương trình."
    )
    set_theme: ProgrammeResult = does(SetTheme, Programme, "Đặt chủ đề của một năm.")
    add_plan_item: ProgrammeResult = does(AddPlanItem, Programme, "Thêm một nhiệm vụ vào kế hoạch.")
    drop_plan_item: ProgrammeResult = does(DropPlanItem, Programme, "Bỏ một nhiệm vụ khỏi kế hoạch.")
    end_programme: ProgrammeResult = does(
        EndProgramme,
        Programme,
        "Kết thúc chương trình trước hạn: mô hình của những năm sau không thuộc chương trình nữa.",
    )
