"""The AsyncAPI 3 document of a service's public stream."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from infra.contract.schemas import components
from services.kernel.public import cloudevents, stream
from services.kernel.public.events import MAJOR, PublicEvent, type_of
from services.kernel.public.published import Published

Json = dict[str, Any]
_HEADERS = {
    "ce-specversion": "The version of CloudEvents: 1.0.",
    "ce-id": "The id of the event. Deduplicate by it.",
    "ce-source": "The service.",
    "ce-type": "The type of the event, which is also its subject on NATS.",
    "ce-subject": "The id of the record that the event is about.",
    "ce-time": "When it was recorded, in UTC.",
    "ce-dataschema": "The `$id` of the JSON Schema of the data.",
    "ce-sequence": "The number of the event in the stream, with 20 digits: it sorts as text.",
    "content-type": "The type of the body.",
    "Nats-Msg-Id": "The same as `ce-id`.",
    "traceparent": "The W3C trace context of the request that caused the event. It may be missing.",
}


def document(
    service: str, events: Sequence[type[PublicEvent]], samples: Mapping[str, Published], license_: str
) -> str:
    """The document as JSON. `samples`: by the name of the event. `license_`: an SPDX identifier."""
    names = [event.name for event in events]
    found: Json = {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"Danvan: public events of {service}",
            "version": str(MAJOR),
            "description": f"The stream {stream.name(service)}. The README beside this file explains it.",
            "license": {"name": license_},
        },
        "defaultContentType": cloudevents.CONTENT_TYPE,
        "servers": {
            "nats": {
                "host": "127.0.0.1:4222",
                "protocol": "nats",
                "description": "NATS with JetStream. `danvan subscriber add` prints the address.",
                "security": [{"$ref": "#/components/securitySchemes/nkey"}],
            }
        },
        "channels": {name: _channel(service, name) for name in names},
        "operations": {f"send-{name}": _operation(name) for name in names},
        "components": {
            "messages": {event.name: _message(service, event, samples[event.name]) for event in events},
            "schemas": {"Headers": _headers(), **components(events, "#/components/schemas/{name}")},
            "securitySchemes": {
                "nkey": {"type": "asymmetricEncryption", "description": "The subscriber's NKey."}
            },
        },
    }
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n"


def _channel(service: str, name: str) -> Json:
    return {
        "address": type_of(service, name),
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "servers": [{"$ref": "#/servers/nats"}],
    }


def _operation(name: str) -> Json:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{name}"},
        "messages": [{"$ref": f"#/channels/{name}/messages/{name}"}],
        "bindings": {"nats": {"bindingVersion": "0.1.0"}},
    }


def _message(service: str, event: type[PublicEvent], sample: Published) -> Json:
    return {
        "name": event.name,
        "title": type_of(service, event.name),
        "summary": event.__doc__,
        "contentType": cloudevents.CONTENT_TYPE,
        "correlationId": {
            "description": "All events of one record have the same subject.",
            "location": "$message.header#/ce-subject",
        },
        "headers": {"$ref": "#/components/schemas/Headers"},
        "payload": {"$ref": f"#/components/schemas/{event.__name__}"},
        "examples": [
            {"name": event.name, "headers": cloudevents.headers(sample, service), "payload": sample.data}
        ],
    }


def _headers() -> Json:
    return {
        "type": "object",
        "description": "CloudEvents 1.0 in binary mode. Values are percent-encoded, as its NATS binding says.",
        "properties": {name: {"type": "string", "description": text} for name, text in _HEADERS.items()},
        "required": [name for name in _HEADERS if name != "traceparent"],
    }
