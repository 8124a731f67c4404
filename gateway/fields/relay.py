"""Types that all areas of the schema share: nodes, connections, refusals."""

from typing import Annotated, Any, Generic, TypeVar

import strawberry
from strawberry import ID

from services.kernel.messages import Refusal as RefusalRow
from services.kernel.rows import LARGEST_PAGE, Row

T = TypeVar("T")

COUNTING = 10.0
"""Cost of counting a list: a million models take some 0.3 s."""

VERSION = "Số lần thay đổi, từ 1."
OnDay = "Ngày việc ấy diễn ra; bỏ trống là hôm nay."


@strawberry.interface(description="Mọi đối tượng có mã riêng, tra được bằng `node(id)`.")
class Node:
    id: ID = strawberry.field(description="Mã của hệ thống, không bao giờ dùng lại.")


@strawberry.type(description="Vì sao không thực hiện; mã `code` ổn định, câu giải thích bằng hai thứ tiếng.")
class Refusal:
    code: str = strawberry.field(description="Ví dụ: title-empty, unit-not-in-force, already-decided.")
    fields: list[str] = strawberry.field(description="Các trường đầu vào liên quan.")
    message_vi: str = strawberry.field(description="Câu giải thích bằng tiếng Việt.")
    message_en: str = strawberry.field(description="Câu giải thích bằng tiếng Anh.")


def refusal_row(refusal: RefusalRow) -> Row:
    return {
        "__typename": "Refusal",
        "code": refusal.code,
        "fields": list(refusal.fields),
        "message_vi": refusal.vi,
        "message_en": refusal.en,
    }


@strawberry.type(description="Vị trí của một trang.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Còn mục sau trang này.")
    has_previous_page: bool = strawberry.field(description="Còn mục trước trang này.")
    start_cursor: str | None = strawberry.field(description="Con trỏ của mục đầu; null khi trang rỗng.")
    end_cursor: str | None = strawberry.field(
        description="Con trỏ của mục cuối, để hỏi trang sau; null khi trang rỗng."
    )


@strawberry.type(description="Một mục của trang, với con trỏ của nó.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="Đưa vào `after` hay `before` để hỏi những mục sau hay trước.")
    node: T = strawberry.field(description="Đối tượng của mục này.")


@strawberry.type(
    description="Một trang; trang sau bắt đầu sau `endCursor`, trang trước kết thúc trước `startCursor`."
)
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="Các mục của trang, theo thứ tự của danh sách.")
    page_info: PageInfo = strawberry.field(description="Trang này nằm ở đâu trong danh sách.")
    total_count: int = strawberry.field(
        description="Số mục của cả danh sách, mọi trang, trong phạm vi của người hỏi.",
        metadata={"weight": COUNTING},
    )


def described(text: str) -> Any:
    return strawberry.argument(description=text)


First = Annotated[int | None, described(f"Số mục đầu tiên (sau `after`), từ 1 đến {LARGEST_PAGE}.")]
Last = Annotated[int | None, described(f"Số mục cuối cùng (trước `before`), từ 1 đến {LARGEST_PAGE}.")]
After = Annotated[str | None, described("`endCursor` của trang trước; bỏ trống là từ đầu.")]
Before = Annotated[str | None, described("`startCursor` của trang sau; bỏ trống là đến cuối.")]
