"""The path of a unit, found by climbing from parent to parent."""

from collections.abc import Callable

from services.kernel.units import UnitPath


def climbed(unit: str, parent: Callable[[str], str | None]) -> UnitPath | None:
    """`parent`: unit → its parent; None at the top. None if the unit would be below itself."""
    segments: list[str] = []
    current: str | None = unit
    while current:
        if current in segments:
            return None
        segments.append(current)
        current = parent(current)
    return UnitPath("/" + "/".join(reversed(segments)))
