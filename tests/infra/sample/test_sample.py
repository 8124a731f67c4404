"""The sample data set of thị xã Hồng Lĩnh, 2018, agrees with the figures that the town published."""

import dataclasses
import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from infra.sample.hong_linh_2018 import (
    _CONTRIBUTIONS,
    ACTIVITIES,
    COMMUNES,
    DUC_THUAN,
    ORGANISATIONS,
    PUBLISHED,
    REGISTRATIONS,
    TOWN,
    Contribution,
    Registration,
)
from infra.sample.hong_linh_titles import DRAFTS, IDLE

ORGANISATION_KINDS = {
    "PARTY_COMMITTEE",
    "PEOPLES_COMMITTEE",
    "FATHERLAND_FRONT",
    "WOMENS_UNION",
    "FARMERS_UNION",
    "VETERANS_ASSOCIATION",
    "YOUTH_UNION",
    "TRADE_UNION",
    "POLICE",
    "MILITARY",
    "SCHOOL",
    "COOPERATIVE",
    "ENTERPRISE_PARTY_CELL",
    "RESIDENTIAL_GROUP",
    "COMMUNITY_INVESTMENT_SUPERVISION_BOARD",
}
ACTIVITY_KINDS = {"SUPERVISION", "SOCIAL_CRITICISM", "INSPECTION", "SURVEY"}
NAMED_EXAMPLES = {
    "nh-mam-non": "Xây dựng trường mầm non lấy trẻ làm trung tâm",
    "dl-phu-nu": 'Xây dựng gia đình "5 không, 3 sạch"',
    "dt-ccb": "Cựu chiến binh gương mẫu hiến đất, vận động Nhân dân hiến đất làm đường giao thông",
    "tx-mttq": "Dòng họ văn minh, an toàn, an ninh trật tự",
    "tx-cong-an": "5 nhất an toàn về an ninh trật tự",
    "dl-ubnd": "100% học sinh dắt xe đạp vào sân trường",
    "tx-ubnd": "Giải quyết thủ tục hành chính cho công dân kịp thời, chính xác",
    "nh-chi-bo-doanh-nghiep": "Phát triển đảng viên là người lao động trong doanh nghiệp",
}
UNIT_OF = {organisation.ref: organisation.unit for organisation in ORGANISATIONS}
CONTRIBUTIONS = [given for registration in REGISTRATIONS for given in registration.contributions]


def texts(value: object) -> Iterator[str]:
    """Every text in a value, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from texts(item)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from texts(getattr(value, field.name))


def total(kind: str) -> Decimal:
    return sum((given.amount for given in CONTRIBUTIONS if given.kind == kind), Decimal(0))


def steps(registration: Registration) -> list[date]:
    """The days of a registration, in their required order."""
    given_on = sorted(given.on for given in registration.contributions)
    before = [registration.drafted_on, registration.submitted_on, registration.accepted_on]
    after = [registration.decided_on] + ([registration.nominated_on] if registration.nominated_on else [])
    return [*before, *given_on, *after]


def test_published_figures_are_those_of_the_towns_summary() -> None:
    assert (PUBLISHED.unit, PUBLISHED.year, PUBLISHED.registered) == ("u437", 2018, 112)
    assert PUBLISHED.registered_by_field == {
        "ECONOMY": 19,
        "CULTURE_SOCIETY": 67,
        "DEFENCE_SECURITY": 12,
        "POLITICAL_SYSTEM": 14,
    }
    assert (PUBLISHED.recognised, PUBLISHED.not_met, PUBLISHED.nominated) == (65, 47, 8)
    assert (PUBLISHED.land_m2, PUBLISHED.work_days) == (Decimal("1155.3"), 2408)


def test_registrations_count_to_the_published_figure_in_every_field() -> None:
    assert len(REGISTRATIONS) == PUBLISHED.registered
    assert Counter(r.field for r in REGISTRATIONS) == Counter(PUBLISHED.registered_by_field)


def test_verdicts_count_to_the_published_figures() -> None:
    assert Counter(r.verdict for r in REGISTRATIONS) == {
        "RECOGNISED": PUBLISHED.recognised,
        "NOT_MET": PUBLISHED.not_met,
    }


def test_nominated_models_count_to_the_published_figure_and_were_recognised() -> None:
    nominated = [r for r in REGISTRATIONS if r.nominated_on]
    assert len(nominated) == PUBLISHED.nominated
    assert all(r.verdict == "RECOGNISED" for r in nominated)
    assert all(r.nominated_on and r.nominated_on > r.decided_on for r in nominated)


def test_land_and_work_days_sum_exactly_to_the_published_figures() -> None:
    assert total("LAND_M2") == PUBLISHED.land_m2
    assert total("WORK_DAY") == PUBLISHED.work_days
    assert total("MONEY") == PUBLISHED.money
    assert {given.kind for given in CONTRIBUTIONS} == {"LAND_M2", "WORK_DAY", "MONEY"}
    assert {given.covers for given in CONTRIBUTIONS if given.kind == "MONEY"} == {"ALL"}


def test_land_has_one_decimal_place_and_work_days_are_whole() -> None:
    def places(given: Contribution) -> int | str:
        return given.amount.as_tuple().exponent

    assert all(given.amount > 0 for given in CONTRIBUTIONS)
    assert all(places(given) == -1 for given in CONTRIBUTIONS if given.kind == "LAND_M2")
    assert all(places(given) == 0 for given in CONTRIBUTIONS if given.kind == "WORK_DAY")


def test_contributions_are_spread_over_twenty_five_to_forty_registrations() -> None:
    assert 25 <= sum(1 for r in REGISTRATIONS if r.contributions) <= 40


def test_model_that_was_never_carried_out_has_no_contributions() -> None:
    idle = {draft.ref for draft in DRAFTS if draft.not_met == IDLE}
    assert idle
    assert not [r.ref for r in REGISTRATIONS if r.ref in idle and r.contributions]


def test_named_examples_have_their_owner_and_were_recognised() -> None:
    recognised = {(r.owner, r.title) for r in REGISTRATIONS if r.verdict == "RECOGNISED"}
    assert set(NAMED_EXAMPLES.items()) <= recognised


def test_every_ref_is_unique() -> None:
    refs = [organisation.ref for organisation in ORGANISATIONS]
    refs += [registration.ref for registration in REGISTRATIONS]
    refs += [activity.ref for activity in ACTIVITIES]
    assert len(refs) == len(set(refs))


def test_every_owner_is_an_organisation() -> None:
    assert {r.owner for r in REGISTRATIONS} <= set(UNIT_OF)


def test_every_contribution_belongs_to_a_registration() -> None:
    assert set(_CONTRIBUTIONS) <= {r.ref for r in REGISTRATIONS}


def test_town_and_all_six_communes_registered_unevenly() -> None:
    per_unit = Counter(UNIT_OF[r.owner] for r in REGISTRATIONS)
    assert set(per_unit) == {TOWN, *COMMUNES}
    assert len(COMMUNES) == 6
    assert len({per_unit[commune] for commune in COMMUNES}) > 2


def test_some_organisations_did_not_register() -> None:
    assert set(UNIT_OF) - {r.owner for r in REGISTRATIONS} == {"bh-nong-dan", "nh-doan", "dt-giam-sat"}


def test_forty_to_fifty_organisations_beside_the_board_have_different_names_and_known_kinds() -> None:
    assert 40 <= len(set(UNIT_OF) - {"dt-giam-sat"}) <= 50
    assert len({organisation.name for organisation in ORGANISATIONS}) == len(ORGANISATIONS)
    assert {organisation.kind for organisation in ORGANISATIONS} == ORGANISATION_KINDS
    assert set(UNIT_OF.values()) == {TOWN, *COMMUNES}
    assert UNIT_OF["dt-ccb"] == DUC_THUAN


def test_both_collectives_and_individuals_are_registered() -> None:
    assert {r.subject for r in REGISTRATIONS} == {"COLLECTIVE", "INDIVIDUAL"}


def test_titles_of_individuals_and_only_those_name_an_exemplar() -> None:
    for r in REGISTRATIONS:
        assert r.title.startswith("Cá nhân điển hình: ") == (r.subject == "INDIVIDUAL"), r.ref


def test_titles_are_not_empty_and_no_longer_than_300_characters() -> None:
    assert all(0 < len(r.title.strip()) <= 300 for r in REGISTRATIONS)


def test_no_two_titles_are_alike() -> None:
    titles = [r.title.casefold() for r in REGISTRATIONS]
    assert len(titles) == len(set(titles))


def test_every_registration_has_a_summary_and_a_reason() -> None:
    assert all(r.summary.endswith(".") and r.reason for r in REGISTRATIONS)


def test_models_began_before_their_decision_unless_they_were_idle() -> None:
    idle = {draft.ref for draft in DRAFTS if draft.not_met == IDLE}
    assert {r.ref for r in REGISTRATIONS if r.begun_on is None} == idle
    for r in REGISTRATIONS:
        assert r.begun_on is None or r.accepted_on < r.begun_on < r.decided_on, r.ref
        assert r.begun_on or r.verdict == "NOT_MET", r.ref


def test_days_of_every_registration_are_in_order() -> None:
    for r in REGISTRATIONS:
        assert steps(r) == sorted(steps(r)), r.ref


def test_every_day_lies_in_its_season_of_2018() -> None:
    for r in REGISTRATIONS:
        assert {day.year for day in steps(r)} == {2018}
        assert r.drafted_on.month in (2, 3)
        assert r.submitted_on.month == 3
        assert r.accepted_on.month in (3, 4)
        assert all(4 <= given.on.month <= 10 for given in r.contributions)
        assert r.decided_on.month == 11
        assert r.nominated_on is None or r.nominated_on.month == 12


def test_offices_decide_nothing_on_a_weekend() -> None:
    for r in REGISTRATIONS:
        office = (r.drafted_on, r.submitted_on, r.accepted_on, r.decided_on)
        assert all(day.weekday() < 5 for day in office), r.ref


def test_activities_have_known_kinds_bodies_and_units() -> None:
    assert 3 <= len(ACTIVITIES) <= 5
    assert any(len(activity.bodies) > 1 for activity in ACTIVITIES)
    for activity in ACTIVITIES:
        assert activity.kind in ACTIVITY_KINDS
        assert set(activity.bodies) <= set(UNIT_OF)
        assert activity.unit in {TOWN, *COMMUNES}
        assert activity.held_on.year == 2018
        assert activity.title


def test_every_text_is_nfc_and_free_of_stray_blanks() -> None:
    for text in texts((ORGANISATIONS, REGISTRATIONS, ACTIVITIES)):
        assert text == unicodedata.normalize("NFC", text)
        assert text == " ".join(text.split())
