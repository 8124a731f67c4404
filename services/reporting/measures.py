"""The measures that reports show and the dimensions that split them, each declared here once.

To add a measure, add a member to `Measure` with the events that make it, and count the same from the documents in
`infra/operate/recount.py`, which does not read this module on purpose. Then `danvan rebuild` counts its history.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeVar

import msgspec

from services.kernel.messages import Event
from services.kernel.words import Word
from services.movement.words import BodyKind, ContributionKind, Covers, Field, Level, SubjectKind
from services.movement.years import from_year, in_year
from services.registration.formality.messages import (
    QuestionAnswered,
    QuestionAsked,
    QuestionHandedOver,
    QuestionSettled,
)
from services.registration.models.messages import (
    ContributionRecorded,
    ModelAccepted,
    ModelBegun,
    ModelCarriedOver,
    ModelCorrected,
    ModelDiscontinued,
    ModelHandedOver,
    ModelStep,
    ModelWithdrawn,
)
from services.review.messages import (
    Closing,
    ReviewClosed,
    ReviewCorrected,
    ReviewDecided,
    ReviewHandedOver,
    ReviewNominated,
    ReviewRevoked,
    ReviewStep,
    Verdict,
)
from services.supervision.messages import ActivityBody, ActivityCorrected, ActivityKind, ActivityRecorded

E = TypeVar("E", bound=Event)


class Together(Word):
    """Rows of activities that no single kind of body held."""

    SEVERAL = "SEVERAL", "Nhiều loại chủ thể cùng thực hiện"


def _kind_of(bodies: Iterable[ActivityBody]) -> Word:
    """One row for each activity, so that the rows add up to the total."""
    kinds = {body.kind for body in bodies}
    return kinds.pop() if len(kinds) == 1 else Together.SEVERAL


def _each_kind(bodies: Iterable[ActivityBody]) -> tuple[Word, ...]:
    return tuple(kind for kind in BodyKind if any(body.kind is kind for body in bodies))


def _as_it_is(value: Any) -> Word:
    word: Word = value
    return word


class Dimension(Word):
    """Chiều phân tổ."""

    def __init__(
        self,
        code: str,
        vi: str = "",
        rows: Iterable[Word] = (),
        reads: str = "",
        word: Callable[[Any], Word | tuple[Word, ...]] = _as_it_is,
        adds_up: bool = True,
    ) -> None:
        """`rows`: the words that a breakdown has rows for. `reads`: the field of a counted event that gives the row,
        by way of `word`. `adds_up`: each event has one row; otherwise it can have several, and `word` gives a tuple.

        PLACE has none of these: its rows are units.
        """
        self.rows = tuple(rows)
        self.reads = reads
        self.adds_up = adds_up
        self._word = word

    def codes_of(self, rows: Any) -> tuple[str, ...]:
        """Codes of the rows that a counted event belongs to. `rows`: the value with the fields of the dimensions."""
        words = self._word(getattr(rows, self.reads))
        return tuple(word.value for word in (words if isinstance(words, tuple) else (words,)))

    FIELD = "FIELD", "Lĩnh vực", Field, "field"
    LEVEL = "LEVEL", "Cấp", Level, "level"
    SUBJECT_KIND = "SUBJECT_KIND", "Tập thể, cá nhân", SubjectKind, "subject_kind"
    COVERS = "COVERS", "Số tiền bao gồm những gì", Covers, "covers", lambda covers: covers or Covers.UNSTATED
    ACTIVITY_KIND = "ACTIVITY_KIND", "Loại cuộc giám sát", ActivityKind, "kind"
    BODY_KIND = "BODY_KIND", "Loại chủ thể giám sát", (*BodyKind, *Together), "bodies", _kind_of
    TAKING_PART = (
        "TAKING_PART",
        "Loại chủ thể tham gia, không cộng các dòng",
        BodyKind,
        "bodies",
        _each_kind,
        False,
    )
    PLACE = "PLACE", "Các đơn vị ngay bên dưới, và phần của chính đơn vị đó"


def _always(_: Event) -> bool:
    return True


def _one(_: Event) -> Decimal:
    return Decimal(1)


def _less_one(_: Event) -> Decimal:
    return Decimal(-1)


def _on(event: Any) -> date:
    day: date = event.on
    return day


def _itself(event: Any) -> Any:
    return event


def _as_dated(day: date, _: int | None) -> date:
    return day


@dataclass(frozen=True, slots=True)
class Item:
    """A fact that counts. `mark`: its part of the fact's id, if the event has several. `restates`: by a correction."""

    fact: Any
    sign: int = 1
    mark: str = ""
    restates: bool = False


def _alone(event: Event) -> Iterable[Item]:
    return (Item(event),)


@dataclass(frozen=True, slots=True)
class Restating:
    """The event that corrects facts of one kind, and the step by which it names this kind, if it has several.

    `taken`: facts that take a contribution back.
    """

    event: type[Event]
    step: str = ""
    taken: bool = False

    def items(self, event: Any) -> Iterable[Item]:
        """The facts that the correction strikes, and those that count instead."""
        for sign, mark, facts in ((-1, "-", event.struck), (1, "+", event.counted)):
            for fact in facts:
                taken = getattr(fact, "taken", None)
                if (not self.step or fact.step == self.step) and (taken is not None) is self.taken:
                    name = f"{mark}{fact.version}" if taken is None else f"{mark}{fact.version}~{taken}"
                    yield Item(fact, sign, name, restates=True)


RESTATED_BY: Mapping[type[Event], Restating] = {
    ModelAccepted: Restating(ModelCorrected, ModelStep.ACCEPT),
    ModelBegun: Restating(ModelCorrected, ModelStep.BEGIN),
    ModelCarriedOver: Restating(ModelCorrected, ModelStep.CARRY_OVER),
    ModelWithdrawn: Restating(ModelCorrected, ModelStep.WITHDRAW),
    ModelDiscontinued: Restating(ModelCorrected, ModelStep.DISCONTINUE),
    ContributionRecorded: Restating(ModelCorrected, ModelStep.CONTRIBUTE),
    ReviewDecided: Restating(ReviewCorrected, ReviewStep.DECIDE),
    ReviewNominated: Restating(ReviewCorrected, ReviewStep.NOMINATE),
    ActivityRecorded: Restating(ActivityCorrected),
}
"""Counted event → the event that corrects its facts. The correction counts in the same measures."""


def _taken(event: ModelWithdrawn) -> Iterable[Item]:
    """The contributions that the withdrawn model takes with it."""
    return (Item(fact, mark=f"~{fact.taken}") for fact in event.taken)


TAKEN_RESTATED = Restating(ModelCorrected, ModelStep.WITHDRAW, taken=True)


@dataclass(frozen=True, slots=True)
class Source:
    """An event that adds `amount`, in the measure's unit, to a measure on `day`, where `when` holds.

    `counts`: the day by which periods count it, from its day and from the year that the event is for.
    `rows`: the value that has the fields of the dimensions.
    `items`: the facts in the event that count; by default, the event itself. `withdraws`: what its record takes back
    when it is withdrawn.
    """

    event: type[Event]
    when: Callable[[Any], bool]
    amount: Callable[[Any], Decimal]
    day: Callable[[Any], date]
    counts: Callable[[date, int | None], date]
    rows: Callable[[Any], Any] = _itself
    items: Callable[[Any], Iterable[Item]] = _alone
    withdraws: bool = False

    def counted_on(self, fact: Any) -> date:
        return self.counts(self.day(fact), getattr(fact, "year", None))


def each(
    event: type[E],
    when: Callable[[E], bool] = _always,
    amount: Callable[[E], Decimal] = _one,
    day: Callable[[E], date] = _on,
    counts: Callable[[date, int | None], date] = _as_dated,
    rows: Callable[[E], Any] = _itself,
) -> Source:
    """Counts every such event where `when` holds; as one, unless `amount` reads how much it adds."""
    return Source(event, when, amount, day, counts, rows)


def _was_late(event: ModelBegun | ModelWithdrawn) -> bool:
    """Whether the year that the model is registered for had ended."""
    return event.year is not None and event.year < event.on.year


def _was_ongoing(event: ModelDiscontinued) -> bool:
    """Whether the model was counted as ongoing in the year in which it ended."""
    return event.implemented_year in (None, from_year(event.on, event.year).year)


def _as_begun(event: ModelDiscontinued) -> ModelDiscontinued:
    """The event with the level on which the model was counted."""
    return msgspec.structs.replace(event, level=event.implemented_level or event.level)


def taken_back(of: Callable[[ReviewClosed], bool], day: Callable[[ReviewClosed], date]) -> tuple[Source, ...]:
    """A decision or nomination, made on `day`, that counts no more: from the day of its model's withdrawal on, or not
    at all if the registration of its model was lost.
    """
    return (
        replace(
            each(ReviewClosed, lambda event: not _is_lost(event) and of(event), _less_one, counts=from_year),
            withdraws=True,
        ),
        each(ReviewClosed, lambda event: _is_lost(event) and of(event), _less_one, day, counts=in_year),
    )


def stepped(
    step: ReviewStep,
    when: Callable[[Any], bool] = _always,
    amount: Callable[[Any], Decimal] = _less_one,
    withdraws: bool = True,
) -> tuple[Source, ...]:
    """Sources for one kind of step of a review: from revocations, and from corrections."""

    def is_counted(fact: Any) -> bool:
        return fact.step is step and when(fact)

    announced = Source(ReviewRevoked, is_counted, amount, _on, from_year, items=_revoked, withdraws=withdraws)
    return announced, replace(announced, event=ReviewCorrected, items=Restating(ReviewCorrected, step).items)


def _revoked(event: ReviewRevoked) -> Iterable[Item]:
    return map(Item, event.revoked)


def _is_lost(event: ReviewClosed) -> bool:
    return event.because is Closing.RECORD_LOST


def decided(verdict: Verdict) -> tuple[Source, ...]:
    return (
        each(ReviewDecided, lambda event: event.verdict is verdict, counts=in_year),
        *taken_back(lambda event: event.verdict is verdict, lambda event: event.decided_on or event.on),
        *stepped(ReviewStep.WITHDRAW, lambda fact: fact.verdict is verdict),
        *stepped(ReviewStep.REVOKE, lambda fact: fact.verdict is verdict),
    )


def contributed(kind: ContributionKind) -> tuple[Source, ...]:
    """The contributions of a kind, and those that withdrawn models take with them from the day of the withdrawal on."""

    def is_of_kind(fact: Any) -> bool:
        return fact.kind is kind

    given = each(ContributionRecorded, is_of_kind, lambda event: event.amount)
    taken = Source(
        ModelWithdrawn, is_of_kind, lambda fact: -fact.amount, _on, _as_dated, items=_taken, withdraws=True
    )
    return given, taken, replace(taken, event=TAKEN_RESTATED.event, items=TAKEN_RESTATED.items)


OF_MODELS = (Dimension.FIELD, Dimension.LEVEL, Dimension.SUBJECT_KIND, Dimension.PLACE)


@dataclass(frozen=True, slots=True)
class Counting:
    """The events that make a measure, and its breakdowns in the order of the report."""

    sources: tuple[Source, ...]
    by: tuple[Dimension, ...]


def counting(*sources: Source, by: tuple[Dimension, ...] = OF_MODELS) -> Counting:
    """Raises `TypeError` when an event lacks a field that a dimension reads: counting it would park it.

    Corrections of these events count too.
    """
    for source in (one for one in sources if one.items is _alone):
        fields = {field.name for field in msgspec.structs.fields(source.event)}
        for dimension in by:
            if dimension.reads and dimension.reads not in fields:
                raise TypeError(
                    f"{source.event.subject} has no field {dimension.reads}: leave out {dimension}"
                )
    corrected = [
        replace(source, event=by_.event, items=by_.items)
        for source in sources
        if source.items is _alone and (by_ := RESTATED_BY.get(source.event))
    ]
    return Counting((*sources, *corrected), by)


class Measure(Word):
    """Chỉ số được đếm; đất, ngày công, kinh phí theo đơn vị tính của nó."""

    def __init__(
        self, code: str, vi: str = "", counting: Counting = Counting((), ()), stock: bool = False
    ) -> None:
        """`stock`: the figure of a period is the sum from the first day of its year: the number on its last day."""
        self.sources = counting.sources
        self.dimensions = counting.by
        self.stock = stock

    REGISTERED = "REGISTERED", "Mô hình đăng ký", counting(each(ModelAccepted, counts=in_year))
    IMPLEMENTED = (
        "IMPLEMENTED",
        "Mô hình triển khai",
        counting(each(ModelBegun, counts=from_year), each(ModelCarriedOver)),
    )
    CARRIED_OVER = "CARRIED_OVER", "Trong đó chuyển tiếp từ năm trước", counting(each(ModelCarriedOver))
    BEGUN_LATE = (
        "BEGUN_LATE",
        "Trong đó bắt đầu sau năm đăng ký",
        counting(each(ModelBegun, _was_late)),
    )
    ONGOING = (
        "ONGOING",
        "Đang triển khai vào ngày cuối kỳ",
        counting(
            each(ModelBegun, counts=from_year),
            each(ModelCarriedOver),
            each(ModelDiscontinued, _was_ongoing, _less_one, counts=from_year, rows=_as_begun),
        ),
        True,
    )
    WITHDRAWN = (
        "WITHDRAWN",
        "Rút sau khi đăng ký",
        counting(each(ModelWithdrawn, lambda event: event.registered, counts=from_year)),
    )
    WITHDRAWN_LATE = (
        "WITHDRAWN_LATE",
        "Trong đó rút sau năm đăng ký",
        counting(each(ModelWithdrawn, lambda event: event.registered and _was_late(event))),
    )
    DISCONTINUED = "DISCONTINUED", "Dừng thực hiện", counting(each(ModelDiscontinued, counts=from_year))
    RECOGNISED = "RECOGNISED", "Được công nhận", counting(*decided(Verdict.RECOGNISED))
    NOT_MET = "NOT_MET", "Chưa đạt", counting(*decided(Verdict.NOT_MET))
    NOMINATED = (
        "NOMINATED",
        "Đề nghị biểu dương, khen thưởng",
        counting(
            each(ReviewNominated, counts=in_year),
            *taken_back(lambda event: bool(event.nominated_on), lambda event: event.nominated_on or event.on),
            *stepped(ReviewStep.WITHDRAW_NOMINATION),
            *stepped(ReviewStep.REVOKE_NOMINATION),
        ),
    )
    REVOKED = (
        "REVOKED",
        "Thu hồi công nhận",
        counting(*stepped(ReviewStep.REVOKE, amount=_one, withdraws=False)),
    )
    LAND_M2 = "LAND_M2", "Hiến đất (m²)", counting(*contributed(ContributionKind.LAND_M2))
    WORK_DAY = "WORK_DAY", "Ngày công", counting(*contributed(ContributionKind.WORK_DAY))
    MONEY = (
        "MONEY",
        "Kinh phí (đồng)",
        counting(*contributed(ContributionKind.MONEY), by=(*OF_MODELS, Dimension.COVERS)),
    )
    FORMALITY_ASKED = (
        "FORMALITY_ASKED",
        "Câu hỏi về dấu hiệu hình thức",
        counting(each(QuestionAsked, lambda event: not event.again)),
    )
    FORMALITY_ANSWERED = (
        "FORMALITY_ANSWERED",
        "Câu hỏi về dấu hiệu hình thức đã được trả lời",
        counting(each(QuestionAnswered, lambda event: not event.again)),
    )
    FORMALITY_SUSPECTED = (
        "FORMALITY_SUSPECTED",
        "Kết luận nghi hình thức, đối phó",
        counting(each(QuestionSettled, lambda event: event.suspected)),
    )
    SUPERVISION_ACTIVITY = (
        "SUPERVISION_ACTIVITY",
        "Cuộc giám sát, phản biện, kiểm tra, khảo sát",
        counting(
            each(ActivityRecorded, day=lambda event: event.held_on),
            by=(Dimension.ACTIVITY_KIND, Dimension.BODY_KIND, Dimension.TAKING_PART, Dimension.PLACE),
        ),
    )


MADE_BY: Mapping[type[Event], tuple[tuple[Measure, Source], ...]] = {
    event: tuple(
        (measure, source) for measure in Measure for source in measure.sources if source.event is event
    )
    for event in dict.fromkeys(source.event for measure in Measure for source in measure.sources)
}
"""The measures that each counted event may add to."""

MOVES: Final = (ModelHandedOver, QuestionHandedOver, ReviewHandedOver)
"""The events that hand a record over: facts of the record on or after the first day of a home count there."""
PLACES: Final = (*MOVES, ModelCorrected, ReviewCorrected)
"""The events with `homes`. Facts of an event that corrects several facts have days of their own."""

COUNTED: Mapping[str, tuple[type[Event], ...]] = {
    producer: (
        *(event for event in MADE_BY if event.service == producer),
        *(event for event in MOVES if event.service == producer),
    )
    for producer in dict.fromkeys(event.service for event in MADE_BY)
}
"""The counted events, and those that move facts, by producer."""
