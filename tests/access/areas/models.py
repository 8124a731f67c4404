"""Models."""

from services.registration.events import ContributionKind
from services.registration.models.events import (
    AcceptModel,
    ModelFilter,
    ModelsById,
    ModelsPage,
    RecordContribution,
    ReturnModel,
    SubmitModel,
)
from tests.access.people import PLACE
from tests.access.tries import ID, NODE, PAGE, entered, newer_than
from tests.access.world import ACCEPTED, DECIDED, SUBMITTED, draft

MESSAGES = {
    "registration.draft-model": lambda t: draft(t.thing),
    "registration.submit-model": lambda t: SubmitModel(model=t.thing, on=SUBMITTED),
    "registration.return-model": lambda t: ReturnModel(model=t.thing, reason="x", on=ACCEPTED),
    "registration.accept-model": lambda t: AcceptModel(model=t.thing, on=ACCEPTED),
    "registration.record-contribution": lambda t: RecordContribution(
        model=t.thing, kind=ContributionKind.WORK_DAY, amount="1", on=DECIDED
    ),
    "registration.models-by-id": lambda t: ModelsById(keys=(t.thing,), fields=ID),
    "registration.models-page": lambda t: ModelsPage(
        first=1, after=newer_than(t.thing), fields=ID, filter=ModelFilter(unit=PLACE)
    ),
}
INPUTS = {
    "draftModel": lambda t: entered(draft(t.thing)),
    "submitModel": lambda t: {"model": t.thing, "on": f"{SUBMITTED}"},
    "returnModel": lambda t: {"model": t.thing, "reason": "x", "on": f"{ACCEPTED}"},
    "acceptModel": lambda t: {"model": t.thing, "on": f"{ACCEPTED}"},
    "recordContribution": lambda t: {
        "model": t.thing,
        "kind": "WORK_DAY",
        "amount": "1",
        "on": f"{DECIDED}",
    },
}
QUERIES = {
    "Query.models": PAGE % ("models", ', filter: { unit: "u080" }'),
    "Model.owner": NODE % ("Model", "owner { id }"),
    "Model.unit": NODE % ("Model", "unit { id }"),
    "Model.review": NODE % ("Model", "review { id }"),
    "Model.returnReason": NODE % ("Model", "returnReason"),
}
CHANGING = {"submit-model", "return-model", "accept-model", "submitModel", "returnModel", "acceptModel"}
