"""The rules that flag unlikely contributions, and their thresholds.

A flag changes and refuses nothing: it asks a person to check the contribution.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import Protocol

import msgspec

from services.movement.flags import Flag
from services.movement.words import ContributionKind, Covers, OutlierRule


@dataclass(frozen=True, slots=True)
class Threshold:
    """`value`: the last likely value. `vi`, `en`: its source."""

    value: Decimal
    vi: str
    en: str


WAGES: Sequence[tuple[date, int, str]] = (
    (date(2026, 1, 1), 5_310_000, "293/2025/NĐ-CP"),
    (date(2024, 7, 1), 4_960_000, "74/2024/NĐ-CP"),
    (date(2022, 7, 1), 4_680_000, "38/2022/NĐ-CP"),
    (date(2020, 1, 1), 4_420_000, "90/2019/NĐ-CP"),
    (date(2019, 1, 1), 4_180_000, "157/2018/NĐ-CP"),
    (date(2018, 1, 1), 3_980_000, "141/2017/NĐ-CP"),
    (date(2017, 1, 1), 3_750_000, "153/2016/NĐ-CP"),
    (date(2016, 1, 1), 3_500_000, "122/2015/NĐ-CP"),
    (date(2015, 1, 1), 3_100_000, "103/2014/NĐ-CP"),
    (date(2014, 1, 1), 2_700_000, "182/2013/NĐ-CP"),
    (date(2013, 1, 1), 2_350_000, "103/2012/NĐ-CP"),
    (date(2011, 10, 1), 2_000_000, "70/2011/NĐ-CP"),
)
"""Minimum wage of region I, in đồng a month, by the first day on which its decree was in force; the newest first."""
WORK_DAYS_A_MONTH = 26
TIMES_THE_WAGE = 5
ROUNDED_UP_TO = 100_000


def value_per_work_day(on: date) -> Threshold:
    """The threshold by the wage that was in force on the day; before the first known wage, by that one."""
    _, wage, decree = next((one for one in WAGES if one[0] <= on), WAGES[-1])
    per_day = Decimal(wage * TIMES_THE_WAGE) / WORK_DAYS_A_MONTH
    return Threshold(
        (per_day / ROUNDED_UP_TO).to_integral_value(ROUND_CEILING) * ROUNDED_UP_TO,
        f"hơn năm lần lương tối thiểu vùng I tính cho một trong 26 ngày, Nghị định {decree}",
        f"over five times the minimum wage of region I for one of 26 days, Decree {decree}",
    )


THRESHOLDS: Mapping[OutlierRule, Threshold] = {
    # Đồng.
    OutlierRule.VALUE_PER_M2: Threshold(
        Decimal(162_000_000),
        "giá cao nhất của khung giá đất ở tại đô thị đặc biệt, Nghị định 96/2019/NĐ-CP",
        "the highest price of the frame for residential land in cities of special class, Decree 96/2019/NĐ-CP",
    ),
    # Work-days.
    OutlierRule.WORK_DAYS_AT_ONCE: Threshold(
        Decimal(10_000),
        "hơn 30 người làm việc suốt cả năm; ngưỡng của hệ thống này",
        "over 30 people working all year; a threshold of this system",
    ),
    # m².
    OutlierRule.LAND_AT_ONCE: Threshold(
        Decimal(100_000),
        "hạn mức giao đất trồng cây lâu năm cho một hộ ở đồng bằng, 10 ha, Điều 129 Luật Đất đai 2013",
        "the most perennial cropland given to one household in the plains, 10 ha, Art. 129 of the Land Law 2013",
    ),
    # Đồng, at least.
    OutlierRule.MONEY_TOO_SMALL: Threshold(
        Decimal(10_000),
        "số nhỏ hơn thường được ghi theo nghìn hay triệu đồng; ngưỡng của hệ thống này",
        "smaller ones are mostly meant in thousands or millions of đồng; a threshold of this system",
    ),
}


class Given(Protocol):
    @property
    def version(self) -> int: ...
    @property
    def kind(self) -> ContributionKind: ...
    @property
    def amount(self) -> Decimal: ...
    @property
    def covers(self) -> Covers | None: ...
    @property
    def on(self) -> date: ...


def flags_of(contributions: Sequence[Given]) -> tuple[Flag, ...]:
    """The flags of all contributions of one model."""
    money = [given for given in contributions if given.kind is ContributionKind.MONEY]
    covered: dict[Covers, Decimal] = {}
    for given in money:
        covers = given.covers or Covers.UNSTATED
        covered[covers] = covered.get(covers, Decimal(0)) + given.amount
    found = []
    compared = [one.on for one in contributions if one.kind is ContributionKind.WORK_DAY]
    compared += [one.on for one in money if one.covers in _COVERED[OutlierRule.VALUE_PER_WORK_DAY]]
    for flag in flags_of_totals(
        covered,
        work_days=_sum(contributions, ContributionKind.WORK_DAY),
        land_m2=_sum(contributions, ContributionKind.LAND_M2),
        on=max(compared, default=date.min),
    ):
        versions = tuple(given.version for given in money if given.covers in _COVERED[flag.rule])
        found.append(msgspec.structs.replace(flag, versions=versions))
    for given in contributions:
        found += [flag(given) for unlikely, flag in _ALONE if unlikely(given)]
    return tuple(found)


def flags_of_totals(
    money: Mapping[Covers, Decimal], *, work_days: Decimal, land_m2: Decimal, on: date
) -> list[Flag]:
    """The flags of totals. `money`: đồng by what they cover. Money for work or land is compared with its amount.

    `on`: the last day of the contributions, by whose wage the value of a work-day is judged.
    """
    return [
        _per_one(rule, value, many, limit, money.get(Covers.ALL, Decimal(0)) > 0)
        for rule, many, limit in (
            (OutlierRule.VALUE_PER_WORK_DAY, work_days, value_per_work_day(on)),
            (OutlierRule.VALUE_PER_M2, land_m2, THRESHOLDS[OutlierRule.VALUE_PER_M2]),
        )
        for value in [sum((money.get(covers, Decimal(0)) for covers in _COVERED[rule]), Decimal(0))]
        if many and value / many > limit.value
    ]


_COVERED: Mapping[OutlierRule, tuple[Covers, ...]] = {
    OutlierRule.VALUE_PER_WORK_DAY: (Covers.WORK_DAYS, Covers.ALL),
    OutlierRule.VALUE_PER_M2: (Covers.LAND, Covers.ALL),
}
_UNITS = {
    OutlierRule.VALUE_PER_WORK_DAY: ("ngày công", "work-days", "một ngày công", "a work-day"),
    OutlierRule.VALUE_PER_M2: ("m² đất", "m² of land", "một m²", "a m²"),
}


def _per_one(rule: OutlierRule, value: Decimal, many: Decimal, limit: Threshold, everything: bool) -> Flag:
    of_vi, of_en, one_vi, one_en = _UNITS[rule]
    each = value / many
    also_vi = ", trong đó có phần gồm cả tiền, đất, hiện vật," if everything else ""
    also_en = ", some of it with all else that was given," if everything else ""
    return Flag(
        rule=rule,
        message_vi=f"{_vi(value)} đồng{also_vi} cho {_vi(many)} {of_vi} là {_vi(each)} đồng {one_vi}, "
        f"trên ngưỡng {_vi(limit.value)} ({limit.vi}). Số liệu được giữ nguyên; đề nghị kiểm tra lại.",
        message_en=f"{_en(value)} đồng{also_en} for {_en(many)} {of_en} are {_en(each)} đồng {one_en}, "
        f"above {_en(limit.value)} ({limit.en}). Nothing was corrected; please check it.",
    )


def _alone(rule: OutlierRule, unit_vi: str, unit_en: str, *, below: bool = False) -> Callable[[Given], Flag]:
    limit = THRESHOLDS[rule]
    than_vi, than_en = ("dưới", "below") if below else ("trên", "above")

    def flag(given: Given) -> Flag:
        return Flag(
            rule=rule,
            message_vi=f"{_vi(given.amount)} {unit_vi} trong một lần ghi nhận, {than_vi} ngưỡng "
            f"{_vi(limit.value)} ({limit.vi}). Số liệu được giữ nguyên; đề nghị kiểm tra lại.",
            message_en=f"{_en(given.amount)} {unit_en} at once, {than_en} {_en(limit.value)} ({limit.en}). "
            "Nothing was corrected; please check it.",
            versions=(given.version,),
        )

    return flag


def _over(rule: OutlierRule, kind: ContributionKind) -> Callable[[Given], bool]:
    return lambda given: given.kind is kind and given.amount > THRESHOLDS[rule].value


def _too_small(given: Given) -> bool:
    return (
        given.kind is ContributionKind.MONEY and given.amount < THRESHOLDS[OutlierRule.MONEY_TOO_SMALL].value
    )


_ALONE: Sequence[tuple[Callable[[Given], bool], Callable[[Given], Flag]]] = (
    (
        _over(OutlierRule.WORK_DAYS_AT_ONCE, ContributionKind.WORK_DAY),
        _alone(OutlierRule.WORK_DAYS_AT_ONCE, "ngày công", "work-days"),
    ),
    (
        _over(OutlierRule.LAND_AT_ONCE, ContributionKind.LAND_M2),
        _alone(OutlierRule.LAND_AT_ONCE, "m² đất", "m² of land"),
    ),
    (_too_small, _alone(OutlierRule.MONEY_TOO_SMALL, "đồng", "đồng", below=True)),
)


def _sum(contributions: Iterable[Given], kind: ContributionKind) -> Decimal:
    return sum((given.amount for given in contributions if given.kind is kind), Decimal(0))


def _en(value: Decimal) -> str:
    """The number with at most two decimal places, and without zeros at the end."""
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".")


def _vi(value: Decimal) -> str:
    return _en(value).translate(str.maketrans(",.", ".,"))
