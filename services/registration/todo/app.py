"""The table of the query for the work that waits for a caller in registration."""

from functools import partial

from services.kernel.mongo.access import Access
from services.kernel.rows import Rows
from services.kernel.table import Area, query
from services.registration.handovers.app import FAMILIES
from services.registration.launches.app import ADDRESSEES
from services.registration.todo import messages
from services.registration.todo.made import launches_to_answer, units_to_hand_over
from services.registration.todo.messages import ToDoPage
from services.registration.todo.sources import SOURCES
from services.todo import lists

MADE = (partial(launches_to_answer, ADDRESSEES), partial(units_to_hand_over, FAMILIES))


async def _to_do_page(query: ToDoPage, access: Access) -> Rows:
    return await lists.page(SOURCES, MADE, query, access)


AREA = Area(messages=messages, queries=(query(messages.ToDoPage, _to_do_page),))
