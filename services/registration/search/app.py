"""Search over models, and the look-alikes that are found by it: who hears what."""

from services.kernel.config import Settings
from services.kernel.mongo.store import Store
from services.kernel.table import Area, Part, Task, query
from services.registration.search import messages
from services.registration.search.projection import PRODUCER, Projection


def _projection(store: Store, settings: Settings) -> Projection:
    return Projection(store, settings.var / "search" / f"{settings.mongo_prefix}.index")


SEARCH = Part(_projection)

AREA = Area(
    messages=messages,
    queries=(
        query(messages.Search, SEARCH.late(lambda search: search.search)),
        query(messages.SearchHits, SEARCH.late(lambda search: search.search_hits)),
    ),
    # Its position is with the index in each process, not in the database: it has no cursor.
    tasks=(
        Task(
            "search",
            SEARCH.late(lambda search: search.run),
            producers=(PRODUCER,),
            readers=SEARCH.late(lambda search: lambda: [search]),
        ),
    ),
)
