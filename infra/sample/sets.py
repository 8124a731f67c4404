"""The data sets that `danvan demo` loads and compares with the published figures."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from infra.sample import hanoi_2017, hong_linh_2018
from infra.sample.hanoi_loader import load_hanoi
from infra.sample.loader import load_hong_linh
from services.kernel.config import Settings

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class DataSet:
    """`published`: (measure, dimension or "", code or "") → value.

    `gaps`: how much more the report has than the source, where the source does not add up by itself.
    """

    name: str
    title: str
    unit: str
    period: str
    published: Mapping[tuple[str, str, str], Decimal]
    load: Callable[[Settings, Progress], Awaitable[int]]
    gaps: Mapping[tuple[str, str, str], Decimal] = field(default_factory=dict)
    source_says: str = ""


HONG_LINH = DataSet(
    name="hong-linh-2018",
    title="Thị xã Hồng Lĩnh, 2018",
    unit=hong_linh_2018.PUBLISHED.unit,
    period=str(hong_linh_2018.PUBLISHED.year),
    published=hong_linh_2018.PUBLISHED_FIGURES,
    load=load_hong_linh,
)
HANOI = DataSet(
    name="hanoi-2017",
    title="Thành phố Hà Nội, 2017",
    unit=hanoi_2017.CITY,
    period=str(hanoi_2017.YEAR),
    published=hanoi_2017.PUBLISHED_FIGURES,
    load=load_hanoi,
    gaps=hanoi_2017.GAPS,
    source_says="Số liệu công bố theo lĩnh vực cộng lại là 7.924, ít hơn tổng số 7.984 đã công bố 60 mô hình; "
    "nguồn không giải thích.",
)
SETS = {one.name: one for one in (HONG_LINH, HANOI)}
