"""Every MongoDB query that can find several documents, by area. `test_explain.py` checks that each follows an index.

Each module has a function `lists()`. It yields the queries of the area: those of each message with pages, for many
combinations of filters, in both directions and in several scopes; and all others that find several documents.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from services.kernel.calendar import moment
from services.kernel.caller import Caller, Grant, Scope
from services.kernel.kinds import Kind
from services.kernel.messages import Role
from services.kernel.mongo.access import Access, Documents
from services.kernel.mongo.driver import Database
from services.kernel.mongo.pages import page_filter
from services.kernel.rows import ByFilter

NEWEST, OLDEST = {"_id": -1}, {"_id": 1}
SCOPES = {
    "the country": frozenset({"vn"}),
    "one unit": frozenset({"u437"}),
    "two units": frozenset({"u437", "u436"}),
}


@dataclass(frozen=True, slots=True)
class Listed:
    """One query to MongoDB. `where`: service and collection. `message`: the message with pages that causes it.

    `follows`: whether the index covers the whole filter, so that MongoDB fetches only documents that match. It covers
    only one of several filters: it must be the one that selects fewest documents.
    """

    what: str
    where: str
    filter: Mapping[str, Any]
    sort: Mapping[str, int] | None = None
    message: type[ByFilter] | None = None
    follows: bool = True


def windows(kind: Kind) -> list[tuple[ByFilter, dict[str, int]]]:
    """Requests for the first, a middle and a last page of this kind, each with its sort order."""
    cursor, older = kind.id("7" * 24), kind.id("1" * 24)
    return [
        (ByFilter(first=50), NEWEST),
        (ByFilter(first=50, after=cursor), NEWEST),
        (ByFilter(last=50, before=cursor), OLDEST),
        (ByFilter(first=50, after=cursor, before=older), NEWEST),
    ]


def seen_by(units: frozenset[str]) -> Access:
    grants = tuple(Grant(role=Role.OPERATOR, unit=unit) for unit in units)
    nowhere = cast(Database, defaultdict(lambda: None))
    return Access(nowhere, Caller(id="x", name="x", grants=grants), Scope(units), moment())


def pages(
    message: type[ByFilter],
    where: str,
    kind: Kind,
    filters: Mapping[str, Any],
    seen: Callable[[Access], Documents] | None = None,
) -> Iterator[Listed]:
    """A list with no filter, each filter, each pair and all filters; in every window and scope.

    A filter by days stands alone: beside another filter, MongoDB may sort the few documents that match.
    `filters`: an example value of each. `seen`: the documents that a caller may see; by default, those of the scope.
    """
    collection = where.partition(".")[2]
    narrow = seen or (lambda access: access.documents(collection))
    spans = {name for name, value in filters.items() if isinstance(value, dict)}
    others = [name for name in filters if name not in spans]
    chosen = [names for many in (0, 1, 2) for names in itertools.combinations(others, many)]
    chosen += [(name,) for name in spans]
    if len(others) > 2:
        chosen.append(tuple(others))
    for (scope, units), names, (window, order) in itertools.product(SCOPES.items(), chosen, windows(kind)):
        equal = {name: filters[name] for name in names}
        yield Listed(
            f"{message.__name__} of {scope} by {', '.join(names) or 'nothing'}, {window}",
            where,
            narrow(seen_by(units)).narrowed(page_filter(window, equal, kind)),
            order,
            message,
            # If most documents lie in these units, MongoDB may walk the index of ids instead.
            follows=len(names) < 2 and len(units) == 1 and spans.isdisjoint(names),
        )


def by_ids(where: str, kind: Kind, *, scoped: bool = True) -> Listed:
    """The query for documents with these ids, within the scope unless `scoped` is false."""
    ids = {"$in": [kind.id("7" * 24), kind.id("8" * 24)]}
    scope = Scope(SCOPES["two units"]).filter() if scoped else {}
    return Listed(f"{where} by id", where, {"_id": ids, **scope}, follows=False)
