"""Reads the table of rights."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.access.people import Somebody

FILES = sorted(Path(__file__).with_name("expected").glob("*.txt"))
"""A table for each area; its messages are of one service."""


class Line(NamedTuple):
    """`outside`: outcome of the same request for a record outside the caller's scope."""

    name: str
    state: str
    who: frozenset[str]
    inside: str
    outside: str


def lines(section: str, service: str = "") -> list[Line]:
    """The lines of all areas, or of the areas of one service."""
    return [
        Line(name, state, frozenset(who.split(",")), inside, outside)
        for file in FILES
        if service in ("", service_of(file.stem))
        for name, state, who, inside, outside in _rows(file, section)
    ]


@cache
def service_of(area: str) -> str:
    """The service that the area's messages belong to. `nodes` has no messages: most kinds are registration's."""
    file = FILES[0].with_stem(area)
    services = {name.partition(".")[0] for name, *_ in _rows(file, "services")} or {"registration"}
    (service,) = services
    return service


def columns() -> dict[tuple[str, str], frozenset[str]]:
    """(row, column) → the roles that see it. Empty: every caller who sees the row."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for row, first, *more in (row for file in FILES for row in _rows(file, "columns")):
        if first.endswith(":"):
            found[row, first[:-1]] = frozenset(more[0].split(","))
        else:
            found |= {(row, column): frozenset() for column in (first, *more)}
    return found


def expected(candidates: list[Line], somebody: Somebody) -> str:
    """The expected outcome for a caller. `candidates`: the lines of one operation in one state."""
    for line in candidates:
        if ("everybody" in line.who and not somebody.expired) or line.who & somebody.names:
            return line.inside if somebody.inside else line.outside
    return "unauthenticated" if somebody.anonymous else "not-permitted"


def _rows(file: Path, section: str) -> Iterator[list[str]]:
    current = ""
    for text in file.read_text().splitlines():
        if text.startswith("=="):
            current = text.strip("= ")
        elif current == section and text and not text.startswith("#"):
            yield text.split()
