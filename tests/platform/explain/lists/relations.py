"""Lists of relations between models."""

from collections.abc import Iterator

from services.registration.relations.messages import (
    RELATION,
    LookalikesOfModels,
    RelationsOfModels,
    RelationsPage,
)
from tests.platform.explain.lists import NEWEST, Listed, by_ids, pages

WHERE = "registration.relations"
MODEL = "model_" + "7" * 24


def lists() -> Iterator[Listed]:
    yield from pages(
        RelationsPage, WHERE, RELATION, {"within": "u18115", "state": "SUGGESTED", "kind": "DUPLICATE"}
    )
    for message, state in ((LookalikesOfModels, "SUGGESTED"), (RelationsOfModels, "CONFIRMED")):
        of_model = {"models": MODEL, "state": state}
        yield Listed(f"{message.__name__}", WHERE, of_model, NEWEST, message, follows=False)
    yield Listed("relations of models", WHERE, {"models": {"$in": [MODEL]}})
    yield Listed("the relation of two models", WHERE, {"pair": f"{MODEL} {MODEL}"})
    yield by_ids(WHERE, RELATION)
