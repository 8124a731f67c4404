"""Search over models: who hears what."""

from services.kernel.service import Service
from services.kernel.store import Indexes
from services.registration.search import events
from services.registration.search.projection import Projection

INDEXES: Indexes = {}


def wire(service: Service) -> None:
    settings = service.settings
    index = Projection(service.store, settings.var / "search" / f"{settings.mongo_prefix}.index")
    service.background("search", index.run, lambda: [index])
    service.tells(events.Search, index.search)
    service.tells(events.SearchHits, index.search_hits)
