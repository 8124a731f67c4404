"""Cursors in a list of work."""

import pytest

from services.kernel.messages import Refused
from services.todo.messages import ToDoPage
from services.todo.positions import Position, Window


def test_cursor_names_the_place_after_it() -> None:
    window = Window.of(ToDoPage(first=1, after="2026-12-31/7f", before="9999-12-31/u14755"))
    assert window.after == Position("2026-12-31", "7f")
    assert window.before == Position("9999-12-31", "u14755")
    assert window.holds(Position("2026-12-31", "80"))
    assert not window.holds(Position("2026-12-31", "7f"))


@pytest.mark.parametrize("cursor", ["", "model_7f", "2026-13-01/7f", "2026-02-30/7f", "2026-12-31/", "x/7f"])
def test_other_text_is_no_cursor(cursor: str) -> None:
    with pytest.raises(Refused) as refused:
        Window.of(ToDoPage(first=1, after=cursor))
    assert refused.value.refusal.code == "cursor-invalid"
