"""Moments are UTC with offset, days are Viet Nam's."""

from datetime import UTC, date, datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7))


def moment() -> datetime:
    """Now, to the millisecond that MongoDB keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def day_of(at: datetime) -> date:
    return at.astimezone(VIETNAM).date()


def today() -> date:
    return day_of(moment())
