"""How each area's messages and fields are asked for a thing; a module for each table beside it in `expected/`.

A module has what its area needs of: `MESSAGES` (each message → how it is asked for a thing), `INPUTS` (each mutation →
its input), `QUERIES` (of each field that asks a service, or is not for everybody, a query that shows it, with `$id` or
`$after`), `CHANGING` (what leaves its thing in another state), and `build`, which makes the things it is asked for.
"""

import pkgutil
from collections.abc import Callable
from importlib import import_module
from typing import Any

from services.kernel.messages import Command, Query
from tests.access.tries import Try
from tests.access.world import Builder

AREAS = [import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]


def _all(name: str) -> dict[str, Any]:
    return {key: value for area in AREAS for key, value in getattr(area, name, {}).items()}


MESSAGES: dict[str, Callable[[Try], Command | Query]] = _all("MESSAGES")
INPUTS: dict[str, Callable[[Try], dict[str, Any]]] = _all("INPUTS")
QUERIES: dict[str, str] = _all("QUERIES")
CHANGING = frozenset[str]().union(*(getattr(area, "CHANGING", frozenset()) for area in AREAS))
BUILDERS: list[Builder] = [area.build for area in AREAS if hasattr(area, "build")]
