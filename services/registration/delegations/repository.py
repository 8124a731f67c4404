"""Delegations in MongoDB: each is seen by its two persons and by the operators of its unit."""

from services.directory.units import Directory
from services.kernel.caller import Grant
from services.kernel.messages import Role
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access, Documents
from services.kernel.mongo.codec import from_document
from services.kernel.mongo.driver import ASCENDING, Indexes, IndexModel
from services.kernel.mongo.pages import NEWEST
from services.kernel.mongo.repository import Repository
from services.kernel.rows import Columns, Computed, Rows
from services.kernel.units import UnitPath
from services.registration.delegations.domain import Delegation, within
from services.registration.delegations.messages import DELEGATION, DelegationRow, DelegationsPage, Side

COLLECTION = "delegations"

INDEXES: Indexes = {
    COLLECTION: [
        IndexModel([("persons", ASCENDING), NEWEST]),
        IndexModel([("giver", ASCENDING), NEWEST]),
        IndexModel([("receiver", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), NEWEST]),
    ]
}


class Delegations(Repository[Delegation]):
    collection = COLLECTION
    kind = DELEGATION
    columns = Columns(DelegationRow, DELEGATION, unit=Computed(("unit",), lambda path: UnitPath(path).unit))
    state = Delegation

    @classmethod
    def seen(cls, access: Access) -> Documents:
        return access.personal(COLLECTION, Role.OPERATOR)


async def page(access: Access, query: DelegationsPage) -> Rows:
    giver = access.caller.id if query.side is Side.GIVEN else None
    receiver = access.caller.id if query.side is Side.RECEIVED else None
    seen = Delegations.seen(access)
    return await pages.page(seen, Delegations.columns, query, giver=giver, receiver=receiver)


async def received(access: Access) -> list[Grant]:
    """The grants that are delegated to the caller and have not ended.

    A grant is left out if its unit is no longer under the giver's.
    """
    wanted = {
        "receiver": access.caller.id,
        "revoked_on": None,
        "until": {"$gte": access.today.isoformat()},
    }
    found = [from_document(d, Delegation) async for d in Delegations.seen(access).find(wanted)]
    if not found:
        return []
    directory = Directory(access)
    units = {unit.id: unit for unit in await directory.many([one.grant().unit for one in found])}
    return [one.grant() for one in found if within(units[one.grant().unit], one.out_of)]
