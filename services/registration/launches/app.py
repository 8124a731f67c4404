"""Launches: who hears what."""

from services.kernel.service import Service
from services.registration.launches import events, handlers, repository

INDEXES = repository.INDEXES


def wire(service: Service) -> None:
    service.does(events.LaunchProgramme, handlers.launch_programme)
    service.does(events.ExtendLaunch, handlers.extend_launch)
    service.does(events.RecallLaunch, handlers.recall_launch)
    service.tells(events.LaunchesPage, handlers.launches_page)
    service.tells(events.LaunchesFor, handlers.launches_for)
    service.tells(events.LaunchesById, handlers.launches_by_id)
    service.tells(events.LaunchesOfProgrammes, handlers.launches_of_programmes)
    service.tells(events.LaunchUnits, handlers.launch_units)
    service.tells(events.LaunchTotals, handlers.launch_totals)
