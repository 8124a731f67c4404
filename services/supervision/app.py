"""Supervision as a process: `uvicorn --factory services.supervision.app:create_app`."""

from faststream.asgi import AsgiFastStream

from services.directory.units import copy_units
from services.kernel.config import Settings
from services.kernel.service import Service
from services.registration.units.messages import UnitRecorded
from services.supervision import handlers
from services.supervision.messages import RecordSession, SessionsById, SessionsPage
from services.supervision.repository import INDEXES as INDEXES


def create_app(settings: Settings | None = None) -> AsgiFastStream:
    service = Service("supervision", settings or Settings())

    service.folds([UnitRecorded], copy_units)
    service.does(RecordSession, handlers.record_session)
    service.tells(SessionsById, handlers.sessions_by_id)
    service.tells(SessionsPage, handlers.sessions_page)

    return service.app()
