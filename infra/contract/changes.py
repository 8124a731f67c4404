"""Finds changes of a schema that break subscribers. A major version may only gain fields, events and values."""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
_TEXTS = ("title", "description", "examples", "$schema", "$defs")
"""Keys that no program depends on."""


def breaks(old: Json, new: Json) -> list[str]:
    """One sentence for each change that is not an addition, with the place in the schema. Empty if there is none."""
    return list(_breaks(structure(old), structure(new), "data"))


def structure(schema: Json) -> Json:
    """The schema with its references resolved and without texts. An enumeration becomes the list `values`."""
    plain: Json = _plain(schema, schema)
    return plain


def _plain(node: Any, whole: Json) -> Any:
    if isinstance(node, list):
        return [_plain(one, whole) for one in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _plain(whole["$defs"][node["$ref"].rpartition("/")[2]], whole)
    options = node.get("anyOf", [])
    if values := [one["const"] for one in options if "const" in one]:
        return {"type": node["type"], "values": values}
    plain = {key: _plain(value, whole) for key, value in node.items() if key not in (*_TEXTS, "properties")}
    if "properties" in node:  # a field can have any name, even `title`
        plain["properties"] = {name: _plain(one, whole) for name, one in node["properties"].items()}
    return plain


def _breaks(old: Any, new: Any, place: str) -> Iterator[str]:
    if not isinstance(old, dict) or not isinstance(new, dict):
        if old != new:
            yield f"{place} was {old} and is {new}"
        return
    for name in sorted({*old, *new}):
        if name == "properties":
            yield from _fields(old.get(name, {}), new.get(name, {}), place)
        elif name == "values":
            gone = [value for value in old.get(name, []) if value not in new.get(name, [])]
            yield from (f"{place} no longer has the value {value}" for value in gone)
        elif name == "required":
            yield from _required(old, new, place)
        elif name == "anyOf" and len(old.get(name, [])) == len(new.get(name, [])):
            for before, after in zip(old[name], new[name], strict=True):
                yield from _breaks(before, after, place)
        else:
            yield from _breaks(old.get(name), new.get(name), f"{place}: {name}")


def _fields(old: Json, new: Json, place: str) -> Iterator[str]:
    for name, before in old.items():
        if name in new:
            yield from _breaks(before, new[name], f"{place}.{name}")
        else:
            yield f"{place}.{name} is gone"


def _required(old: Json, new: Json, place: str) -> Iterator[str]:
    """A new field must not be required: older events lack it."""
    before, after = set(old.get("required", [])), set(new.get("required", []))
    yield from (f"{place}.{name} became required" for name in sorted(after - before))
    yield from (f"{place}.{name} is no longer required" for name in sorted(before - after))
