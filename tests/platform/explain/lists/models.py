"""Lists of models."""

from collections.abc import Iterator

from services.registration.models.messages import (
    MODEL,
    ModelHistory,
    ModelNotes,
    ModelsPage,
    ModelSubmitted,
    ProgressNoted,
)
from tests.platform.explain.lists import Listed, by_ids, pages

FILTERS = {
    "within": "u18115",
    "owner": "organisation_" + "0" * 24,
    "field": "ECONOMY",
    "level": "COMMUNE",
    "subject_kind": "COLLECTIVE",
    "state": "REGISTERED",
    "programme": "programme_" + "0" * 24,
    "year": 2018,
    "flagged": True,
    "registered_on": {"$gte": "2026-01-01", "$lte": "2026-06-30"},
}


def lists() -> Iterator[Listed]:
    yield from pages(ModelsPage, "registration.models", MODEL, FILTERS)
    yield by_ids("registration.models", MODEL)
    for message, types in (
        (ModelHistory, [ProgressNoted.subject, ModelSubmitted.subject]),
        (ModelNotes, [ProgressNoted.subject]),
    ):
        for between, order in (({"$gt": 0}, 1), ({"$gt": 3}, 1), ({"$gt": 0, "$lt": 9}, -1)):
            wanted = {"key": "model_" + "7" * 24, "type": {"$in": types}, "version": between}
            what = f"{message.__name__} {between}"
            yield Listed(what, "registration.log", wanted, {"version": order}, message, follows=False)
