"""What every type of the schema shares: nodes, connections, refusals."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Generic, TypeVar

import strawberry
from strawberry import ID

from services.kernel.messages import Refusal as RefusalRow
from services.kernel.messages import Refused

T = TypeVar("T")
LARGEST_PAGE = 100


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


@strawberry.type(description="Một trang; trang sau bắt đầu sau `endCursor`.")
class Connection(Generic[T]):
    edges: list[Edge[T]]
    page_info: PageInfo


def described(text: str) -> Any:
    return strawberry.argument(description=text)


First = Annotated[int, described(f"Số mục của trang, từ 1 đến {LARGEST_PAGE}.")]
After = Annotated[str | None, described("`endCursor` của trang trước; bỏ trống là trang đầu.")]


def one_more(first: int) -> int:
    """What to ask a service for, so that a page of `first` knows whether there is another."""
    if not 1 <= first <= LARGEST_PAGE:
        raise Refused(
            "page-size",
            "first",
            vi=f"“first” phải từ 1 đến {LARGEST_PAGE}.",
            en=f"“first” must be from 1 to {LARGEST_PAGE}.",
        )
    return first + 1


def connection(
    nodes: Iterable[T], first: int, after: str | None, cursor: Callable[[T], str]
) -> Connection[T]:
    """`nodes`: one more than `first` when there is another page."""
    found = [Edge(cursor=cursor(node), node=node) for node in nodes]
    edges = found[:first]
    return Connection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=len(found) > first,
            has_previous_page=after is not None,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
    )
