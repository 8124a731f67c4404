"""Launches: the table of messages and their handlers."""

from services.kernel.table import Area, command, query
from services.registration.launches import handlers, messages, repository

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
        query(messages.LaunchesById, handlers.launches_by_id),
        query(messages.LaunchesOfProgrammes, handlers.launches_of_programmes),
        query(messages.LaunchUnits, handlers.launch_units),
        query(messages.LaunchTotals, handlers.launch_totals),
    ),
    indexes=repository.INDEXES,
    unscoped=(repository.EVERYBODYS,),
)
