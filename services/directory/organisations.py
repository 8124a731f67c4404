"""Copies of the register's organisations in another service's database, with their names by day."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from services.kernel.log.inbox import Heard
from services.kernel.messages import Refused
from services.kernel.mongo.access import Access, Unscoped
from services.kernel.mongo.codec import from_document, to_document
from services.kernel.mongo.driver import ReplaceOne
from services.kernel.mongo.transaction import Transaction
from services.kernel.units import UnitPath
from services.movement.organisations import DatedOrganisation

COLLECTION = "organisations"
ORGANISATIONS = Unscoped(
    COLLECTION, "events of all units are copied; callers read only what their scope covers"
)


@runtime_checkable
class OrganisationEvent(Protocol):
    """An event of the register that changes an organisation."""

    @property
    def key(self) -> str: ...

    def applied_to(self, known: DatedOrganisation | None) -> DatedOrganisation: ...


async def copy_organisations(heard: Sequence[Heard], tx: Transaction) -> None:
    """Applies the events to the copies. Raises on an event of an unknown organisation, unless it is its first."""
    events = [one.event for one in heard if isinstance(one.event, OrganisationEvent)]
    found = tx.unscoped(ORGANISATIONS).find({"_id": {"$in": list({event.key for event in events})}})
    known = {document["_id"]: from_document(document, DatedOrganisation) async for document in found}
    for event in events:
        known[event.key] = event.applied_to(known.get(event.key))
    await keep_organisations(list(known.values()), tx)


async def keep_organisations(newest: Sequence[DatedOrganisation], tx: Transaction) -> None:
    if not newest:
        return
    documents = [{**to_document(one), "within": _within(one)} for one in newest]
    writes = [ReplaceOne({"_id": document["_id"]}, document, upsert=True) for document in documents]
    await tx.unscoped(ORGANISATIONS).write(writes)


def _within(one: DatedOrganisation) -> list[str]:
    """The segments of its present unit, and of those that have handed it over."""
    paths = map(UnitPath, (one.unit, *one.former_units))
    return list(dict.fromkeys(segment for path in paths for segment in path.segments))


async def organisations(access: Access, ids: Sequence[str], field: str) -> list[DatedOrganisation]:
    """The organisations in the order of `ids`. Refused if one is unknown or out of scope. `field`: the input field.

    The id of a second entry means the organisation under which it goes on.
    """
    known = await _known(access, ids)
    while merged := {one.merged_into for one in known.values() if one.merged_into}:
        kept = await _known(access, sorted(merged))
        known = {id_: kept[one.merged_into] if one.merged_into else one for id_, one in known.items()}
    if missing := next((id_ for id_ in ids if id_ not in known), None):
        raise Refused(
            "organisation-not-found",
            field,
            vi=f"Không tìm thấy tổ chức “{missing[:60]}”.",
            en=f"There is no organisation “{missing[:60]}”.",
        )
    return [known[id_] for id_ in ids]


async def recorded_organisations(access: Access, ids: Sequence[str]) -> list[DatedOrganisation]:
    """The organisations that a record in the caller's scope names, wherever their units are."""
    found = access.unscoped(ORGANISATIONS).find({"_id": {"$in": list(ids)}})
    return [from_document(document, DatedOrganisation) async for document in found]


async def _known(access: Access, ids: Sequence[str]) -> dict[str, DatedOrganisation]:
    found = access.documents(COLLECTION).find({"_id": {"$in": list(ids)}})
    return {document["_id"]: from_document(document, DatedOrganisation) async for document in found}
