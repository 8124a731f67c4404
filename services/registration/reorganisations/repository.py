"""Reorganisations in MongoDB, the units that a file names, and the records of these units."""

import re
from collections.abc import Awaitable, Callable, Sequence

from services.kernel.mongo import pages
from services.kernel.mongo.access import Access, Documents, Unscoped
from services.kernel.mongo.codec import from_document
from services.kernel.mongo.driver import ASCENDING, Document, Indexes, IndexModel, UpdateOne
from services.kernel.mongo.pages import NEWEST
from services.kernel.mongo.repository import Repository
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Columns, Row, Rows
from services.kernel.units import COUNTRY, DatedUnit, UnitPath
from services.registration.models.messages import ModelState
from services.registration.models.repository import Models
from services.registration.organisations.repository import Organisations
from services.registration.reorganisations.domain import Reorganisation
from services.registration.reorganisations.file import Read
from services.registration.reorganisations.messages import (
    REORGANISATION,
    OpenModelsOfUnits,
    PreviewRow,
    ReorganisationRow,
    ReorganisationsPage,
)
from services.registration.units.domain import Unit

COLLECTION = "reorganisations"
REORGANISATIONS = Unscoped(COLLECTION, "reorganisations of units are public knowledge, like the units")
TURNS = Unscoped("turns", "it has one document, by which reorganisations run one after the other")

INDEXES: Indexes = {
    COLLECTION: [IndexModel([("digest", ASCENDING)], unique=True), IndexModel([("units", ASCENDING), NEWEST])]
}

DRAFTS = (ModelState.DRAFT, ModelState.RETURNED)
OPEN = tuple(
    state for state in ModelState if state not in (*DRAFTS, ModelState.WITHDRAWN, ModelState.DISCONTINUED)
)

PREVIEW = Columns(PreviewRow)


class Reorganisations(Repository[Reorganisation]):
    collection = COLLECTION
    kind = REORGANISATION
    columns = Columns(ReorganisationRow, REORGANISATION)
    state = Reorganisation

    @classmethod
    def seen(cls, access: Access) -> Documents:
        return access.unscoped(REORGANISATIONS)


async def take_turn(tx: Transaction) -> None:
    """Makes reorganisations run one after the other: each one sees the result of the one before."""
    await tx.unscoped(TURNS).write([UpdateOne({"_id": COLLECTION}, {"$inc": {"taken": 1}}, upsert=True)])


async def applied(access: Access, digest: str) -> Reorganisation | None:
    document = await Reorganisations.seen(access).find_one({"digest": digest})
    return from_document(document, Reorganisation) if document else None


async def page(access: Access, query: ReorganisationsPage) -> Rows:
    return await pages.page(Reorganisations.seen(access), Reorganisations.columns, query, units=query.unit)


async def known(find: Callable[[Document], Awaitable[Sequence[Unit]]], read: Read) -> dict[str, DatedUnit]:
    """The units that the file names by id or code, the units below the old ones, and the units above all of them."""
    named = {line.old for line in read.lines}
    wanted = sorted(named | {ref for line in read.lines for ref in (line.parent, line.code) if ref})
    found = await find({"$or": [{"_id": {"$in": wanted}}, {"spells.code": {"$in": wanted}}]})
    old = [u for u in found if u.id in named or any(s.code in named for s in u.spells)]
    paths = sorted({unit.unit for unit in old if unit.id != COUNTRY})
    units = {unit.id: unit.dated for unit in found}
    if paths:
        prefixes = [{"spells.path": {"$regex": f"^{re.escape(path)}/"}} for path in paths]
        below = await find({"$or": prefixes, "_id": {"$nin": sorted(units)}})
        units |= {unit.id: unit.dated for unit in below}
    above = {id_ for unit in units.values() for spell in unit.spells for id_ in UnitPath(spell.path).segments}
    missing = sorted(above - units.keys())
    return units | {unit.id: unit.dated for unit in await find({"_id": {"$in": missing}})}


async def affected(access: Access, units: Sequence[str], effective_on: str) -> tuple[list[Row], Row]:
    """Numbers of records of each unit with its sub-units, and of all together, that the caller may see."""
    each = [
        {"_id": unit, "unit": f"{unit}<{effective_on}", **await _made_under(access, unit)} for unit in units
    ]
    return each, await _made_under(access, {"$in": list(units)})


async def _made_under(access: Access, within: str | Row) -> Row:
    models, organisations = Models.seen(access), Organisations.seen(access)
    return {
        "drafts": await models.count({"within": within, "state": {"$in": DRAFTS}}),
        "open_models": await models.count({"within": within, "state": {"$in": OPEN}}),
        "organisations": await organisations.count({"within": within}),
    }


async def open_models(access: Access, query: OpenModelsOfUnits) -> Rows:
    states = {"$in": [*DRAFTS, *OPEN]}
    return await pages.page_of_each(Models.seen(access), Models.columns, query, "within", state=states)
