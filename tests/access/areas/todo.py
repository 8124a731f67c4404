"""The work that waits for a caller."""

from services.registration.todo.messages import ToDoPage
from services.todo.messages import ToDoFilter, ToDoKind
from tests.access.tries import ID, waits_after

MODELS = ToDoFilter(kinds=(ToDoKind.MODEL_TO_ACCEPT,))
MESSAGES = {
    "registration.to-do-page": lambda t: ToDoPage(
        first=1, after=waits_after(t.thing), fields=ID, filter=MODELS
    ),
}
_PAGE = """query($work: String!) {
  toDo(first: 1, after: $work, filter: { kinds: [MODEL_TO_ACCEPT] }) { edges { node { id %s } } } }"""
QUERIES = {"Query.toDo": _PAGE % "", "ToDo.unit": _PAGE % "unit { id }"}
