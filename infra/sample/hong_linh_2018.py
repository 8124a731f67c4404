"""The sample data set *Thị xã Hồng Lĩnh, 2018*: a town of six communes and its year of Dân vận khéo.

`PUBLISHED` holds the figures of the town's summary of 2018: 112 models registered, by field, 65 recognised,
8 nominated, the land given, the days worked, and a value of 18,827 million đồng. (47 not met are the rest, 112 - 65.)
The summary does not say what the value covers. It is taken to cover everything, which gives 7.8 million đồng for each
work-day: the report flags that value and keeps it.
The source gives totals and eight examples, without the list behind them. The list here is invented to fit: it counts
and sums to exactly those figures. All models begin but those that the council found idle.
The choice of recognised models and of the eight nominated ones (here: the
examples), the contributions and all dates are illustrations.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType

from infra.sample.hong_linh_titles import (
    CULTURE_SOCIETY,
    DEFENCE_SECURITY,
    DRAFTS,
    ECONOMY,
    IDLE,
    NOT_MET_REASONS,
    POLITICAL_SYSTEM,
    RECOGNISED_REASONS,
    Draft,
)

TOWN = "u437"
BAC_HONG = "u18115"
NAM_HONG = "u18118"
TRUNG_LUONG = "u18121"
DUC_THUAN = "u18124"
DAU_LIEU = "u18127"
THUAN_LOC = "u18130"
COMMUNES = (BAC_HONG, NAM_HONG, TRUNG_LUONG, DUC_THUAN, DAU_LIEU, THUAN_LOC)

LAND_M2 = "LAND_M2"
MONEY = "MONEY"
WORK_DAY = "WORK_DAY"
RECOGNISED = "RECOGNISED"
NOT_MET = "NOT_MET"


@dataclass(frozen=True, slots=True)
class Organisation:
    ref: str
    name: str
    kind: str
    unit: str


@dataclass(frozen=True, slots=True)
class Contribution:
    kind: str  # LAND_M2 | WORK_DAY | MONEY
    amount: Decimal
    on: date
    note: str
    covers: str | None = None  # of MONEY: ALL


@dataclass(frozen=True, slots=True)
class Registration:
    ref: str
    owner: str  # the ref of an organisation
    title: str
    summary: str
    field: str
    subject: str
    drafted_on: date
    submitted_on: date
    accepted_on: date
    begun_on: date | None
    contributions: tuple[Contribution, ...]
    verdict: str  # RECOGNISED | NOT_MET
    reason: str
    decided_on: date
    nominated_on: date | None


@dataclass(frozen=True, slots=True)
class Activity:
    """`bodies`: refs of the organisations that held it."""

    ref: str
    kind: str
    bodies: tuple[str, ...]
    unit: str
    held_on: date
    title: str


@dataclass(frozen=True, slots=True)
class Published:
    unit: str
    year: int
    registered: int
    registered_by_field: Mapping[str, int]
    recognised: int
    not_met: int
    nominated: int
    land_m2: Decimal
    work_days: int
    money: int


PUBLISHED = Published(
    unit=TOWN,
    year=2018,
    registered=112,
    registered_by_field=MappingProxyType(
        {ECONOMY: 19, CULTURE_SOCIETY: 67, DEFENCE_SECURITY: 12, POLITICAL_SYSTEM: 14}
    ),
    recognised=65,
    not_met=47,
    nominated=8,
    land_m2=Decimal("1155.3"),
    work_days=2408,
    money=18_827_000_000,
)

PUBLISHED_FIGURES: Mapping[tuple[str, str, str], Decimal] = MappingProxyType(
    {
        ("REGISTERED", "", ""): Decimal(PUBLISHED.registered),
        **{
            ("REGISTERED", "FIELD", code): Decimal(number)
            for code, number in PUBLISHED.registered_by_field.items()
        },
        ("RECOGNISED", "", ""): Decimal(PUBLISHED.recognised),
        ("NOT_MET", "", ""): Decimal(PUBLISHED.not_met),
        ("NOMINATED", "", ""): Decimal(PUBLISHED.nominated),
        ("LAND_M2", "", ""): PUBLISHED.land_m2,
        ("WORK_DAY", "", ""): Decimal(PUBLISHED.work_days),
        ("MONEY", "", ""): Decimal(PUBLISHED.money),
    }
)
"""The same as a report shows them: (measure, dimension or "", code or "") → value."""

ORGANISATIONS: tuple[Organisation, ...] = (
    Organisation("tx-thi-uy", "Thị ủy Hồng Lĩnh", "PARTY_COMMITTEE", TOWN),
    Organisation("tx-ubnd", "UBND thị xã Hồng Lĩnh", "PEOPLES_COMMITTEE", TOWN),
    Organisation("tx-mttq", "Ủy ban MTTQ thị xã Hồng Lĩnh", "FATHERLAND_FRONT", TOWN),
    Organisation("tx-phu-nu", "Hội LHPN thị xã Hồng Lĩnh", "WOMENS_UNION", TOWN),
    Organisation("tx-nong-dan", "Hội Nông dân thị xã Hồng Lĩnh", "FARMERS_UNION", TOWN),
    Organisation("tx-doan", "Thị đoàn Hồng Lĩnh", "YOUTH_UNION", TOWN),
    Organisation("tx-ldld", "Liên đoàn Lao động thị xã Hồng Lĩnh", "TRADE_UNION", TOWN),
    Organisation("tx-cong-an", "Công an thị xã Hồng Lĩnh", "POLICE", TOWN),
    Organisation("tx-quan-su", "Ban Chỉ huy Quân sự thị xã Hồng Lĩnh", "MILITARY", TOWN),
    Organisation("tx-thpt", "Trường THPT Hồng Lĩnh", "SCHOOL", TOWN),
    Organisation("bh-dang-uy", "Đảng ủy phường Bắc Hồng", "PARTY_COMMITTEE", BAC_HONG),
    Organisation("bh-mttq", "Ủy ban MTTQ phường Bắc Hồng", "FATHERLAND_FRONT", BAC_HONG),
    Organisation("bh-phu-nu", "Hội LHPN phường Bắc Hồng", "WOMENS_UNION", BAC_HONG),
    # It registered nothing, as some organisations did.
    Organisation("bh-nong-dan", "Hội Nông dân phường Bắc Hồng", "FARMERS_UNION", BAC_HONG),
    Organisation("bh-quan-su", "Ban Chỉ huy Quân sự phường Bắc Hồng", "MILITARY", BAC_HONG),
    Organisation("bh-tieu-hoc", "Trường Tiểu học Bắc Hồng", "SCHOOL", BAC_HONG),
    Organisation("bh-tdp-4", "Tổ dân phố 4, phường Bắc Hồng", "RESIDENTIAL_GROUP", BAC_HONG),
    Organisation("nh-ubnd", "UBND phường Nam Hồng", "PEOPLES_COMMITTEE", NAM_HONG),
    Organisation("nh-mttq", "Ủy ban MTTQ phường Nam Hồng", "FATHERLAND_FRONT", NAM_HONG),
    Organisation("nh-phu-nu", "Hội LHPN phường Nam Hồng", "WOMENS_UNION", NAM_HONG),
    # It registered nothing.
    Organisation("nh-doan", "Đoàn phường Nam Hồng", "YOUTH_UNION", NAM_HONG),
    Organisation("nh-mam-non", "Trường Mầm non Nam Hồng", "SCHOOL", NAM_HONG),
    Organisation(
        "nh-chi-bo-doanh-nghiep",
        "Chi bộ doanh nghiệp trên địa bàn phường Nam Hồng",
        "ENTERPRISE_PARTY_CELL",
        NAM_HONG,
    ),
    Organisation("nh-tdp-7", "Tổ dân phố 7, phường Nam Hồng", "RESIDENTIAL_GROUP", NAM_HONG),
    Organisation("tl-mttq", "Ủy ban MTTQ phường Trung Lương", "FATHERLAND_FRONT", TRUNG_LUONG),
    Organisation("tl-phu-nu", "Hội LHPN phường Trung Lương", "WOMENS_UNION", TRUNG_LUONG),
    Organisation("tl-nong-dan", "Hội Nông dân phường Trung Lương", "FARMERS_UNION", TRUNG_LUONG),
    Organisation("tl-htx", "Hợp tác xã tiểu thủ công nghiệp phường Trung Lương", "COOPERATIVE", TRUNG_LUONG),
    Organisation("tl-cong-an", "Công an phường Trung Lương", "POLICE", TRUNG_LUONG),
    Organisation(
        "tl-tdp-la-giang", "Tổ dân phố La Giang, phường Trung Lương", "RESIDENTIAL_GROUP", TRUNG_LUONG
    ),
    Organisation("dt-ubnd", "UBND phường Đức Thuận", "PEOPLES_COMMITTEE", DUC_THUAN),
    Organisation("dt-mttq", "Ủy ban MTTQ phường Đức Thuận", "FATHERLAND_FRONT", DUC_THUAN),
    Organisation("dt-phu-nu", "Hội LHPN phường Đức Thuận", "WOMENS_UNION", DUC_THUAN),
    Organisation("dt-nong-dan", "Hội Nông dân phường Đức Thuận", "FARMERS_UNION", DUC_THUAN),
    Organisation("dt-ccb", "Hội Cựu chiến binh phường Đức Thuận", "VETERANS_ASSOCIATION", DUC_THUAN),
    Organisation("dt-tieu-hoc", "Trường Tiểu học Đức Thuận", "SCHOOL", DUC_THUAN),
    # It registered nothing: it supervises.
    Organisation(
        "dt-giam-sat",
        "Ban giám sát đầu tư của cộng đồng phường Đức Thuận",
        "COMMUNITY_INVESTMENT_SUPERVISION_BOARD",
        DUC_THUAN,
    ),
    Organisation(
        "dt-tdp-thuan-hoa", "Tổ dân phố Thuận Hòa, phường Đức Thuận", "RESIDENTIAL_GROUP", DUC_THUAN
    ),
    Organisation("dl-ubnd", "UBND phường Đậu Liêu", "PEOPLES_COMMITTEE", DAU_LIEU),
    Organisation("dl-mttq", "Ủy ban MTTQ phường Đậu Liêu", "FATHERLAND_FRONT", DAU_LIEU),
    Organisation("dl-phu-nu", "Hội LHPN phường Đậu Liêu", "WOMENS_UNION", DAU_LIEU),
    Organisation("dl-nong-dan", "Hội Nông dân phường Đậu Liêu", "FARMERS_UNION", DAU_LIEU),
    Organisation("dl-doan", "Đoàn phường Đậu Liêu", "YOUTH_UNION", DAU_LIEU),
    Organisation("dl-tieu-hoc", "Trường Tiểu học Đậu Liêu", "SCHOOL", DAU_LIEU),
    Organisation("tloc-dang-uy", "Đảng ủy xã Thuận Lộc", "PARTY_COMMITTEE", THUAN_LOC),
    Organisation("tloc-ubnd", "UBND xã Thuận Lộc", "PEOPLES_COMMITTEE", THUAN_LOC),
    Organisation("tloc-mttq", "Ủy ban MTTQ xã Thuận Lộc", "FATHERLAND_FRONT", THUAN_LOC),
    Organisation("tloc-phu-nu", "Hội LHPN xã Thuận Lộc", "WOMENS_UNION", THUAN_LOC),
    Organisation("tloc-nong-dan", "Hội Nông dân xã Thuận Lộc", "FARMERS_UNION", THUAN_LOC),
    Organisation("tloc-htx", "Hợp tác xã dịch vụ nông nghiệp xã Thuận Lộc", "COOPERATIVE", THUAN_LOC),
    Organisation("tloc-thon-hong-nguyet", "Thôn Hồng Nguyệt, xã Thuận Lộc", "RESIDENTIAL_GROUP", THUAN_LOC),
)


def _land(square_metres: str, month: int, day: int, note: str) -> Contribution:
    return Contribution(LAND_M2, Decimal(square_metres), date(2018, month, day), note)


def _days(days: int, month: int, day: int, note: str) -> Contribution:
    return Contribution(WORK_DAY, Decimal(days), date(2018, month, day), note)


_CONTRIBUTIONS: dict[str, tuple[Contribution, ...]] = {
    "hl18-001": (
        _land("186.5", 4, 28, "Hội viên cựu chiến binh hiến đất mở rộng đường liên tổ dân phố"),
        _land("142.0", 6, 16, "Các hộ hai bên đường hiến đất, lùi bờ rào"),
        _days(145, 7, 14, "Tháo dỡ, xây lại bờ rào và đổ bê tông mặt đường"),
    ),
    "hl18-002": (
        _land("174.3", 5, 19, "Các hộ dân tổ dân phố Thuận Hòa hiến đất mở rộng trục đường"),
        _days(140, 7, 21, "Nhân dân đào đắp, san lấp nền đường"),
    ),
    "hl18-003": (
        _land("158.0", 5, 12, "Các hộ góp đất mở rộng bờ vùng, đường nội đồng"),
        _days(170, 6, 9, "Đào đắp kênh mương, san gạt đường nội đồng"),
    ),
    "hl18-004": (_days(86, 6, 30, "Hội viên đổi công cải tạo vườn tạp"),),
    "hl18-020": (_days(92, 5, 5, "Cha mẹ trẻ làm vườn rau, sân chơi và đồ chơi từ vật liệu sẵn có"),),
    "hl18-021": (_days(118, 6, 17, "Hội viên giúp các hộ chỉnh trang nhà cửa, công trình vệ sinh"),),
    "hl18-023": (_days(96, 6, 23, "Đoàn viên, hội viên và láng giềng giúp công làm nhà cho hộ nghèo"),),
    "hl18-027": (_days(101, 5, 20, "Đoàn viên và Nhân dân dọn vệ sinh, trồng hoa các tuyến đường"),),
    "hl18-032": (
        _days(183, 6, 2, "Dân quân, tự vệ giúp Nhân dân nạo vét kênh mương, làm đường"),
        _days(93, 8, 25, "Dân quân, tự vệ tham gia tu sửa nhà văn hóa"),
    ),
    "hl18-034": (_days(61, 6, 9, "Nhân dân bóc dỡ quảng cáo, dọn vệ sinh tuyến phố"),),
    "hl18-036": (_days(61, 5, 12, "Hội viên làm đất, trồng hoa dọc tuyến đường"),),
    "hl18-041": (
        _land("62.5", 5, 5, "Hộ liền kề hiến đất mở rộng sân nhà văn hóa"),
        _days(76, 6, 30, "Nhân dân tu sửa nhà văn hóa, láng sân"),
    ),
    "hl18-043": (_days(104, 7, 14, "Nhân dân lát vỉa hè, chỉnh trang ngõ phố"),),
    "hl18-045": (_days(72, 5, 19, "Các liên gia tổng vệ sinh, trồng cây xanh"),),
    "hl18-051": (_days(54, 6, 16, "Nhân dân khơi thông cống rãnh, quét dọn ngõ"),),
    "hl18-052": (
        _land("38.0", 8, 11, "Hộ liền kề hiến đất mở rộng khuôn viên"),
        _days(30, 9, 22, "Nhân dân dọn mặt bằng, đắp nền sân"),
    ),
    "hl18-053": (_days(41, 7, 7, "Nhân dân dựng cột, kéo dây đèn đường"),),
    "hl18-056": (_days(67, 5, 26, "Hội viên dọn rác, đổ đất, trồng hoa"),),
    "hl18-059": (
        _land("118.4", 4, 21, "Các hộ hiến đất làm đường vào khu thể thao"),
        _days(124, 7, 28, "Nhân dân đổ móng, xây tường bao nhà văn hóa"),
    ),
    "hl18-064": (_days(44, 8, 18, "Cha mẹ học sinh dựng thư viện ngoài trời"),),
    "hl18-066": (
        _land("73.6", 5, 12, "Các hộ hiến đất làm rãnh, mở rộng ngõ"),
        _days(96, 6, 23, "Nhân dân làm rãnh thoát nước, đổ bê tông ngõ"),
    ),
    "hl18-073": (_days(36, 6, 16, "Đoàn viên cắm biển cảnh báo, dọn bãi tập bơi"),),
    "hl18-079": (
        _land("54.0", 4, 28, "Gia đình đảng viên hiến đất khi lùi hàng rào"),
        _days(72, 6, 2, "Chỉnh trang hàng rào, cổng ngõ"),
    ),
    "hl18-080": (
        _land("85.0", 5, 26, "Các hộ hiến đất mở rộng đường thôn"),
        _days(113, 8, 11, "Nhân dân làm đường, trồng hàng rào xanh"),
    ),
    "hl18-083": (_days(50, 6, 9, "Hội viên ươm cây, trồng hàng rào xanh"),),
    "hl18-085": (
        _land("63.0", 5, 12, "Hai hộ liền kề hiến đất làm sân thể thao"),
        _days(83, 7, 14, "Nhân dân đào móng, san sân thể thao"),
    ),
}

_THOUSAND = 1000


def _values() -> dict[str, tuple[Contribution, ...]]:
    """The published value, divided by work-days and rounded to a thousand đồng; the last item has the remainder."""
    days = [(ref, given) for ref, all_ in _CONTRIBUTIONS.items() for given in all_ if given.kind == WORK_DAY]
    left = PUBLISHED.money
    values: dict[str, tuple[Contribution, ...]] = {}
    for place, (ref, given) in enumerate(days, 1):
        share = int(PUBLISHED.money * given.amount / PUBLISHED.work_days) // _THOUSAND * _THOUSAND
        amount = left if place == len(days) else share
        left -= amount
        note = "Tổng trị giá theo báo cáo của thị xã, chia theo ngày công"
        value = Contribution(MONEY, Decimal(amount), given.on, note, "ALL")
        values[ref] = (*values.get(ref, ()), value)
    return values


_VALUES = _values()
_AFTER_TET = date(2018, 2, 21)
_SUBMISSIONS_OPEN = date(2018, 3, 19)
_COUNCIL_DAYS = (date(2018, 11, 13), date(2018, 11, 15), date(2018, 11, 20), date(2018, 11, 22))
_NOMINATIONS_ON = date(2018, 12, 5)


def _working_day(day: date) -> date:
    """The day itself, or the Monday after a Saturday or Sunday."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= 5 else 0)


def _registration(index: int, draft: Draft) -> Registration:
    """A draft with its dates and its verdict, which depend only on its place in the list."""
    drafted_on = _working_day(_AFTER_TET + timedelta(days=index * 11 % 24))
    submitted_on = _working_day(_SUBMISSIONS_OPEN + timedelta(days=index * 5 % 12))
    accepted_on = _working_day(submitted_on + timedelta(days=2 + index * 7 % 15))
    wordings = NOT_MET_REASONS[draft.not_met] if draft.not_met else RECOGNISED_REASONS[draft.subject]
    return Registration(
        ref=draft.ref,
        owner=draft.owner,
        title=draft.title,
        summary=draft.summary,
        field=draft.field,
        subject=draft.subject,
        drafted_on=drafted_on,
        submitted_on=submitted_on,
        accepted_on=accepted_on,
        begun_on=None if draft.not_met == IDLE else _working_day(accepted_on + timedelta(days=7)),
        contributions=(*_CONTRIBUTIONS.get(draft.ref, ()), *_VALUES.get(draft.ref, ())),
        verdict=NOT_MET if draft.not_met else RECOGNISED,
        reason=wordings[index % len(wordings)],
        decided_on=_COUNCIL_DAYS[index % len(_COUNCIL_DAYS)],
        nominated_on=_NOMINATIONS_ON if draft.nominated else None,
    )


REGISTRATIONS: tuple[Registration, ...] = tuple(
    _registration(index, draft) for index, draft in enumerate(DRAFTS)
)

ACTIVITIES: tuple[Activity, ...] = (
    Activity(
        "hl18-gs-01",
        "SUPERVISION",
        ("tx-mttq", "tx-nong-dan"),
        TOWN,
        date(2018, 5, 17),
        "Giám sát việc huy động, quản lý và sử dụng các khoản đóng góp của Nhân dân",
    ),
    Activity(
        "hl18-gs-02",
        "SUPERVISION",
        ("tx-phu-nu",),
        DAU_LIEU,
        date(2018, 6, 21),
        "Giám sát việc thực hiện chính sách đối với phụ nữ và trẻ em hộ nghèo",
    ),
    Activity(
        "hl18-gs-03",
        "INSPECTION",
        ("dt-giam-sat",),
        DUC_THUAN,
        date(2018, 7, 26),
        "Kiểm tra chất lượng thi công đường tổ dân phố Thuận Hòa do Nhân dân hiến đất, góp công",
    ),
    Activity(
        "hl18-gs-04",
        "SOCIAL_CRITICISM",
        ("tx-mttq",),
        TOWN,
        date(2018, 9, 13),
        "Phản biện xã hội dự thảo đề án chỉnh trang đô thị của thị xã",
    ),
    Activity(
        "hl18-gs-05",
        "SURVEY",
        ("tx-thi-uy",),
        TOWN,
        date(2018, 10, 18),
        'Khảo sát việc thực hiện các mô hình "Dân vận khéo" trước đợt thẩm định cuối năm',
    ),
)
