"""The rules of formality, each with texts that match and texts that do not; and the life of a question."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import partial

import msgspec
import pytest

from infra.country.making import FORMAL_MARKS, LAST_DAY, Country, Mark, deadline
from services.kernel.act import Act
from services.kernel.messages import Refused
from services.movement.words import Field, Level, SubjectKind
from services.registration.formality import domain
from services.registration.formality.domain import Question, Subject
from services.registration.formality.messages import FormalityRule, QuestionState
from services.registration.formality.repository import Group, subject
from services.registration.launches.domain import closing
from services.registration.models.messages import ModelState, ModelSubmitted
from services.registration.todo.sources import SOURCES
from services.registration.units.national import national_units
from services.todo.messages import ToDoKind
from tests import values
from tests.values import unit

AT = datetime(2026, 7, 2, 3, tzinfo=UTC)
DAY = AT.date()
SUBJECT = Subject(
    id="model_1",
    unit="/vn/u42",
    year=2026,
    programme=None,
    title="Tiếng kẻng an ninh tại thôn Đoài",
    summary="",
    place="Thôn Đoài",
    target="12 kẻng",
    field=Field.DEFENCE_SECURITY,
    subject_kind=SubjectKind.COLLECTIVE,
    level=Level.COMMUNE,
)
WARD = unit("/vn/u42")
HOW = "Họp bàn công khai ba lần, ghi ý kiến từng nhà; người có uy tín góp đất trước, cả xóm cùng làm."


def act(by: str, on: date = DAY) -> Act:
    return values.act(by, on)


MODEL, _ = values.draft(act("officer"), of=WARD)


def asked(**changes: object) -> Question:
    (suspicion,) = domain.match_text(changed(title="Dân vận khéo"))
    question, event = domain.ask("question_1", SUBJECT, suspicion, act=act("danvan"))
    assert (event.version, event.model, event.rule) == (1, "model_1", FormalityRule.BOILERPLATE)
    return msgspec.structs.replace(question, **changes)


def changed(**changes: str) -> Subject:
    values = {name: getattr(SUBJECT, name) for name in SUBJECT.__slots__}
    return Subject(**{**values, **changes})


@pytest.mark.parametrize(
    "title",
    [
        "Dân vận khéo",
        "Mô hình “Dân vận khéo” năm 2026",
        "Thực hiện tốt phong trào thi đua Dân vận khéo trên địa bàn",
        "Tăng cường công tác tuyên truyền, vận động nhân dân",
    ],
)
def test_title_of_only_the_movements_phrases_is_suspicious(title: str) -> None:
    (found,) = domain.match_text(changed(title=title))
    assert found.rule is FormalityRule.BOILERPLATE
    assert found.why_vi
    assert found.why_en


@pytest.mark.parametrize(
    "title",
    ["Hũ gạo tình thương", "5 không, 3 sạch", "Dân vận khéo trong giải phóng mặt bằng đường vành đai"],
)
def test_title_with_a_concrete_action_is_not_suspicious(title: str) -> None:
    assert domain.match_text(changed(title=title)) == []


@pytest.mark.parametrize(
    ("given", "suspected"),
    [
        ({"place": "", "target": "", "summary": ""}, True),
        ({"place": "", "target": "", "summary": "Tuyên truyền, vận động nhân dân tích cực tham gia."}, True),
        ({"place": "", "target": "", "summary": HOW}, False),
        ({"place": "Thôn Đoài", "target": "", "summary": ""}, False),
        ({"place": "", "target": "12 kẻng", "summary": ""}, False),
    ],
)
def test_registration_without_place_target_and_method_is_suspicious(
    given: dict[str, str], suspected: bool
) -> None:
    rules = [found.rule for found in domain.match_text(changed(**given))]
    assert rules == [FormalityRule.NOTHING_CONCRETE] * suspected


def test_last_hour_ends_with_the_deadline() -> None:
    last = domain.usual_deadline(2026)
    end = closing(last)
    assert domain.in_the_last_hour(end - timedelta(hours=1), last)
    assert domain.in_the_last_hour(deadline(2026), last)
    assert not domain.in_the_last_hour(end, last)
    assert not domain.in_the_last_hour(end - timedelta(hours=1, seconds=1), last)


def test_many_registrations_in_the_last_hour_are_suspicious() -> None:
    assert domain.in_a_rush(["m"] * (domain.MANY_IN_AN_HOUR - 2), domain.usual_deadline(2026)) is None
    found = domain.in_a_rush(["m"] * (domain.MANY_IN_AN_HOUR - 1), domain.usual_deadline(2026))
    assert found
    assert "31/03/2026" in found.why_vi


def test_texts_are_compared_without_case_marks_and_punctuation() -> None:
    assert domain.digest("Hũ gạo tình thương", "Góp gạo.") == domain.digest("HU GAO TINH THUONG!", "góp gạo")
    assert domain.digest("Hũ gạo tình thương", "") != domain.digest("Hũ gạo nghĩa tình", "")
    assert domain.in_many_units(["m"], domain.MANY_UNITS - 1) is None
    assert domain.in_many_units(["m"], domain.MANY_UNITS)


@pytest.mark.parametrize(
    ("registered", "by"),
    [
        (date(2026, 2, 1), date(2026, 7, 1)),
        (date(2026, 5, 1), date(2026, 7, 30)),
        (date(2026, 11, 1), None),
    ],
)
def test_model_has_until_mid_year_or_ninety_days_to_begin(registered: date, by: date | None) -> None:
    assert domain.check_by(2026, registered) == by


def test_no_question_is_opened_about_a_past_year() -> None:
    assert [domain.is_current(year, DAY) for year in (2025, 2026, 2027)] == [False, True, True]


def test_question_is_answered_by_the_unit_and_settled_by_another_person() -> None:
    answered, event = domain.answer(asked(), unit=WARD, text=" Tổ 1 làm trước ", act=act("officer"))
    assert (answered.state, answered.answer, event.again) == (QuestionState.ANSWERED, "Tổ 1 làm trước", False)
    answered, event = domain.answer(answered, unit=WARD, text="Sửa lại", act=act("officer", date(2026, 7, 5)))
    assert (answered.answered_on, answered.answered_version, event.again) == (DAY, 2, True)
    settled, told = domain.settle(
        answered, unit=WARD, suspected=True, reason="Không có thật", model=MODEL, act=act("judge")
    )
    assert (settled.state, told.suspected, told.version) == (QuestionState.SUSPECTED, True, 4)
    for again in (
        lambda: domain.answer(settled, unit=WARD, text="x", act=act("officer")),
        lambda: domain.settle(settled, unit=WARD, suspected=False, reason="x", model=MODEL, act=act("judge")),
    ):
        with pytest.raises(Refused) as refused:
            again()
        assert refused.value.refusal.code == "already-settled"


@pytest.mark.parametrize("by", ["officer", "organisation_1", "another officer"])
def test_author_and_answering_person_cannot_settle_a_question(by: str) -> None:
    answered, _ = domain.answer(asked(), unit=WARD, text="x", act=act("another officer"))
    with pytest.raises(Refused) as refused:
        domain.settle(answered, unit=WARD, suspected=False, reason="x", model=MODEL, act=act(by))
    assert refused.value.refusal.code == "own-work"


def test_question_without_an_answer_is_settled_after_two_weeks_only() -> None:
    until = DAY + domain.TIME_TO_ANSWER

    def settle(on: date) -> Question:
        settled, _ = domain.settle(
            asked(), unit=WARD, suspected=True, reason="x", model=MODEL, act=act("judge", on)
        )
        return settled

    with pytest.raises(Refused) as refused:
        settle(until - timedelta(days=1))
    assert refused.value.refusal.code == "answer-awaited"
    assert settle(until).state is QuestionState.SUSPECTED


def test_question_that_is_asked_again_waits_from_that_day() -> None:
    """The list of the work that waits has the same deadline."""
    later = DAY + timedelta(days=40)
    (suspicion,) = domain.match_text(changed(title="Dân vận khéo"))
    lapsed, _ = domain.lapse(asked(), ("Đã bổ sung", "It was completed"), act=act("danvan"))
    again, _ = domain.ask_again(lapsed, suspicion, act=act("danvan", later))
    assert (again.asked_on, again.waiting_since) == (DAY, later)
    (source,) = [one for one in SOURCES if one.kind is ToDoKind.QUESTION_TO_ANSWER]
    assert source.due
    assert source.since == source.due.by == "waiting_since"
    until = later + domain.TIME_TO_ANSWER
    assert source.due.day(again.waiting_since.isoformat()) == until - timedelta(days=1)
    settle = partial(domain.settle, again, unit=WARD, suspected=True, reason="x", model=MODEL)
    with pytest.raises(Refused):
        settle(act=act("judge", until - timedelta(days=1)))
    assert settle(act=act("judge", until))[0].state is QuestionState.SUSPECTED


def test_rules_find_formal_registrations_of_a_made_up_country_and_few_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    size = 12_000
    country = Country(size, 11, LAST_DAY, national_units())
    texts: dict[tuple[int, str], Group] = {}
    hours: dict[tuple[int, str], Group] = {}
    made = [one for one in map(country.make, range(size)) if one.model.submitted_on]
    for one in made:
        about = subject(one.model, one.model.unit)
        text = texts.setdefault((about.year, domain.digest(about.title, about.summary)), Group(id=""))
        text.join(about.id, about.unit, size)
        handed_in = next(event for event in one.events if isinstance(event, ModelSubmitted))
        if domain.in_the_last_hour(handed_in.at, domain.usual_deadline(about.year)):
            hours.setdefault((about.year, about.unit), Group(id="")).join(about.id, about.id, size)
    found: dict[str, set[FormalityRule]] = {}
    for one in made:
        about = subject(one.model, one.model.unit)
        rules = {suspicion.rule for suspicion in domain.match_text(about)}
        same = texts[about.year, domain.digest(about.title, about.summary)]
        if domain.in_many_units([], len(same.members)):
            rules.add(FormalityRule.SAME_TEXT)
        hour = hours.get((about.year, about.unit))
        last = domain.usual_deadline(about.year)
        if hour and about.id in hour.members and domain.in_a_rush([*hour.members][1:], last):
            rules.add(FormalityRule.LAST_HOUR)
        if one.model.state is ModelState.REGISTERED and one.model.registered_on:
            day = domain.check_by(one.model.year, one.model.registered_on)
            if day and day <= LAST_DAY:
                rules.add(FormalityRule.NO_ACTIVITY)
        found[about.id] = rules
    marks = {one.model.id: one.mark for one in made}
    formal = {id_ for id_, mark in marks.items() if mark in FORMAL_MARKS}
    by_text = set(FormalityRule) - {FormalityRule.NO_ACTIVITY}
    suspected = {id_ for id_, rules in found.items() if rules & by_text}
    precision = len(suspected & formal) / len(suspected)
    for mark in FORMAL_MARKS - {Mark.IDLE}:
        of_mark = [id_ for id_, its in marks.items() if its is mark]
        recall = sum(1 for id_ in of_mark if found[id_] & by_text) / len(of_mark)
        with capsys.disabled():
            print(f"\n{mark}: {len(of_mark)} models, recall {recall:.3f}", end="")
        assert recall > 0.9, Counter(len(found[id_]) for id_ in of_mark)
    with capsys.disabled():
        print(f"\nby text and hour: {len(suspected)} asked about, precision {precision:.3f}")
    assert precision > 0.95
