"""Pages of `toDo`: all kinds of work, from the beginning of the list and from any place in it."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import msgspec

from services.kernel.caller import Grant
from services.kernel.messages import ANY_OFFICE
from services.kernel.rows import ByFilter
from services.registration.todo import messages as registration
from services.registration.todo.sources import SOURCES
from services.review import messages as review
from services.review import todo as of_review
from services.supervision import messages as supervision
from services.supervision import todo as of_supervision
from services.todo.messages import ToDoFilter
from services.todo.positions import Position, Window
from services.todo.sources import Source
from tests.platform.explain.lists import SCOPES, Listed, seen_by

A_REVIEW, LATER, A_QUESTION = (
    Position("2026-12-31", "7" * 24),
    Position("2028-12-31", "1" * 24),
    Position("2026-07-07", "7" * 24),
)
UNDATED = Position("9999-12-31", "7" * 24)
PARTS = (
    (registration.ToDoPage, SOURCES),
    (review.ToDoPage, of_review.SOURCES),
    (supervision.ToDoPage, of_supervision.SOURCES),
)
WINDOWS = (Window(), Window(A_REVIEW), Window(A_QUESTION, LATER), Window(None, A_REVIEW), Window(UNDATED))


def lists() -> Iterator[Listed]:
    for message, sources in PARTS:
        for source, (scope, units) in itertools.product(sources, SCOPES.items()):
            yield from _walks(message, source, scope, units)
    open_ = {"recalled": False, "until": {"$gte": "2026-11-28"}}
    yield Listed("open launches", "registration.launches", open_)


def _walks(message: type[ByFilter], source: Source, scope: str, units: frozenset[str]) -> Iterator[Listed]:
    grants = tuple(Grant(role=role, unit=unit) for unit in units for role in ANY_OFFICE)
    seen = seen_by(units)
    access = replace(seen, caller=msgspec.structs.replace(seen.caller, grants=grants))
    where = f"{message.service}.{source.records.collection}"
    for (number, window), backwards in itertools.product(enumerate(WINDOWS), (False, True)):
        for part, walk in enumerate(source.walks(ToDoFilter(), window, access)):
            yield Listed(
                f"{source.kind} of {scope}, window {number}.{part}, {'backwards' if backwards else 'forwards'}",
                where,
                source.records.seen(access).narrowed(walk.wanted),
                dict(walk.order(backwards=backwards)),
                message,
                follows=False,
            )
