"""Launches: the table of messages and their handlers."""

from functools import partial

from services.kernel.table import Area, command, query
from services.registration.launches import handlers, messages, repository
from services.registration.launches.addressees import Addressees

ADDRESSEES = Addressees()

AREA = Area(
    messages=messages,
    commands=(
        command(messages.LaunchProgramme, handlers.launch_programme),
        command(messages.ExtendLaunch, handlers.extend_launch),
        command(messages.RecallLaunch, handlers.recall_launch),
    ),
    queries=(
        query(messages.LaunchesPage, handlers.launches_page),
        query(messages.LaunchesFor, handlers.launches_for),
        query(messages.LaunchesForOrganisation, handlers.launches_for_organisation),
        query(messages.LaunchesById, handlers.launches_by_id),
        query(messages.LaunchesOfProgrammes, handlers.launches_of_programmes),
        query(messages.LaunchUnits, partial(handlers.launch_units, ADDRESSEES)),
        query(messages.LaunchOrganisations, partial(handlers.launch_organisations, ADDRESSEES)),
        query(messages.LaunchTotals, partial(handlers.launch_totals, ADDRESSEES)),
    ),
    indexes=repository.INDEXES,
    unscoped=(repository.EVERYBODYS,),
)
