"""Launches: who hears what."""

from services.kernel.service import Service
from services.registration.launches import handlers, messages, repository

INDEXES = repository.INDEXES


def wire(service: Service) -> None:
    service.does(messages.LaunchProgramme, handlers.launch_programme)
    service.does(messages.ExtendLaunch, handlers.extend_launch)
    service.does(messages.RecallLaunch, handlers.recall_launch)
    service.tells(messages.LaunchesPage, handlers.launches_page)
    service.tells(messages.LaunchesFor, handlers.launches_for)
    service.tells(messages.LaunchesById, handlers.launches_by_id)
    service.tells(messages.LaunchesOfProgrammes, handlers.launches_of_programmes)
    service.tells(messages.LaunchUnits, handlers.launch_units)
    service.tells(messages.LaunchTotals, handlers.launch_totals)
