"""Search over models, and the look-alikes that are found by it: who hears what."""

from services.kernel.service import Service
from services.registration.relations import app as relations
from services.registration.search import messages
from services.registration.search.projection import Projection

INDEXES = relations.INDEXES


def wire(service: Service) -> None:
    settings = service.settings
    search = Projection(service.store, settings.var / "search" / f"{settings.mongo_prefix}.index")
    service.background("search", search.run, lambda: [search])
    service.tells(messages.Search, search.search)
    service.tells(messages.SearchHits, search.search_hits)
    relations.wire(service, search)
