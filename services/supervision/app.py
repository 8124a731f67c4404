"""Supervision as a process: `uvicorn --factory services.supervision.app:create_app`."""

from faststream.asgi import AsgiFastStream

from services.directory.copies import copy_directory
from services.directory.organisations import ORGANISATIONS
from services.directory.units import MARKS, UNITS
from services.kernel.config import Settings
from services.kernel.log.settling import replacing
from services.kernel.service import serve
from services.kernel.table import Area, Table, batches, command, query
from services.registration.organisations.messages import (
    OrganisationAbsorbed,
    OrganisationEnded,
    OrganisationHandedOver,
    OrganisationMerged,
    OrganisationRegistered,
    OrganisationReleased,
    OrganisationRenamed,
    OrganisationUnmerged,
)
from services.registration.units.messages import UnitRecorded
from services.supervision import correcting, handlers, messages, repository, todo
from services.supervision.correcting import DESK

TABLE = Table(
    "supervision",
    Area(
        messages=messages,
        commands=(
            command(messages.RecordActivity, handlers.record_activity),
            command(messages.CorrectActivity, correcting.correct_activity),
            command(messages.ReverseActivity, correcting.reverse_activity),
        ),
        queries=(
            query(messages.ActivitiesById, handlers.activities_by_id),
            query(messages.ActivitiesPage, handlers.activities_page),
            query(messages.ToDoPage, todo.to_do_page),
        ),
        subscriptions=(
            batches(
                UnitRecorded,
                OrganisationRegistered,
                OrganisationRenamed,
                OrganisationEnded,
                OrganisationHandedOver,
                OrganisationMerged,
                OrganisationAbsorbed,
                OrganisationUnmerged,
                OrganisationReleased,
                handler=copy_directory,
                settle=replacing(UNITS, ORGANISATIONS, handler=copy_directory),
            ),
        ),
        indexes=repository.INDEXES,
        unscoped=(UNITS, MARKS, ORGANISATIONS),
    ),
    DESK.area,
)


def create_app(settings: Settings | None = None) -> AsgiFastStream:
    return serve(TABLE, settings)
