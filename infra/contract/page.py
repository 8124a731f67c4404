"""Makes the generated parts of a contract's README. The rest of the README is edited by hand."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from infra.contract.schemas import LATER, components, schema
from services.kernel.public import cloudevents
from services.kernel.public.events import PublicEvent, type_of
from services.kernel.public.published import Published

Json = dict[str, Any]
_ROOT = "#/$defs/"


def filled(page: str, parts: Mapping[str, str]) -> str:
    """The page with each part between its two comments. `parts`: name of the comments → text."""
    for name, text in parts.items():
        marked = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        page = marked.sub(lambda found, text=text: f"{found[1]}{text}{found[2]}", page)  # type: ignore[misc]
    return page


def catalogue(service: str, events: Sequence[type[PublicEvent]], samples: Mapping[str, Published]) -> str:
    """The fields of every event; each event with its meaning, its own fields and its sample; a message; the types."""
    schemas = {event.name: schema(event, service) for event in events}
    shared = [
        name
        for name in next(iter(schemas.values()))["properties"]
        if all(name in one["properties"] for one in schemas.values())
    ]
    first = schemas[events[0].name]
    lines = ["### Fields of every event", "", *_table(first, shared), ""]
    for event in events:
        lines += [f"### {event.name}", "", str(event.__doc__), ""]
        if own := [name for name in schemas[event.name]["properties"] if name not in shared]:
            lines += [*_table(schemas[event.name], own), ""]
        lines += [
            f"Type `{type_of(service, event.name)}`, schema [`{event.name}.json`]({event.name}.json), ",
            "",
        ]
        lines[-2] += f"sample [`samples/{event.name}.json`](samples/{event.name}.json)."
    lines += [*_sample(service, samples[events[0].name]), *_types(events)]
    return "\n".join(lines)


def _table(whole: Json, names: Sequence[str]) -> list[str]:
    rows = [
        f"| `{name}` | {_type(whole['properties'][name])} | {whole['properties'][name]['description']} |"
        for name in names
    ]
    return ["| field | type | meaning |", "|---|---|---|", *rows]


def _type(node: Json) -> str:
    if "anyOf" in node:
        return " or ".join(map(_type, node["anyOf"]))
    if "$ref" in node:
        name = node["$ref"].removeprefix(_ROOT)
        return f"[{name}](#{name.lower()})"
    if node["type"] == "array":
        return f"list of {_type(node['items'])}"
    return str(node.get("format", node["type"]))


def _sample(service: str, sample: Published) -> Iterator[str]:
    yield from ("### A whole message", "", "```")
    yield from (f"{name}: {value}" for name, value in cloudevents.headers(sample, service).items())
    yield ""
    yield msgspec.json.format(cloudevents.body(sample), indent=2).decode()
    yield from ("```", "")


def _types(events: Sequence[type[PublicEvent]]) -> Iterator[str]:
    own = {event.__name__ for event in events}
    for name, one in components(events, _ROOT + "{name}").items():
        if name in own:
            continue
        yield from (f"### {name}", "", one["description"], "")
        if "properties" in one:
            yield from _table(one, list(one["properties"]))
        else:
            yield from ("| value | name |", "|---|---|")
            yield from (
                f"| `{value['const']}` | {value['title']} |"
                for value in one["anyOf"]
                if value.get("description") != LATER
            )
        yield ""
