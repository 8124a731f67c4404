"""What review does when asked or told: one function per message."""

from functools import partial

from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.aggregates import new_id
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Row, Rows
from services.registration.models.messages import (
    ModelAccepted,
    ModelDiscontinued,
    ModelLevelChanged,
    ModelOwnerChanged,
    ModelWithdrawn,
)
from services.review import domain
from services.review.messages import (
    REVIEW,
    Closing,
    DecideReview,
    NominateReview,
    ReviewsById,
    ReviewsByModel,
)
from services.review.repository import Reviews


async def open_review(accepted: ModelAccepted, tx: Transaction) -> None:
    review, opened = domain.open_review(accepted, key=new_id(REVIEW), at=tx.at)
    await Reviews(tx).add(review, opened)


async def close_withdrawn(withdrawn: ModelWithdrawn, tx: Transaction) -> None:
    if withdrawn.registered:
        close = partial(domain.close, because=Closing.WITHDRAWN, on=withdrawn.on, at=tx.at)
        await Reviews(tx).update_of(withdrawn.key, close)


async def close_discontinued(discontinued: ModelDiscontinued, tx: Transaction) -> None:
    close = partial(domain.close, because=Closing.DISCONTINUED, on=discontinued.on, at=tx.at)
    await Reviews(tx).update_of(discontinued.key, close)


async def follow_owner(changed: ModelOwnerChanged, tx: Transaction) -> None:
    follow = partial(domain.follow_owner, owner=changed.after, on=changed.on, at=tx.at)
    await Reviews(tx).update_of(changed.key, follow)


async def follow_level(changed: ModelLevelChanged, tx: Transaction) -> None:
    follow = partial(domain.follow_level, level=changed.after, on=changed.on, at=tx.at)
    await Reviews(tx).update_of(changed.key, follow)


async def decide_review(command: DecideReview, tx: Transaction) -> Row:
    decide = partial(
        domain.decide,
        own=tx.caller.selves(tx.today),
        verdict=command.verdict,
        reason=command.reason,
        on=command.on or tx.today,
        today=tx.today,
        at=tx.at,
    )
    return await Reviews(tx).update(command.review, decide)


async def nominate_review(command: NominateReview, tx: Transaction) -> Row:
    nominate = partial(
        domain.nominate,
        own=tx.caller.selves(tx.today),
        on=command.on or tx.today,
        today=tx.today,
        at=tx.at,
    )
    return await Reviews(tx).update(command.review, nominate)


async def reviews_by_id(query: ReviewsById, access: Access) -> Rows:
    return await pages.by_keys(Reviews.seen(access), Reviews.columns, query)


async def reviews_by_model(query: ReviewsByModel, access: Access) -> Rows:
    return await pages.by_keys(Reviews.seen(access), Reviews.columns, query, of="model")
