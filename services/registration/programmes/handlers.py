"""What registration does about programmes: one function per message."""

from collections.abc import Callable
from functools import partial

from services.directory.units import Directory
from services.kernel.messages import Event
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.aggregates import new_id
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Row, Rows
from services.registration.documents import repository as documents
from services.registration.programmes import domain, repository
from services.registration.programmes.domain import Programme
from services.registration.programmes.messages import (
    PROGRAMME,
    AddPlanItem,
    CiteDocument,
    DocumentsOfProgrammes,
    DropPlanItem,
    EndProgramme,
    OfProgramme,
    ProgrammesById,
    ProgrammesPage,
    SetTheme,
    StartProgramme,
)
from services.registration.programmes.repository import Programmes


async def start_programme(command: StartProgramme, tx: Transaction) -> Row:
    on = command.on or tx.today
    unit = await Directory(tx).in_force(command.unit, on)
    programme, started = domain.start(
        key=new_id(PROGRAMME),
        unit=unit,
        name=command.name,
        first_year=command.first_year,
        last_year=command.last_year,
        documents=command.documents,
        on=on,
        today=tx.today,
        at=tx.at,
    )
    await documents.require(tx, programme.documents)
    tx.scope.require(programme.unit)
    programmes = Programmes(tx)
    if known := await programmes.like(programme):
        raise domain.known_already(known)
    return await programmes.add(programme, started)


async def cite_document(command: CiteDocument, tx: Transaction) -> Row:
    # Whoever may not change the programme is told nothing of the document.
    await Programmes(tx).get(command.programme)
    await documents.require(tx, [command.document])
    return await _update(command, tx, partial(domain.cite, document=command.document))


async def set_theme(command: SetTheme, tx: Transaction) -> Row:
    if command.document:
        await Programmes(tx).get(command.programme)
        await documents.require(tx, [command.document])
    change = partial(
        domain.set_theme, year=command.year, theme=command.theme, document=command.document or None
    )
    return await _update(command, tx, change)


async def add_plan_item(command: AddPlanItem, tx: Transaction) -> Row:
    change = partial(
        domain.add_item, year=command.year, task=command.task, lead=command.lead, due_on=command.due_on
    )
    return await _update(command, tx, change)


async def drop_plan_item(command: DropPlanItem, tx: Transaction) -> Row:
    return await _update(command, tx, partial(domain.drop_item, item=command.item, reason=command.reason))


async def end_programme(command: EndProgramme, tx: Transaction) -> Row:
    on = command.on or tx.today
    return await _update(command, tx, partial(domain.end, reason=command.reason, on=on, today=tx.today))


async def programmes_page(query: ProgrammesPage, access: Access) -> Rows:
    return await repository.page(access, query)


async def programmes_by_id(query: ProgrammesById, access: Access) -> Rows:
    return await pages.by_keys(Programmes.shown(access), Programmes.columns, query)


async def documents_of_programmes(query: DocumentsOfProgrammes, access: Access) -> Rows:
    return await repository.documents_of(access, query)


async def _update(
    command: OfProgramme, tx: Transaction, change: Callable[..., tuple[Programme, Event]]
) -> Row:
    return await Programmes(tx).update(
        command.programme, partial(change, at=tx.at), expected=command.expected_version
    )
