"""Moments are in UTC with offset. Days are days in Viet Nam."""

from datetime import UTC, date, datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7))


def moment() -> datetime:
    """The present moment, cut to milliseconds as MongoDB stores it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def day_of(at: datetime) -> date:
    return at.astimezone(VIETNAM).date()


def today() -> date:
    return day_of(moment())
