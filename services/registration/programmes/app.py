"""Programmes: who hears what."""

from services.kernel.service import Service
from services.registration.programmes import handlers, messages, repository

INDEXES = repository.INDEXES


def wire(service: Service) -> None:
    service.does(messages.StartProgramme, handlers.start_programme)
    service.does(messages.CiteDocument, handlers.cite_document)
    service.does(messages.SetTheme, handlers.set_theme)
    service.does(messages.AddPlanItem, handlers.add_plan_item)
    service.does(messages.DropPlanItem, handlers.drop_plan_item)
    service.does(messages.EndProgramme, handlers.end_programme)
    service.tells(messages.ProgrammesPage, handlers.programmes_page)
    service.tells(messages.ProgrammesById, handlers.programmes_by_id)
    service.tells(messages.DocumentsOfProgrammes, handlers.documents_of_programmes)
