"""Reads texts with delimiters (CSV) strictly. The delimiter is the one that gives our headings, however rare."""

import csv
import re
from collections.abc import Callable, Iterator
from typing import TextIO

MARKS = ",;\t|"
_HINT = re.compile(r'\ufeff?"?sep=."?\s*')
"""A first line for Excel. Excel does not count it as a row."""
_BREAK = re.compile(r"\r\n|\r|\n")


class QuoteBroken(Exception):  # noqa: N818 - a fault of the file, not of ours
    """A quote is not closed, or stands in a wrong place, in the row of this number."""

    def __init__(self, row: int) -> None:
        super().__init__(f"row {row}")
        self.row = row


def rows(
    stream: TextIO, headings: Callable[[list[str]], int], looked_at: int
) -> Iterator[tuple[int, list[str]]] | None:
    """The rows with their numbers, as a spreadsheet counts. None if no delimiter gives a row with headings of ours.

    `stream`: opened with `newline=""`. `headings`: number of our headings in a row. `looked_at`: they are looked for
    among so many rows that are not empty. Iterating raises `QuoteBroken`.
    """
    start = stream.tell() if _HINT.fullmatch(stream.readline()) else 0
    found = {mark: _most(_read(stream, start, mark), headings, looked_at) for mark in MARKS}
    mark = max(MARKS, key=lambda one: found[one][0])
    most, width = found[mark]
    return _checked(_read(stream, start, mark), mark, width) if most else None


def _read(stream: TextIO, start: int, mark: str) -> Iterator[tuple[int, list[str]]]:
    stream.seek(start)
    number = 1
    reader = csv.reader(stream, delimiter=mark, strict=True)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise QuoteBroken(number) from error
        yield number, row
        number += 1


def _most(
    rows: Iterator[tuple[int, list[str]]], headings: Callable[[list[str]], int], looked_at: int
) -> tuple[int, int]:
    """The greatest number of our headings in one of the first rows, and the number of that row's cells."""
    best, left = (0, 0), looked_at
    try:
        for _, row in rows:
            if not any(cell.strip() for cell in row):
                continue
            best = max(best, (headings(row), len(row)), key=lambda one: one[0])
            left -= 1
            if not left:
                break
    except QuoteBroken:
        pass
    return best


def _checked(rows: Iterator[tuple[int, list[str]]], mark: str, width: int) -> Iterator[tuple[int, list[str]]]:
    """The rows. `QuoteBroken` for several lines that one pair of quotes has made one row."""
    for number, row in rows:
        lines = _BREAK.split(mark.join(row))
        if len(lines) > 1 and width > 1 and all(line.count(mark) == width - 1 for line in lines):
            raise QuoteBroken(number)
        yield number, row
