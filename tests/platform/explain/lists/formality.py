"""Lists of questions about formality, and of models that the periodic check must look at."""

from collections.abc import Iterator

from services.registration.formality.messages import QUESTION, QuestionsOfModels, QuestionsPage
from tests.platform.explain.lists import NEWEST, Listed, by_ids, pages

WHERE = "registration.questions"
MODEL = "model_" + "7" * 24


def lists() -> Iterator[Listed]:
    filters = {"within": "u18115", "state": "ASKED", "rule": "BOILERPLATE"}
    yield from pages(QuestionsPage, WHERE, QUESTION, filters)
    yield Listed("questions of a model", WHERE, {"model": MODEL}, NEWEST, QuestionsOfModels)
    yield Listed("questions of several models", WHERE, {"model": {"$in": [MODEL]}})
    yield by_ids(WHERE, QUESTION)
    due = {"on": {"$lte": "2026-07-01"}}
    yield Listed("models to check", "registration.formality_due", due, {"on": 1, "_id": 1})
