"""What the index is made of, read from the documents of models, organisations and units."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from services.directory.units import UNITS, Directory
from services.kernel.mongo.access import Access
from services.kernel.mongo.codec import from_document
from services.kernel.mongo.driver import Document
from services.kernel.mongo.pages import OLDEST
from services.kernel.units import COUNTRY, DatedUnit, UnitPath
from services.registration.models.repository import Models
from services.registration.organisations.repository import Organisations
from services.registration.search.index import Entry
from services.registration.search.messages import MatchedText
from services.registration.search.words import Words, words_of

AT_ONCE = 500
"""Documents read and indexed in one go, some 20 ms of work."""
VALUES = ("field", "level", "subject_kind", "state", "programme", "year", "flagged")
READ = dict.fromkeys(("title", "owner", "place", "unit", "within", "drafted_on", *VALUES), 1)
MOST_NAMES = 50_000


class Texts(NamedTuple):
    """Of a model, where words are looked for."""

    title: str
    owner: str
    place: str
    units: tuple[str, ...]

    def stretches(self) -> Iterable[tuple[MatchedText, str]]:
        yield MatchedText.TITLE, self.title
        yield MatchedText.OWNER, self.owner
        yield MatchedText.PLACE, self.place
        for name in self.units:
            yield MatchedText.UNIT, name


class Names:
    """What units are and were called, those they came from and those that came of them: all units, in memory."""

    def __init__(self) -> None:
        self._own: dict[str, tuple[str, ...]] = {}
        self._before: dict[str, tuple[str, ...]] = {}
        self._after: dict[str, set[str]] = {}
        self.words = lru_cache(20_000)(self._words)

    def put(self, units: Iterable[DatedUnit]) -> set[str]:
        """The units whose models are now found by other names."""
        touched: set[str] = set()
        for unit in units:
            before = tuple(sorted({p.unit for p in unit.predecessors} - {unit.id}))
            touched |= {unit.id, *before, *self._after.get(unit.id, ())}
            self._own[unit.id] = tuple(dict.fromkeys(spell.name for spell in unit.spells))
            self._before[unit.id] = before
            for one in before:
                self._after.setdefault(one, set()).add(unit.id)
        self.words.cache_clear()
        return touched

    def before(self, unit: str) -> frozenset[str]:
        """The units that it came of."""
        return frozenset(self._before.get(unit, ()))

    def along(self, path: str) -> tuple[str, ...]:
        """All names of the unit, of those above it, and of its own predecessors and successors."""
        segments = UnitPath(path).segments
        related = (*self._before.get(segments[-1], ()), *sorted(self._after.get(segments[-1], ())))
        units = (*(unit for unit in reversed(segments) if unit != COUNTRY), *related)
        return tuple(dict.fromkeys(name for unit in units for name in self._own.get(unit, ())))

    def _words(self, path: str) -> Words:
        return words_of(*self.along(path))


class Sources:
    """Reads in our own name: who may see what is found is decided where it is asked for."""

    def __init__(self, ours: Access) -> None:
        self._models = Models.seen(ours)
        self._organisations = Organisations.seen(ours)
        self._units = ours.unscoped(UNITS)
        self._directory = Directory(ours)
        self._owners: dict[str, str] = {}
        self.names = Names()

    async def load_names(self) -> None:
        self.names.put([from_document(document, DatedUnit) async for document in self._units.find({})])

    async def renamed_units(self, units: Sequence[str]) -> set[str]:
        return self.names.put(await self._directory.many(units))

    def renamed_owners(self, owners: Iterable[str]) -> None:
        for owner in owners:
            self._owners.pop(owner, None)

    async def all_models(self) -> AsyncIterator[list[Entry]]:
        """The oldest first, a batch at a time."""
        after: Document = {}
        while True:
            found = self._models.find(after, READ, sort=[OLDEST], limit=AT_ONCE)
            documents = [document async for document in found]
            if not documents:
                return
            yield await self.entries(documents)
            after = {"_id": {"$gt": documents[-1]["_id"]}}

    async def models(self, ids: Sequence[str]) -> list[Entry]:
        found = self._models.find({"_id": {"$in": list(ids)}}, READ, sort=[OLDEST])
        return await self.entries([document async for document in found])

    async def entries(self, documents: Sequence[Document]) -> list[Entry]:
        owners = await self.owners({document["owner"] for document in documents})
        return [self._entry(document, owners) for document in documents]

    async def owners(self, ids: set[str]) -> Mapping[str, str]:
        unknown = ids - self._owners.keys()
        if unknown:
            if len(self._owners) > MOST_NAMES:
                self._owners.clear()
                unknown = ids
            async for document in self._organisations.find({"_id": {"$in": sorted(unknown)}}, {"name": 1}):
                self._owners[document["_id"]] = document["name"]
        return self._owners

    def texts(self, document: Document, owners: Mapping[str, str]) -> Texts:
        owner = owners.get(document["owner"], "")
        return Texts(document["title"], owner, document.get("place", ""), self.names.along(document["unit"]))

    def _entry(self, document: Document, owners: Mapping[str, str]) -> Entry:
        own = words_of(document["title"], owners.get(document["owner"], ""), document.get("place", ""))
        units = self.names.words(document["unit"])
        words = Words(own.exact | units.exact, own.bare | units.bare, own.pairs | units.pairs)
        values = {name: str(value) for name in VALUES if (value := document.get(name)) is not None}
        values.setdefault("year", str(date.fromisoformat(document["drafted_on"]).year))
        return Entry(document["_id"], words, (*document["within"], document["owner"]), values)
