"""Command and query handlers of supervision."""

from services.directory.organisations import organisations
from services.directory.units import Directory
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.repository import new_id
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Row, Rows
from services.supervision import domain, repository
from services.supervision.messages import ACTIVITY, ActivitiesById, ActivitiesPage, RecordActivity
from services.supervision.repository import Activities


async def record_activity(command: RecordActivity, tx: Transaction) -> Row:
    unit, activities = await Directory(tx).get(command.unit), Activities(tx)
    path = unit.in_force(command.held_on or tx.today, "unit", "heldOn").path
    tx.scope.require(path)
    act = tx.act(command.held_on, path)
    activity, recorded = domain.record(
        key=new_id(ACTIVITY),
        kind=command.kind,
        bodies=await organisations(tx, command.bodies, "bodies"),
        unit=unit,
        title=command.title,
        others=await activities.of_day(path, command.kind, act.on),
        act=act,
    )
    return await activities.add(activity, recorded)


async def activities_by_id(query: ActivitiesById, access: Access) -> Rows:
    return await pages.by_keys(Activities.seen(access), Activities.columns, query)


async def activities_page(query: ActivitiesPage, access: Access) -> Rows:
    return await repository.page(access, query)
