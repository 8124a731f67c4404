"""The whole life of a model: the steps that each state allows, their results, and the facts that are counted."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.operate.recount import COMPARED, of_model
from services.kernel.act import Act
from services.kernel.messages import Event, Recorded, Refused
from services.kernel.mongo.codec import to_document
from services.kernel.units import DatedUnit, UnitLevel
from services.movement import homes
from services.movement.words import ContributionKind, Level
from services.registration.models import (
    contributing,
    domain,
    drafting,
    history,
    implementing,
    moving,
    registering,
)
from services.registration.models.domain import ALLOWED, LEADS_TO, Model
from services.registration.models.messages import ModelState, ModelStep, SelfRating
from services.registration.organisations.domain import Organisation
from services.registration.programmes.domain import Programme
from services.reporting.domain import facts_of, moved
from tests import ROOT, values

DAY = date(2019, 2, 1)
TODAY = date(2024, 12, 31)
NOW = datetime(2024, 12, 31, tzinfo=UTC)
WARD = values.unit("/vn/a/b/c")

README = ROOT / "services" / "registration" / "models" / "README.md"
Step = Callable[[Model, Act], tuple[Model, Event]]


def act(on: date, by: str = "somebody") -> Act:
    return values.act(by, on, today=TODAY, at=NOW)


PROGRAMME = Programme(
    id="programme_" + "1" * 24,
    version=1,
    unit="/vn/a",
    identity="one",
    name="Dân vận khéo",
    first_year=DAY.year,
    last_year=DAY.year,
    years=(DAY.year,),
    documents=("g",),
    started_on=DAY,
)


def drafted(on: date = DAY) -> tuple[Model, Event]:
    return values.draft(act(on, "drafter"), of=WARD)


def owner(key: str) -> Organisation:
    return values.organisation(WARD, key)


def revise(model: Model, act: Act, **changes: Any) -> tuple[Model, Event]:
    nothing: dict[str, Any] = dict.fromkeys(domain.REVISABLE)
    return drafting.revise(
        model, unit=under(model, act), **(nothing | changes), programmes={PROGRAMME.id: PROGRAMME}, act=act
    )


def under(model: Model, act: Act) -> DatedUnit:
    """The unit under which the model lives on the day of the act."""
    return values.unit(str(model.home_on(act.on))) if model.homes else WARD


def hand_over(model: Model, act: Act) -> tuple[Model, Event]:
    """As if the model's unit had ended on the day of the act, or later."""
    since = max([act.on, *(home.since for home in model.homes)])
    step = homes.Step(path=f"/vn/a/h{len(model.homes)}", level=UnitLevel.COMMUNE, since=since)
    return moving.hand_over(model, steps=[step], document="Biên bản bàn giao", act=act)


STEPS: dict[ModelStep, Step] = {
    ModelStep.REVISE: lambda model, act: revise(model, act, title=f"Ngõ sạch {model.version}"),
    ModelStep.SUBMIT: lambda model, act: registering.submit(model, unit=under(model, act), act=act),
    ModelStep.RETURN: lambda model, act: registering.return_(
        model, unit=under(model, act), reason="Thiếu", act=act
    ),
    ModelStep.ACCEPT: lambda model, act: registering.accept(model, unit=under(model, act), act=act),
    ModelStep.BEGIN: lambda model, act: implementing.begin(model, unit=under(model, act), act=act),
    ModelStep.NOTE: lambda model, act: implementing.note(model, unit=under(model, act), text="Xong", act=act),
    ModelStep.CONTRIBUTE: lambda model, act: contributing.contribute(
        model,
        unit=under(model, act),
        kind=ContributionKind.WORK_DAY,
        amount="2.5",
        note="",
        covers=None,
        act=act,
    ),
    ModelStep.SELF_ASSESS: lambda model, act: implementing.self_assess(
        model, unit=under(model, act), rating=SelfRating.MET, text="Đạt", act=act
    ),
    ModelStep.CARRY_OVER: lambda model, act: implementing.carry_over(model, unit=under(model, act), act=act),
    ModelStep.CHANGE_LEVEL: lambda model, act: moving.change_level(
        model,
        unit=under(model, act),
        level=Level.CITY if model.level is Level.COMMUNE else Level.COMMUNE,
        reason="Nâng cấp",
        document="QĐ 12/QĐ-UBND",
        act=act,
    ),
    ModelStep.CHANGE_OWNER: lambda model, act: moving.change_owner(
        model,
        unit=under(model, act),
        owner=owner(f"{model.owner}o"),
        reason="Sáp nhập",
        document="QĐ 13/QĐ-UBND",
        act=act,
    ),
    ModelStep.HAND_OVER: hand_over,
    ModelStep.WITHDRAW: lambda model, act: registering.withdraw(
        model, unit=under(model, act), reason="Trùng", act=act
    ),
    ModelStep.DISCONTINUE: lambda model, act: implementing.discontinue(
        model, unit=under(model, act), reason="Hết kinh phí", act=act
    ),
}
WAYS: dict[ModelState, tuple[ModelStep, ...]] = {
    ModelState.DRAFT: (),
    ModelState.SUBMITTED: (ModelStep.SUBMIT,),
    ModelState.RETURNED: (ModelStep.SUBMIT, ModelStep.RETURN),
    ModelState.REGISTERED: (ModelStep.SUBMIT, ModelStep.ACCEPT),
    ModelState.IMPLEMENTING: (ModelStep.SUBMIT, ModelStep.ACCEPT, ModelStep.BEGIN),
    ModelState.SELF_ASSESSED: (ModelStep.SUBMIT, ModelStep.ACCEPT, ModelStep.BEGIN, ModelStep.SELF_ASSESS),
    ModelState.WITHDRAWN: (ModelStep.WITHDRAW,),
    ModelState.DISCONTINUED: (
        ModelStep.SUBMIT,
        ModelStep.ACCEPT,
        ModelStep.BEGIN,
        ModelStep.DISCONTINUE,
    ),
}


def taken(step: ModelStep, model: Model, on: date) -> tuple[Model, Event]:
    # The person who judges a model is not one of its authors.
    judging = step in (ModelStep.RETURN, ModelStep.ACCEPT, ModelStep.CHANGE_LEVEL)
    return STEPS[step](model, act(on, "judge" if judging else "officer"))


def in_state(state: ModelState, on: date = DAY) -> Model:
    model, _ = drafted(on)
    for step in WAYS[state]:
        model, _ = taken(step, model, on)
    assert model.state is state
    return model


def refusal(step: Callable[[], object]) -> tuple[str, tuple[str, ...]]:
    with pytest.raises(Refused) as refused:
        step()
    return refused.value.refusal.code, refused.value.refusal.fields


@pytest.mark.parametrize("state", ModelState)
@pytest.mark.parametrize("step", STEPS)
def test_step_is_allowed_in_the_states_of_the_table_only(step: ModelStep, state: ModelState) -> None:
    model = in_state(state)
    next_year = date(2020, 1, 15)
    if state not in ALLOWED[step]:
        assert refusal(lambda: taken(step, model, next_year)) == ("wrong-state", ("model",))
        return
    after, event = taken(step, model, next_year)
    assert after.state is LEADS_TO.get(step, state)
    assert (after.version, event.version) == (model.version + 1, model.version + 1)
    assert after.state_since == (next_year if step in LEADS_TO else model.state_since)
    assert isinstance(event, history.KINDS[step])


@pytest.mark.parametrize("step", STEPS)
def test_every_step_but_the_hand_over_is_refused_from_the_end_of_the_unit_on(
    step: ModelStep, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = next(state for state in ModelState if state in ALLOWED[step])
    model, end = in_state(state), date(2020, 1, 15)
    monkeypatch.setitem(globals(), "WARD", values.unit(model.unit, until=end))
    assert step is ModelStep.CARRY_OVER or taken(step, model, end - timedelta(days=1))
    if step is ModelStep.HAND_OVER:
        assert taken(step, model, end)
    else:
        assert refusal(lambda: taken(step, model, end)) == ("unit-not-in-force", ("model", "on"))


def test_every_step_is_in_the_tables() -> None:
    assert set(ALLOWED) == set(STEPS) == set(ModelStep) - {ModelStep.DRAFT, ModelStep.CORRECT}
    assert set(history.KINDS) == set(ModelStep)


def test_readme_has_the_table_of_steps_and_states() -> None:
    head = ["| | " + " | ".join(ModelState) + " |", "|---|" + ":-:|" * len(ModelState)]
    rows = []
    for step, states in ALLOWED.items():
        cells = [LEADS_TO.get(step, "●") if state in states else "" for state in ModelState]
        rows.append(f"| {step} {step.vi} | " + " | ".join(cells) + " |")
    assert "\n".join([*head, *rows]) in README.read_text()


def test_revision_event_has_exactly_the_changed_fields() -> None:
    model, event = revise(
        in_state(ModelState.RETURNED), act(DAY), title=" Ngõ đẹp ", place="Tổ 3", year=2020, summary=""
    )
    assert (model.title, model.place, model.year) == ("Ngõ đẹp", "Tổ 3", 2020)
    assert list(msgspec.to_builtins(event)["changes"]) == [
        {"field": "title", "before": "Ngõ sạch", "after": "Ngõ đẹp"},
        {"field": "place", "before": None, "after": "Tổ 3"},
        {"field": "year", "before": "2019", "after": "2020"},
    ]


def test_change_to_the_same_value_is_refused() -> None:
    draft, registered = in_state(ModelState.DRAFT), in_state(ModelState.REGISTERED)
    assert refusal(lambda: revise(draft, act(DAY), title="Ngõ sạch "))[0] == "nothing-changed"
    for step in (
        lambda: moving.change_level(
            registered, unit=WARD, level=Level.COMMUNE, reason="x", document="x", act=act(DAY, "judge")
        ),
        lambda: moving.change_owner(
            registered, unit=WARD, owner=owner(registered.owner), reason="x", document="x", act=act(DAY)
        ),
    ):
        assert refusal(step)[0] == "nothing-changed"


def test_empty_programme_takes_the_model_out_of_its_programme() -> None:
    joined, _ = revise(in_state(ModelState.DRAFT), act(DAY), programme=PROGRAMME.id)
    assert joined.programme == PROGRAMME.id
    assert revise(joined, act(DAY), programme="")[0].programme is None


def test_year_outside_the_programme_is_refused_unless_the_model_leaves_it() -> None:
    joined, _ = revise(in_state(ModelState.DRAFT), act(DAY), programme=PROGRAMME.id)
    later = PROGRAMME.last_year + 1
    assert refusal(lambda: revise(joined, act(DAY), year=later))[0] == "programme-not-in-year"
    assert revise(joined, act(DAY), year=later, programme="")[0].year == later


def test_reviser_cannot_judge_a_model() -> None:
    revised, _ = revise(in_state(ModelState.DRAFT), act(DAY, "judge"), title="Khác")
    revised, _ = revise(revised, act(DAY, "another"), title="Lại khác")
    assert revised.revised_by == ("judge", "another")
    submitted, _ = registering.submit(revised, unit=WARD, act=act(DAY, "officer"))
    for by in revised.revised_by:
        accept = partial(registering.accept, submitted, unit=WARD, act=act(DAY, by))
        assert refusal(accept)[0] == "own-work"
    accepted, event = registering.accept(submitted, unit=WARD, act=act(DAY, "appraiser"))
    assert accepted.state is ModelState.REGISTERED
    assert event.written_by == ("drafter", "judge", "another", "officer")


def test_model_is_implemented_once_a_year() -> None:
    begun = in_state(ModelState.IMPLEMENTING)
    assert refusal(lambda: implementing.carry_over(begun, unit=WARD, act=act(date(2019, 12, 31)))) == (
        "already-this-year",
        ("on",),
    )
    carried, _ = implementing.carry_over(begun, unit=WARD, act=act(date(2020, 3, 1)))
    assert (
        refusal(lambda: implementing.carry_over(carried, unit=WARD, act=act(date(2020, 12, 1))))[0]
        == "already-this-year"
    )
    again, _ = implementing.carry_over(carried, unit=WARD, act=act(date(2022, 1, 1)))
    assert [(one.on.year, one.carried) for one in again.implemented] == [
        (2019, False),
        (2020, True),
        (2022, True),
    ]


def test_owner_cannot_change_the_level_of_its_model() -> None:
    model = in_state(ModelState.REGISTERED)
    own = values.act("x", DAY, model.owner, today=TODAY)
    change = {"level": Level.CITY, "reason": "x", "document": "x"}
    assert refusal(lambda: moving.change_level(model, unit=WARD, **change, act=own))[0] == "own-work"  # type: ignore[arg-type]


def test_change_to_the_district_level_is_refused_after_the_last_district() -> None:
    model = in_state(ModelState.REGISTERED)

    def to_district(on: date) -> Model:
        late = values.act("judge", on, today=date(2025, 12, 31))
        return moving.change_level(
            model, unit=WARD, level=Level.DISTRICT, reason="x", document="x", act=late
        )[0]

    assert to_district(date(2025, 6, 30)).level is Level.DISTRICT
    assert refusal(lambda: to_district(date(2025, 7, 1))) == ("level-ended", ("level", "on"))


@pytest.mark.parametrize("left_out", ["reason", "document"])
@pytest.mark.parametrize("step", [ModelStep.CHANGE_LEVEL, ModelStep.CHANGE_OWNER])
def test_change_of_level_or_owner_needs_a_reason_and_a_document(step: ModelStep, left_out: str) -> None:
    told = {"reason": "x", "document": "x", left_out: " "}
    model = in_state(ModelState.REGISTERED)
    change: dict[ModelStep, Callable[[], object]] = {
        ModelStep.CHANGE_LEVEL: lambda: moving.change_level(
            model, unit=WARD, level=Level.CITY, **told, act=act(DAY, "judge")
        ),
        ModelStep.CHANGE_OWNER: lambda: moving.change_owner(
            model, unit=WARD, owner=owner("o2"), **told, act=act(DAY)
        ),
    }
    assert refusal(change[step]) == (f"{left_out}-empty", (left_out,))


def test_number_of_progress_notes_is_limited() -> None:
    full = msgspec.structs.replace(in_state(ModelState.IMPLEMENTING), notes=implementing.MOST_NOTES)
    assert refusal(lambda: implementing.note(full, unit=WARD, text="x", act=act(DAY)))[0] == "too-many-notes"


def test_late_record_may_have_an_earlier_day_than_the_last_step() -> None:
    model, _ = implementing.self_assess(
        in_state(ModelState.IMPLEMENTING),
        unit=WARD,
        rating=SelfRating.MET,
        text="x",
        act=act(date(2019, 11, 1)),
    )
    assert implementing.note(model, unit=WARD, text="x", act=act(date(2019, 5, 1)))[0].notes == 1
    assert taken(ModelStep.CONTRIBUTE, model, date(2019, 5, 1))[0].contributions
    assert refusal(lambda: taken(ModelStep.DISCONTINUE, model, date(2019, 5, 1)))[0] == "date-too-early"


def recorded(event: Event) -> Recorded:
    return Recorded(
        id="e",
        seq=1,
        type=event.subject,
        recorded_at=NOW,
        caller="officer",
        trace=None,
        cause=None,
        data=msgspec.to_builtins(event),
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_history_measures_and_document_agree_after_any_steps(data: st.DataObject) -> None:
    model, event = drafted()
    events, day = [event], DAY
    for _ in range(data.draw(st.integers(0, 14))):
        possible = [step for step in STEPS if model.state in ALLOWED[step]]
        likely: bool = data.draw(st.booleans())
        step: ModelStep = data.draw(st.sampled_from(possible if possible and likely else list(STEPS)))
        on = day + timedelta(days=data.draw(st.integers(-20, 300)))
        before = model
        refused = ""
        try:
            model, event = taken(step, model, on)
        except Refused as error:
            refused = error.refusal.code
        assert refused in {"", "wrong-state", "date-too-early", "date-in-future", "already-this-year"}
        if refused:
            continue
        assert before.state in ALLOWED[step]
        assert model.state is LEADS_TO.get(step, before.state)
        events.append(event)
        day = max(day, on)
    # The state can be reached; versions are dense; the log has each step.
    assert model.state in WAYS
    assert [event.version for event in events] == [*range(1, model.version + 1)]
    told = [history.fact(recorded(event)) for event in events]
    assert [fact["version"] for fact in told] == [*range(1, model.version + 1)]
    # Reports count the same facts from the events as from the document.
    facts = {fact.id: fact for event in events for fact in facts_of(event, recorded(event))}
    facts |= {new.id: new for _, new in moved(facts.values(), model.unit, model.homes)}
    counted = {key: to_document(fact) for key, fact in facts.items()}
    wanted = dict(of_model(to_document(model))) if model.registered_on else {}
    assert counted.keys() == wanted.keys()
    for key, fact in counted.items():
        assert {name: fact[name] for name in COMPARED} == wanted[key]
    # This is the difference between registered and implemented models.
    many = dict.fromkeys(("REGISTERED", "IMPLEMENTED", "CARRIED_OVER", "WITHDRAWN"), 0)
    many |= {name: sum(f["measure"] == name for f in counted.values()) for name in many}
    waiting = model.state is ModelState.REGISTERED
    begun = many["REGISTERED"] - many["WITHDRAWN"] - waiting
    assert many["IMPLEMENTED"] == begun + many["CARRIED_OVER"]
    years = [one.on.year for one in model.implemented]
    assert years == sorted(set(years))
    days = sum((given.amount for given in model.contributions), Decimal(0))
    assert days == sum(f["amount"] for f in counted.values() if f["measure"] == "WORK_DAY")
