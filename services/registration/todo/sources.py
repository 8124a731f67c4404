"""The records of registration that wait for an act."""

from services.corrections.todo import corrections_to_approve
from services.kernel.messages import Role
from services.registration.corrections.messages import CORRECTIONS
from services.registration.formality.domain import TIME_TO_ANSWER
from services.registration.formality.messages import QUESTION, SETTLES, QuestionState
from services.registration.formality.repository import Questions
from services.registration.models.messages import MODEL, ModelState
from services.registration.models.repository import Models
from services.registration.organisations.repository import Organisations
from services.registration.relations.messages import DECIDES, RELATION, RelationState
from services.registration.relations.repository import Relations
from services.todo.messages import ToDoKind
from services.todo.sources import END_OF_YEAR, Source, days_after

OFFICERS, APPRAISERS = frozenset({Role.OFFICER}), frozenset({Role.APPRAISER})

SOURCES: tuple[Source, ...] = (
    Source(
        kind=ToDoKind.MODEL_TO_ACCEPT,
        of=MODEL,
        records=Models,
        roles=APPRAISERS,
        open={"state": ModelState.SUBMITTED.value},
        since="submitted_on",
        acts=("acceptModel", "returnModel"),
        own=("owner", "drafted_by", "revised_by", "submitted_by"),
        due=END_OF_YEAR,
    ),
    Source(
        kind=ToDoKind.MODEL_TO_COMPLETE,
        of=MODEL,
        records=Models,
        roles=OFFICERS,
        open={"state": ModelState.RETURNED.value},
        since="state_since",
        acts=("reviseModel", "submitModel", "withdrawModel"),
        due=END_OF_YEAR,
    ),
    Source(
        kind=ToDoKind.QUESTION_TO_ANSWER,
        of=QUESTION,
        records=Questions,
        roles=OFFICERS,
        open={"state": QuestionState.ASKED.value},
        since="waiting_since",
        due=days_after("waiting_since", TIME_TO_ANSWER),
        acts=("answerQuestion",),
        about="model",
        titles=((Models, "title"),),
    ),
    Source(
        kind=ToDoKind.QUESTION_TO_SETTLE,
        of=QUESTION,
        records=Questions,
        roles=SETTLES,
        open={"state": QuestionState.ANSWERED.value},
        since="answered_on",
        acts=("settleQuestion",),
        own=("answered_by",),
        about="model",
        titles=((Models, "title"),),
    ),
    Source(
        kind=ToDoKind.RELATION_TO_DECIDE,
        of=RELATION,
        records=Relations,
        roles=DECIDES,
        open={"state": RelationState.SUGGESTED.value},
        since="suggested_on",
        acts=("confirmRelation", "dismissRelation"),
        homed=False,
        about="model",
        titles=((Models, "title"),),
    ),
    corrections_to_approve(CORRECTIONS, (Models, "title"), (Organisations, "name")),
)
