"""What every type of the schema shares: nodes, connections, refusals."""

from typing import Any, Generic, TypeVar

import strawberry
from strawberry import ID

from services.kernel.messages import Refusal as RefusalRow

T = TypeVar("T")


@strawberry.interface(description="Mọi đối tượng có mã riêng, tra được bằng `node(id)`.")
class Node:
    id: ID


@strawberry.type(description="Vì sao không thực hiện; mã `code` ổn định, câu giải thích bằng hai thứ tiếng.")
class Refusal:
    code: str = strawberry.field(description="Ví dụ: title-empty, unit-not-in-force, already-decided.")
    fields: list[str] = strawberry.field(description="Các trường đầu vào liên quan.")
    message_vi: str
    message_en: str

    @classmethod
    def of(cls, row: RefusalRow) -> "Refusal":
        return cls(code=row.code, fields=list(row.fields), message_vi=row.vi, message_en=row.en)


@strawberry.type(description="Vị trí của một trang.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Còn trang sau.")
    has_previous_page: bool = strawberry.field(description="Không phải trang đầu.")
    start_cursor: str | None = strawberry.field(description="Con trỏ của mục đầu; null khi trang rỗng.")
    end_cursor: str | None = strawberry.field(description="Con trỏ của mục cuối, để hỏi trang sau.")


@strawberry.type(description="Một mục của trang, với con trỏ của nó.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="Đưa vào `after` để hỏi những mục sau mục này.")
    node: T


@strawberry.type(description="Một trang, mới nhất trước; trang sau bắt đầu sau `endCursor`.")
class Connection(Generic[T]):
    edges: list[Edge[T]]
    page_info: PageInfo


def connection(rows: list[Any], first: int, after: str | None, type_: Any) -> Any:
    """`rows` holds one more than `first` when there is another page."""
    edges = [Edge(cursor=row.id, node=type_.of(row)) for row in rows[:first]]
    return Connection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=len(rows) > first,
            has_previous_page=after is not None,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
    )
