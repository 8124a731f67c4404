"""The search over models in the schema."""

from typing import Annotated

import strawberry

from gateway.fields.declare import RootQuery, one, pages, root
from gateway.fields.relay import Connection, described
from gateway.fields.rows import shows
from gateway.schema.registration.models import Model
from services.kernel.search.messages import LONGEST_TEXT
from services.registration.models.messages import ModelsById, ModelsFilter
from services.registration.search.messages import (
    FacetKind,
    HitRow,
    MatchedText,
    Search,
    SearchHits,
    SearchRow,
)


@strawberry.type(description="Một đoạn chữ khớp với nội dung tìm, để tô đậm.")
class SearchMatch:
    where: MatchedText = strawberry.field(description="Nằm ở đâu.")
    text: str = strawberry.field(description="Đoạn chữ ấy, như được viết.")
    start: int = strawberry.field(description="Từ ký tự thứ mấy, đếm từ 0.")
    end: int = strawberry.field(description="Đến trước ký tự thứ mấy.")


@shows(HitRow, "Một mô hình tìm thấy.")
class SearchHit:
    exact: bool = strawberry.field(description="Mọi từ khớp đúng cả dấu như người tìm đã gõ.")
    matches: list[SearchMatch] = strawberry.field(
        description="Những đoạn chữ khớp, trong tên mô hình, tên tổ chức chủ trì, địa điểm, tên đơn vị."
    )
    model: Model | None = one(ModelsById, "model", "Mô hình tìm thấy.")


@strawberry.type(description="Số mô hình tìm thấy có một giá trị.")
class SearchFacet:
    kind: FacetKind = strawberry.field(description="Đếm theo gì.")
    value: str = strawberry.field(description="Giá trị: mã của lĩnh vực, cấp, trạng thái…; hoặc năm.")
    total: int = strawberry.field(description="Số mô hình.")


@shows(SearchRow, "Kết quả của một lần tìm, trong phạm vi của người tìm.")
class SearchResult:
    total: int = strawberry.field(description="Số mô hình tìm thấy.")
    as_of: int = strawberry.field(
        description="Chỉ mục biết đến sự kiện thứ mấy của sổ ghi đăng ký; mô hình vừa lập có thể chưa tìm thấy."
    )
    facets: list[SearchFacet] = strawberry.field(
        description="Số mô hình tìm thấy theo lĩnh vực, cấp, loại chủ thể, trạng thái và năm."
    )
    hits: Connection[SearchHit] = pages(
        SearchHits,
        "hits",
        "Các mô hình tìm thấy, mỗi trang tối đa 100: đúng dấu trước, các từ đứng liền nhau trước, rồi mới nhất trước.",
    )


def _search(
    text: Annotated[
        str,
        described(
            f"Tối đa {LONGEST_TEXT} ký tự. Tìm mô hình có mọi từ này trong tên, tổ chức chủ trì, địa điểm hay đơn vị "
            "(kể cả tên cũ); gõ có dấu hay không dấu, viết tắt (MTTQ, UBND, NTM…) hay viết đủ đều được."
        ),
    ],
    filter: Annotated[ModelsFilter | None, described("Chỉ những mô hình thỏa mọi điều kiện.")] = None,
) -> RootQuery:
    return RootQuery(Search(text=text, filter=filter or ModelsFilter()))


@strawberry.type
class SearchQuery:
    search: SearchResult = root(
        _search, "Tìm mô hình bằng từ trong tên, tổ chức chủ trì, địa điểm, đơn vị.", Search
    )
