"""The records of review that wait for an act."""

from services.corrections.todo import corrections_to_approve
from services.kernel.messages import Role
from services.kernel.mongo.access import Access
from services.kernel.rows import Rows
from services.review.messages import CORRECTIONS, REVIEW, ToDoPage
from services.review.repository import Reviews
from services.todo import lists
from services.todo.messages import ToDoKind
from services.todo.sources import END_OF_YEAR, Source

SOURCES = (
    Source(
        kind=ToDoKind.REVIEW_TO_DECIDE,
        of=REVIEW,
        records=Reviews,
        roles=frozenset({Role.APPRAISER}),
        open={"waiting": True},
        since="opened_on",
        acts=("decideReview",),
        own=("owner", "former_owners", "written_by"),
        due=END_OF_YEAR,
    ),
    corrections_to_approve(CORRECTIONS, (Reviews, "title")),
)


async def to_do_page(query: ToDoPage, access: Access) -> Rows:
    return await lists.page(SOURCES, (), query, access)
