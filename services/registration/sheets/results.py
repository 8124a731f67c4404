"""The day of the results in a row: that of the row, that of the import, or, with a note, the last possible day."""

from datetime import date, timedelta

from services.kernel.sheets.judging import Cells
from services.kernel.sheets.messages import RowProblem
from services.kernel.units import DatedUnit


def last_day(unit: DatedUnit, today: date) -> date:
    """Today, or the last day of a unit that has ended: later acts on its models are refused."""
    ended = unit.spells[-1].until
    return min(today, ended - timedelta(days=1)) if ended else today


def presumed_day(*, since: date, year: int, last: date) -> tuple[date, bool]:
    """The day of results that name none, and whether they can belong to one half-year only.

    `since`, `last`: the first and last day that they can be of. `year`: the last year in which the model counts.
    """
    day = max(since, min(last, date(year, 12, 31)))
    return day, _half(since) == _half(last)


def undated(cells: Cells, column: str, day: date) -> RowProblem:
    return RowProblem(
        cell=cells.line.address(column),
        code="results-undated",
        vi=f"Không ghi “Kết quả tính đến ngày”: tính vào ngày {day:%d/%m/%Y}. Nếu thuộc kỳ khác, hãy ghi ngày ấy.",
        en=f"No day is given for the results, so they count on {day}. If they belong to another period, give its day.",
    )


def _half(day: date) -> tuple[int, bool]:
    return day.year, day.month > 6
