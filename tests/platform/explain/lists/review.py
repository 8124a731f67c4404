"""Lists of reviews."""

from collections.abc import Iterator

from services.kernel.caller import Scope
from tests.platform.explain.lists import SCOPES, Listed, by_ids


def lists() -> Iterator[Listed]:
    yield by_ids("review.reviews", "r")
    of_models = {"model": {"$in": ["m_" + "7" * 24]}, **Scope(SCOPES["two units"]).filter()}
    yield Listed("reviews by model", "review.reviews", of_models)
