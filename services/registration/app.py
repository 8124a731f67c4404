"""Registration's table, and the process that answers: `uvicorn --factory services.registration.app:create_app`.

Its readers are a process of their own, `services.registration.readers`: comparing titles takes longer than a draft.
"""

from faststream.asgi import AsgiFastStream

from services.kernel.config import Settings
from services.kernel.service import serve
from services.kernel.table import Table, Work
from services.registration.corrections import app as corrections
from services.registration.corrections.handlers import DESK
from services.registration.delegations import app as delegations
from services.registration.documents import app as documents
from services.registration.formality import app as formality
from services.registration.handovers import app as handovers
from services.registration.launches import app as launches
from services.registration.models import app as models
from services.registration.organisations import app as organisations
from services.registration.programmes import app as programmes
from services.registration.relations import app as relations
from services.registration.reorganisations import app as reorganisations
from services.registration.search import app as search
from services.registration.sheets import app as sheets
from services.registration.todo import app as todo
from services.registration.units import app as units

TABLE = Table(
    "registration",
    units.AREA,
    organisations.AREA,
    documents.AREA,
    programmes.AREA,
    launches.AREA,
    delegations.AREA,
    models.AREA,
    corrections.AREA,
    DESK.area,
    reorganisations.AREA,
    handovers.AREA,
    search.AREA,
    relations.AREA,
    sheets.AREA,
    formality.AREA,
    todo.AREA,
    divided=True,
)


def create_app(settings: Settings | None = None) -> AsgiFastStream:
    return serve(TABLE, settings, Work.ANSWERS)
