"""Each piece of work is shown to the roles that may send its commands."""

import pytest

from services.catalogue import SERVICES
from services.registration.todo import sources as registration
from services.review import todo as review
from services.supervision import todo as supervision
from services.todo.sources import Source

ALL = {
    "registration": registration.SOURCES,
    "review": review.SOURCES,
    "supervision": supervision.SOURCES,
}


@pytest.mark.parametrize(
    ("service", "source"),
    [pytest.param(name, one, id=f"{name}-{one.kind}") for name, sources in ALL.items() for one in sources],
)
def test_each_act_may_be_sent_by_the_roles_that_see_the_work(service: str, source: Source) -> None:
    commands = {row.type.__name__: row.type for row in SERVICES[service].commands}
    acts = [commands[act[0].upper() + act[1:]] for act in source.acts]
    assert {act.roles for act in acts} == {source.roles}
    assert {act.inherits for act in acts} == {source.inherits}
