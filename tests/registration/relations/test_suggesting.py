"""The choice among all matches, so that people are asked few questions."""

import pytest

from services.registration.relations.domain import Suggestion
from services.registration.relations.handlers import best
from services.registration.relations.messages import RelationKind


def found(kind: RelationKind, many: int) -> list[Suggestion]:
    return [
        Suggestion(model="model_9", other=f"model_{number:02}", kind=kind, score=700 + number)
        for number in range(many)
    ]


@pytest.mark.parametrize(
    ("many", "suggested"),
    [(0, []), (3, ["model_02", "model_01", "model_00"]), (4, ["model_00"]), (19, ["model_00"]), (20, [])],
)
def test_oldest_of_many_replications_is_suggested_and_none_of_a_common_method(
    many: int, suggested: list[str]
) -> None:
    assert [one.other for one in best(found(RelationKind.REPLICATION, many))] == suggested


def test_most_alike_duplicates_are_suggested_first() -> None:
    chosen = best([*found(RelationKind.REPLICATION, 30), *found(RelationKind.DUPLICATE, 7)])
    assert [one.other for one in chosen] == ["model_06", "model_05", "model_04", "model_03", "model_02"]
