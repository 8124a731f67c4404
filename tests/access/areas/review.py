"""Reviews."""

from services.review.messages import (
    DecideReview,
    NominateReview,
    ReviewsById,
    ReviewsByModel,
    ReviewsPage,
    Verdict,
)
from tests.access.tries import ID, NODE, PAGE, newer_than
from tests.access.world import DECIDED

MESSAGES = {
    "review.decide-review": lambda t: DecideReview(
        review=t.thing, verdict=Verdict.RECOGNISED, reason="x", on=DECIDED
    ),
    "review.nominate-review": lambda t: NominateReview(review=t.thing, on=DECIDED),
    "review.reviews-page": lambda t: ReviewsPage(first=1, after=newer_than(t.thing), fields=ID),
    "review.reviews-by-id": lambda t: ReviewsById(keys=(t.thing,), fields=ID),
    "review.reviews-by-model": lambda t: ReviewsByModel(keys=(t.thing,), fields=ID),
}
INPUTS = {
    "decideReview": lambda t: {
        "review": t.thing,
        "verdict": "RECOGNISED",
        "reason": "x",
        "on": f"{DECIDED}",
    },
    "decideReviews": lambda t: {
        "reviews": [t.thing],
        "verdict": "RECOGNISED",
        "reason": "x",
        "on": f"{DECIDED}",
        "preview": True,
    },
    "nominateReview": lambda t: {"review": t.thing, "on": f"{DECIDED}"},
}
QUERIES = {
    "Query.reviews": PAGE % ("reviews", ""),
    "Review.model": NODE % ("Review", "model { id }"),
    "Review.reason": NODE % ("Review", "reason"),
}
CHANGING = {"decide-review", "nominate-review", "decideReview", "decideReviews", "nominateReview"}
