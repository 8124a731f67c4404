"""Organisations in MongoDB."""

from services.kernel.pages import NEWEST
from services.kernel.rows import Columns, Computed
from services.kernel.store import ASCENDING, Aggregates, Indexes, IndexModel, Noun
from services.kernel.units import UnitPath
from services.registration.organisations.domain import Organisation
from services.registration.organisations.events import OrganisationRow

COLLECTION = "organisations"

INDEXES: Indexes = {COLLECTION: [IndexModel([("within", ASCENDING), NEWEST])]}


class Organisations(Aggregates[Organisation]):
    collection = COLLECTION
    noun = Noun("organisation", "tổ chức", "organisation")
    columns = Columns(OrganisationRow, unit=Computed(("unit",), lambda path: UnitPath(path).unit))
    state = Organisation


class Owners(Organisations):
    """Organisations as the owners of models: called that in what a caller enters."""

    noun = Noun("owner", "tổ chức chủ trì", "organisation")
