"""Supervision as a process: `uvicorn --factory services.supervision.app:create_app`."""

from faststream.asgi import AsgiFastStream

from services.directory.units import UNITS, copy_units
from services.kernel.config import Settings
from services.kernel.service import serve
from services.kernel.table import Area, Table, batches, command, query
from services.registration.units.messages import UnitRecorded
from services.supervision import handlers, messages, repository

TABLE = Table(
    "supervision",
    Area(
        messages=messages,
        commands=(command(messages.RecordSupervisionSession, handlers.record_supervision_session),),
        queries=(
            query(messages.SessionsById, handlers.sessions_by_id),
            query(messages.SessionsPage, handlers.sessions_page),
        ),
        subscriptions=(batches(UnitRecorded, handler=copy_units),),
        indexes=repository.INDEXES,
        unscoped=(UNITS,),
    ),
)


def create_app(settings: Settings | None = None) -> AsgiFastStream:
    return serve(TABLE, settings)
