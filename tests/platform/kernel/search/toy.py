"""A second kind of document for the tests of the search: errands of the toy service, each with a keeper and a unit."""

from collections.abc import Sequence
from typing import ClassVar, TypeVar

import msgspec

from services.directory.unit_names import unit_names
from services.directory.units import keep_units
from services.kernel.aggregate import Aggregate
from services.kernel.calendar import moment
from services.kernel.kinds import Kind
from services.kernel.messages import ANY_OFFICE, Event, Role
from services.kernel.mongo.repository import Repository
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import ByOwners, Columns
from services.kernel.search import messages as search
from services.kernel.search.declaration import Searched
from services.kernel.search.texts import referenced_name
from services.kernel.units import COUNTRY, DatedUnit, Spell, UnitLevel

S = TypeVar("S", bound=Aggregate)
ERRAND = Kind("errand", "việc vặt", "errand")
KEEPER = Kind("keeper", "người giữ", "keeper")


class ErrandNoted(Event, frozen=True, kw_only=True): ...


class KeeperNamed(Event, frozen=True, kw_only=True): ...


class UnitTold(Event, frozen=True, kw_only=True): ...


class Errand(Aggregate, frozen=True, kw_only=True):
    text: str
    keeper: str
    colour: str


class Keeper(Aggregate, frozen=True, kw_only=True):
    name: str


class Errands(Repository[Errand]):
    collection = "errands"
    kind = ERRAND
    columns = Columns(Errand)
    state = Errand


class Keepers(Repository[Keeper]):
    collection = "keepers"
    kind = KEEPER
    columns = Columns(Keeper)
    state = Keeper


SEARCHED = Searched(
    kind=ERRAND,
    collection=Errands.collection,
    texts={
        "TEXT": "text",
        "KEEPER": referenced_name("keeper", KEEPER, Keepers.collection),
        "UNIT": unit_names(UnitTold),
    },
    belongs_to=("keeper",),
    values=("colour",),
    facets={"COLOUR": "colour"},
)


class ErrandsFilter(msgspec.Struct, frozen=True, kw_only=True):
    unit: str | None = None
    keeper: str | None = None
    colour: str | None = None


class SearchErrands(search.SearchText, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    filter: ErrandsFilter = ErrandsFilter()


class ErrandHits(ByOwners, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class ErrandsKey(search.SearchKey, frozen=True, kw_only=True, omit_defaults=True):
    filter: ErrandsFilter


class Facet(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    value: str
    total: int


class SearchRow(msgspec.Struct, frozen=True, kw_only=True):
    hits: str
    total: int
    as_of: int
    facets: tuple[Facet, ...]


class Match(msgspec.Struct, frozen=True, kw_only=True):
    where: str
    text: str
    start: int
    end: int


class HitRow(msgspec.Struct, frozen=True, kw_only=True):
    errand: str
    exact: bool
    matches: tuple[Match, ...]


def unit(id_: str, name: str, path: str) -> DatedUnit:
    level = UnitLevel.COUNTRY if id_ == COUNTRY else UnitLevel.PROVINCE
    parent = path.split("/")[-2] or None
    return DatedUnit(
        id=id_, spells=(Spell(name=name, code=id_, kind="", level=level, parent=parent, path=path),)
    )


async def note(errands: Sequence[Errand], tx: Transaction) -> None:
    for errand in errands:
        noted = ErrandNoted(key=errand.id, version=errand.version, at=moment(), unit=errand.unit)
        await _put(Errands(tx), errand, noted)


async def name_keeper(keeper: Keeper, tx: Transaction) -> None:
    named = KeeperNamed(key=keeper.id, version=keeper.version, at=moment(), unit=keeper.unit)
    await _put(Keepers(tx), keeper, named)


async def _put(records: Repository[S], state: S, event: Event) -> None:
    if state.version == 1:
        await records.add(state, event)
    else:
        await records.load(state.id)
        await records.save(state, event)


async def tell_unit(told: DatedUnit, version: int, tx: Transaction) -> None:
    await keep_units([told], tx)
    tx.log(UnitTold(key=told.id, version=version, at=moment(), unit=told.spells[-1].path))
