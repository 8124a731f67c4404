"""Handlers of programmes: one function per command or query."""

from services.directory.units import Directory
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.repository import new_id
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Row, Rows
from services.registration.documents.repository import GoverningDocuments
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
    programme, started = domain.start(
        key=new_id(PROGRAMME),
        unit=await Directory(tx).get(command.unit),
        name=command.name,
        first_year=command.first_year,
        last_year=command.last_year,
        documents=await GoverningDocuments(tx).all_known(command.documents),
        act=tx.act(command.on),
    )
    return await Programmes(tx).add(programme, started)


async def cite_document(command: CiteDocument, tx: Transaction) -> Row:
    programmes = Programmes(tx)
    # Loaded before the document: a caller who may not change the programme learns nothing of the document.
    programme = await _load(command, programmes)
    document = await GoverningDocuments(tx).known(command.document)
    return await programmes.save(*domain.cite(programme, document=document, act=tx.act()))


async def set_theme(command: SetTheme, tx: Transaction) -> Row:
    programmes = Programmes(tx)
    programme = await _load(command, programmes)
    themed = domain.set_theme(
        programme,
        year=command.year,
        theme=command.theme,
        document=await GoverningDocuments(tx).known(command.document) if command.document else None,
        act=tx.act(),
    )
    return await programmes.save(*themed)


async def add_plan_item(command: AddPlanItem, tx: Transaction) -> Row:
    programmes = Programmes(tx)
    added = domain.add_item(
        await _load(command, programmes),
        year=command.year,
        task=command.task,
        lead=command.lead,
        due_on=command.due_on,
        act=tx.act(),
    )
    return await programmes.save(*added)


async def drop_plan_item(command: DropPlanItem, tx: Transaction) -> Row:
    programmes = Programmes(tx)
    programme = await _load(command, programmes)
    dropped = domain.drop_item(programme, item=command.item, reason=command.reason, act=tx.act())
    return await programmes.save(*dropped)


async def end_programme(command: EndProgramme, tx: Transaction) -> Row:
    programmes = Programmes(tx)
    programme = await _load(command, programmes)
    return await programmes.save(*domain.end(programme, reason=command.reason, act=tx.act(command.on)))


async def programmes_page(query: ProgrammesPage, access: Access) -> Rows:
    return await repository.page(access, query)


async def programmes_by_id(query: ProgrammesById, access: Access) -> Rows:
    return await pages.by_keys(Programmes.shown(access), Programmes.columns, query)


async def documents_of_programmes(query: DocumentsOfProgrammes, access: Access) -> Rows:
    return await repository.documents_of(access, query)


async def _load(command: OfProgramme, programmes: Programmes) -> Programme:
    return await programmes.load(command.programme, expected=command.expected_version)
