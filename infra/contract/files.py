"""Compares and writes the files of each public contract."""

import json
from pathlib import Path
from typing import Any

import msgspec

from infra.contract import asyncapi, page
from infra.contract.changes import breaks
from infra.contract.schemas import schema
from services.catalogue import SERVICES
from services.kernel.public import cloudevents
from services.kernel.public.events import MAJOR
from services.review.contract import samples

ROOT = Path(__file__).parents[2]
SAMPLES = {"review": samples.published}
"""Service with a public stream → its invented events."""
LICENSE = "Apache-2.0"


def folder(service: str) -> Path:
    return ROOT / "services" / service / "contract" / f"v{MAJOR}"


def schemas(service: str) -> dict[str, dict[str, Any]]:
    """The JSON Schema of each event, by the name of the event."""
    return {event.name: schema(event, service) for event in SERVICES[service].publishes}


def files(service: str) -> dict[Path, str]:
    """Path → the text that the file should have."""
    here, events = folder(service), SERVICES[service].publishes
    by_name = {sample.type.rpartition(".")[2]: sample for sample in SAMPLES[service]()}
    example = (here.parent / "examples" / "python_nats.py").read_text(encoding="utf-8")
    readme = (here / "README.md").read_text(encoding="utf-8")
    found = {here / f"{name}.json": text(one) for name, one in schemas(service).items()}
    found |= {
        here / "samples" / f"{name}.json": text(
            {"headers": cloudevents.headers(one, service), "data": one.data}
        )
        for name, one in by_name.items()
    }
    found[here / "asyncapi.json"] = asyncapi.document(service, events, by_name, LICENSE)
    parts = {
        "example": f"```python\n{example}```\n",
        "events": page.catalogue(service, events, by_name),
    }
    found[here / "README.md"] = page.filled(readme, parts)
    return found


def stale() -> list[str]:
    """Paths of files that are missing, that differ from the types, or whose event no longer exists."""
    found: list[Path] = []
    for service in SAMPLES:
        wanted = files(service)
        found += [path for path, one in wanted.items() if not path.exists() or path.read_text("utf-8") != one]
        found += [path for path in folder(service).rglob("*.json") if path not in wanted]
    return [str(path.relative_to(ROOT)) for path in found]


def write() -> list[str]:
    """Writes the files. If a change would break subscribers, writes nothing. Returns the breaking changes."""
    broken = [one for service in SAMPLES for one in _broken(service)]
    if not broken:
        for path, one in (pair for service in SAMPLES for pair in files(service).items()):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(one, encoding="utf-8")
    return broken


def text(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


def _broken(service: str) -> list[str]:
    today, found = schemas(service), []
    for path in folder(service).glob("*.json"):
        if path.stem == "asyncapi":
            continue
        if path.stem not in today:
            found.append(f"{path.stem} is gone")
            continue
        old = json.loads(path.read_text(encoding="utf-8"))
        found += [f"{path.stem}: {one}" for one in breaks(old, today[path.stem])]
    return found
