"""A page of the work that waits for a caller in one service, merged from all its sources."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from services.kernel.mongo.access import Access
from services.kernel.mongo.driver import Document
from services.kernel.mongo.pages import page_size
from services.kernel.rows import Columns, Page, Rows
from services.todo.messages import ToDoFilter, ToDoPage, ToDoRow
from services.todo.positions import Position, Window
from services.todo.sources import Found, Source

ROWS = Columns(ToDoRow)


class Item(NamedTuple):
    """A piece of work about several records, with its row."""

    position: Position
    row: Document


Made = Callable[[ToDoFilter, Access], Awaitable[list[Item]]]
"""Computes all pieces of work of one kind. There are few of them."""


async def page(sources: Sequence[Source], made: Sequence[Made], query: ToDoPage, access: Access) -> Rows:
    """`sources`: kinds of work with one record each. `made`: the other kinds. Refused if a cursor cannot be read."""
    size, window = page_size(query), Window.of(query)
    backwards = query.first is None
    all_made = [item for make in made for item in await make(query.filter, access)]
    found: list[Found | Item] = [item for item in all_made if window.holds(item.position)]
    for source in sources:
        found += await source.find(query.filter, window, size + 1, access, backwards=backwards)
    found.sort(key=lambda one: one.position)
    more = len(found) > size
    shown = found[-size:] if backwards else found[:size]
    total = None
    if query.counted:
        total = len(all_made) + sum([await source.count(query.filter, access) for source in sources])
    rows = await _rows(shown, access)
    view = ROWS.view(query, access.sees)
    for one in shown:
        view.add(rows[one.position])
    place = Page(
        [one.position.cursor for one in shown],
        has_next=query.before is not None if backwards else more,
        has_previous=more if backwards else query.after is not None,
        total=total,
    )
    return view.rows([place])


async def _rows(shown: Sequence[Found | Item], access: Access) -> dict[Position, Document]:
    rows = {one.position: one.row for one in shown if isinstance(one, Item)}
    of_source: dict[int, list[Found]] = {}
    for one in shown:
        if isinstance(one, Found):
            of_source.setdefault(id(one.source), []).append(one)
    for records in of_source.values():
        found = await records[0].source.rows([one.document for one in records], access)
        rows |= {one.position: found[one.document["_id"]] for one in records}
    return rows
