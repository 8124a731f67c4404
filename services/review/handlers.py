"""Handlers of reviews: one function per event, command or query."""

from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.repository import new_id
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
    review, opened = domain.open_review(accepted, key=new_id(REVIEW), act=tx.act(accepted.on))
    await Reviews(tx).add(review, opened)


async def close_withdrawn(withdrawn: ModelWithdrawn, tx: Transaction) -> None:
    if withdrawn.registered:
        await _close(withdrawn, Closing.WITHDRAWN, tx)


async def close_discontinued(discontinued: ModelDiscontinued, tx: Transaction) -> None:
    await _close(discontinued, Closing.DISCONTINUED, tx)


async def _close(ended: ModelWithdrawn | ModelDiscontinued, because: Closing, tx: Transaction) -> None:
    reviews = Reviews(tx)
    review = await reviews.of_model(ended.key)
    await reviews.save(*domain.close(review, because=because, act=tx.act(ended.on)))


async def follow_owner(changed: ModelOwnerChanged, tx: Transaction) -> None:
    reviews = Reviews(tx)
    review = await reviews.of_model(changed.key)
    await reviews.save(*domain.follow_owner(review, owner=changed.after, act=tx.act(changed.on)))


async def follow_level(changed: ModelLevelChanged, tx: Transaction) -> None:
    reviews = Reviews(tx)
    review = await reviews.of_model(changed.key)
    followed = domain.follow_level(review, level=changed.after, act=tx.act(changed.on))
    if followed:
        await reviews.save(*followed)


async def decide_review(command: DecideReview, tx: Transaction) -> Row:
    reviews = Reviews(tx)
    review = await reviews.load(command.review)
    decided = domain.decide(review, verdict=command.verdict, reason=command.reason, act=tx.act(command.on))
    return await reviews.save(*decided)


async def nominate_review(command: NominateReview, tx: Transaction) -> Row:
    reviews = Reviews(tx)
    review = await reviews.load(command.review)
    return await reviews.save(*domain.nominate(review, act=tx.act(command.on)))


async def reviews_by_id(query: ReviewsById, access: Access) -> Rows:
    return await pages.by_keys(Reviews.seen(access), Reviews.columns, query)


async def reviews_by_model(query: ReviewsByModel, access: Access) -> Rows:
    return await pages.by_keys(Reviews.seen(access), Reviews.columns, query, of="model")
