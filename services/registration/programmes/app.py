"""Programmes: who hears what."""

from services.kernel.service import Service
from services.registration.programmes import events, handlers, repository

INDEXES = repository.INDEXES


def wire(service: Service) -> None:
    service.does(events.StartProgramme, handlers.start_programme)
    service.does(events.CiteDocument, handlers.cite_document)
    service.does(events.SetTheme, handlers.set_theme)
    service.does(events.AddPlanItem, handlers.add_plan_item)
    service.does(events.DropPlanItem, handlers.drop_plan_item)
    service.does(events.EndProgramme, handlers.end_programme)
    service.tells(events.ProgrammesPage, handlers.programmes_page)
    service.tells(events.ProgrammesById, handlers.programmes_by_id)
    service.tells(events.DocumentsOfProgrammes, handlers.documents_of_programmes)
