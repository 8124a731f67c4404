"""What supervision does when asked or told: one function per message."""

from services.directory.units import Directory
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.aggregates import new_id
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Row, Rows
from services.supervision import domain, repository
from services.supervision.messages import SESSION, RecordSupervisionSession, SessionsById, SessionsPage
from services.supervision.repository import Sessions


async def record_supervision_session(command: RecordSupervisionSession, tx: Transaction) -> Row:
    session, recorded = domain.record(
        key=new_id(SESSION),
        kind=command.kind,
        body=command.body,
        unit=await Directory(tx).get(command.unit),
        title=command.title,
        act=tx.act(command.on),
    )
    return await Sessions(tx).add(session, recorded)


async def sessions_by_id(query: SessionsById, access: Access) -> Rows:
    return await pages.by_keys(Sessions.seen(access), Sessions.columns, query)


async def sessions_page(query: SessionsPage, access: Access) -> Rows:
    return await repository.page(access, query)
