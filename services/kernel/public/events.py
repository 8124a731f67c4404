"""The base of public events. Within a major version, no event loses or renames a field."""

from typing import Any, ClassVar

import msgspec

from services.kernel.messages import kebab

MAJOR = 1
"""The major version of every public contract. Within it, fields, types of events and values are only added."""


class PublicEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The name of the event follows from the name of the subclass: `NotMet` is the event `not-met`."""

    name: ClassVar[str] = ""

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        cls.name = kebab(cls.__name__)


def type_of(service: str, name: str) -> str:
    """The type of an event, which is also its subject on NATS."""
    return f"danvan.{service}.v{MAJOR}.{name}"
