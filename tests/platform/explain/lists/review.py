"""Lists of reviews."""

from collections.abc import Iterator

from services.kernel.caller import Scope
from services.review.messages import REVIEW, ReviewsPage
from tests.platform.explain.lists import SCOPES, Listed, by_ids, pages

FILTERS = {
    "within": "u18115",
    "owner": "organisation_" + "7" * 24,
    "year": 2026,
    "waiting": True,
    "verdict": "RECOGNISED",
    "field": "ECONOMY",
    "level": "COMMUNE",
    "subject_kind": "COLLECTIVE",
    "opened_on": {"$gte": "2026-01-01"},
    "decided_on": {"$gte": "2026-01-01", "$lte": "2026-06-30"},
    "nominated_on": {"$lte": "2026-06-30"},
}


def lists() -> Iterator[Listed]:
    yield from pages(ReviewsPage, "review.reviews", REVIEW, FILTERS)
    yield by_ids("review.reviews", REVIEW)
    of_models = {"model": {"$in": ["model_" + "7" * 24]}, **Scope(SCOPES["two units"]).filter()}
    yield Listed("reviews by model", "review.reviews", of_models)
