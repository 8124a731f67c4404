"""The records of supervision that wait for an act."""

from services.corrections.todo import corrections_to_approve
from services.kernel.mongo.access import Access
from services.kernel.rows import Rows
from services.supervision.messages import CORRECTIONS, ToDoPage
from services.supervision.repository import Activities
from services.todo import lists

SOURCES = (corrections_to_approve(CORRECTIONS, (Activities, "title")),)


async def to_do_page(query: ToDoPage, access: Access) -> Rows:
    return await lists.page(SOURCES, (), query, access)
