"""Documents, programmes and launches as pure functions: identities, periods, and the standing of each unit."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from services.kernel.messages import Refused
from services.kernel.units import UnitLevel
from services.movement.words import BodyKind
from services.movement.years import months_between
from services.registration.documents import domain as documents
from services.registration.documents.domain import Document
from services.registration.documents.messages import DocumentKind
from services.registration.launches import domain as launches
from services.registration.launches import standings
from services.registration.launches.domain import Launch
from services.registration.launches.messages import Standing
from services.registration.launches.standings import Tally
from services.registration.models.messages import ModelState
from services.registration.organisations import domain as organisations
from services.registration.organisations.domain import Organisation
from services.registration.programmes import domain as programmes
from services.registration.programmes.domain import Programme
from services.registration.stages.domain import Stage, moves, stage_of
from tests import values
from tests.values import act, unit

AT = datetime(2026, 11, 1, tzinfo=UTC)
TODAY = AT.date()
CITY = unit("/vn/a", UnitLevel.PROVINCE)
NOW = act("officer", TODAY, at=AT)
WARD = "/vn/a/c"


def organisation(name: str = "Ban Dân vận Thành ủy") -> Organisation:
    return organisations.register(
        key="organisation_1",
        name=name,
        kind=BodyKind.MASS_MOBILISATION_COMMISSION,
        unit=CITY,
        act=NOW.dated(date(2016, 1, 1)),
    )[0]


def document(issuer: Organisation, number: str = "04-NQ/TU", **more: Any) -> Document:
    given_: dict[str, Any] = {
        "kind": DocumentKind.RESOLUTION,
        "issued_on": date(2016, 4, 26),
        "title": "Về dân vận",
        "key": "document_1",
        "unit": CITY,
    } | more
    return documents.register(number=number, issuer=issuer, act=NOW, **given_)[0]


CITED = document(organisation())
OTHERS = [document(organisation(), key=f"document_{n}") for n in range(2, 53)]


def programme(first: int = 2021, last: int = 2025, **more: Any) -> Programme:
    given_: dict[str, Any] = {
        "name": "Dân vận khéo",
        "documents": (CITED,),
        "unit": CITY,
        "act": NOW.dated(date(2021, 1, 5)),
    } | more
    return programmes.start(key="programme_1", first_year=first, last_year=last, **given_)[0]


def launched(until: date = date(2024, 3, 31), **more: Any) -> Launch:
    given_: dict[str, Any] = {
        "year": 2024,
        "level": UnitLevel.COMMUNE,
        "units": 3,
        "unit": CITY,
        "act": NOW.dated(date(2024, 1, 10)),
    } | more
    return launches.launch(
        programme(),
        key="launch_1",
        until=until,
        message="",
        document=None,
        **given_,
    )[0]


def refusal(do: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as refused:
        do()
    return refused.value.refusal.code


def test_document_is_identified_by_kind_number_issuer_and_day_together() -> None:
    one = organisation()
    first = document(one)
    for same in ("04-NQ/TU", "04 - nq/tu", "4-NQ/TU", "04-NQ/TU"):
        assert document(one, same).identity == first.identity
    for other in (
        document(one, "05-NQ/TU"),
        document(one, kind=DocumentKind.DIRECTIVE),
        document(one, issued_on=date(2016, 4, 27)),
    ):
        assert other.identity != first.identity
    assert document(one, "04-QĐ/TU").identity != document(one, "04-QD/TU").identity


def test_document_has_the_name_of_its_issuer_on_the_day_of_issue() -> None:
    renamed = organisations.rename(
        organisation(),
        name="Ban Tuyên giáo và Dân vận Thành ủy",
        kind=BodyKind.PROPAGANDA_AND_MASS_MOBILISATION_COMMISSION,
        document="QĐ 1",
        act=NOW.dated(date(2025, 2, 20)),
    )[0]
    before, after = document(renamed), document(renamed, issued_on=date(2025, 2, 20))
    assert before.issuer_name == "Ban Dân vận Thành ủy"
    assert before.issuer_kind is BodyKind.MASS_MOBILISATION_COMMISSION
    assert after.issuer_name == "Ban Tuyên giáo và Dân vận Thành ủy"
    assert after.issuer_kind is BodyKind.PROPAGANDA_AND_MASS_MOBILISATION_COMMISSION


def test_organisation_issues_no_document_after_its_end() -> None:
    ended = organisations.end(
        organisation(), successor=None, document="QĐ 1", act=NOW.dated(date(2025, 2, 20))
    )[0]
    assert document(ended, issued_on=date(2025, 2, 19)).issuer == ended.id
    assert refusal(lambda: document(ended, issued_on=date(2025, 2, 20))) == "organisation-ended"


def test_programme_needs_a_valid_period_and_documents() -> None:
    assert programme(2016, 2020).years == (2016, 2017, 2018, 2019, 2020)
    for wrong, code in (
        (lambda: programme(2021, 2020), "years-invalid"),
        (lambda: programme(2021, 2036), "years-invalid"),
        (lambda: programme(1800, 1801), "years-invalid"),
        (lambda: programme(documents=()), "documents-empty"),
        (
            lambda: programme(documents=OTHERS),
            "too-many-documents",
        ),
        (lambda: programme(name=" "), "name-empty"),
        (lambda: programmes.cite(programme(), document=CITED, act=NOW), "document-cited"),
    ):
        assert refusal(wrong) == code


def test_document_programme_and_launch_need_a_unit_that_exists_on_their_day() -> None:
    def ended(on: date) -> Any:
        return {"unit": unit("/vn/a", UnitLevel.PROVINCE, until=on)}

    for wrong in (
        lambda: document(organisation(), **ended(date(2016, 4, 26))),
        lambda: programme(**ended(date(2021, 1, 5))),
        lambda: launched(**ended(date(2024, 1, 10))),
    ):
        assert refusal(wrong) == "unit-not-in-force"


def test_theme_replaces_the_former_theme_of_its_year() -> None:
    def themed(one: Programme, year: int, theme: str) -> Any:
        return programmes.set_theme(one, year=year, theme=theme, document=None, act=NOW)

    later, _ = themed(programme(), 2024, "Gần dân")
    earlier, _ = themed(later, 2022, "Vì dân")
    changed, event = themed(earlier, 2024, "Trọng dân")
    assert [(theme.year, theme.theme) for theme in changed.themes] == [(2022, "Vì dân"), (2024, "Trọng dân")]
    assert (event.before, event.version) == ("Gần dân", 4)
    assert refusal(lambda: themed(changed, 2024, "Trọng dân")) == "nothing-changed"
    assert refusal(lambda: themed(changed, 2026, "Hiểu dân")) == "programme-not-in-year"


def test_plan_items_are_sorted_by_day_and_keep_their_numbers() -> None:
    one = programme()
    for task, due in (("Sơ kết", date(2024, 6, 30)), ("Khảo sát", date(2024, 2, 1)), ("Tập huấn", None)):
        one, _ = programmes.add_item(one, year=2024, task=task, lead="", due_on=due, act=NOW)
    assert [(item.task, item.item) for item in one.plan] == [("Khảo sát", 3), ("Sơ kết", 2), ("Tập huấn", 4)]
    dropped, _ = programmes.drop_item(one, item=3, reason="Gộp", act=NOW)
    again, _ = programmes.add_item(dropped, year=2024, task="Khảo sát", lead="", due_on=None, act=NOW)
    assert [item.item for item in again.plan] == [2, 4, 6]
    assert refusal(lambda: programmes.drop_item(again, item=3, reason="x", act=NOW)) == "item-not-found"
    other = date(2025, 1, 1)
    assert (
        refusal(lambda: programmes.add_item(one, year=2024, task="x", lead="", due_on=other, act=NOW))
        == "due-in-another-year"
    )


def test_model_joins_only_programmes_of_its_units_and_year() -> None:
    programmes.admit(programme(), WARD, year=2021)
    programmes.admit(programme(), "/vn/a", year=2025)
    ended, _ = programmes.end(programme(), reason="Thay", act=NOW.dated(date(2023, 5, 1)))
    programmes.admit(ended, WARD, year=2023)
    for wrong, code in (
        (lambda: programmes.admit(programme(), WARD, year=2020), "programme-not-in-year"),
        (lambda: programmes.admit(ended, WARD, year=2024), "programme-not-in-year"),
        (lambda: programmes.admit(programme(), "/vn/ab/c", year=2021), "programme-elsewhere"),
        (lambda: programmes.admit(programme(), "/vn", year=2021), "programme-elsewhere"),
        (
            lambda: programmes.cite(ended, document=OTHERS[0], act=NOW),
            "programme-ended",
        ),
    ):
        assert refusal(wrong) == code


def test_deadline_is_within_its_year_and_only_moves_later() -> None:
    extended, event = launches.extend(launched(), until=date(2024, 4, 30), reason="Mưa lũ", act=NOW)
    assert (event.before, extended.until) == (date(2024, 3, 31), date(2024, 4, 30))
    recalled, _ = launches.recall(extended, reason="Nhầm", act=NOW)

    def extend(one: Launch, until: date) -> str:
        return refusal(lambda: launches.extend(one, until=until, reason="x", act=NOW))

    assert extend(extended, date(2024, 4, 30)) == "deadline-not-later"
    assert extend(extended, date(2025, 1, 1)) == "deadline-invalid"
    assert extend(recalled, date(2024, 6, 1)) == "launch-recalled"
    assert refusal(lambda: launched(date(2024, 1, 9))) == "deadline-invalid"
    assert refusal(lambda: launched(units=0)) == "no-units"
    assert refusal(lambda: launched(year=2026)) == "programme-not-in-year"
    assert refusal(lambda: launched(level=UnitLevel.COUNTRY)) == "level-above"
    assert launched(level=UnitLevel.PROVINCE).level is UnitLevel.PROVINCE


def test_launch_of_the_nearest_unit_counts() -> None:
    city, ward = launched(), launched(date(2024, 2, 15))
    ward = type(ward)(
        **{name: getattr(ward, name) for name in ward.__struct_fields__} | {"unit": WARD, "launched_in": "c"}
    )
    assert launches.nearest([city, ward], f"{WARD}/d") is ward
    assert launches.nearest([city, ward], "/vn/a/cc") is city
    assert launches.nearest([city, ward], "/vn/ab") is None
    gone, _ = launches.recall(ward, reason="x", act=NOW)
    assert launches.nearest([gone, city], WARD) is city


def staged(state: ModelState, unit: str, **more: Any) -> Stage | None:
    model, _ = values.draft(NOW, of=values.unit(unit), programme=None)
    programme_ = more.pop("programme", "programme_1")
    return stage_of(replace(model, programme=programme_, state=state, **more))


def test_standing_of_a_unit_is_that_of_its_best_model() -> None:
    early, late = {"submitted_on": date(2024, 3, 31)}, {"submitted_on": date(2024, 4, 1)}
    now = [
        staged(ModelState.REGISTERED, "/vn/a/b", **early),
        staged(ModelState.REGISTERED, "/vn/a/b", **late),
        staged(ModelState.DRAFT, "/vn/a/b"),
        staged(ModelState.IMPLEMENTING, "/vn/a/c", **late),
        staged(ModelState.SUBMITTED, "/vn/a/d", **early),
        staged(ModelState.RETURNED, "/vn/a/e", **early),
        staged(ModelState.REGISTERED, "/vn/a/h", submission_recorded_on=date(2024, 11, 2), **early),
        staged(ModelState.REGISTERED, "/vn/a/i", submission_recorded_on=date(2024, 3, 31), **early),
        staged(ModelState.REGISTERED, "/vn/a/j", submission_recorded_on=date(2024, 11, 2), **late),
        staged(ModelState.WITHDRAWN, "/vn/a/f", **early),
        staged(ModelState.REGISTERED, "/vn/a/g", programme=None, **early),
    ]
    found = {place.unit[-1]: one for place, one in moves((None, stage) for stage in now).items()}
    tallies = {unit: standings.tally(numbers, "2024-03-31") for unit, numbers in found.items()}
    assert {unit: tally.standing(1) for unit, tally in tallies.items()} == {
        "b": Standing.IN_TIME,
        "c": Standing.LATE,
        "d": Standing.WAITING,
        "e": Standing.DRAFTING,
        "h": Standing.DECLARED,
        "i": Standing.IN_TIME,
        "j": Standing.LATE,
    }
    assert tallies["b"] == Tally(in_time=1, late=1, drafting=1)
    assert tallies["h"] == Tally(declared=1, months=7)
    assert (tallies["h"] + Tally(months=2)).months == 7


def test_months_are_whole_months() -> None:
    day = date(2026, 4, 25)
    later = [date(2026, 4, 1), date(2026, 5, 24), date(2026, 5, 25), date(2026, 11, 24), date(2027, 4, 25)]
    assert [months_between(day, one) for one in later] == [0, 0, 1, 6, 12]


def test_change_that_leaves_a_model_in_its_stage_moves_nothing() -> None:
    begun = staged(ModelState.IMPLEMENTING, WARD, submitted_on=date(2024, 3, 1))
    ended = staged(ModelState.DISCONTINUED, WARD, submitted_on=date(2024, 3, 1))
    assert moves([(begun, ended)]) == {}


TALLIES = st.builds(
    Tally, **dict.fromkeys(("in_time", "declared", "late", "waiting", "drafting"), st.integers(0, 2))
)


@given(TALLIES, st.lists(st.tuples(TALLIES, st.booleans()), max_size=4), st.integers(1, 3))
def test_models_of_a_partial_successor_never_count_for_the_old_unit(
    own: Tally, heirs: list[tuple[Tally, bool]], quota: int
) -> None:
    standing, tally = standings.standing(own, heirs, quota)
    whole = sum((one for one, is_whole in heirs if is_whole), own)
    parted = any(not is_whole and one != Tally() for one, is_whole in heirs)
    met = whole.standing(quota) in (Standing.IN_TIME, Standing.DECLARED, Standing.LATE)
    assert met is (whole.in_time + whole.declared + whole.late >= quota)
    assert standing is (Standing.UNASSIGNED if parted and not met else whole.standing(quota))
    assert tally in (own, whole)
