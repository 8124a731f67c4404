"""Organisations in MongoDB."""

from services.kernel.store import Aggregates, Noun
from services.registration.organisations.domain import Organisation

COLLECTION = "organisations"


class Organisations(Aggregates[Organisation]):
    collection = COLLECTION
    noun = Noun("organisation", "tổ chức", "organisation")
    state = Organisation


class Owners(Organisations):
    """Organisations as the owners of models: called that in what a caller enters."""

    noun = Noun("owner", "tổ chức chủ trì", "organisation")
