"""The vocabulary that every service counts by: fields, subjects, levels, contributions, and kinds of bodies."""

from datetime import date

from services.kernel.messages import Refused
from services.kernel.text import folded
from services.kernel.units import UnitLevel
from services.kernel.words import Word


class Field(Word):
    """Lĩnh vực."""

    ECONOMY = "ECONOMY", "Kinh tế"
    CULTURE_SOCIETY = "CULTURE_SOCIETY", "Văn hóa - xã hội"
    DEFENCE_SECURITY = "DEFENCE_SECURITY", "Quốc phòng - an ninh"
    POLITICAL_SYSTEM = "POLITICAL_SYSTEM", "Xây dựng hệ thống chính trị"


_ALIASES = {
    Field.ECONOMY: ("phát triển kinh tế", "lĩnh vực kinh tế", "kt"),
    Field.CULTURE_SOCIETY: ("văn hóa xã hội", "văn hóa, xã hội", "văn hoá - xã hội", "VHXH", "VH-XH"),
    Field.DEFENCE_SECURITY: (
        "an ninh quốc phòng",
        "an ninh - quốc phòng",
        "quốc phòng an ninh",
        "quốc phòng, an ninh",
        "QPAN",
        "QP-AN",
        "ANQP",
    ),
    Field.POLITICAL_SYSTEM: (
        "hệ thống chính trị",
        "xây dựng đảng và hệ thống chính trị",
        "xây dựng đảng, hệ thống chính trị",
        "xây dựng Đảng, chính quyền và hệ thống chính trị",
        "HTCT",
    ),
}


def _bare(text: str) -> str:
    return folded(text.replace("-", " ").replace(",", " ").replace("_", " "))


_FIELDS = {_bare(word): field for field in Field for word in (field.value, field.vi, *_ALIASES[field])}


def field_named(text: str) -> Field:
    """The field with this code, name or alias. Tone marks, case and hyphens do not matter."""
    field = _FIELDS.get(_bare(text))
    if field is None:
        raise Refused(
            "field-unknown",
            "field",
            vi=f"Không có lĩnh vực “{text[:60]}”; các lĩnh vực: {'; '.join(field.vi for field in Field)}.",
            en=f"There is no field “{text[:60]}”; the fields are {', '.join(Field)}.",
        )
    return field


class SubjectKind(Word):
    """Tập thể hay cá nhân."""

    COLLECTIVE = "COLLECTIVE", "Tập thể"
    INDIVIDUAL = "INDIVIDUAL", "Cá nhân"


class Level(Word):
    """Cấp đăng ký; cấp quận, huyện, thị xã kết thúc ngày 30/6/2025, lịch sử vẫn giữ."""

    CITY = "CITY", "Cấp thành phố, tỉnh"
    DISTRICT = "DISTRICT", "Cấp quận, huyện, thị xã"
    COMMUNE = "COMMUNE", "Cấp cơ sở"


DISTRICTS_END = date(2025, 7, 1)
"""First day without districts, and so without the district level."""

_LEVELS = {
    UnitLevel.PROVINCE: Level.CITY,
    UnitLevel.DISTRICT: Level.DISTRICT,
    UnitLevel.COMMUNE: Level.COMMUNE,
}


def level_of(unit: UnitLevel) -> Level:
    """Level of the models that an organisation of such a unit registers. Bodies of the whole country register none."""
    level = _LEVELS.get(unit)
    if level is None:
        raise Refused(
            "unit-level",
            "unit",
            vi="Đơn vị phải thuộc cấp tỉnh, cấp huyện hoặc cấp xã.",
            en="The unit must be a province, a district or a commune.",
        )
    return level


class ContributionKind(Word):
    """Nguồn lực huy động, mỗi loại theo đơn vị tính của nó."""

    LAND_M2 = "LAND_M2", "Hiến đất (m²)"
    WORK_DAY = "WORK_DAY", "Ngày công"
    MONEY = "MONEY", "Kinh phí (đồng)"


class Covers(Word):
    """Số tiền được nêu bao gồm những gì."""

    CASH = "CASH", "Tiền"
    WORK_DAYS = "WORK_DAYS", "Ngày công quy ra tiền"
    LAND = "LAND", "Đất quy ra tiền"
    MATERIALS = "MATERIALS", "Hiện vật, vật liệu quy ra tiền"
    ALL = "ALL", "Tất cả: tiền, ngày công, đất, hiện vật"
    UNSTATED = "UNSTATED", "Không nêu rõ"


class OutlierRule(Word):
    """Quy tắc đánh dấu số liệu bất thường; số liệu được giữ nguyên."""

    VALUE_PER_WORK_DAY = "VALUE_PER_WORK_DAY", "Giá trị một ngày công quá cao"
    VALUE_PER_M2 = "VALUE_PER_M2", "Giá trị một mét vuông đất quá cao"
    WORK_DAYS_AT_ONCE = "WORK_DAYS_AT_ONCE", "Quá nhiều ngày công trong một lần"
    LAND_AT_ONCE = "LAND_AT_ONCE", "Quá nhiều đất trong một lần"
    MONEY_TOO_SMALL = "MONEY_TOO_SMALL", "Số tiền quá nhỏ, có thể sai đơn vị tính"


class BodyKind(Word):
    """Loại tổ chức."""

    PARTY_COMMITTEE = "PARTY_COMMITTEE", "Cấp ủy"
    MASS_MOBILISATION_COMMISSION = "MASS_MOBILISATION_COMMISSION", "Ban Dân vận (đến năm 2025)"
    PROPAGANDA_AND_MASS_MOBILISATION_COMMISSION = (
        "PROPAGANDA_AND_MASS_MOBILISATION_COMMISSION",
        "Ban Tuyên giáo và Dân vận (từ năm 2025)",
    )
    PARTY_BODY = "PARTY_BODY", "Cơ quan khác của Đảng"
    PEOPLES_INSPECTION_BOARD = "PEOPLES_INSPECTION_BOARD", "Ban Thanh tra nhân dân"
    COMMUNITY_INVESTMENT_SUPERVISION_BOARD = (
        "COMMUNITY_INVESTMENT_SUPERVISION_BOARD",
        "Ban giám sát đầu tư của cộng đồng",
    )
    PEOPLES_COUNCIL = "PEOPLES_COUNCIL", "Hội đồng nhân dân"
    STATE_BODY = "STATE_BODY", "Cơ quan nhà nước khác"
    PEOPLES_COMMITTEE = "PEOPLES_COMMITTEE", "Ủy ban nhân dân"
    FATHERLAND_FRONT = "FATHERLAND_FRONT", "Mặt trận Tổ quốc"
    WOMENS_UNION = "WOMENS_UNION", "Hội Liên hiệp Phụ nữ"
    FARMERS_UNION = "FARMERS_UNION", "Hội Nông dân"
    VETERANS_ASSOCIATION = "VETERANS_ASSOCIATION", "Hội Cựu chiến binh"
    YOUTH_UNION = "YOUTH_UNION", "Đoàn Thanh niên"
    TRADE_UNION = "TRADE_UNION", "Công đoàn"
    POLICE = "POLICE", "Công an"
    MILITARY = "MILITARY", "Quân đội"
    SCHOOL = "SCHOOL", "Trường học"
    COOPERATIVE = "COOPERATIVE", "Hợp tác xã"
    ENTERPRISE_PARTY_CELL = "ENTERPRISE_PARTY_CELL", "Chi bộ doanh nghiệp"
    RESIDENTIAL_GROUP = "RESIDENTIAL_GROUP", "Tổ dân phố, thôn, xóm"
