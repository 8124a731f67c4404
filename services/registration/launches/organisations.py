"""The organisations that a launch addresses, and those that took over from organisations that have ended."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from services.kernel.mongo.access import Access, Documents
from services.kernel.mongo.codec import from_document
from services.kernel.mongo.driver import Document
from services.kernel.units import COUNTRY
from services.registration.launches.asked import Asked
from services.registration.organisations.domain import Organisation
from services.registration.organisations.repository import Organisations, kept


class AskedOne(NamedTuple):
    """An addressed organisation. `ids`: all its ids. `unit`: id of its unit on the day of the launch.

    `ended_on`: first day without it. `heirs`: all ids of the organisations that took over from it, one after the other.
    """

    id: str
    ids: tuple[str, ...]
    unit: str
    quota: int
    ended_on: date | None = None
    heirs: tuple[str, ...] = ()


async def asked_organisations(
    asked: Asked, units: Mapping[str, Sequence[str]], as_of: date, access: Access
) -> list[AskedOne]:
    """Those that the caller may see, in the order of `units`: ids of units that the launch concerns → their segments.

    `as_of`: the day on which it is decided whether an organisation still exists.
    """
    places = {unit: place for place, unit in enumerate(units)}
    found: list[tuple[int, AskedOne]] = []
    organisations = [one async for one in _candidates(asked, sorted(units), access)]
    heirs = await _heirs([one for one in organisations if _ended(one, as_of)], as_of, access)
    for one in organisations:
        unit = one.home_on(asked.on).unit
        if quota := asked.of(one, units.get(unit)):
            ended_on = one.ended_on if _ended(one, as_of) else None
            row = AskedOne(one.id, one.ids, unit, quota, ended_on, heirs.get(one.id, ()))
            found.append((places.get(unit, -1), row))
    return [one for _, one in sorted(found, key=lambda row: (row[0], row[1].id))]


async def _candidates(asked: Asked, units: list[str], access: Access) -> AsyncIterator[Organisation]:
    """Each once: those of the kinds now or once, and the named ones."""
    documents = Organisations.seen(access)
    scope = access.scope.units
    # A narrow scope finds them faster than the ids of all units of the launch.
    where: Document = {"within": {"$in": units}} if scope is None or COUNTRY in scope else {}
    kinds = {"$in": sorted({one.kind.value for one in asked.kinds})}
    named = [one.organisation for one in asked.organisations]
    known = await kept(access, named) if named else {}
    filters: list[Document] = []
    if asked.kinds:
        filters += [{"kind": kinds, **where}, {"former.kind": kinds}]
    if named:
        filters.append({"_id": {"$in": sorted({known.get(id_, id_) for id_ in named})}})
    passed: set[str] = set()
    for wanted in filters:
        async for one in _read(documents, wanted):
            if one.id not in passed and not one.merged_into:
                passed.add(one.id)
                yield one


async def _heirs(ended: Sequence[Organisation], as_of: date, access: Access) -> Mapping[str, tuple[str, ...]]:
    known: dict[str, Organisation] = {one.id: one for one in ended}
    waiting = {one.successor for one in ended if one.successor} - known.keys()
    while waiting:
        # A second entry stands for the organisation into which it was merged.
        means = await kept(access, waiting)
        wanted = sorted({means.get(id_, id_) for id_ in waiting})
        found = [one async for one in _read(Organisations.seen(access), {"_id": {"$in": wanted}})]
        known |= {id_: one for one in found for id_ in one.ids}
        waiting = {one.successor for one in found if one.successor and _ended(one, as_of)} - known.keys()
    heirs: dict[str, tuple[str, ...]] = {}
    for one in ended:
        way: dict[str, tuple[str, ...]] = {}
        last: Organisation | None = one
        while last and _ended(last, as_of) and last.successor:
            last = known.get(last.successor)
            if last is None or last.id in way or last.id == one.id:
                break
            way[last.id] = last.ids
        heirs[one.id] = tuple(id_ for ids in way.values() for id_ in ids)
    return heirs


async def _read(documents: Documents, wanted: Document) -> AsyncIterator[Organisation]:
    async for document in documents.find(wanted):
        yield from_document(document, Organisation)


def _ended(organisation: Organisation, as_of: date) -> bool:
    return organisation.ended_on is not None and organisation.ended_on <= as_of
