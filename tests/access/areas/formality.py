"""Questions about formality."""

from collections.abc import Mapping
from functools import partial
from itertools import islice
from uuid import uuid4

import msgspec

from infra.operate.operator import OPERATOR, asking
from infra.operate.positions import settled
from services.kernel.calendar import today
from services.kernel.rows import Rows
from services.registration.formality.messages import (
    AnswerQuestion,
    QuestionsById,
    QuestionsFilter,
    QuestionsOfModels,
    QuestionsPage,
    SettleQuestion,
)
from services.registration.models.messages import SubmitModel
from services.registration.units.messages import RecordUnits
from tests.access.people import PLACE
from tests.access.tries import ID, NODE, PAGE, newer_than
from tests.access.world import (
    APPRAISER,
    OFFICER,
    SUBMITTED,
    Making,
    World,
    commune,
    draft,
    organisation,
)


async def _asked(world: World, made: Making, many: int) -> list[tuple[str, str]]:
    """Questions that the system asks, and their models, which have a place but empty titles.

    They lie in a unit that exists today: a question is answered and settled today.
    """
    unit = commune()
    async with asking(world.settings) as services:
        await services.ask(RecordUnits(units=(unit,)), OPERATOR, int, key=uuid4().hex)
    owner = await made.id(organisation(unit.id), OFFICER)
    empty = msgspec.structs.replace(draft(owner), title="Dân vận khéo", place="Tổ 1", year=today().year)
    models = await made.each([empty] * many, OFFICER)
    await made.each([SubmitModel(model=model, on=SUBMITTED) for model in models], OFFICER)
    await settled(world.settings)
    async with asking(world.settings) as services:
        query = QuestionsOfModels(keys=tuple(models), first=1, fields={"id": "id", "model": "model"})
        rows = (await services.ask(query, OFFICER, Rows)).read()
    return [(str(row["id"]), str(row["model"])) for row in rows if row]


async def build(world: World, made: Making, spare: Mapping[str, int]) -> None:
    wanted = {state: spare.get(state, 0) + 1 for state in ("asked", "answered", "cleared")}
    asked = iter(await _asked(world, made, sum(wanted.values())))
    found = {state: list(islice(asked, many)) for state, many in wanted.items()}
    answered = [question for state in ("answered", "cleared") for question, _ in found[state]]
    await made.each([AnswerQuestion(question=one, answer="Tổ 1 làm trước") for one in answered], OFFICER)
    clear = partial(SettleQuestion, suspected=False, reason="Rõ")
    await made.each([clear(question=question) for question, _ in found["cleared"]], APPRAISER)
    for state, [(question, model), *others] in found.items():
        world.things |= {state: question, f"{state}-question-model": model}
        world.spare[state] = [question for question, _ in others]


MESSAGES = {
    "registration.answer-question": lambda t: AnswerQuestion(question=t.thing, answer="x"),
    "registration.settle-question": lambda t: SettleQuestion(question=t.thing, suspected=True, reason="x"),
    "registration.questions-by-id": lambda t: QuestionsById(keys=(t.thing,), fields=ID),
    "registration.questions-page": lambda t: QuestionsPage(
        first=1, after=newer_than(t.thing), fields=ID, filter=QuestionsFilter(unit=PLACE)
    ),
    "registration.questions-of-models": lambda t: QuestionsOfModels(
        keys=(t.thing,), first=1, fields={"id": "model"}
    ),
}
INPUTS = {
    "answerQuestion": lambda t: {"question": t.thing, "answer": "x"},
    "settleQuestion": lambda t: {"question": t.thing, "suspected": True, "reason": "x"},
}
QUERIES = {
    "Query.questions": PAGE % ("questions", ', filter: { unit: "u080" }'),
    "Model.questions": NODE % ("Model", "questions(first: 1) { edges { node { id } } }"),
    "Question.model": NODE % ("Question", "model { id }"),
    "Question.unit": NODE % ("Question", "unit { id }"),
}
CHANGING = {"answer-question", "settle-question", "answerQuestion", "settleQuestion"}
