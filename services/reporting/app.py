"""Reporting as a process: `uvicorn --factory services.reporting.app:create_app`."""

from faststream.asgi import AsgiFastStream

from services.directory.units import MARKS, UNITS
from services.kernel.config import Settings
from services.kernel.service import serve
from services.kernel.table import Area, Part, Table, Task, batches, command, query
from services.registration.units.messages import UnitRecorded
from services.reporting import generations, handlers, messages, repository
from services.reporting.measures import COUNTED
from services.reporting.projection import Projection

PROJECTION = Part(lambda store, _: Projection(store))

TABLE = Table(
    "reporting",
    Area(
        messages=messages,
        commands=(command(messages.RebuildCounters, handlers.ask_for_rebuild),),
        queries=(query(messages.ReportOf, PROJECTION.late(lambda projection: projection.report_row)),),
        subscriptions=(batches(UnitRecorded, handler=handlers.follow_units, settle=handlers.settle_units),),
        tasks=(
            Task(
                "projection",
                PROJECTION.late(lambda projection: projection.run),
                producers=tuple(COUNTED),
                readers=PROJECTION.late(lambda projection: lambda: projection.inboxes),
                cursors=generations.cursors,
                rebuild=messages.RebuildCounters(),
            ),
        ),
        indexes=repository.INDEXES,
        unscoped=(UNITS, MARKS, generations.PROJECTION),
    ),
)


def create_app(settings: Settings | None = None) -> AsgiFastStream:
    return serve(TABLE, settings)
