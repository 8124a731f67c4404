"""Rows are the same when they say the same; rows that name one record and differ contradict each other."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import pytest

from services.kernel.sheets import values
from services.kernel.sheets.columns import Column
from services.kernel.sheets.identity import Identities, compared, content_of
from services.kernel.sheets.lines import Line
from services.kernel.sheets.messages import RowProblem
from tests.platform.kernel.sheets import trees

pytestmark = pytest.mark.lists

LAYOUT = replace(
    trees.LAYOUT,
    columns=(
        Column("tree", "Mã cây", "", 10),
        Column("version", "Phiên bản", "", 10),
        Column("on", "Ngày trồng", "", 10, read=partial(values.day, field="on")),
        *trees.LAYOUT.columns,
    ),
    identified_by="tree",
    versioned_by="version",
)


def line(number: int, **cells: Any) -> Line:
    return Line(number, cells, dict.fromkeys(cells, "A"))


def found(*batches: list[Line]) -> Identities:
    return asyncio.run(compared(batches, LAYOUT))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"height": 1155.3}, {"height": "1.155,3"}),
        ({"height": 12.0}, {"height": "12"}),
        ({"on": date(2026, 3, 5)}, {"on": "05/03/2026"}),
        ({"name": "Đa  làng Lụa "}, {"name": "\u0110a la\u0300ng Lu\u0323a"}),
        ({"name": "Đa", "height": 1}, {"height": 1, "name": "Đa"}),
        ({"name": "Đa"}, {"name": "Đa", "tree": "tree_1", "version": 3}),
    ],
)
def test_rows_that_say_the_same_are_the_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    assert content_of(line(2, **one), LAYOUT) == content_of(line(9, **other), LAYOUT)


def test_rows_that_say_different_things_differ() -> None:
    said: list[dict[str, Any]] = [
        {"name": "Đa"},
        {"name": "Da"},
        {"name": "Đa", "height": 1},
        {"height": 1},
        {"name": "1"},
    ]
    assert len({content_of(line(2, **one), LAYOUT) for one in said}) == len(said)


def test_row_is_repeated_wherever_it_stands_in_the_file() -> None:
    rows = [line(2, name="Đa"), line(3, name="Gạo")]
    assert found(rows, [line(601, name="Đa")]).repeated == {601: 2}
    assert found([*rows, line(4, name="Đa")]).repeated == {4: 2}


def test_rows_that_name_one_record_and_differ_contradict_each_other() -> None:
    rows = [line(2, tree="tree_1", height=1), line(3, tree="tree_1", height=1), line(4, tree="tree_2")]
    agreed = found(rows)
    assert (agreed.repeated, agreed.contradicted) == ({3: 2}, {})
    differing = found(rows, [line(700, tree="tree_1", height=2)])
    assert (differing.repeated, differing.contradicted) == ({3: 2}, {2: 700, 700: 2})


def test_row_with_an_unreadable_cell_is_the_same_as_no_other() -> None:
    formula = RowProblem(cell="B3", code="cell-formula", vi="", en="")
    assert found([line(2, name="Đa"), replace(line(3, name="Đa"), problems=(formula,))]).repeated == {}
