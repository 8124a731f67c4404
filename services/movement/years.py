"""The year in which a fact counts: the year that it is for, which may not be the year of its day."""

from datetime import date


def in_year(day: date, year: int | None) -> date:
    """The day by which periods count a fact for `year`: its own day, or else the nearest day of the year.

    A registration for 2027 that is accepted in November 2026 counts on 2027-01-01. None: the fact is for no year.
    """
    if year is None:
        return day
    return min(max(day, date(year, 1, 1)), date(year, 12, 31))


def from_year(day: date, year: int | None) -> date:
    """The same for a fact that can come after its year: its own day, or the first day of the year."""
    return day if year is None else max(day, date(year, 1, 1))


def months_between(day: date, later: date) -> int:
    """Whole months from `day` to `later`; 0 if it is not later. From 25 April to 24 November there are 6."""
    months = (later.year - day.year) * 12 + later.month - day.month - (later.day < day.day)
    return max(0, months)
