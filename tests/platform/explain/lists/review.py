"""Lists of reviews."""

from collections.abc import Iterator

from services.kernel.caller import Scope
from services.review.messages import REVIEW
from tests.platform.explain.lists import SCOPES, Listed, by_ids


def lists() -> Iterator[Listed]:
    yield by_ids("review.reviews", REVIEW)
    of_models = {"model": {"$in": ["model_" + "7" * 24]}, **Scope(SCOPES["two units"]).filter()}
    yield Listed("reviews by model", "review.reviews", of_models)
