"""The words of registration that other services count by: fields, subjects, levels, and who owns a model."""

from enum import StrEnum

from services.kernel.messages import Refused
from services.kernel.text import folded
from services.kernel.units import UnitLevel


class Field(StrEnum):
    """Lĩnh vực."""

    ECONOMY = "ECONOMY"
    CULTURE_SOCIETY = "CULTURE_SOCIETY"
    DEFENCE_SECURITY = "DEFENCE_SECURITY"
    POLITICAL_SYSTEM = "POLITICAL_SYSTEM"


FIELD_NAMES = {
    Field.ECONOMY: "Kinh tế",
    Field.CULTURE_SOCIETY: "Văn hóa - xã hội",
    Field.DEFENCE_SECURITY: "Quốc phòng - an ninh",
    Field.POLITICAL_SYSTEM: "Xây dựng hệ thống chính trị",
}

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


_FIELDS = {
    _bare(word): field for field in Field for word in (field.value, FIELD_NAMES[field], *_ALIASES[field])
}


def field_named(text: str) -> Field:
    """By code, by name or by one of the many variants in use; marks, case and hyphens do not matter."""
    field = _FIELDS.get(_bare(text))
    if field is None:
        raise Refused(
            "field-unknown",
            "field",
            vi=f"Không có lĩnh vực “{text[:60]}”; các lĩnh vực: {'; '.join(FIELD_NAMES.values())}.",
            en=f"There is no field “{text[:60]}”; the fields are {', '.join(Field)}.",
        )
    return field


class SubjectKind(StrEnum):
    """Tập thể, cá nhân."""

    COLLECTIVE = "COLLECTIVE"
    INDIVIDUAL = "INDIVIDUAL"


class Level(StrEnum):
    """Cấp thành phố (tỉnh); cấp quận, huyện, thị xã (to 2025-06-30); cấp cơ sở."""

    CITY = "CITY"
    DISTRICT = "DISTRICT"
    COMMUNE = "COMMUNE"


_LEVELS = {
    UnitLevel.PROVINCE: Level.CITY,
    UnitLevel.DISTRICT: Level.DISTRICT,
    UnitLevel.COMMUNE: Level.COMMUNE,
}


def level_of(unit: UnitLevel) -> Level:
    """The level of what an organisation of such a unit registers; bodies of the whole country register nothing."""
    level = _LEVELS.get(unit)
    if level is None:
        raise Refused(
            "unit-level",
            "unit",
            vi="Đơn vị phải thuộc cấp tỉnh, cấp huyện hoặc cấp xã.",
            en="The unit must be a province, a district or a commune.",
        )
    return level


class ContributionKind(StrEnum):
    """Hiến đất (m²), ngày công, kinh phí (đồng)."""

    LAND_M2 = "LAND_M2"
    WORK_DAY = "WORK_DAY"
    MONEY = "MONEY"


class BodyKind(StrEnum):
    PARTY_COMMITTEE = "PARTY_COMMITTEE"
    PEOPLES_COMMITTEE = "PEOPLES_COMMITTEE"
    FATHERLAND_FRONT = "FATHERLAND_FRONT"
    WOMENS_UNION = "WOMENS_UNION"
    FARMERS_UNION = "FARMERS_UNION"
    VETERANS_ASSOCIATION = "VETERANS_ASSOCIATION"
    YOUTH_UNION = "YOUTH_UNION"
    TRADE_UNION = "TRADE_UNION"
    POLICE = "POLICE"
    MILITARY = "MILITARY"
    SCHOOL = "SCHOOL"
    COOPERATIVE = "COOPERATIVE"
    ENTERPRISE_PARTY_CELL = "ENTERPRISE_PARTY_CELL"
    RESIDENTIAL_GROUP = "RESIDENTIAL_GROUP"
