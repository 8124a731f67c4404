"""Every released version of each public event: `corpus/v1/<event>.<n>.json`, its schema and a sample.

`python -m tests.review.contract.corpus` adds the versions that are not there yet. Do not change a file of it.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.contract import files
from infra.contract.changes import structure
from services.kernel.public.events import MAJOR

FOLDER = Path(__file__).parent / "corpus" / f"v{MAJOR}"
SERVICE = "review"


@dataclass(frozen=True)
class Released:
    """A version of an event. `event`: its name."""

    event: str
    version: int
    schema: dict[str, Any]
    data: dict[str, Any]


def released() -> list[Released]:
    """Oldest first."""
    found = []
    for path in FOLDER.glob("*.json"):
        event, version = path.stem.split(".")
        found.append(Released(event, int(version), **json.loads(path.read_text(encoding="utf-8"))))
    return sorted(found, key=lambda one: one.version)


def add_today() -> list[str]:
    """Adds a version of each event whose schema differs from its last version. Returns the names of these events."""
    last = {one.event: one for one in released()}
    samples = {one.type.rpartition(".")[2]: one for one in files.SAMPLES[SERVICE]()}
    added = []
    for event, schema in files.schemas(SERVICE).items():
        before = last.get(event)
        if before is None or structure(before.schema) != structure(schema):
            path = FOLDER / f"{event}.{before.version + 1 if before else 1}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files.text({"schema": schema, "data": samples[event].data}), encoding="utf-8")
            added.append(event)
    return added


if __name__ == "__main__":
    add_today()
