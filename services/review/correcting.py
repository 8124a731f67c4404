"""Handlers of proposals to correct or revoke decisions. An approved proposal is judged again and written."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from services.corrections.domain import Correction
from services.corrections.messages import CorrectedFact
from services.corrections.mount import Desk
from services.directory.units import Directory
from services.kernel.act import Act
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Row
from services.movement.changes import Change, changes
from services.review import amending, domain
from services.review.domain import Review
from services.review.messages import (
    CORRECTIONS,
    CorrectVerdict,
    Decision,
    ReverseRevocation,
    ReverseVerdict,
    ReviewStep,
    RevokeNomination,
    RevokeRecognition,
    Verdict,
)
from services.review.repository import Reviews

NAMES = {
    "verdict": ("verdict", "Kết quả thẩm định"),
    "decided_on": ("decidedOn", "Ngày có kết quả"),
    "nominated_on": ("nominatedOn", "Ngày đề nghị biểu dương, khen thưởng"),
    "revoked_on": ("revokedOn", "Ngày thu hồi công nhận"),
    "nomination_revoked_on": ("nominationRevokedOn", "Ngày thu hồi đề nghị biểu dương, khen thưởng"),
}


@dataclass(frozen=True, slots=True)
class DecisionDraft:
    """`before`: the decision of the review `record`. `after`: the decision that replaces it; None if it is reversed.

    `revoked_on`: the day of the revocation, if it is one. `reviews`: the repository that has loaded the review.
    """

    record: Review
    before: Decision
    after: Decision | None
    fact: CorrectedFact
    reverses: bool
    reviews: Reviews
    revoked_on: date | None = None

    @property
    def authors(self) -> frozenset[str | None]:
        return self.record.authors

    @property
    def fact_version(self) -> int:
        return self.before.decided_version

    @property
    def changes(self) -> tuple[Change, ...]:
        return changes(self.before, self.after, NAMES)

    @property
    def figures(self) -> bool:
        return True

    async def write(self, correction: Correction, act: Act) -> None:
        proposal: dict[str, Any] = {
            "correction": correction.id,
            "reason": correction.reason,
            "basis": correction.document or "",
            "proposed_by": correction.proposed_by,
            "approved_by": correction.decided_by,
        }
        after = domain.replaced(self.record, self.before, self.after)
        if self.revoked_on and self.after:
            day = act.dated(self.revoked_on)
            revoked = amending.announce_revocation(self.before, self.after, after, act=day, **proposal)
            await self.reviews.save(after, revoked)
            return
        of_year = {"year": self.before.year, "verdict": self.after and self.after.verdict}
        corrected = domain.restate(
            self.record, after, act=act.dated(act.today), changes=self.changes, **of_year, **proposal
        )
        await self.reviews.save(*corrected)


async def correct_verdict(command: CorrectVerdict, tx: Transaction) -> Row:
    reviews, review, decision = await _loaded(command, tx)
    return await _propose(
        command, await _corrected(review, decision, command.verdict, command.on, reviews, tx), tx
    )


async def reverse_verdict(command: ReverseVerdict, tx: Transaction) -> Row:
    reviews, review, decision = await _loaded(command, tx)
    return await _propose(command, _reversed(review, decision, reviews), tx)


async def revoke_recognition(command: RevokeRecognition, tx: Transaction) -> Row:
    return await _revoke(command, ReviewStep.REVOKE, tx)


async def revoke_nomination(command: RevokeNomination, tx: Transaction) -> Row:
    return await _revoke(command, ReviewStep.REVOKE_NOMINATION, tx)


async def reverse_revocation(command: ReverseRevocation, tx: Transaction) -> Row:
    reviews, review, decision = await _loaded(command, tx)
    return await _propose(command, _restored(review, decision, reviews), tx)


async def again(correction: Correction, tx: Transaction) -> DecisionDraft:
    """Judges a proposal against the review as it is now."""
    reviews = Reviews(tx)
    review = await reviews.load(correction.record)
    decision = domain.decision_of(review, correction.fact_version)
    after = {change.field: change.after for change in correction.changes if change.after}
    match correction.fact, correction.reverses:
        case CorrectedFact.VERDICT, True:
            return _reversed(review, decision, reviews)
        case CorrectedFact.REVOCATION, True:
            return _restored(review, decision, reviews)
        case CorrectedFact.REVOCATION, False:
            step = ReviewStep.REVOKE if "revoked_on" in after else ReviewStep.REVOKE_NOMINATION
            on = date.fromisoformat(after.get("revoked_on") or after["nomination_revoked_on"])
            return _revoked(review, decision, step, tx.act(on), reviews)
    verdict, on_ = after.get("verdict"), after.get("decided_on")
    return await _corrected(
        review,
        decision,
        Verdict(verdict) if verdict else None,
        date.fromisoformat(on_) if on_ else None,
        reviews,
        tx,
    )


async def authors(record: str, tx: Transaction) -> frozenset[str | None]:
    return (await Reviews(tx).load(record)).authors


Proposal = CorrectVerdict | ReverseVerdict | RevokeRecognition | RevokeNomination | ReverseRevocation


async def _loaded(command: Proposal, tx: Transaction) -> tuple[Reviews, Review, Decision]:
    reviews = Reviews(tx)
    review = await reviews.load(command.review, expected=command.expected_version)
    return reviews, review, domain.decision_of(review, command.decision)


async def _propose(command: Proposal, draft: DecisionDraft, tx: Transaction) -> Row:
    return await DESK.propose(draft, reason=command.reason, document=command.document, tx=tx)


async def _revoke(command: RevokeRecognition | RevokeNomination, step: ReviewStep, tx: Transaction) -> Row:
    reviews, review, decision = await _loaded(command, tx)
    act = tx.act(command.on, review.unit)
    return await _propose(command, _revoked(review, decision, step, act, reviews), tx)


async def _corrected(
    review: Review,
    decision: Decision,
    verdict: Verdict | None,
    on: date | None,
    reviews: Reviews,
    tx: Transaction,
) -> DecisionDraft:
    unit = await Directory(tx).of(review, on or decision.decided_on)
    after = amending.with_verdict(review, decision, unit=unit, verdict=verdict, on=on, act=tx.act())
    return DecisionDraft(review, decision, after, CorrectedFact.VERDICT, False, reviews)


def _reversed(review: Review, decision: Decision, reviews: Reviews) -> DecisionDraft:
    amending.require_standing(decision)
    return DecisionDraft(review, decision, None, CorrectedFact.VERDICT, True, reviews)


def _revoked(
    review: Review, decision: Decision, step: ReviewStep, act: Act, reviews: Reviews
) -> DecisionDraft:
    after = amending.revoke(review, decision, step, act=act)
    return DecisionDraft(review, decision, after, CorrectedFact.REVOCATION, False, reviews, revoked_on=act.on)


def _restored(review: Review, decision: Decision, reviews: Reviews) -> DecisionDraft:
    after = amending.without_revocation(decision)
    return DecisionDraft(review, decision, after, CorrectedFact.REVOCATION, True, reviews)


DESK = Desk(CORRECTIONS, NAMES, again=again, authors=authors)
