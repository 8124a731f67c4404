"""Handlers of reviews: one function per event, command or query."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from services.directory.units import Directory
from services.kernel.log.inbox import Heard
from services.kernel.log.settling import Stretch
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.repository import new_id
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Row, Rows
from services.review import deciding, following, repository
from services.review.correcting import DESK as CORRECTIONS
from services.review.domain import Review
from services.review.messages import (
    REVIEW,
    DecideReview,
    NominateReview,
    ReviewsById,
    ReviewsByModel,
    ReviewsPage,
)
from services.review.repository import Reviews


async def follow_models(heard: Sequence[Heard], tx: Transaction) -> None:
    """Reads the reviews of all these models at once: a read for each event takes as long as the write."""
    reviews = Reviews(tx)
    known = await reviews.of_models({"$in": sorted({one.event.key for one in heard})})
    for one in heard:
        with tx.because(one.recorded):
            await follow_model(one.event, known, reviews, tx)


async def follow_model(event: Any, known: dict[str, Review], reviews: Reviews, tx: Transaction) -> None:
    """Opens or changes the review of the model. `known`: model → its review; updated here."""
    review = known.get(event.key)
    followed = following.follow(review, event, key=new_id(REVIEW), act=tx.act(_day(event)))
    if followed:
        await (reviews.save if review else reviews.add)(*followed)
        await _corrections_follow(review, followed[0], tx)
        known[event.key] = followed[0]


async def settle(stretch: Stretch, tx: Transaction) -> int:
    """Corrects the reviews of these models by the models' events: opens, changes or closes them."""
    reviews = Reviews(tx)
    known = await reviews.of_models(stretch.keys)
    records = stretch.records()
    corrected = 0
    for model in sorted(known.keys() | records.keys()):
        steps = following.followed(
            [(one.event, tx.act(_day(one.event))) for one in records.get(model, ())], key=new_id(REVIEW)
        )
        review = known.get(model)
        if review is None:
            await reviews.add_many([(steps[-1][0], [event for _, event in steps])] if steps else [])
            corrected += bool(steps)
        elif correction := following.settle(review, steps[-1][0] if steps else None, act=tx.act()):
            await reviews.save(*correction)
            await _corrections_follow(review, correction[0], tx)
            corrected += 1
    return corrected


async def _corrections_follow(before: Review | None, after: Review, tx: Transaction) -> None:
    if before and before.homes != after.homes:
        await CORRECTIONS.follow([after], tx)


def _day(event: Any) -> date:
    day: date = event.on
    return day


async def decide_review(command: DecideReview, tx: Transaction) -> Row:
    reviews = Reviews(tx)
    review = await reviews.load(command.review)
    act = tx.act(command.on, review.unit)
    unit = await Directory(tx).of(review, act.on)
    decided = deciding.decide(review, unit=unit, verdict=command.verdict, reason=command.reason, act=act)
    return await reviews.save(*decided)


async def nominate_review(command: NominateReview, tx: Transaction) -> Row:
    reviews = Reviews(tx)
    review = await reviews.load(command.review)
    act = tx.act(command.on, review.unit)
    unit = await Directory(tx).of(review, act.on)
    return await reviews.save(*deciding.nominate(review, command.decision, unit=unit, act=act))


async def reviews_page(query: ReviewsPage, access: Access) -> Rows:
    return await repository.page(access, query)


async def reviews_by_id(query: ReviewsById, access: Access) -> Rows:
    return await pages.by_keys(Reviews.seen(access), Reviews.columns, query)


async def reviews_by_model(query: ReviewsByModel, access: Access) -> Rows:
    return await pages.by_keys(Reviews.seen(access), Reviews.columns, query, of="model")
