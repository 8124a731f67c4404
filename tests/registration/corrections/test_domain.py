"""Corrections as pure functions: what they replace, when they are refused, and the figures that follow."""

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from infra.operate import recount
from services.corrections import domain as corrections
from services.corrections.domain import Correction
from services.corrections.messages import CorrectionState
from services.kernel.act import Act
from services.kernel.messages import Event, Recorded, Refused
from services.kernel.mongo.codec import to_document
from services.movement.words import ContributionKind, Field, OutlierRule
from services.registration.corrections import domain, messages
from services.registration.corrections.domain import NAMES, Judged
from services.registration.models import history
from services.registration.models.contributing import contribute
from services.registration.models.domain import Model
from services.registration.models.implementing import begin, carry_over, discontinue, self_assess
from services.registration.models.messages import SelfRating
from services.registration.models.registering import accept, submit, withdraw
from services.reporting.domain import facts_of, fold
from services.reporting.measures import Measure
from tests import values
from tests.values import unit

TODAY = date(2019, 12, 31)
WARD = unit("/vn/a/b/c")
AT = datetime(2019, 12, 31, tzinfo=UTC)


def act(by: str = "officer", on: date = date(2018, 3, 1)) -> Act:
    return values.act(by, on, today=TODAY, at=AT)


class Story:
    """A model and all its events."""

    def __init__(self) -> None:
        self.model, drafted = values.draft(act(), of=WARD)
        self.events: list[Event] = [drafted]
        self.step(submit, act())
        self.step(accept, act("appraiser"))

    def step(self, take: Any, when: Act, **more: Any) -> int:
        """The version that the step has led to."""
        self.model, event = take(self.model, unit=WARD, act=when, **more)
        self.events.append(event)
        return self.model.version

    def gives(self, amount: str, kind: ContributionKind = ContributionKind.LAND_M2) -> int:
        return self.step(contribute, act(on=date(2018, 5, 4)), kind=kind, amount=amount, covers=None, note="")

    def corrected(self, judged: Judged, approver: str = "leader") -> None:
        proposal = proposed(judged)
        if judged.figures:
            proposal = approved(proposal, self.model, approver)
        self.model, event = judged.applied(proposal, act(approver, TODAY))
        self.events.append(event)

    def counted(self) -> tuple[dict[str, Any], dict[str, Decimal]]:
        """All facts that reporting counts, and the counters of the year 2018 in the country, without zeros."""
        facts = [fact for event in self.events for fact in facts_of(event, recorded(event))]
        of_year = {m: c for (p, u, m), c in fold(facts).items() if (p, u) == ("2018", "vn")}
        shown = {f"{m} {name}": v for m, c in of_year.items() for name, v in c.items() if v}
        return {fact.id: fact for fact in facts}, shown

    def recounted(self) -> dict[str, Decimal]:
        """The counters, after the document has given the same facts."""
        facts, counters = self.counted()
        expected = dict(recount.of_model(to_document(self.model)))
        assert expected.keys() == facts.keys()
        for id_, fact in facts.items():
            stored = to_document(fact)
            assert {name: expected[id_][name] for name in recount.COMPARED} == {
                name: stored[name] for name in recount.COMPARED
            }
        return counters


def recorded(event: Event) -> Recorded:
    return Recorded(
        id="e", seq=1, type=event.subject, recorded_at=AT, caller="x", trace=None, cause=None, data={}
    )


def proposed(judged: Judged, *waiting: Correction, by: str = "officer") -> Correction:
    return corrections.propose(
        key="registration-correction_1",
        record=judged.record,
        fact=judged.fact,
        fact_version=judged.fact_version,
        changes=judged.changes,
        shown=judged.changes,
        names=NAMES,
        reverses=judged.reverses,
        figures=judged.figures,
        reason="Gõ nhầm dấu phẩy",
        document="",
        waiting=waiting,
        messages=messages.CORRECTIONS,
        act=act(by, TODAY),
    )[0]


def approved(proposal: Correction, model: Model, by: str) -> Correction:
    return corrections.approve(
        proposal, authors=model.authors, messages=messages.CORRECTIONS, act=act(by, TODAY)
    )[0]


def amount(model: Model, version: int, value: str) -> Judged:
    return domain.contribution(model, version, unit=WARD, act=act(on=TODAY), amount=value)


def code(refused: pytest.ExceptionInfo[Refused]) -> str:
    return refused.value.refusal.code


def test_corrected_amount_replaces_the_old_one_in_the_period_of_the_fact() -> None:
    story = Story()
    version = story.gives("11553")
    story.corrected(amount(story.model, version, "1155.3"))
    facts, counters = story.counted()
    land = {id_: (fact.amount, fact.on) for id_, fact in facts.items() if fact.measure is Measure.LAND_M2}
    day = date(2018, 5, 4)
    assert land == {
        "model_1/4/LAND_M2": (Decimal(11553), day),
        "model_1/5/LAND_M2/-4": (Decimal(-11553), day),
        "model_1/5/LAND_M2/+4": (Decimal("1155.3"), day),
    }
    assert counters["LAND_M2 total"] == Decimal("1155.3")
    assert counters["LAND_M2 corrected"] == counters["LAND_M2 corrected_late"] == Decimal("-10397.7")
    (given,) = story.model.contributions
    assert (given.amount, given.corrected_version) == (Decimal("1155.3"), 5)


def test_flags_follow_corrected_and_reversed_contributions() -> None:
    story = Story()
    first = story.gives("200000")
    assert [flag.rule for flag in story.model.flags] == [OutlierRule.LAND_AT_ONCE]
    story.corrected(amount(story.model, first, "200"))
    assert story.model.flags == ()
    story.corrected(amount(story.model, first, "200001"))
    assert story.model.flagged
    story.corrected(domain.reversal(story.model, first))
    assert (story.model.flagged, story.model.standing) == (False, ())
    assert "LAND_M2 total" not in story.counted()[1]
    with pytest.raises(Refused) as refused:
        domain.reversal(story.model, first)
    assert code(refused) == "contribution-reversed"


def test_recount_of_the_document_gives_every_fact_of_every_correction() -> None:
    story = Story()
    first, second = story.gives("11553"), story.gives("7", ContributionKind.WORK_DAY)
    story.step(begin, act(on=date(2018, 6, 1)))
    story.corrected(amount(story.model, first, "1155.3"))
    story.corrected(
        domain.contribution(
            story.model,
            second,
            unit=WARD,
            act=act(),
            kind=ContributionKind.MONEY,
            amount="7000000",
            on=date(2018, 8, 1),
        )
    )
    story.corrected(domain.contents(story.model, programmes={}, act=act(), field="VHXH", title="Ngõ sáng"))
    story.corrected(amount(story.model, first, "1155.4"))
    story.corrected(domain.contribution(story.model, first, unit=WARD, act=act(), note="Đo lại"))
    story.corrected(domain.reversal(story.model, second))
    counters = story.recounted()
    assert counters["REGISTERED by.FIELD.CULTURE_SOCIETY"] == 1
    assert counters["LAND_M2 by.FIELD.CULTURE_SOCIETY"] == counters["LAND_M2 total"] == Decimal("1155.4")
    assert counters["WORK_DAY corrected"] == -7
    assert not {"MONEY total", "WORK_DAY total"} & counters.keys()
    assert not [name for name in counters if "ECONOMY" in name]


def test_withdrawn_model_can_still_be_corrected() -> None:
    story = Story()
    version = story.gives("11553")
    story.model, event = withdraw(story.model, unit=WARD, reason="Thôi", act=act(on=date(2018, 9, 1)))
    story.events.append(event)
    story.corrected(amount(story.model, version, "1155.3"))
    story.corrected(domain.contents(story.model, programmes={}, act=act(), field="QPAN"))
    assert story.recounted()["WITHDRAWN by.FIELD.DEFENCE_SECURITY"] == 1


def test_withdrawn_model_takes_its_contributions_with_it_from_that_day_on() -> None:
    story = Story()
    first, second = story.gives("10"), story.gives("4")
    days = story.gives("3", ContributionKind.WORK_DAY)
    story.model, event = withdraw(story.model, unit=WARD, reason="Thôi", act=act(on=date(2019, 2, 1)))
    story.events.append(event)

    def figures() -> dict[str, Decimal]:
        """Land and work-days of both years, and what the withdrawal took back."""
        story.recounted()
        facts = [fact for event in story.events for fact in facts_of(event, recorded(event))]
        return {
            f"{measure} {year} {name}": counter[name]
            for (year, place, measure), counter in fold(facts).items()
            for name in ("total", "withdrawn")
            if place == "vn" and year in ("2018", "2019") and counter.get(name)
            if measure in (Measure.LAND_M2, Measure.WORK_DAY)
        }

    assert figures() == {
        "LAND_M2 2018 total": 14,
        "LAND_M2 2019 total": -14,
        "LAND_M2 2019 withdrawn": -14,
        "WORK_DAY 2018 total": 3,
        "WORK_DAY 2019 total": -3,
        "WORK_DAY 2019 withdrawn": -3,
    }
    assert [change.before for change in history._changes(event)] == ["10 LAND_M2", "4 LAND_M2", "3 WORK_DAY"]

    # A correction of a contribution corrects what was taken back, too.
    story.corrected(amount(story.model, first, "9"))
    story.corrected(domain.reversal(story.model, days))
    story.corrected(domain.contents(story.model, programmes={}, act=act(), field="QPAN"))
    money = {"kind": ContributionKind.MONEY, "amount": "7000"}
    story.corrected(domain.contribution(story.model, second, unit=WARD, act=act(), **money))
    assert figures() == {
        "LAND_M2 2018 total": 9,
        "LAND_M2 2019 total": -9,
        "LAND_M2 2019 withdrawn": -9,
    }


def test_corrected_year_moves_what_counts_in_it() -> None:
    story = Story()
    story.step(begin, act(on=date(2018, 6, 1)))
    story.step(carry_over, act(on=date(2019, 2, 1)))
    story.model, event = discontinue(
        story.model, unit=WARD, reason="Đã thành nếp", act=act(on=date(2019, 9, 1))
    )
    story.events.append(event)
    with pytest.raises(Refused) as refused:
        domain.contents(story.model, programmes={}, act=act(), year=2019)
    assert code(refused) == "already-this-year"
    story.corrected(domain.contents(story.model, programmes={}, act=act(), year=2017))
    counters = story.recounted()
    assert counters["BEGUN_LATE total"] == counters["IMPLEMENTED total"] == 1
    assert "REGISTERED total" not in counters
    assert counters["REGISTERED corrected_late"] == -1
    story.corrected(domain.contents(story.model, programmes={}, act=act(), year=2018, field="VHXH"))
    assert story.recounted()["REGISTERED by.FIELD.CULTURE_SOCIETY"] == 1


def test_corrected_day_of_a_step_moves_what_counts_on_it() -> None:
    story = Story()
    begun = story.step(begin, act(on=date(2018, 6, 1)))
    carried = story.step(carry_over, act(on=date(2019, 2, 1)))
    story.model, event = discontinue(story.model, unit=WARD, reason="Xong", act=act(on=date(2019, 9, 1)))
    story.events.append(event)

    def day(version: int, on: date) -> Judged:
        return domain.step(story.model, version, unit=WARD, on=on, act=act(on=TODAY))

    judged = day(begun, date(2018, 7, 2))
    (change,) = judged.changes
    assert (change.field, change.before, change.after) == ("begun_on", "2018-06-01", "2018-07-02")
    assert domain.proposed(proposed(judged)) == {"begun_on": date(2018, 7, 2)}
    story.corrected(judged)
    story.recounted()
    facts = [fact for event in story.events for fact in facts_of(event, recorded(event))]
    halves = {
        period: c["total"] for (period, u, m), c in fold(facts).items() if (u, m) == ("vn", "IMPLEMENTED")
    }
    assert (int(halves["2018-H1"]), int(halves["2018-H2"])) == (0, 1)

    story.corrected(day(3, date(2018, 4, 1)))
    story.corrected(day(carried, date(2019, 3, 1)))
    story.corrected(day(story.model.ended.version if story.model.ended else 0, date(2019, 10, 1)))
    story.recounted()
    days = (story.model.registered_on, [one.on for one in story.model.implemented], story.model.state_since)
    assert days == (date(2018, 4, 1), [date(2018, 7, 2), date(2019, 3, 1)], date(2019, 10, 1))

    for version, on, expected in (
        (99, TODAY, "step-not-found"),
        (3, date(2018, 7, 3), "date-too-late"),
        (begun, date(2018, 3, 31), "date-too-early"),
        (carried, date(2018, 12, 31), "already-this-year"),
    ):
        with pytest.raises(Refused) as refused:
            day(version, on)
        assert code(refused) == expected


def test_corrected_day_of_a_withdrawal_moves_what_the_model_takes_back() -> None:
    story = Story()
    story.gives("5")
    withdrawn = story.step(withdraw, act(on=date(2019, 2, 1)), reason="Trùng")
    assert story.recounted()["LAND_M2 total"] == 5
    day: dict[str, Any] = {"unit": WARD, "act": act(on=TODAY)}
    story.corrected(domain.step(story.model, withdrawn, on=date(2018, 9, 1), **day))
    assert "LAND_M2 total" not in story.recounted()


def test_corrected_day_of_a_submission_changes_the_numbers_of_launches() -> None:
    story = Story()
    day: dict[str, Any] = {"unit": WARD, "act": act(on=TODAY)}
    story.corrected(domain.step(story.model, 3, on=date(2018, 4, 1), **day))
    judged = domain.step(story.model, 2, on=date(2018, 3, 15), **day)
    assert judged.figures
    story.corrected(judged)
    assert story.model.submitted_on == date(2018, 3, 15)
    for on, expected in ((date(2018, 2, 28), "date-too-early"), (date(2018, 4, 2), "date-too-late")):
        with pytest.raises(Refused) as refused:
            domain.step(story.model, 2, on=on, **day)
        assert code(refused) == expected


def test_day_of_a_step_stays_beside_the_self_assessment() -> None:
    story = Story()
    begun = story.step(begin, act(on=date(2018, 6, 1)))
    story.step(self_assess, act(on=date(2018, 8, 1)), rating=SelfRating.MET, text="Tốt")
    day: dict[str, Any] = {"unit": WARD, "act": act(on=TODAY)}
    with pytest.raises(Refused) as refused:
        domain.step(story.model, begun, on=date(2018, 8, 2), **day)
    assert code(refused) == "date-too-late"
    ended = story.step(discontinue, act(on=date(2018, 9, 1)), reason="Xong")
    with pytest.raises(Refused) as refused:
        domain.step(story.model, ended, on=date(2018, 7, 31), **day)
    assert code(refused) == "date-too-early"


def test_only_what_changes_no_figure_is_applied_without_a_second_person() -> None:
    story = Story()
    version = story.gives("5")
    note = domain.contribution(story.model, version, unit=WARD, act=act(), note="Đo lại")
    title = domain.contents(story.model, programmes={}, act=act(), title="Ngõ sáng")
    both = domain.contents(story.model, programmes={}, act=act(), title="Ngõ sáng", year=2019)
    states = [proposed(judged).state for judged in (note, title, both, amount(story.model, version, "6"))]
    assert Counter(states) == {CorrectionState.APPLIED: 2, CorrectionState.WAITING: 2}
    assert states[:2] == [CorrectionState.APPLIED] * 2


@pytest.mark.parametrize("by", ["officer", "another officer", "organisation_1"])
def test_proposer_and_author_do_not_approve(by: str) -> None:
    story = Story()
    version = story.gives("5")
    proposal = proposed(amount(story.model, version, "6"), by="another officer")
    with pytest.raises(Refused) as refused:
        approved(proposal, story.model, by)
    assert code(refused) == "own-work"


def test_correction_is_decided_once_and_recalled_only_by_its_proposer() -> None:
    story = Story()
    version = story.gives("5")
    proposal = proposed(amount(story.model, version, "6"))
    with pytest.raises(Refused) as refused:
        corrections.recall(proposal, messages=messages.CORRECTIONS, act=act("somebody", TODAY))
    assert code(refused) == "not-proposer"
    declined, _ = corrections.decline(
        proposal, reason="Đúng rồi", authors=(), messages=messages.CORRECTIONS, act=act("leader", TODAY)
    )
    assert (declined.state, declined.decline_reason) == (CorrectionState.DECLINED, "Đúng rồi")
    with pytest.raises(Refused) as refused:
        approved(declined, story.model, "leader")
    assert code(refused) == "already-decided"


def test_correction_of_a_fact_that_has_changed_meanwhile_is_refused() -> None:
    story = Story()
    version = story.gives("5")
    proposal = proposed(amount(story.model, version, "6"))
    story.corrected(amount(story.model, version, "7"))
    now = domain.contribution(story.model, version, unit=WARD, act=act(), **domain.proposed(proposal))
    with pytest.raises(Refused) as refused:
        corrections.still_there(proposal, now.changes)
    assert code(refused) == "fact-changed"


def test_fact_has_one_waiting_correction_of_a_value() -> None:
    story = Story()
    version = story.gives("5")
    waiting = proposed(amount(story.model, version, "6"))
    with pytest.raises(Refused) as refused:
        proposed(amount(story.model, version, "7"), waiting)
    assert code(refused) == "correction-waiting"
    assert proposed(domain.contribution(story.model, version, unit=WARD, act=act(), note="x"), waiting)


def test_corrected_values_follow_the_rules_of_recorded_ones() -> None:
    story = Story()
    version = story.gives("5")
    tries: dict[str, dict[str, Any]] = {
        "amount-invalid": {"amount": "5.123"},
        "date-too-early": {"on": date(2018, 1, 1)},
        "date-in-future": {"on": date(2020, 1, 1)},
        "nothing-changed": {"amount": "5.0"},
    }
    for expected, given in tries.items():
        with pytest.raises(Refused) as refused:
            proposed(domain.contribution(story.model, version, unit=WARD, act=act(), **given))
        assert code(refused) == expected
    with pytest.raises(Refused) as refused:
        amount(story.model, 99, "5")
    assert code(refused) == "contribution-not-found"
    with pytest.raises(Refused) as refused:
        domain.contents(values.draft(act(), of=WARD)[0], programmes={}, act=act(), title="x")
    assert code(refused) == "not-registered"


def test_proposal_keeps_the_values_of_all_fields() -> None:
    story = Story()
    judged = domain.contents(
        story.model,
        programmes={},
        act=act(),
        title="Ngõ sáng",
        place="Tổ 3",
        year=2019,
        field="QPAN",
        subject_kind="INDIVIDUAL",
    )
    again = domain.contents(story.model, programmes={}, act=act(), **domain.proposed(proposed(judged)))
    assert (again.after, again.changes) == (judged.after, judged.changes)
    assert again.after.field is Field.DEFENCE_SECURITY
