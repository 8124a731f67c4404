"""The query for the work that waits for a caller, and its row: the same for every service.

The query is a base without `roles`. Each service declares its own in a `messages.py`, under the same name.
"""

from datetime import date
from typing import Annotated, ClassVar

import msgspec

from services.kernel.messages import Id, described
from services.kernel.rows import ByFilter
from services.kernel.units import UnitOnDay
from services.kernel.words import Word


class ToDoKind(Word):
    """Loại việc đang chờ."""

    LAUNCH_TO_ANSWER = "LAUNCH_TO_ANSWER", "Đợt phát động còn thiếu mô hình đăng ký"
    MODEL_TO_COMPLETE = "MODEL_TO_COMPLETE", "Mô hình bị trả lại, chờ bổ sung"
    MODEL_TO_ACCEPT = "MODEL_TO_ACCEPT", "Mô hình chờ chấp nhận đăng ký"
    QUESTION_TO_ANSWER = "QUESTION_TO_ANSWER", "Câu hỏi chờ đơn vị trả lời"
    QUESTION_TO_SETTLE = "QUESTION_TO_SETTLE", "Câu trả lời chờ kết luận"
    RELATION_TO_DECIDE = "RELATION_TO_DECIDE", "Gợi ý mô hình giống nhau, chờ xác nhận"
    CORRECTION_TO_APPROVE = "CORRECTION_TO_APPROVE", "Đính chính chờ duyệt"
    REVIEW_TO_DECIDE = "REVIEW_TO_DECIDE", "Hồ sơ chờ kết quả thẩm định"
    UNIT_TO_HAND_OVER = "UNIT_TO_HAND_OVER", "Đơn vị đã kết thúc, hồ sơ chờ bàn giao"


class ToDoFilter(msgspec.Struct, frozen=True, kw_only=True):
    """A field that is left out matches all work. `unit`: in it or below. `due_by`: with a deadline up to this day."""

    vi: ClassVar[str] = "Lọc việc đang chờ; bỏ trống là không lọc."

    kinds: Annotated[tuple[ToDoKind, ...] | None, described("Chỉ những loại việc này.")] = None
    unit: Annotated[Id | None, described("Trong đơn vị này và cấp dưới.")] = None
    due_by: Annotated[date | None, described("Chỉ những việc có hạn đến hết ngày này.")] = None


class ToDoPage(ByFilter, frozen=True, kw_only=True):
    """The earliest deadline first, rows without a deadline last. Among equal deadlines, the oldest record first."""

    filter: ToDoFilter = ToDoFilter()


class ToDoRow(msgspec.Struct, frozen=True, kw_only=True):
    """`id`: of the record, or of the unit that has ended. `since`: the first day on which the work waited.

    `acts`: names of the mutations that do the work. `many`: number of open records of an ended unit, or of addressees
    of a launch with too few models; otherwise 1.
    """

    id: str
    kind: ToDoKind
    name: str
    title: str
    unit: UnitOnDay
    since: date
    due: date | None
    acts: tuple[str, ...]
    many: int
