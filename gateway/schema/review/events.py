"""Live events for clients, in the order of the producer's log, within the caller's scope, resumable by cursor."""

import contextlib
from collections.abc import AsyncGenerator
from typing import Any

from strawberry import ID, Info

from services.kernel.calendar import today
from services.kernel.caller import Scope
from services.kernel.log import replay
from services.kernel.log.feed import Feed
from services.kernel.messages import ANY_OFFICE, Recorded, Refused
from services.kernel.rows import Row
from services.kernel.units import UnitPath
from services.kernel.words import Word
from services.review.messages import ReviewClosed, ReviewDecided, ReviewNominated, ReviewOpened


class ReviewEventKind(Word):
    """Điều đã xảy ra với một hồ sơ thẩm định."""

    OPENED = ReviewOpened.subject, "Được mở, khi mô hình được chấp nhận đăng ký"
    DECIDED = ReviewDecided.subject, "Có kết quả thẩm định"
    NOMINATED = ReviewNominated.subject, "Được đề nghị biểu dương, khen thưởng"
    CLOSED = ReviewClosed.subject, "Được khép lại, khi mô hình rút hoặc dừng thực hiện"


PRODUCER = "review"
BATCH = 200
"""Events held for a client that has not taken them yet."""
HEARD_BY = ANY_OFFICE
"""The roles that may subscribe to review events, each for its own units."""
TYPES = {type_.subject: type_ for type_ in (ReviewOpened, ReviewDecided, ReviewNominated, ReviewClosed)}


async def review_events(
    info: Info[Any, None], *, after: str | None, unit: ID | None
) -> AsyncGenerator[Row, None]:
    context = info.context
    caller = context.loader.caller
    scope = (await caller()).scope(HEARD_BY, today())
    start = _position(context.resume or after, await replay.head(context.nats, PRODUCER))
    feed = Feed(context.nats, PRODUCER, start, sparing=True)
    async with contextlib.aclosing(feed.batches(BATCH)) as batches:
        # Grants can end, or be revoked, during a subscription. An empty batch comes twice a second, for this check.
        async for events in batches:
            scope = _still(scope, (await caller()).scope(HEARD_BY, today()))
            for recorded in events:
                path = str(recorded.data["unit"])
                if (
                    recorded.type in TYPES
                    and scope.covers(path)
                    and (not unit or UnitPath(path).within(unit))
                ):
                    context.renew()
                    context.cursor = str(recorded.seq)
                    yield _event(recorded)


def _still(before: Scope, now: Scope) -> Scope:
    """The caller's present scope. Refused if it has lost a unit: the client must know that events are missing."""
    lost = sorted((before.units or frozenset()) - (now.units or frozenset()))
    if lost:
        raise Refused(
            "not-permitted",
            vi=f"Quyền của bạn ở đơn vị {', '.join(lost)} đã hết; hãy nối lại từ con trỏ cuối cùng.",
            en=f"Your grant in unit {', '.join(lost)} has ended; connect again from the last cursor on.",
        )
    return now


def _position(cursor: str | None, head: int) -> int:
    """The number after which to begin: that of the cursor, or the last one of the log."""
    if cursor is None:
        return head
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 15 and int(cursor) <= head):
        raise Refused(
            "cursor-invalid",
            "after",
            vi=f"“{cursor[:20]}” không phải là con trỏ đã nhận từ một sự kiện.",
            en=f"“{cursor[:20]}” is not a cursor that came with an event.",
        )
    return int(cursor)


def _event(recorded: Recorded) -> Row:
    data = recorded.data
    return {
        "cursor": str(recorded.seq),
        "id": recorded.id,
        "kind": ReviewEventKind(recorded.type),
        "at": data["at"],
        "on": data["on"],
        "title": data["title"],
        "verdict": data.get("verdict"),
        "review": recorded.key,
        "model": data["model"],
    }
