"""The names by which a document of a unit is found: of the unit, of units above it, of predecessors and successors."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from services.directory.units import UNITS, Directory
from services.kernel.messages import Event, Recorded
from services.kernel.mongo.access import Access
from services.kernel.mongo.codec import from_document
from services.kernel.mongo.driver import Document
from services.kernel.search.texts import TextSource
from services.kernel.search.tokenizer import Terms, terms_of
from services.kernel.units import COUNTRY, DatedUnit, UnitPath

MOST_PATHS = 20_000
"""Paths whose terms are kept in memory, at most."""


class Names:
    """Present and former names of units, by lineage."""

    def __init__(self) -> None:
        self._names: dict[str, tuple[str, ...]] = {}
        self._predecessors: dict[str, tuple[str, ...]] = {}
        self._successors: dict[str, set[str]] = {}

    def put(self, units: Iterable[DatedUnit]) -> set[str]:
        """Adds or replaces units. The ids of all units whose documents are now found by other names."""
        touched: set[str] = set()
        for unit in units:
            predecessors = tuple(sorted({p.unit for p in unit.predecessors} - {unit.id}))
            touched |= {unit.id, *predecessors, *self._successors.get(unit.id, ())}
            self._names[unit.id] = tuple(dict.fromkeys(spell.name for spell in unit.spells))
            self._predecessors[unit.id] = predecessors
            for one in predecessors:
                self._successors.setdefault(one, set()).add(unit.id)
        return touched

    def predecessors(self, unit: str) -> frozenset[str]:
        return frozenset(self._predecessors.get(unit, ()))

    def along(self, path: str) -> tuple[str, ...]:
        """All names of the unit, of those above it, and of its own predecessors and successors."""
        segments = UnitPath(path).segments
        unit = segments[-1]
        related = (*self._predecessors.get(unit, ()), *sorted(self._successors.get(unit, ())))
        units = (*(one for one in reversed(segments) if one != COUNTRY), *related)
        return tuple(dict.fromkeys(name for one in units for name in self._names.get(one, ())))


class UnitNames:
    """The text source: `names` has all units, in memory."""

    fields = ("unit",)

    def __init__(self, access: Access, event: type[Event]) -> None:
        """`event`: the type of events about changes of a unit."""
        self.names = Names()
        self._units = access.unscoped(UNITS)
        self._directory = Directory(access)
        self._event = event
        self._terms = lru_cache(MOST_PATHS)(self._terms_along)

    async def load(self) -> None:
        self._put([from_document(document, DatedUnit) async for document in self._units.find({})])

    async def renamed(self, events: Sequence[Recorded]) -> set[str]:
        units = {event.key for event in events if event.type == self._event.subject}
        return self._put(await self._directory.many(sorted(units))) if units else set()

    async def prepare(self, documents: Sequence[Document]) -> None: ...

    def texts(self, document: Document) -> Sequence[str]:
        return self.names.along(document["unit"])

    def terms(self, document: Document) -> Terms:
        return self._terms(document["unit"])

    def belongs(self, document: Document) -> Sequence[str]:
        return ()

    def _put(self, units: Sequence[DatedUnit]) -> set[str]:
        self._terms.cache_clear()
        return self.names.put(units)

    def _terms_along(self, path: str) -> Terms:
        return terms_of(*self.names.along(path))


def unit_names(event: type[Event]) -> Callable[[Access], TextSource]:
    """A source for a declaration: documents are found by names of their unit. `event`: type of a unit's changes."""
    return lambda access: UnitNames(access, event)
