"""Organisations in MongoDB."""

import msgspec

from services.kernel.kinds import Noun
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.driver import ASCENDING, Indexes, IndexModel
from services.kernel.mongo.pages import NEWEST
from services.kernel.mongo.repository import Repository
from services.kernel.rows import Columns, Computed, Rows
from services.kernel.units import UnitPath
from services.registration.organisations.domain import Organisation
from services.registration.organisations.messages import ORGANISATION, OrganisationRow, OrganisationsPage

COLLECTION = "organisations"

INDEXES: Indexes = {
    COLLECTION: [
        IndexModel([("within", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("kind", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("ended", ASCENDING), NEWEST]),
    ]
}


class Organisations(Repository[Organisation]):
    collection = COLLECTION
    kind = ORGANISATION
    columns = Columns(
        OrganisationRow, ORGANISATION, unit=Computed(("unit",), lambda path: UnitPath(path).unit)
    )
    state = Organisation


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
    seen = Organisations.seen(access)
    return await pages.page(seen, Organisations.columns, query, within=equal.pop("unit"), **equal)
