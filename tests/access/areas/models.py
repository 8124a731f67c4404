"""Models."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from services.movement.words import ContributionKind, Level
from services.registration.models.messages import (
    AcceptModel,
    BeginModel,
    CarryOverModel,
    ChangeModelLevel,
    ChangeModelOwner,
    DiscontinueModel,
    ModelHistory,
    ModelNotes,
    ModelsById,
    ModelsFilter,
    ModelsPage,
    NoteProgress,
    RecordContribution,
    ReturnModel,
    ReviseModel,
    SelfAssessModel,
    SelfRating,
    SubmitModel,
    WithdrawModel,
)
from tests.access.people import PLACE
from tests.access.tries import ID, NODE, PAGE, Try, entered, newer_than
from tests.access.world import ACCEPTED, DECIDED, NEXT_YEAR, OFFICER, SUBMITTED, Making, World, draft

NO_OWNER = "organisation_" + "0" * 24


def _change_level(t: Try) -> ChangeModelLevel:
    return ChangeModelLevel(model=t.thing, level=Level.CITY, reason="x", document="QĐ 1", on=DECIDED)


def _change_owner(t: Try) -> ChangeModelOwner:
    return ChangeModelOwner(model=t.thing, owner=NO_OWNER, reason="x", document="QĐ 1", on=DECIDED)


COMMANDS = {
    "draft-model": lambda t: draft(t.thing),
    "revise-model": lambda t: ReviseModel(model=t.thing, title=f"Tên mới {uuid4().hex}", on=ACCEPTED),
    "submit-model": lambda t: SubmitModel(model=t.thing, on=SUBMITTED),
    "return-model": lambda t: ReturnModel(model=t.thing, reason="x", on=ACCEPTED),
    "accept-model": lambda t: AcceptModel(model=t.thing, on=ACCEPTED),
    "withdraw-model": lambda t: WithdrawModel(model=t.thing, reason="x", on=ACCEPTED),
    "begin-model": lambda t: BeginModel(model=t.thing, on=ACCEPTED),
    "note-progress": lambda t: NoteProgress(model=t.thing, text="x", on=DECIDED),
    "record-contribution": lambda t: RecordContribution(
        model=t.thing, kind=ContributionKind.WORK_DAY, amount="1", on=DECIDED
    ),
    "self-assess-model": lambda t: SelfAssessModel(
        model=t.thing, rating=SelfRating.MET, text="x", on=DECIDED
    ),
    "carry-over-model": lambda t: CarryOverModel(model=t.thing, on=NEXT_YEAR),
    "change-model-level": _change_level,
    "change-model-owner": _change_owner,
    "discontinue-model": lambda t: DiscontinueModel(model=t.thing, reason="x", on=DECIDED),
}


def _camel(name: str) -> str:
    first, *more = name.split("-")
    return first + "".join(word.title() for word in more)


MESSAGES = {
    **{f"registration.{name}": command for name, command in COMMANDS.items()},
    "registration.models-by-id": lambda t: ModelsById(keys=(t.thing,), fields=ID),
    "registration.models-page": lambda t: ModelsPage(
        first=1, after=newer_than(t.thing), fields=ID, filter=ModelsFilter(unit=PLACE)
    ),
    # These rows have no id, so each row shows the id of its model.
    "registration.model-history": lambda t: ModelHistory(
        keys=(t.thing,), first=1, fields={"id": f"={t.thing}"}
    ),
    "registration.model-notes": lambda t: ModelNotes(keys=(t.thing,), first=1, fields={"id": f"={t.thing}"}),
}
INPUTS: dict[str, Any] = {
    **{_camel(name): lambda t, command=command: entered(command(t)) for name, command in COMMANDS.items()},
    # A preview has the outcome of the command, and leaves the model as it is.
    "acceptModels": lambda t: {"models": [t.thing], "on": f"{ACCEPTED}", "preview": True},
    "beginModels": lambda t: {"models": [t.thing], "on": f"{ACCEPTED}", "preview": True},
    "carryOverModels": lambda t: {"models": [t.thing], "on": f"{NEXT_YEAR}", "preview": True},
    "returnModels": lambda t: {"models": [t.thing], "reason": "x", "on": f"{ACCEPTED}", "preview": True},
    "changeModelOwners": lambda t: {
        "models": [t.thing],
        "owner": NO_OWNER,
        "reason": "x",
        "document": "QĐ 1",
        "on": f"{DECIDED}",
        "preview": True,
    },
}
HISTORY = "history(last: 1) { edges { node { %s } } }"
QUERIES = {
    "Query.models": PAGE % ("models", ', filter: { unit: "u080" }'),
    "Model.owner": NODE % ("Model", "owner { id }"),
    "Model.unit": NODE % ("Model", "unit { id }"),
    "Model.livesUnder": NODE % ("Model", "livesUnder { id }"),
    "Model.review": NODE % ("Model", "review { id }"),
    "Model.returnReason": NODE % ("Model", "returnReason"),
    "Model.endReason": NODE % ("Model", "endReason"),
    "Model.history": NODE % ("Model", HISTORY % "version"),
    "Model.progressNotes": NODE % ("Model", "progressNotes(first: 1) { edges { node { version } } }"),
    "ModelFact.askedBy": NODE % ("Model", HISTORY % "askedBy"),
    "ModelFact.by": NODE % ("Model", HISTORY % "by"),
    "ModelFact.reason": NODE % ("Model", HISTORY % "reason"),
}
_CHANGING = (
    "submit-model",
    "return-model",
    "accept-model",
    "withdraw-model",
    "begin-model",
    "self-assess-model",
    "carry-over-model",
    "change-model-level",
    "discontinue-model",
)
CHANGING = {*_CHANGING, *map(_camel, _CHANGING)}


async def build(world: World, made: Making, spare: Mapping[str, int]) -> None:
    """Adds a progress note to the model that is being implemented."""
    await made.id(
        NoteProgress(model=world.things["implementing"], text="Xong 3 tuyến ngõ", on=DECIDED), OFFICER
    )
