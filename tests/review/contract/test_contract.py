"""The public contract: its files agree with the types, subscribers keep working, and nothing in it is personal."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from infra.contract import files
from infra.contract.changes import breaks, structure
from services.catalogue import SERVICES
from services.kernel.public import cloudevents
from services.kernel.public.events import PublicEvent
from services.review.contract import samples
from services.review.contract.telling import TOLD
from tests import npm
from tests.commands import danvan
from tests.review.contract.corpus import Released, released

V1 = files.folder("review")
SCHEMAS = files.schemas("review")
EVENTS: dict[str, type[PublicEvent]] = {event.name: event for event in SERVICES["review"].publishes}
CORPUS = released()
NOT_TOLD = {
    "ReviewedModelChanged",  # the review itself has not changed
    # Proposals are not published. An approved one is published as `ReviewCorrected` or `ReviewRevoked`.
    *("CorrectionProposed", "CorrectionApproved", "CorrectionDeclined"),
    *("CorrectionRecalled", "CorrectionHandedOver"),
}

UNIT = {"id", "code", "name", "within[]"}
EVERYWHERE = {"review", "model", *(f"unit.{field}" for field in UNIT)}
TEXTS = dict.fromkeys(EVENTS, EVERYWHERE) | {
    "handed-over": EVERYWHERE | {f"madeUnder.{field}" for field in UNIT},
}
"""The fields that may hold any text, by event: ids, and codes and names of administrative units. Edit it by hand."""


def valid(data: Any, schema: dict[str, Any]) -> bool:
    checker = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return bool(checker.is_valid(data))


def texts(node: dict[str, Any], place: str = "") -> Iterator[str]:
    """The places of a schema that admit any text, or anything at all."""
    match node:
        case {"properties": fields}:
            for name, field in fields.items():
                yield from texts(field, f"{place}.{name}" if place else name)
        case {"items": item}:
            yield from texts(item, f"{place}[]")
        case {"anyOf": options}:
            for option in options:
                yield from texts(option, place)
        case {"values": _} | {"type": "null" | "integer" | "boolean"} | {"format": "date" | "date-time"}:
            return
        case _:
            yield place


def test_files_are_generated(tmp_path: Path) -> None:
    done = danvan(tmp_path, "contract")
    assert done.returncode == 0, done.stderr


def test_released_version_is_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = tmp_path / "contract" / "v1"
    shutil.copytree(V1.parent, there.parent)
    monkeypatch.setattr(files, "folder", lambda _: there)
    monkeypatch.setattr(files, "ROOT", tmp_path)
    old = json.loads((there / "opened.json").read_text())
    (there / "opened.json").write_text(json.dumps(old | {"properties": old["properties"] | {"gone": {}}}))
    (there / "forgotten.json").write_text("{}")
    assert sorted(files.stale()) == ["contract/v1/forgotten.json", "contract/v1/opened.json"]
    done = danvan(tmp_path, "contract", "--write")
    assert done.returncode == 1
    assert "forgotten is gone" in done.stderr
    assert "opened: data.gone is gone" in done.stderr
    assert "gone" in (there / "opened.json").read_text()


def test_corpus_has_the_events_of_today() -> None:
    """If it does not: `make contract`."""
    newest = {one.event: structure(one.schema) for one in CORPUS}
    assert newest == {name: structure(schema) for name, schema in SCHEMAS.items()}


@pytest.mark.parametrize("one", CORPUS, ids=lambda one: f"{one.event}-{one.version}")
def test_every_released_event_keeps_its_meaning(one: Released) -> None:
    today = SCHEMAS[one.event]
    assert breaks(one.schema, today) == []
    assert valid(one.data, one.schema)
    assert valid(one.data, today)
    read = msgspec.json.decode(json.dumps(one.data), type=EVENTS[one.event])
    assert {*one.data} <= {*msgspec.to_builtins(read)}


@pytest.mark.parametrize("name", EVENTS)
def test_sample_and_schema_agree(name: str) -> None:
    schema = json.loads((V1 / f"{name}.json").read_text())
    sample = json.loads((V1 / "samples" / f"{name}.json").read_text())
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == sample["headers"]["ce-dataschema"]
    assert valid(sample["data"], schema)
    for field in schema["required"]:
        assert not valid({key: one for key, one in sample["data"].items() if key != field}, schema)
    assert not valid(sample["data"] | {"on": "yesterday"}, schema)


@pytest.mark.parametrize("name", EVENTS)
def test_event_of_tomorrow_is_valid_today(name: str) -> None:
    data = json.loads((V1 / "samples" / f"{name}.json").read_text())["data"]
    unit = data["unit"] | {"level": "HAMLET", "area": 12.5}
    assert valid(data | {"more": [1], "field": "SPACE", "unit": unit}, SCHEMAS[name])


def test_each_event_has_one_sample_by_the_code_that_publishes() -> None:
    published = list(samples.published())
    assert sorted(one.type.rpartition(".")[2] for one in published) == sorted(EVENTS)
    for one in published:
        headers = {name: str(value) for name, value in cloudevents.headers(one, "review").items()}
        assert cloudevents.read(one.id, headers, cloudevents.body(one)) == one


async def test_official_parser_accepts_the_asyncapi_document(node_packages: None) -> None:
    found = await npm.node("asyncapi.mjs", file=str(V1 / "asyncapi.json"))
    assert [one for one in found["findings"] if one["code"] != "asyncapi-latest-version"] == []
    assert found["channels"] == [f"danvan.review.v1.{name}" for name in EVENTS]


def test_headers_are_described() -> None:
    described = json.loads((V1 / "asyncapi.json").read_text())["components"]["schemas"]["Headers"]
    page = (V1 / "README.md").read_text()
    for one in samples.published():
        headers = cloudevents.headers(one, "review")
        assert {*headers} == {*described["properties"]}
        assert all(f"| `{name}` |" in page for name in headers)
        assert valid(headers, described)


def test_each_internal_event_is_told_or_named_as_not_told() -> None:
    announced = [event.__name__ for event in SERVICES["review"].announces]
    assert sorted(announced) == sorted([*(event.__name__ for event in TOLD), *NOT_TOLD])


def test_no_field_can_hold_free_text_or_a_person() -> None:
    assert {name: {*texts(structure(schema))} for name, schema in SCHEMAS.items()} == TEXTS
