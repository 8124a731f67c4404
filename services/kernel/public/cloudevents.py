"""Public events as CloudEvents 1.0 in binary mode: by the NATS protocol binding, attributes are headers of the message.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/nats-protocol-binding.md
"""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote, unquote

import msgspec

from services.kernel.public.published import Published

CONTENT_TYPE = "application/json"
# The binding encodes spaces, quotation marks, percent signs, and everything that is not printable ASCII.
_PLAIN = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')


def source(service: str) -> str:
    return f"/danvan/{service}"


def schema(type_: str) -> str:
    """The `$id` of the JSON Schema of `data`. It is a URN, because the files of the contract have no URL."""
    return f"urn:{type_.replace('.', ':')}"


def headers(event: Published, service: str) -> dict[str, str]:
    """The headers of the message. `ce-sequence` has 20 digits and sorts as text, as its CloudEvents extension asks."""
    attributes = {
        "specversion": "1.0",
        "id": event.event,
        "source": source(service),
        "type": event.type,
        "subject": event.subject,
        "time": event.at.isoformat().replace("+00:00", "Z"),
        "dataschema": schema(event.type),
        "sequence": f"{event.id:020}",
    }
    found = {f"ce-{name}": quote(value, safe=_PLAIN) for name, value in attributes.items()}
    found |= {"content-type": CONTENT_TYPE, "Nats-Msg-Id": event.event}
    return found | ({"traceparent": event.trace} if event.trace else {})


def body(event: Published) -> bytes:
    return msgspec.json.encode(event.data)


def read(number: int, found: Mapping[str, str], data: bytes) -> Published:
    """The event in a message of the stream. Raises `KeyError` or `ValueError` if Danvan did not send the message.

    `number`: the sequence of the message. `found`: its headers.
    """
    attribute = {name[3:]: unquote(value) for name, value in found.items() if name.startswith("ce-")}
    return Published(
        id=number,
        event=attribute["id"],
        type=attribute["type"],
        subject=attribute["subject"],
        at=datetime.fromisoformat(attribute["time"]),
        trace=found.get("traceparent"),
        data=msgspec.json.decode(data, type=dict),
    )
