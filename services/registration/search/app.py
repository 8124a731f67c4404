"""Search over models: the declaration of its texts, filters and facets, and the table of its messages."""

from services.directory.unit_names import unit_names
from services.kernel.search.answers import Answers
from services.kernel.search.declaration import Searched
from services.kernel.search.projection import Projection
from services.kernel.search.texts import referenced_name
from services.kernel.table import Area, Part, Task, query
from services.registration.models.messages import MODEL
from services.registration.models.repository import Models
from services.registration.organisations.messages import ORGANISATION
from services.registration.organisations.repository import Organisations
from services.registration.search import messages
from services.registration.search.messages import FacetKind, MatchedText
from services.registration.units.messages import UnitRecorded

MODELS = Searched(
    kind=MODEL,
    collection=Models.collection,
    texts={
        MatchedText.TITLE: "title",
        MatchedText.OWNER: referenced_name(
            "owner", ORGANISATION, Organisations.collection, merged="merged_into"
        ),
        MatchedText.PLACE: "place",
        MatchedText.UNIT: unit_names(UnitRecorded),
    },
    belongs_to=("owner",),
    values=("field", "level", "subject_kind", "state", "programme", "year", "flagged"),
    facets={kind: kind.lower() for kind in FacetKind},
)


SEARCH = Part(
    lambda store, settings: Answers(
        Projection(MODELS, store, settings.var / "search"),
        whole=messages.SearchRow,
        hit=messages.HitRow,
        key=messages.SearchKey,
    )
)

AREA = Area(
    messages=messages,
    queries=(
        query(messages.Search, SEARCH.late(lambda search: search.search)),
        query(messages.SearchHits, SEARCH.late(lambda search: search.hits)),
    ),
    # Its position is with the index in each process, not in the database: it has no cursor.
    tasks=(
        Task(
            "search",
            SEARCH.late(lambda search: search.projection.run),
            producers=(UnitRecorded.service,),
            readers=SEARCH.late(lambda search: lambda: [search.projection]),
        ),
    ),
)
