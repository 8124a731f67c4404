"""The requests of each area; a module for each table in `expected/`.

A module has, where its area needs them: `MESSAGES` (subject → message about a record), `INPUTS` (mutation → input),
`QUERIES` (field → query that shows it, with `$id`, `$after` or `$work`, for each field that sends a request, or is
hidden from some), `CHANGING` (operations that change the state of their record), and `build`, which creates records.
"""

import pkgutil
from collections.abc import Callable
from importlib import import_module
from typing import Any

from services.kernel.messages import Command, Query
from tests.access.table import service_of
from tests.access.tries import Try
from tests.access.world import Builder

AREAS = {module.name: import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)}


def _all(name: str) -> dict[str, Any]:
    return {key: value for area in AREAS.values() for key, value in getattr(area, name, {}).items()}


MESSAGES: dict[str, Callable[[Try], Command | Query]] = _all("MESSAGES")
INPUTS: dict[str, Callable[[Try], dict[str, Any]]] = _all("INPUTS")
QUERIES: dict[str, str] = _all("QUERIES")
CHANGING = frozenset[str]().union(*(getattr(area, "CHANGING", frozenset()) for area in AREAS.values()))


def builders(service: str) -> list[Builder]:
    """The builders of a service's areas."""
    return [
        area.build for name, area in AREAS.items() if service_of(name) == service and hasattr(area, "build")
    ]
