"""Reviews."""

from collections.abc import Mapping

from services.review.messages import (
    CORRECTIONS,
    CorrectVerdict,
    DecideReview,
    NominateReview,
    ReverseRevocation,
    ReverseVerdict,
    ReviewsById,
    ReviewsByModel,
    ReviewsPage,
    RevokeNomination,
    RevokeRecognition,
    ToDoPage,
    Verdict,
)
from services.todo.messages import ToDoFilter, ToDoKind
from tests.access.tries import ID, NODE, PAGE, newer_than, waits_after
from tests.access.world import APPRAISER, DECIDED, LEADER, Making, World


async def build(world: World, made: Making, spare: Mapping[str, int]) -> None:
    """Adds a declined correction to the recognised review."""
    wrong = CorrectVerdict(review=world.things["recognised"], verdict=Verdict.NOT_MET, reason="x")
    mended = await made.id(wrong, APPRAISER)
    await made.id(CORRECTIONS.DeclineCorrection(correction=mended, reason="x"), LEADER)
    world.things["mended-verdict"] = mended


MESSAGES = {
    "review.decide-review": lambda t: DecideReview(
        review=t.thing, verdict=Verdict.RECOGNISED, reason="x", on=DECIDED
    ),
    "review.nominate-review": lambda t: NominateReview(review=t.thing, on=DECIDED),
    "review.correct-verdict": lambda t: CorrectVerdict(review=t.thing, verdict=Verdict.NOT_MET, reason="x"),
    "review.reverse-verdict": lambda t: ReverseVerdict(review=t.thing, reason="x"),
    "review.revoke-recognition": lambda t: RevokeRecognition(review=t.thing, reason="x"),
    "review.revoke-nomination": lambda t: RevokeNomination(review=t.thing, reason="x"),
    "review.reverse-revocation": lambda t: ReverseRevocation(review=t.thing, reason="x"),
    "review.approve-correction": lambda t: CORRECTIONS.ApproveCorrection(correction=t.thing),
    "review.decline-correction": lambda t: CORRECTIONS.DeclineCorrection(correction=t.thing, reason="x"),
    "review.recall-correction": lambda t: CORRECTIONS.RecallCorrection(correction=t.thing),
    "review.corrections-by-id": lambda t: CORRECTIONS.CorrectionsById(keys=(t.thing,), fields=ID),
    "review.corrections-page": lambda t: CORRECTIONS.CorrectionsPage(
        first=1, after=newer_than(t.thing), fields=ID
    ),
    "review.corrections-of-records": lambda t: CORRECTIONS.CorrectionsOfRecords(
        keys=(t.thing,), first=1, fields={"id": "record"}
    ),
    "review.correction-counts": lambda t: CORRECTIONS.CorrectionCounts(
        unit=t.thing, fields={"waiting": "waiting"}
    ),
    "review.reviews-page": lambda t: ReviewsPage(first=1, after=newer_than(t.thing), fields=ID),
    "review.to-do-page": lambda t: ToDoPage(
        first=1,
        after=waits_after(t.thing),
        fields=ID,
        filter=ToDoFilter(kinds=(ToDoKind.REVIEW_TO_DECIDE,)),
    ),
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
    "correctVerdict": lambda t: {"review": t.thing, "verdict": "NOT_MET", "reason": "x"},
    **{
        name: lambda t: {"review": t.thing, "reason": "x"}
        for name in ("reverseVerdict", "revokeRecognition", "revokeNomination", "reverseRevocation")
    },
    "nominateReview": lambda t: {"review": t.thing, "on": f"{DECIDED}"},
}
QUERIES = {
    "Query.reviews": PAGE % ("reviews", ""),
    "Query.verdictCorrections": PAGE % ("verdictCorrections", ""),
    "Query.verdictCorrectionCounts": "query($id: ID!) { verdictCorrectionCounts(unit: $id) { waiting } }",
    "Review.corrections": NODE % ("Review", "corrections(first: 1) { edges { node { id } } }"),
    "Correction.review": NODE % ("Correction", "review { id }"),
    "Review.model": NODE % ("Review", "model { id }"),
    "Review.reason": NODE % ("Review", "reason"),
}
CHANGING = {"decide-review", "nominate-review", "decideReview", "decideReviews", "nominateReview"}
