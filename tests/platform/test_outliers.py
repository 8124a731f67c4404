"""Unlikely contributions are flagged by a named rule with its threshold, and are not changed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.movement.outliers import THRESHOLDS, flags_of, flags_of_totals
from services.movement.words import ContributionKind, Covers, OutlierRule

LAND, DAYS, MONEY = ContributionKind.LAND_M2, ContributionKind.WORK_DAY, ContributionKind.MONEY


@dataclass(frozen=True)
class Given:
    version: int
    kind: ContributionKind
    amount: Decimal
    covers: Covers | None = None
    on: date = date(2025, 5, 1)


def gave(
    *things: tuple[ContributionKind, int | str] | tuple[ContributionKind, int | str, Covers],
) -> list[Given]:
    return [
        Given(version, kind, Decimal(amount), more[0] if more else None)
        for version, (kind, amount, *more) in enumerate(things, 5)
    ]


def rules(contributions: Sequence[Given]) -> list[tuple[OutlierRule, tuple[int, ...]]]:
    return [(flag.rule, flag.versions) for flag in flags_of(contributions)]


def test_value_of_hong_linh_is_flagged_with_reasons_in_two_languages() -> None:
    given_2018 = gave((DAYS, 2408), (LAND, "1155.3"), (MONEY, 18_827_000_000, Covers.ALL))
    (flag,) = flags_of([replace(one, on=date(2018, 10, 1)) for one in given_2018])
    assert (flag.rule, flag.versions) == (OutlierRule.VALUE_PER_WORK_DAY, (7,))
    assert flag.message_vi == (
        "18.827.000.000 đồng, trong đó có phần gồm cả tiền, đất, hiện vật, cho 2.408 ngày công là 7.818.521,59 đồng "
        "một ngày công, trên ngưỡng 800.000 (hơn năm lần lương tối thiểu vùng I tính cho một trong 26 ngày, "
        "Nghị định 141/2017/NĐ-CP). Số liệu được giữ nguyên; đề nghị kiểm tra lại."
    )
    assert (
        "18,827,000,000 đồng, some of it with all else that was given, for 2,408 work-days" in flag.message_en
    )


@pytest.mark.parametrize(
    ("on", "threshold", "decree"),
    [
        (date(2010, 1, 1), 400_000, "70/2011"),
        (date(2017, 12, 31), 800_000, "153/2016"),
        (date(2018, 1, 1), 800_000, "141/2017"),
        (date(2022, 6, 30), 900_000, "90/2019"),
        (date(2024, 7, 1), 1_000_000, "74/2024"),
        (date(2026, 11, 28), 1_100_000, "293/2025"),
    ],
)
def test_work_is_judged_by_the_wage_of_its_day(on: date, threshold: int, decree: str) -> None:
    for over in (0, 1):
        things = gave((DAYS, 1), (MONEY, threshold + over, Covers.WORK_DAYS), (LAND, 5))
        dated = [replace(one, on=on) for one in things[:2]] + [replace(things[2], on=date(2026, 11, 1))]
        flags = flags_of(dated)
        assert [flag.rule for flag in flags] == [OutlierRule.VALUE_PER_WORK_DAY] * over
        assert all(decree in flag.message_vi for flag in flags)


@pytest.mark.parametrize("covers", [Covers.CASH, Covers.MATERIALS, Covers.LAND, Covers.UNSTATED])
def test_money_that_does_not_cover_work_is_not_compared_with_work(covers: Covers) -> None:
    assert rules(gave((DAYS, 1), (MONEY, 18_827_000_000, covers))) == []


def test_money_for_work_is_not_flagged_without_work_days() -> None:
    assert rules(gave((MONEY, 18_827_000_000, Covers.WORK_DAYS))) == []


@pytest.mark.parametrize(
    ("things", "rule", "versions"),
    [
        ([(DAYS, 3), (MONEY, 3_000_001, Covers.WORK_DAYS)], OutlierRule.VALUE_PER_WORK_DAY, (6,)),
        ([(LAND, 2), (MONEY, 324_000_001, Covers.LAND)], OutlierRule.VALUE_PER_M2, (6,)),
        ([(DAYS, "10000.5")], OutlierRule.WORK_DAYS_AT_ONCE, (5,)),
        ([(LAND, "100000.01")], OutlierRule.LAND_AT_ONCE, (5,)),
        ([(MONEY, 9_999, Covers.CASH)], OutlierRule.MONEY_TOO_SMALL, (5,)),
    ],
)
def test_rule_flags_values_beyond_its_threshold_only(
    things: list[tuple[ContributionKind, int | str]], rule: OutlierRule, versions: tuple[int, ...]
) -> None:
    beyond = gave(*things)
    assert rules(beyond) == [(rule, versions)]
    last = beyond[-1]
    by = {
        OutlierRule.WORK_DAYS_AT_ONCE: "-0.5",
        OutlierRule.LAND_AT_ONCE: "-0.01",
        OutlierRule.MONEY_TOO_SMALL: "1",
    }
    at = Given(last.version, last.kind, last.amount + Decimal(by.get(rule, "-1")), last.covers)
    assert rules([*beyond[:-1], at]) == []


def test_every_rule_has_a_threshold_and_a_source() -> None:
    assert {*THRESHOLDS, OutlierRule.VALUE_PER_WORK_DAY} == set(OutlierRule)
    assert all(limit.value > 0 and limit.vi and limit.en for limit in THRESHOLDS.values())


@given(
    st.dictionaries(st.sampled_from(Covers), st.decimals(0, 10**12, places=0)),
    st.decimals(0, 10**6, places=1),
    st.decimals(0, 10**6, places=2),
)
def test_totals_are_flagged_if_and_only_if_a_unit_price_is_unlikely(
    money: dict[Covers, Decimal], days: Decimal, land: Decimal
) -> None:
    found = {flag.rule for flag in flags_of_totals(money, work_days=days, land_m2=land, on=date(2025, 5, 1))}
    everything = money.get(Covers.ALL, Decimal(0))
    work = everything + money.get(Covers.WORK_DAYS, Decimal(0))
    ground = everything + money.get(Covers.LAND, Decimal(0))
    assert (OutlierRule.VALUE_PER_WORK_DAY in found) == (days > 0 and work > 1_000_000 * days)
    assert (OutlierRule.VALUE_PER_M2 in found) == (land > 0 and ground > 162_000_000 * land)
