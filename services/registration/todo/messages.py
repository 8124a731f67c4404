"""The query for the work that waits for a caller in registration."""

from typing import ClassVar

from services.kernel.messages import ANY_OFFICE, Role
from services.todo import messages as todo


class ToDoPage(todo.ToDoPage, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE
