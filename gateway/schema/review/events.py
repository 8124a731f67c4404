"""Live events for clients, in the order of the producer's log, within the caller's scope, resumable by cursor."""

import contextlib
import re
from collections.abc import AsyncGenerator, Collection
from typing import Any

import msgspec
from nats.aio.client import Client as Nats
from strawberry import ID, Info

from services.kernel import telemetry
from services.kernel.calendar import today
from services.kernel.caller import Scope
from services.kernel.log import replay
from services.kernel.log.feed import AnotherLog, Feed
from services.kernel.log.position import Position
from services.kernel.log.pulse import Pulse
from services.kernel.messages import ANY_OFFICE, Recorded, Refused
from services.kernel.rows import Row
from services.kernel.units import UnitPath
from services.kernel.words import Word
from services.review.messages import (
    ReviewClosed,
    ReviewCorrected,
    ReviewDecided,
    ReviewHandedOver,
    ReviewNominated,
    ReviewOpened,
    ReviewRevoked,
    Verdict,
)


class ReviewEventKind(Word):
    """Điều đã xảy ra với một hồ sơ thẩm định."""

    OPENED = ReviewOpened.subject, "Được mở, khi mô hình được chấp nhận đăng ký"
    DECIDED = ReviewDecided.subject, "Có kết quả thẩm định"
    NOMINATED = ReviewNominated.subject, "Được đề nghị biểu dương, khen thưởng"
    CORRECTED = ReviewCorrected.subject, "Được đính chính sau khi có kết quả"
    REVOKED = ReviewRevoked.subject, "Công nhận hay đề nghị biểu dương, khen thưởng bị thu hồi"
    HANDED_OVER = ReviewHandedOver.subject, "Được bàn giao cùng mô hình cho đơn vị kế thừa"
    CLOSED = ReviewClosed.subject, "Được khép lại, khi mô hình rút hoặc dừng thực hiện"


PRODUCER = "review"
START = "0"
"""The cursor before the first event."""
CURSOR = re.compile("(?P<seq>[1-9][0-9]{0,14})-(?P<event>[0-9a-f]{24})")
BATCH = 200
"""Events held for a client that has not taken them yet."""
HEARD_BY = ANY_OFFICE
"""The roles that may subscribe to review events, each for its own units."""
SHOWN = (
    ReviewOpened,
    ReviewDecided,
    ReviewNominated,
    ReviewCorrected,
    ReviewRevoked,
    ReviewHandedOver,
    ReviewClosed,
)
TYPES = {type_.subject: type_ for type_ in SHOWN}


async def review_events(
    info: Info[Any, None],
    *,
    after: str | None,
    unit: ID | None,
    types: Collection[ReviewEventKind] | None,
) -> AsyncGenerator[Row, None]:
    context = info.context
    caller = context.loader.caller
    scope = (await caller()).scope(HEARD_BY, today(), reads=True)
    asked = context.resume or after
    try:
        start = await replay.end(context.nats, PRODUCER) if asked is None else _position(asked)
        async with _following(context.nats, start) as batches:
            # Grants can end, or be revoked, during a subscription. An empty batch comes twice a second, for this check.
            async for events in batches:
                scope = _still(scope, (await caller()).scope(HEARD_BY, today(), reads=True))
                for recorded in filter(_is_shown, events):
                    path = str(recorded.data["unit"])
                    wanted = types is None or recorded.type in types
                    if wanted and scope.covers(path) and (not unit or UnitPath(path).within(unit)):
                        context.renew()
                        context.cursor = _cursor(recorded)
                        yield _event(recorded)
    except AnotherLog:
        raise _no_cursor(context.cursor or asked or "") from None


@contextlib.asynccontextmanager
async def _following(
    nats: Nats, start: Position
) -> AsyncGenerator[AsyncGenerator[list[Recorded], None], None]:
    async with (
        Pulse(nats, PRODUCER) as pulse,
        contextlib.aclosing(Feed(pulse, start, sparing=True).batches(BATCH)) as batches,
    ):
        yield batches


def _is_shown(recorded: Recorded) -> bool:
    """Whether it is of a type that clients see, and can be read."""
    if recorded.type not in TYPES:
        return False
    try:
        recorded.read(TYPES[recorded.type])
    except msgspec.ValidationError as error:
        telemetry.log.error("event cannot be shown", type=recorded.type, seq=recorded.seq, why=str(error))
        return False
    return True


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


def _cursor(recorded: Recorded) -> str:
    """Number and id: the number alone would lead into another log after a restore."""
    return f"{recorded.seq}-{recorded.id}"


def _position(cursor: str) -> Position:
    """The place after which to begin."""
    if cursor == START:
        return Position()
    if not (match := CURSOR.fullmatch(cursor)):
        raise _no_cursor(cursor)
    return Position(int(match["seq"]), match["event"])


def _no_cursor(cursor: str) -> Refused:
    return Refused(
        "cursor-invalid",
        "after",
        vi=f"“{cursor[:40]}” không phải là con trỏ của một sự kiện trong nhật ký hiện nay; hãy tải lại dữ liệu rồi "
        "đăng ký nhận từ bây giờ.",
        en=f"“{cursor[:40]}” is not the cursor of an event in the present log; load the data again and subscribe "
        "from now on.",
    )


def _event(recorded: Recorded) -> Row:
    data = recorded.data
    return {
        "cursor": _cursor(recorded),
        "id": recorded.id,
        "kind": ReviewEventKind(recorded.type),
        "at": data["at"],
        "on": data["on"],
        "title": data["title"],
        **{name: data.get(name) for name in ("year", "field", "level", "subject_kind", "version")},
        "verdict": Verdict.RECOGNISED if recorded.type == ReviewNominated.subject else data.get("verdict"),
        "closed_because": data.get("because"),
        "review": recorded.key,
        "model": data["model"],
    }
