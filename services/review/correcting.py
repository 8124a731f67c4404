"""Corrections of verdicts: handlers of proposals, and how an approved one is judged again and written."""

from dataclasses import dataclass
from datetime import date

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
from services.review.messages import CORRECTIONS, CorrectVerdict, ReverseVerdict, Verdict
from services.review.repository import Reviews

NAMES = {
    "verdict": ("verdict", "Kết quả thẩm định"),
    "decided_on": ("decidedOn", "Ngày có kết quả"),
    "nominated_on": ("nominatedOn", "Ngày đề nghị biểu dương, khen thưởng"),
}


@dataclass(frozen=True, slots=True)
class VerdictDraft:
    """`reviews`: the repository that has loaded the review. `fact_version`: the version that was decided."""

    record: Review
    after: Review
    fact_version: int
    reverses: bool
    reviews: Reviews

    @property
    def authors(self) -> frozenset[str | None]:
        return self.record.authors

    @property
    def fact(self) -> CorrectedFact:
        return CorrectedFact.VERDICT

    @property
    def changes(self) -> tuple[Change, ...]:
        return changes(self.record, self.after, NAMES)

    @property
    def figures(self) -> bool:
        return True

    async def write(self, correction: Correction, act: Act) -> None:
        corrected = domain.restate(
            self.record,
            self.after,
            act=act.dated(act.today),
            correction=correction.id,
            changes=self.changes,
            reason=correction.reason,
            basis=correction.document or "",
            proposed_by=correction.proposed_by,
            approved_by=correction.decided_by,
        )
        await self.reviews.save(*corrected)


async def correct_verdict(command: CorrectVerdict, tx: Transaction) -> Row:
    reviews = Reviews(tx)
    review = await reviews.load(command.review, expected=command.expected_version)
    draft = await _corrected(review, command.verdict, command.on, reviews, tx)
    return await DESK.propose(draft, reason=command.reason, document=command.document, tx=tx)


async def reverse_verdict(command: ReverseVerdict, tx: Transaction) -> Row:
    reviews = Reviews(tx)
    review = await reviews.load(command.review, expected=command.expected_version)
    draft = _reversed(review, reviews)
    return await DESK.propose(draft, reason=command.reason, document=command.document, tx=tx)


async def again(correction: Correction, tx: Transaction) -> VerdictDraft:
    """Judges a proposal against the review as it is now."""
    reviews = Reviews(tx)
    review = await reviews.load(correction.record)
    if correction.reverses:
        return _reversed(review, reviews)
    after = {change.field: change.after for change in correction.changes}
    verdict, on = after.get("verdict"), after.get("decided_on")
    return await _corrected(
        review,
        Verdict(verdict) if verdict else None,
        date.fromisoformat(on) if on else None,
        reviews,
        tx,
    )


async def authors(record: str, tx: Transaction) -> frozenset[str | None]:
    return (await Reviews(tx).load(record)).authors


async def _corrected(
    review: Review, verdict: Verdict | None, on: date | None, reviews: Reviews, tx: Transaction
) -> VerdictDraft:
    unit = await Directory(tx).of(review, on or review.decided_on or tx.today)
    after = amending.with_verdict(review, unit=unit, verdict=verdict, on=on, act=tx.act())
    return VerdictDraft(review, after, review.decided_version or 0, False, reviews)


def _reversed(review: Review, reviews: Reviews) -> VerdictDraft:
    return VerdictDraft(review, amending.without_verdict(review), review.decided_version or 0, True, reviews)


DESK = Desk(CORRECTIONS, NAMES, again=again, authors=authors)
