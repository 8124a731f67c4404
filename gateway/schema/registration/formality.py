"""Signs of formality in the schema: the system asks, the unit answers, a person decides."""

from datetime import date
from typing import Annotated

import strawberry
from strawberry import ID

from gateway.fields.declare import RootQuery, does, one, root
from gateway.fields.relay import VERSION, After, Before, Connection, First, Last, Node, Refusal, described
from gateway.fields.rows import shows
from gateway.schema.registration.models import Model
from gateway.schema.registration.units import Unit
from services.registration.formality.messages import (
    AnswerQuestion,
    FormalityRule,
    QuestionRow,
    QuestionsFilter,
    QuestionsPage,
    QuestionState,
    SettleQuestion,
)
from services.registration.models.messages import ModelsById
from services.registration.units.messages import UnitsOnDay


@shows(
    QuestionRow,
    "Câu hỏi của hệ thống về một dấu hiệu đăng ký hình thức; không tự từ chối hay đổi trạng thái mô hình.",
)
class Question(Node):
    version: int = strawberry.field(description=VERSION)
    rule: FormalityRule = strawberry.field(description="Dấu hiệu nào.")
    state: QuestionState = strawberry.field(
        description="Chờ trả lời, đã trả lời, đã giải trình thỏa đáng, hay nghi hình thức."
    )
    why_vi: str = strawberry.field(description="Vì sao hỏi, bằng tiếng Việt.")
    why_en: str = strawberry.field(description="Vì sao hỏi, bằng tiếng Anh.")
    words: list[str] = strawberry.field(description="Những từ trong hồ sơ dẫn đến câu hỏi; tối đa 10.")
    others: list[ID] = strawberry.field(
        description="Mã những mô hình khác có cùng dấu hiệu, tra bằng `node(id)` nếu thuộc phạm vi; tối đa 10."
    )
    asked_on: date = strawberry.field(description="Ngày hệ thống hỏi.")
    answer: str | None = strawberry.field(description="Đơn vị trả lời; null khi chưa.")
    answered_on: date | None = strawberry.field(description="Ngày trả lời lần đầu; null khi chưa.")
    answered_by: str | None = strawberry.field(description="Mã người trả lời; null khi chưa.")
    settled_on: date | None = strawberry.field(description="Ngày kết luận; null khi chưa.")
    settled_by: str | None = strawberry.field(description="Mã người kết luận; null khi chưa.")
    reason: str | None = strawberry.field(description="Lý do kết luận; null khi chưa.")
    model: Model | None = one(ModelsById, "model", "Mô hình được hỏi.")
    unit: Unit | None = one(UnitsOnDay, "unit", "Đơn vị của mô hình, vào ngày hỏi.")


QuestionResult = Annotated[
    Question | Refusal,
    strawberry.union("QuestionResult", description="Câu hỏi sau khi thực hiện, hoặc vì sao không thực hiện."),
]


def _questions(
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    filter: Annotated[QuestionsFilter | None, described("Chỉ những câu hỏi thỏa mọi điều kiện.")] = None,
) -> RootQuery:
    return RootQuery(
        QuestionsPage(filter=filter or QuestionsFilter(), first=first, after=after, last=last, before=before)
    )


@strawberry.type
class FormalityQuery:
    questions: Connection[Question] = root(
        _questions, "Câu hỏi về dấu hiệu hình thức, mới nhất trước.", QuestionsPage
    )


@strawberry.type
class FormalityMutation:
    answer_question: QuestionResult = does(
        AnswerQuestion, Question, "Đơn vị trả lời câu hỏi về mô hình của mình."
    )
    settle_question: QuestionResult = does(
        SettleQuestion,
        Question,
        "Người thẩm định kết luận: thỏa đáng, hoặc đánh dấu nghi hình thức; trạng thái mô hình giữ nguyên.",
    )
