"""Every list there is, by area: what each of its queries asks of MongoDB. `test_explain.py` holds them to an index.

A module here has `lists()`, which yields what its area reads: each message that answers in pages, whichever of its
filters are set, in both directions and in every scope, and whatever else finds more than one document.
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
    """One reading. `where`: service and collection. `message`: the query with pages whose reading it is.

    `follows`: the index knows all that is asked for, so that no document is fetched in vain. Not so where several
    filters meet of which the index knows one: it must then be the one that most narrows.
    """

    what: str
    where: str
    filter: Mapping[str, Any]
    sort: Mapping[str, int] | None = None
    message: type[ByFilter] | None = None
    follows: bool = True


def windows(kind: Kind) -> list[tuple[ByFilter, dict[str, int]]]:
    """The ways to ask for a page of this kind, each with its order."""
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
    """A list by no filter, by each, by each pair and by all, in every window and scope.

    `filters`: an example of each. `seen`: how the area narrows to what may be seen; by the unit when left out.
    """
    collection = where.partition(".")[2]
    narrow = seen or (lambda access: access.documents(collection))
    chosen = [names for many in (0, 1, 2) for names in itertools.combinations(filters, many)]
    if len(filters) > 2:
        chosen.append(tuple(filters))
    for (scope, units), names, (window, order) in itertools.product(SCOPES.items(), chosen, windows(kind)):
        equal = {name: filters[name] for name in names}
        yield Listed(
            f"{message.__name__} of {scope} by {', '.join(names) or 'nothing'}, {window}",
            where,
            narrow(seen_by(units)).narrowed(page_filter(window, equal, kind)),
            order,
            message,
            # Where most there is lies in the units asked for, it may as well be walked along the ids.
            follows=len(names) < 2 and len(units) == 1,
        )


def by_ids(where: str, kind: Kind, *, scoped: bool = True) -> Listed:
    """The documents of some keys, within the scope."""
    ids = {"$in": [kind.id("7" * 24), kind.id("8" * 24)]}
    scope = Scope(SCOPES["two units"]).filter() if scoped else {}
    return Listed(f"{where} by id", where, {"_id": ids, **scope}, follows=False)
