"""Handlers of governing documents: one function per command or query."""

from services.directory.units import Directory
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.repository import new_id
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Row, Rows
from services.registration.documents import domain, repository
from services.registration.documents.messages import DOCUMENT, DocumentsById, DocumentsPage, RegisterDocument
from services.registration.documents.repository import GoverningDocuments
from services.registration.organisations.repository import Issuers


async def register_document(command: RegisterDocument, tx: Transaction) -> Row:
    issuer = await Issuers(tx).load(command.issuer)
    document, registered = domain.register(
        key=new_id(DOCUMENT),
        kind=command.kind,
        number=command.number,
        issuer=issuer,
        unit=await Directory(tx).of(issuer, command.issued_on),
        issued_on=command.issued_on,
        title=command.title,
        act=tx.act(),
    )
    return await GoverningDocuments(tx).add(document, registered)


async def documents_page(query: DocumentsPage, access: Access) -> Rows:
    return await repository.page(access, query)


async def documents_by_id(query: DocumentsById, access: Access) -> Rows:
    return await pages.by_keys(GoverningDocuments.shown(access), GoverningDocuments.columns, query)
