"""Registration as a process: `uvicorn --factory services.registration.app:create_app`."""

from faststream.asgi import AsgiFastStream

from services.kernel.config import Settings
from services.kernel.mongo.driver import Indexes
from services.kernel.service import Service
from services.registration.delegations import app as delegations
from services.registration.documents import app as documents
from services.registration.formality import app as formality
from services.registration.launches import app as launches
from services.registration.models import app as models
from services.registration.organisations import app as organisations
from services.registration.programmes import app as programmes
from services.registration.reorganisations import app as reorganisations
from services.registration.search import app as search
from services.registration.sheets import app as sheets
from services.registration.units import app as units

AREAS = (
    units,
    organisations,
    documents,
    programmes,
    launches,
    delegations,
    models,
    reorganisations,
    search,
    sheets,
    formality,
)

INDEXES: Indexes = {name: indexes for area in AREAS for name, indexes in area.INDEXES.items()}


def create_app(settings: Settings | None = None) -> AsgiFastStream:
    service = Service("registration", settings or Settings())
    for area in AREAS:
        area.wire(service)
    return service.app()
