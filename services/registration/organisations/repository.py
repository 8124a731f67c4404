"""Organisations in MongoDB."""

from collections.abc import Sequence

from services.kernel.store import Access, Aggregates, Noun, from_document
from services.registration.organisations.domain import Organisation
from services.registration.organisations.events import OrganisationRow

COLLECTION = "organisations"


class Organisations(Aggregates[Organisation]):
    collection = COLLECTION
    noun = Noun("organisation", "tổ chức", "organisation")
    state = Organisation


class Owners(Organisations):
    """Organisations as the owners of models: called that in what a caller enters."""

    noun = Noun("owner", "tổ chức chủ trì", "organisation")


async def rows_by_id(access: Access, ids: Sequence[str]) -> list[OrganisationRow]:
    found = access.db[COLLECTION].find({"_id": {"$in": list(ids)}, **access.scope.filter()})
    return [from_document(document, OrganisationRow) async for document in found]
