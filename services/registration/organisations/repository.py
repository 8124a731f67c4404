"""Organisations in MongoDB."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from services.directory.homed import LIVES_UNDER, HomedRepository
from services.kernel.caller import Grant
from services.kernel.kinds import Noun
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access, Documents, Unscoped
from services.kernel.mongo.driver import ASCENDING, Indexes, IndexModel, UpdateOne
from services.kernel.mongo.pages import NEWEST
from services.kernel.rows import Columns, Computed, Rows
from services.kernel.search.tokenizer import spoken
from services.kernel.units import UnitPath
from services.registration.organisations.domain import Organisation
from services.registration.organisations.messages import ORGANISATION, OrganisationRow, OrganisationsPage

COLLECTION = "organisations"
NAMES = Unscoped("organisation_names", "a name that is being recorded; nobody reads it")
MERGED = Unscoped(COLLECTION, "the ids of one organisation count as the same person's own, in any unit")

INDEXES: Indexes = {
    COLLECTION: [
        IndexModel([("within", ASCENDING), NEWEST]),
        IndexModel([("merged_into", ASCENDING)]),
        LIVES_UNDER,
        IndexModel([("merged.organisation", ASCENDING)]),
        IndexModel([("former.kind", ASCENDING)]),
        IndexModel([("within", ASCENDING), ("kind", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("ended", ASCENDING), NEWEST]),
    ]
}


def _unit(path: str, homes: Sequence[Mapping[str, str]] | None) -> str:
    """Id of the unit to which it belongs now."""
    return UnitPath(homes[-1]["path"] if homes else path).unit


class Organisations(HomedRepository[Organisation]):
    collection = COLLECTION
    kind = ORGANISATION
    columns = Columns(OrganisationRow, ORGANISATION, unit=Computed(("unit", "homes"), _unit))
    state = Organisation

    async def load(self, key: str, *, expected: int | None = None) -> Organisation:
        """The organisation, also under the id of a second entry of it."""
        found = await super().load(key, expected=expected)
        return await self.load(found.merged_into) if found.merged_into else found

    async def entry(self, key: str, *, expected: int | None = None) -> Organisation:
        """The entry with this id, even if it was merged into another one."""
        return await super().load(key, expected=expected)

    async def namesake(self, organisation: Organisation) -> Organisation | None:
        """Another organisation of the same unit, kind and name in being.

        Of two transactions that look for the same name, one waits for the other and finds its organisation.
        """
        unit, kind, name = organisation.home.unit, organisation.kind, spoken(organisation.name)
        turn = {"_id": f"{unit}/{kind.value}/{name}"}
        await self._tx.unscoped(NAMES).write([UpdateOne(turn, {"$inc": {"taken": 1}}, upsert=True)])
        wanted: dict[str, Any] = {"within": unit, "kind": kind.value, "ended": False, "merged_into": None}
        wanted["lives_under"] = unit
        found = [one for one in await self.find(wanted) if one.id != organisation.id]
        return next((one for one in found if spoken(one.name) == name), None)


class Kept(Organisations):
    """Organisations that an input field names, to merge second entries into them."""

    noun = Noun("into", "tổ chức được giữ", "organisation")


class Owners(Organisations):
    """Organisations that an input field names as owners of models."""

    noun = Noun("owner", "tổ chức chủ trì", "organisation")


class Issuers(Organisations):
    """Organisations that an input field names as issuers of documents."""

    noun = Noun("issuer", "cơ quan ban hành", "organisation")


class Successors(Organisations):
    """Organisations that an input field names as successors."""

    noun = Noun("successor", "tổ chức kế thừa", "organisation")


async def page(access: Access, query: OrganisationsPage) -> Rows:
    equal = msgspec.structs.asdict(query.filter)
    equal["merged_into"] = {"$eq": None}
    seen = Organisations.seen(access)
    return await pages.page(seen, Organisations.columns, query, within=equal.pop("unit"), **equal)


async def kept(access: Access, ids: Iterable[str]) -> dict[str, str]:
    """Id of a second entry → id of the organisation into which it was merged, if the caller may see that one."""
    wanted = {"merged.organisation": {"$in": sorted(set(ids))}}
    found = Organisations.seen(access).find(wanted, {"merged.organisation": 1})
    return {entry["organisation"]: one["_id"] async for one in found for entry in one["merged"]}


async def ids_of(access: Access, organisation: str) -> list[str]:
    """All ids of the organisation that has this one."""
    return (await _groups(Organisations.seen(access), [organisation])).get(organisation, [organisation])


async def namesakes(access: Access, grants: Iterable[Grant]) -> list[Grant]:
    """The grants on behalf of organisations with several ids, once more for each other id of theirs."""
    held = [grant for grant in grants if grant.organisation]
    if not held:
        return []
    groups = await _groups(access.unscoped(MERGED), [grant.organisation or "" for grant in held])
    return [
        msgspec.structs.replace(grant, organisation=other)
        for grant in held
        for other in groups.get(grant.organisation or "", ())
        if other != grant.organisation
    ]


async def _groups(documents: Documents, ids: Sequence[str]) -> dict[str, list[str]]:
    """Id → all ids of its organisation, of those that have several."""
    several = {
        "$or": [{"_id": {"$in": ids}, "merged.0": {"$exists": True}}, {"merged.organisation": {"$in": ids}}]
    }
    found = documents.find(several, {"merged.organisation": 1})
    groups = [[one["_id"], *(entry["organisation"] for entry in one["merged"])] async for one in found]
    return {id_: group for group in groups for id_ in group}
