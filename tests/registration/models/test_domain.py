"""The life of a model as pure functions: steps in order, judged by others than its authors, on valid days."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.act import Act
from services.kernel.messages import Refused
from services.kernel.units import DatedUnit, UnitLevel
from services.movement.words import ContributionKind, Level
from services.registration.models.contributing import PLACES, contribute
from services.registration.models.domain import Model
from services.registration.models.messages import ModelState
from services.registration.models.moving import change_owner
from services.registration.models.registering import accept, return_, submit
from tests import values
from tests.values import unit

NOW = datetime(2019, 12, 31, tzinfo=UTC)
DAY = date(2019, 2, 1)
PATH = "/vn/a/b/c"
WARD = unit(PATH)


def act(day: int = 0, by: str = "officer", *organisations: str) -> Act:
    return values.act(by, DAY + timedelta(days=day), *organisations, today=NOW.date(), at=NOW)


def drafted(when: Act | None = None, of: DatedUnit = WARD, **given: Any) -> Model:
    return values.draft(when or act(), of=of, **given)[0]


def submitted() -> Model:
    return submit(drafted(), unit=WARD, act=act(1))[0]


def registered() -> Model:
    return accept(submitted(), unit=WARD, act=act(2, "appraiser"))[0]


def code(refused: pytest.ExceptionInfo[Refused]) -> str:
    return refused.value.refusal.code


@pytest.mark.parametrize(
    ("at", "level"),
    [
        (UnitLevel.PROVINCE, Level.CITY),
        (UnitLevel.DISTRICT, Level.DISTRICT),
        (UnitLevel.COMMUNE, Level.COMMUNE),
    ],
)
def test_model_has_the_level_of_its_unit(at: UnitLevel, level: Level) -> None:
    assert drafted(of=unit(WARD.spells[0].path, at)).level is level


def test_bodies_of_the_country_register_no_models() -> None:
    with pytest.raises(Refused) as refused:
        drafted(of=unit("/vn", UnitLevel.COUNTRY))
    assert code(refused) == "unit-level"


def test_draft_needs_an_owner_and_a_unit_that_exist_on_its_day() -> None:
    ended = values.organisation(WARD, ended_on=DAY + timedelta(days=1))
    assert drafted(owner=ended)
    with pytest.raises(Refused) as refused:
        drafted(act(1), owner=ended)
    assert (code(refused), refused.value.refusal.fields) == ("organisation-ended", ("owner", "on"))
    with pytest.raises(Refused) as refused:
        drafted(of=unit(PATH, until=DAY))
    assert (code(refused), refused.value.refusal.fields) == ("unit-not-in-force", ("owner", "on"))


def test_draft_is_made_in_the_unit_of_its_owner_only() -> None:
    with pytest.raises(ValueError, match="not under d"):
        drafted(of=unit("/vn/a/b/d"), owner=values.organisation(WARD))


def test_new_owner_must_exist_on_the_day() -> None:
    ended = values.organisation(WARD, "organisation_2", ended_on=DAY + timedelta(days=3))
    change: dict[str, Any] = {"owner": ended, "reason": "Sáp nhập", "document": "QĐ 1"}
    changed, _ = change_owner(registered(), unit=WARD, **change, act=act(2))
    assert changed.owner == ended.id
    with pytest.raises(Refused) as refused:
        change_owner(registered(), unit=WARD, **change, act=act(3))
    assert (code(refused), refused.value.refusal.fields) == ("organisation-ended", ("owner", "on"))


def test_each_step_makes_one_version_and_one_event() -> None:
    model, event = values.draft(act(), of=WARD)
    assert (model.version, event.version, model.state) == (1, 1, ModelState.DRAFT)
    model, sent = submit(model, unit=WARD, act=act(1))
    assert (model.version, sent.version, model.state) == (2, 2, ModelState.SUBMITTED)
    model, back = return_(model, unit=WARD, reason="Thiếu", act=act(2, "appraiser"))
    assert (model.version, back.version, model.return_reason) == (3, 3, "Thiếu")
    model, again = submit(model, unit=WARD, act=act(3))
    assert (model.version, again.version, model.return_reason) == (4, 4, None)
    model, accepted = accept(model, unit=WARD, act=act(4, "appraiser"))
    assert (model.version, accepted.version, model.registered_version) == (5, 5, 5)
    assert (accepted.on, accepted.written_by) == (DAY + timedelta(days=4), ("officer",))


@pytest.mark.parametrize("author", ["drafter", "submitter"])
def test_author_and_submitter_cannot_judge_a_model(author: str) -> None:
    model = submit(drafted(when=act(by="drafter")), unit=WARD, act=act(1, "submitter"))[0]
    for judge in (
        lambda: accept(model, unit=WARD, act=act(2, author)),
        lambda: return_(model, unit=WARD, reason="x", act=act(2, author)),
    ):
        with pytest.raises(Refused) as refused:
            judge()
        assert code(refused) == "own-work"


def test_nobody_judges_what_their_own_organisation_registered() -> None:
    model = submit(drafted(), unit=WARD, act=act(1))[0]
    for judge in (
        lambda who: accept(model, unit=WARD, act=who),
        lambda who: return_(model, unit=WARD, reason="x", act=who),
    ):
        with pytest.raises(Refused) as refused:
            judge(act(2, "appraiser", "another", model.owner))
        assert code(refused) == "own-work"
        assert judge(act(2, "appraiser", "another"))


def test_step_out_of_order_is_refused() -> None:
    appraiser = act(5, "appraiser")
    out_of_order: list[Callable[[], object]] = [
        lambda: accept(drafted(), unit=WARD, act=appraiser),
        lambda: return_(drafted(), unit=WARD, reason="x", act=appraiser),
        lambda: submit(submitted(), unit=WARD, act=act(5)),
        lambda: submit(registered(), unit=WARD, act=act(5)),
        lambda: accept(registered(), unit=WARD, act=appraiser),
        lambda: contribute(
            submitted(), unit=WARD, kind=ContributionKind.MONEY, amount="1", note="", covers=None, act=act(5)
        ),
    ]
    for step in out_of_order:
        with pytest.raises(Refused) as refused:
            step()
        assert code(refused) == "wrong-state"


def test_step_before_the_last_one_or_in_the_future_is_refused() -> None:
    too_early: list[Callable[[], object]] = [
        lambda: submit(drafted(), unit=WARD, act=act(-1)),
        lambda: accept(submitted(), unit=WARD, act=act(0, "appraiser")),
        lambda: return_(submitted(), unit=WARD, reason="x", act=act(0, "appraiser")),
        lambda: contribute(
            registered(), unit=WARD, kind=ContributionKind.MONEY, amount="1", note="", covers=None, act=act(1)
        ),
    ]
    for step in too_early:
        with pytest.raises(Refused) as refused:
            step()
        assert code(refused) == "date-too-early"
    with pytest.raises(Refused) as refused:
        drafted(when=act(334))
    assert code(refused) == "date-in-future"


def test_blank_summary_is_stored_as_empty() -> None:
    assert drafted(summary=" \n ").summary == ""
    assert drafted(summary=" a\r\nb ").summary == "a\nb"


@given(kind=st.sampled_from(ContributionKind), data=st.data())
def test_valid_amount_is_stored_exactly(kind: ContributionKind, data: st.DataObject) -> None:
    places = PLACES[kind]
    amount = data.draw(st.decimals(min_value=Decimal("0.1") ** places, max_value=10**14, places=places))
    model, event = contribute(
        registered(), unit=WARD, kind=kind, amount=str(amount), note="", covers=None, act=act(3)
    )
    assert model.contributions[-1].amount == event.amount == amount
    assert "E" not in str(event.amount)
    assert (model.contributions[-1].version, event.version) == (model.version, model.version)


@given(st.text(max_size=40))
def test_text_for_an_amount_is_refused_or_a_positive_number(text: str) -> None:
    refusal, amount = None, Decimal(0)
    try:
        amount = contribute(
            registered(),
            unit=WARD,
            kind=ContributionKind.LAND_M2,
            amount=text,
            note="",
            covers=None,
            act=act(3),
        )[1].amount
    except Refused as refused:
        refusal = refused.refusal
    if refusal:
        assert (refusal.code, refusal.fields) == ("amount-invalid", ("amount",))
    else:
        assert 0 < amount < 10**15


def test_year_of_a_model_is_by_default_that_of_its_day() -> None:
    assert drafted().year == 2019
    assert drafted(year=2020).year == 2020
    for year in (1899, 2021):
        with pytest.raises(Refused) as refused:
            drafted(year=year)
        assert (code(refused), refused.value.refusal.fields) == ("year-invalid", ("year",))
