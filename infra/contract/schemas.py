"""Makes a JSON Schema for each public event. The schemas allow new fields and new values of an enumeration."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import inspect

from services.kernel.public import cloudevents
from services.kernel.public.events import PublicEvent, type_of
from services.kernel.words import Word

Json = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
LATER = "A value that was added later."


def schema(event: type[PublicEvent], service: str) -> Json:
    """The schema of the event's `data`, with all types that it refers to."""
    types = components([event], "#/$defs/{name}")
    own = types.pop(event.__name__)
    head = {"$schema": DIALECT, "$id": cloudevents.schema(type_of(service, event.name))}
    return head | own | {"$defs": types}


def components(events: Sequence[type[PublicEvent]], reference: str) -> dict[str, Json]:
    """The schemas of the events and of the types in them, by name. `reference`: template of a `$ref`."""
    _, found = msgspec.json.schema_components(events, ref_template=reference)
    words = {word.__name__: word for event in events for word in _words(inspect.type_info(event))}
    return {name: _of_word(words[name]) if name in words else one for name, one in found.items()}


def _of_word(word: type[Word]) -> Json:
    """The values with their Vietnamese names. Any other text is valid too, because values can be added."""
    values = [{"const": one.value, "title": one.vi} for one in word]
    later = {"type": "string", "description": LATER}
    return {
        "title": word.__name__,
        "description": word.__doc__,
        "type": "string",
        "anyOf": [*values, later],
    }


def _words(found: inspect.Type) -> Iterator[type[Word]]:
    match found:
        case inspect.EnumType(cls=cls) if issubclass(cls, Word):
            yield cls
        case inspect.StructType(fields=fields):
            for field in fields:
                yield from _words(field.type)
        case inspect.UnionType(types=types):
            for one in types:
                yield from _words(one)
        case inspect.ListType(item_type=item) | inspect.Metadata(type=item):
            yield from _words(item)
