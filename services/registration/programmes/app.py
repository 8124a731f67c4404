"""Programmes: the table of messages and their handlers."""

from services.kernel.table import Area, command, query
from services.registration.programmes import handlers, messages, repository

AREA = Area(
    messages=messages,
    commands=(
        command(messages.StartProgramme, handlers.start_programme),
        command(messages.CiteDocument, handlers.cite_document),
        command(messages.SetTheme, handlers.set_theme),
        command(messages.AddPlanItem, handlers.add_plan_item),
        command(messages.DropPlanItem, handlers.drop_plan_item),
        command(messages.EndProgramme, handlers.end_programme),
    ),
    queries=(
        query(messages.ProgrammesPage, handlers.programmes_page),
        query(messages.ProgrammesById, handlers.programmes_by_id),
        query(messages.DocumentsOfProgrammes, handlers.documents_of_programmes),
    ),
    indexes=repository.INDEXES,
    unscoped=(repository.EVERYBODYS,),
)
