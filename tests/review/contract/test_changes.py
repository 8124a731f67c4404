"""Within a version, only additions to a public event are allowed."""

from datetime import date
from typing import Annotated, Any

import msgspec
import pytest

from infra.contract.changes import breaks
from infra.contract.schemas import schema
from services.kernel.public.events import PublicEvent
from services.kernel.words import Word


class Colour(Word):
    """Màu."""

    RED = "RED", "Đỏ"
    BLUE = "BLUE", "Xanh"


class Tint(Word):
    """Màu, thêm một màu."""

    BLUE = "BLUE", "Xanh lam"
    GREEN = "GREEN", "Xanh lục"
    RED = "RED", "Đỏ"


class Red(Word):
    """Chỉ một màu."""

    RED = "RED", "Đỏ"


class Place(msgspec.Struct):
    """A place."""

    id: str
    colour: Colour | None


class Site(msgspec.Struct):
    """A place with another name of its type, and with one field more."""

    id: str
    colour: Tint | None
    area: int = 0


class Spot(msgspec.Struct):
    """A place that lost a field."""

    id: str


OLD: dict[str, Any] = {
    "id": str,
    "day": date,
    "year": int | None,
    "colour": Colour,
    "place": Place,
    "places": list[Place],
}


def made(fields: dict[str, Any]) -> dict[str, Any]:
    """The schema of an event with these fields: the type, or the type and a default."""
    given = [(name, *one) if isinstance(one, tuple) else (name, one) for name, one in fields.items()]
    event = msgspec.defstruct("Happened", given, bases=(PublicEvent,), frozen=True, kw_only=True)
    assert issubclass(event, PublicEvent)
    return schema(event, "toy")


@pytest.mark.parametrize(
    "added",
    [
        {},
        {"note": (str | None, None)},
        {"more": (list[Place], msgspec.field(default_factory=list))},
        {"colour": Tint},
        {"place": Site, "places": list[Site]},
        {"id": Annotated[str, msgspec.Meta(description="Another text.")]},
    ],
    ids=["nothing", "a field", "a list", "a value", "a field and a value of a part", "a text"],
)
def test_addition_is_no_break(added: dict[str, Any]) -> None:
    assert breaks(made(OLD), made(OLD | added)) == []


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"note": str}, ["data.note became required"]),
        ({"id": (str, "")}, ["data.id: default", "data.id is no longer required"]),
        ({"id": str | None}, ["data.id: type", "data.id: anyOf"]),
        ({"year": int}, ["data.year: anyOf", "data.year: type"]),
        ({"year": str | None}, ["data.year: type was integer and is string"]),
        ({"day": str}, ["data.day: format was date and is None"]),
        ({"colour": Red}, ["data.colour no longer has the value BLUE"]),
        ({"colour": str}, ["data.colour no longer has the value RED"]),
        ({"place": Spot}, ["data.place.colour is gone"]),
        ({"places": list[Spot]}, ["data.places: items.colour is gone"]),
        ({"places": list[str]}, ["data.places: items"]),
    ],
)
def test_any_other_change_is_a_break(changed: dict[str, Any], found: list[str]) -> None:
    said = "\n".join(breaks(made(OLD), made(OLD | changed)))
    assert [one for one in found if one not in said] == [], said


def test_lost_field_and_its_name_are_a_break() -> None:
    without = {name: one for name, one in OLD.items() if name != "year"}
    assert breaks(made(OLD), made(without)) == ["data.year is gone", "data.year is no longer required"]
    renamed = without | {"yearOf": int | None}
    assert "data.year is gone" in breaks(made(OLD), made(renamed))
