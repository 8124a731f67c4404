"""Which of all that is found is suggested, so that people are asked few questions."""

import pytest

from services.registration.relations.domain import Suggestion
from services.registration.relations.handlers import best
from services.registration.relations.messages import RelationKind


def found(kind: RelationKind, many: int) -> list[Suggestion]:
    return [
        Suggestion(model="model_9", other=f"model_{number:02}", kind=kind, score=700 + number, grounds=())
        for number in range(many)
    ]


@pytest.mark.parametrize(
    ("many", "told"),
    [(0, []), (3, ["model_02", "model_01", "model_00"]), (4, ["model_00"]), (19, ["model_00"]), (20, [])],
)
def test_of_a_method_that_many_have_the_oldest_is_told_and_of_a_commonplace_none(
    many: int, told: list[str]
) -> None:
    assert [one.other for one in best(found(RelationKind.REPLICATION, many))] == told


def test_what_may_be_counted_twice_is_told_first_and_the_likest_of_it() -> None:
    told = best([*found(RelationKind.REPLICATION, 30), *found(RelationKind.DUPLICATE, 7)])
    assert [one.other for one in told] == ["model_06", "model_05", "model_04", "model_03", "model_02"]
