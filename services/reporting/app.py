"""Reporting as a process: `uvicorn --factory services.reporting.app:create_app`."""

from faststream.asgi import AsgiFastStream

from services.directory.units import copy_units
from services.kernel.config import Settings
from services.kernel.service import Service
from services.registration.units.messages import UnitRecorded
from services.reporting.messages import RebuildCounters, ReportOf
from services.reporting.projection import Projection
from services.reporting.repository import INDEXES as INDEXES


def create_app(settings: Settings | None = None) -> AsgiFastStream:
    service = Service("reporting", settings or Settings(), logs=False)
    projection = Projection(service.store)

    service.folds([UnitRecorded], copy_units)
    service.background("projection", projection.run, lambda: projection.inboxes)
    service.does(RebuildCounters, projection.rebuild)
    service.tells(ReportOf, projection.report_row)

    return service.app()
