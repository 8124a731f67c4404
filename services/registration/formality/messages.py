"""What can be asked and said of registrations that look like mere form, and what is announced of it."""

from datetime import date
from typing import Annotated, ClassVar

import msgspec

from services.kernel.kinds import Kind
from services.kernel.messages import ANY_OFFICE, Command, Event, Id, Role, described
from services.kernel.rows import ByFilter, ByKeys, ByOwners
from services.kernel.units import UnitOnDay
from services.kernel.words import Word
from services.movement.words import Field, Level, SubjectKind

QUESTION = Kind("question", "câu hỏi", "question")

LONGEST_ANSWER = 2000


class FormalityRule(Word):
    """Dấu hiệu đăng ký hình thức, đối phó."""

    BOILERPLATE = "BOILERPLATE", "Tên chỉ gồm câu chữ chung của phong trào"
    NOTHING_CONCRETE = "NOTHING_CONCRETE", "Không nêu địa điểm, kết quả hay cách làm"
    LAST_HOUR = "LAST_HOUR", "Nhiều đăng ký dồn vào giờ cuối trước hạn"
    SAME_TEXT = "SAME_TEXT", "Cùng một nội dung ở nhiều đơn vị"
    NO_ACTIVITY = "NO_ACTIVITY", "Đến giữa kỳ chưa triển khai"


class QuestionState(Word):
    """Trạng thái của câu hỏi."""

    ASKED = "ASKED", "Đã hỏi, chờ đơn vị trả lời"
    ANSWERED = "ANSWERED", "Đơn vị đã trả lời"
    CLEARED = "CLEARED", "Đã giải trình thỏa đáng"
    SUSPECTED = "SUSPECTED", "Nghi hình thức, đối phó"


SETTLES = frozenset({Role.APPRAISER})


class AnswerQuestion(Command, frozen=True, kw_only=True):
    """What the unit says to it. It may be said anew until somebody has settled the question."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})
    vi: ClassVar[str] = "Câu trả lời của đơn vị."

    question: Annotated[Id, described("Mã câu hỏi.")]
    answer: Annotated[str, described("Giải trình, tối đa 2000 ký tự; trả lời lại thay câu trước.")]


class SettleQuestion(Command, frozen=True, kw_only=True):
    """`suspected`: the model is marked as perhaps perfunctory, which leaves its state alone; else it is cleared."""

    roles: ClassVar[frozenset[Role]] = SETTLES
    vi: ClassVar[str] = "Kết luận một câu hỏi."

    question: Annotated[Id, described("Mã câu hỏi.")]
    suspected: Annotated[
        bool, described("Có: đánh dấu nghi hình thức, đối phó; không: đã giải trình thỏa đáng.")
    ]
    reason: Annotated[str, described("Lý do, tối đa 2000 ký tự.")]


class QuestionsFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What is left out does not restrict. `unit`: in it or below."""

    vi: ClassVar[str] = "Lọc câu hỏi; bỏ trống là không lọc."

    unit: Annotated[Id | None, described("Của đơn vị này và cấp dưới.")] = None
    state: Annotated[
        QuestionState | None,
        described("Ở trạng thái này; SUSPECTED là những mô hình bị đánh dấu nghi hình thức."),
    ] = None
    rule: Annotated[FormalityRule | None, described("Về dấu hiệu này.")] = None


class QuestionsPage(ByFilter, frozen=True, kw_only=True):
    """The newest first."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    filter: QuestionsFilter = QuestionsFilter()


class QuestionsById(ByKeys, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class QuestionsOfModels(ByOwners, frozen=True, kw_only=True):
    """Of each model, the newest first."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class QuestionRow(msgspec.Struct, frozen=True, kw_only=True):
    """`why_vi`, `why_en`: what the rule found. `words`: quoted from the text. `others`: models found besides."""

    id: str
    version: int
    model: str
    unit: UnitOnDay
    rule: FormalityRule
    state: QuestionState
    why_vi: str
    why_en: str
    words: tuple[str, ...]
    others: tuple[str, ...]
    asked_on: date
    answer: str | None
    answered_on: date | None
    answered_by: str | None
    settled_on: date | None
    settled_by: str | None
    reason: str | None


class _AboutModel(Event, frozen=True, kw_only=True):
    model: str
    rule: FormalityRule
    field: Field
    subject_kind: SubjectKind
    level: Level
    on: date


class QuestionAsked(_AboutModel, frozen=True, kw_only=True):
    """By the system, which refuses nothing and decides nothing."""

    why_vi: str
    why_en: str
    words: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


class QuestionAnswered(_AboutModel, frozen=True, kw_only=True):
    """`again`: it had been answered before."""

    answer: str
    again: bool


class QuestionSettled(_AboutModel, frozen=True, kw_only=True):
    """`suspected`: from now on the model bears the mark; its state is what it was."""

    suspected: bool
    reason: str
