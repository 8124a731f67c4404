"""The queries and rows of the search over models."""

from typing import ClassVar

import msgspec

from services.kernel.messages import ANY_OFFICE, Role
from services.kernel.rows import ByOwners
from services.kernel.search import messages as search
from services.kernel.words import Word
from services.registration.models.messages import ModelsFilter


class Search(search.SearchText, frozen=True, kw_only=True):
    """Models with all words of `text` in title, owner, place or unit: one row, for all hits."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    filter: ModelsFilter = ModelsFilter()


class SearchHits(ByOwners, frozen=True, kw_only=True):
    """A page of hits for each key of a `SearchRow`: the best first, among equals the newest."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class FacetKind(Word):
    """Đếm theo gì."""

    FIELD = "FIELD", "Lĩnh vực"
    LEVEL = "LEVEL", "Cấp đăng ký"
    SUBJECT_KIND = "SUBJECT_KIND", "Tập thể hay cá nhân"
    STATE = "STATE", "Trạng thái"
    YEAR = "YEAR", "Năm"


class Facet(msgspec.Struct, frozen=True, kw_only=True):
    """`value`: a word's code, or a year."""

    kind: FacetKind
    value: str
    total: int


class SearchRow(msgspec.Struct, frozen=True, kw_only=True):
    """`hits`: the key for `SearchHits`. `as_of`: number of the last event of the log that the index includes."""

    hits: str
    total: int
    as_of: int
    facets: tuple[Facet, ...]


class MatchedText(Word):
    """Từ khớp nằm ở đâu."""

    TITLE = "TITLE", "Tên mô hình"
    OWNER = "OWNER", "Tên tổ chức chủ trì"
    PLACE = "PLACE", "Địa điểm"
    UNIT = "UNIT", "Tên đơn vị hành chính, kể cả tên cũ và tên đơn vị kế thừa"


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a text: characters (code points) `start` to before `end`."""

    where: MatchedText
    text: str
    start: int
    end: int


class HitRow(msgspec.Struct, frozen=True, kw_only=True):
    """`exact`: all words have the marks they were typed with."""

    model: str
    exact: bool
    matches: tuple[Match, ...]


class SearchKey(search.SearchKey, frozen=True, kw_only=True, omit_defaults=True):
    filter: ModelsFilter
