"""The rules by which a registration looks like mere form, and the question that a match opens.

A match refuses nothing: the unit is asked, it answers, and a person decides.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from services.kernel.act import Act
from services.kernel.aggregate import about, changed
from services.kernel.inputs import required
from services.kernel.messages import Refused
from services.kernel.search.tokenizer import expanded
from services.kernel.units import DatedUnit
from services.movement.homes import Homed, following, spell_on
from services.movement.own_work import not_own_work
from services.movement.words import Field, Level, SubjectKind
from services.registration.formality.messages import (
    LONGEST_ANSWER,
    FormalityRule,
    QuestionAnswered,
    QuestionAsked,
    QuestionHandedOver,
    QuestionLapsed,
    QuestionSettled,
    QuestionState,
)
from services.registration.launches.domain import closing
from services.registration.models.domain import Model
from services.registration.models.messages import ModelState
from services.registration.relations.likeness import content

FEWEST_WORDS = 2
"""Words of content in a title, at least; below that only the movement's own phrases are left."""
LEAST_SHARE = 0.2
"""Share of a title's words that are words of content, at least."""
TELLING_SUMMARY = 8
"""Words of content in a summary, at least, if neither a place nor a target is given."""
MANY_UNITS = 5
"""Number of units with one text in one year from which on the text is suspicious."""
MANY_IN_AN_HOUR = 5
"""Number of registrations of one unit in the last hour before a deadline from which on they are suspicious."""
LAST_HOUR = timedelta(hours=1)
MOST_SHOWN = 10
"""Words, or other models, that a question names, at most."""
MID_YEAR = (7, 1)
AT_LEAST = timedelta(days=90)
"""Time that a model has to begin after its registration, at least."""
OF_CONTENTS = frozenset(FormalityRule) - {FormalityRule.NO_ACTIVITY}
"""The rules that are checked again when the contents of the registration are changed."""
TIME_TO_ANSWER = timedelta(days=14)
"""After this time a question can be settled without an answer."""


class Suspicion(msgspec.Struct, frozen=True, kw_only=True):
    """A match of a rule, with the reason in both languages. `others`: other models that match with it."""

    rule: FormalityRule
    why_vi: str
    why_en: str
    words: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


class Question(Homed, frozen=True, kw_only=True):
    """It lives under the unit of its model, and stays on the level on which it was asked.

    `waiting_since`: the last day on which it was asked; a question that has lapsed may be asked again.
    """

    model: str
    rule: FormalityRule
    state: QuestionState
    field: Field
    subject_kind: SubjectKind
    level: Level
    why_vi: str
    why_en: str
    words: tuple[str, ...]
    others: tuple[str, ...]
    asked_on: date
    waiting_since: date
    answer: str | None = None
    answered_on: date | None = None
    answered_version: int | None = None
    answered_by: str | None = None
    settled_on: date | None = None
    settled_version: int | None = None
    settled_by: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """The part of a model that the rules look at."""

    id: str
    unit: str
    year: int
    programme: str | None
    title: str
    summary: str
    place: str
    target: str
    field: Field
    subject_kind: SubjectKind
    level: Level


def is_current(year: int, today: date) -> bool:
    """Whether questions are opened for models of this year: only if the year has not ended."""
    return year >= today.year


def usual_deadline(year: int) -> date:
    """Last day to submit models of the year, if there is no launch for them."""
    return date(year, 3, 31)


def in_the_last_hour(at: datetime, deadline: date) -> bool:
    """Whether `at` is in the last hour of the day `deadline`."""
    return closing(deadline) - LAST_HOUR <= at < closing(deadline)


def check_by(year: int, registered_on: date) -> date | None:
    """The day by which a model must have begun; None if the year ends before."""
    day = max(date(year, *MID_YEAR), registered_on + AT_LEAST)
    return day if day.year == year else None


def digest(title: str, summary: str) -> str:
    """A digest of the texts without case, tone marks and punctuation."""
    words = " ".join(one.bare for text in (title, summary) for one in expanded(text))
    return hashlib.blake2b(words.encode(), digest_size=16).hexdigest()


def match_text(subject: Subject) -> list[Suspicion]:
    """The matches of the rules that need the registration's own text only."""
    matches = (_boilerplate(subject), _nothing_concrete(subject))
    return [suspicion for suspicion in matches if suspicion]


def _boilerplate(subject: Subject) -> Suspicion | None:
    said = content(subject.title)
    words = [one for stretch in said.stretches for one in stretch]
    everything = expanded(subject.title)
    if len(words) >= FEWEST_WORDS and len(words) >= LEAST_SHARE * len(everything):
        return None
    left = tuple(subject.title[one.start : one.end] for one in words[:MOST_SHOWN])
    rest_vi = f"chỉ còn “{' '.join(left)}”" if left else "không còn từ nào"
    rest_en = f"only “{' '.join(left)}” is left" if left else "nothing is left"
    return Suspicion(
        rule=FormalityRule.BOILERPLATE,
        why_vi=f"Bỏ câu chữ chung của phong trào và địa danh, tên mô hình {rest_vi} để nói việc làm cụ thể.",
        why_en=f"Without the movement's phrases and names of places, {rest_en} of the title to say what is done.",
        words=left,
    )


def _nothing_concrete(subject: Subject) -> Suspicion | None:
    if subject.place or subject.target:
        return None
    words = sum(map(len, content(subject.summary).stretches)) if subject.summary else 0
    if words >= TELLING_SUMMARY:
        return None
    return Suspicion(
        rule=FormalityRule.NOTHING_CONCRETE,
        why_vi="Không nêu địa điểm, không nêu kết quả dự kiến, phần tóm tắt không nói cách làm.",
        why_en="Neither a place nor a target is given, and the summary does not say what is done.",
    )


def in_many_units(others: Sequence[str], units: int) -> Suspicion | None:
    """`others`: models with the same text. `units`: number of units with that text, including the model's own."""
    if units < MANY_UNITS:
        return None
    return Suspicion(
        rule=FormalityRule.SAME_TEXT,
        why_vi=f"Ít nhất {units} đơn vị đăng ký cùng một nội dung trong năm.",
        why_en=f"At least {units} units have registered the same text this year.",
        others=tuple(others[:MOST_SHOWN]),
    )


def in_a_rush(others: Sequence[str], deadline: date) -> Suspicion | None:
    """`others`: the unit's other models that were submitted in the last hour."""
    many = len(others) + 1
    if many < MANY_IN_AN_HOUR:
        return None
    return Suspicion(
        rule=FormalityRule.LAST_HOUR,
        why_vi=f"Đơn vị gửi ít nhất {many} đăng ký trong giờ cuối trước hạn, hết ngày {deadline:%d/%m/%Y}.",
        why_en=f"The unit submitted at least {many} registrations within the last hour before the deadline, "
        f"the end of {deadline}.",
        others=tuple(others[:MOST_SHOWN]),
    )


def not_begun(registered_on: date, today: date) -> Suspicion:
    return Suspicion(
        rule=FormalityRule.NO_ACTIVITY,
        why_vi=f"Đăng ký ngày {registered_on:%d/%m/%Y}, đến ngày {today:%d/%m/%Y} chưa triển khai.",
        why_en=f"Registered on {registered_on}, and not begun by {today}.",
    )


def ask(key: str, subject: Subject, suspicion: Suspicion, *, act: Act) -> tuple[Question, QuestionAsked]:
    question = Question(
        id=key,
        version=1,
        unit=subject.unit,
        model=subject.id,
        rule=suspicion.rule,
        state=QuestionState.ASKED,
        field=subject.field,
        subject_kind=subject.subject_kind,
        level=subject.level,
        why_vi=suspicion.why_vi,
        why_en=suspicion.why_en,
        words=suspicion.words,
        others=suspicion.others,
        asked_on=act.on,
        waiting_since=act.on,
    )
    return question, QuestionAsked(
        **_about(question, question.unit, act),
        why_vi=question.why_vi,
        why_en=question.why_en,
        words=question.words,
        others=question.others,
    )


def ask_again(question: Question, suspicion: Suspicion, *, act: Act) -> tuple[Question, QuestionAsked]:
    """Opens a question that has lapsed: its ground is back."""
    asked = changed(
        question,
        state=QuestionState.ANSWERED if question.answer else QuestionState.ASKED,
        why_vi=suspicion.why_vi,
        why_en=suspicion.why_en,
        words=suspicion.words,
        others=suspicion.others,
        waiting_since=act.on,
        **dict.fromkeys(("settled_on", "settled_version", "reason")),
    )
    return asked, QuestionAsked(
        **_about(asked, str(asked.home), act),
        why_vi=asked.why_vi,
        why_en=asked.why_en,
        words=asked.words,
        others=asked.others,
        again=True,
    )


def ground_gone(
    question: Question, model: Model, matches: Collection[FormalityRule] | None, today: date
) -> tuple[str, str] | None:
    """Why the model no longer matches the rule of the open question, in Vietnamese and in English; None if it does.

    `matches`: the rules that the model matches after a submission or correction; None if there was neither.
    """
    if model.state is ModelState.WITHDRAWN:
        return "Mô hình đã rút đăng ký.", "The model was withdrawn."
    if question.rule is FormalityRule.NO_ACTIVITY and model.implemented:
        begun = model.implemented[0].on
        return f"Mô hình đã triển khai từ ngày {begun:%d/%m/%Y}.", f"The model has begun on {begun}."
    if question.rule is FormalityRule.NO_ACTIVITY and model.registered_on:
        day = check_by(model.year, model.registered_on)
        if day is None or day > today:
            return (
                "Theo ngày và năm đăng ký đã đính chính, mô hình chưa đến hạn phải triển khai.",
                "By the corrected day and year of its registration, the model still has time to begin.",
            )
    if question.rule in OF_CONTENTS and matches is not None and question.rule not in matches:
        return (
            "Sau khi sửa, đăng ký không còn dấu hiệu ấy.",
            "After the change, the registration no longer matches the rule.",
        )
    return None


def lapse(question: Question, why: tuple[str, str], *, act: Act) -> tuple[Question, QuestionLapsed]:
    lapsed = changed(
        question,
        state=QuestionState.LAPSED,
        settled_on=act.on,
        settled_version=question.next_version,
        reason=why[0],
    )
    return lapsed, QuestionLapsed(**_about(lapsed, str(lapsed.home), act), why_vi=why[0], why_en=why[1])


def answer(question: Question, *, unit: DatedUnit, text: str, act: Act) -> tuple[Question, QuestionAnswered]:
    spell = spell_on(question, unit, act.on, "question")
    _require_open(question)
    text = required(text, "answer", longest=LONGEST_ANSWER, vi="Câu trả lời", en="The answer", lines=True)
    again = question.answered_version is not None
    answered = changed(
        question,
        state=QuestionState.ANSWERED,
        answer=text,
        answered_by=act.by,
        # Reports count the first answer.
        answered_on=question.answered_on or act.on,
        answered_version=question.answered_version or question.next_version,
    )
    return answered, QuestionAnswered(**_about(answered, spell.path, act), answer=text, again=again)


def settle(
    question: Question, *, unit: DatedUnit, suspected: bool, reason: str, model: Model, act: Act
) -> tuple[Question, QuestionSettled]:
    """`model`: the model that the question is about. Neither its authors nor the person who answered can settle it."""
    spell = spell_on(question, unit, act.on, "question")
    _require_open(question)
    not_own_work(
        model.authors | {question.answered_by},
        act,
        "question",
        vi="Người hoặc tổ chức đăng ký, hay người đã trả lời, không được kết luận câu hỏi này.",
        en="The person or organisation that registered the model, or that answered, may not settle this question.",
    )
    until = question.waiting_since + TIME_TO_ANSWER
    if question.state is QuestionState.ASKED and act.on < until:
        raise Refused(
            "answer-awaited",
            "question",
            vi=f"Đơn vị còn thời gian trả lời đến hết ngày {until - timedelta(days=1):%d/%m/%Y}.",
            en=f"The unit has until {until - timedelta(days=1)} to answer.",
        )
    reason = required(reason, "reason", longest=LONGEST_ANSWER, vi="Lý do", en="The reason", lines=True)
    settled = changed(
        question,
        state=QuestionState.SUSPECTED if suspected else QuestionState.CLEARED,
        settled_on=act.on,
        settled_version=question.next_version,
        settled_by=act.by,
        reason=reason,
    )
    return settled, QuestionSettled(**_about(settled, spell.path, act), suspected=suspected, reason=reason)


def follow(question: Question, model: Model, *, act: Act) -> tuple[Question, QuestionHandedOver] | None:
    """The question lives on where its model does. None if it does so already."""
    new = following(question.home, model.homes)
    if not new:
        return None
    homes = (*question.homes, *new)
    followed = changed(question, homes=homes)
    event = QuestionHandedOver(
        **_about(followed, str(followed.home), act),
        made_under=question.unit,
        homes=homes,
        state=question.state,
    )
    return followed, event


def _about(question: Question, unit: str, act: Act) -> dict[str, Any]:
    return {
        **about(question, act),
        "unit": unit,
        "model": question.model,
        "rule": question.rule,
        "field": question.field,
        "subject_kind": question.subject_kind,
        "level": question.level,
        "on": act.on,
    }


def _require_open(question: Question) -> None:
    if question.settled_on is not None:
        raise Refused(
            "already-settled",
            "question",
            vi=f"Câu hỏi đã được kết luận “{question.state.vi}” ngày {question.settled_on:%d/%m/%Y}.",
            en=f"The question was settled on {question.settled_on}: {question.state}.",
        )
