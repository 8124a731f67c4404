"""The base of public events: plain values that promise to keep their fields for the whole of a major version."""

from typing import Any, ClassVar

import msgspec

from services.kernel.messages import kebab

MAJOR = 1
"""The major version of every public contract. Inside it, fields and types are only added."""


class PublicEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A subclass is named for what happened: `NotMet` is the event `not-met`."""

    name: ClassVar[str] = ""

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        cls.name = kebab(cls.__name__)


def type_of(service: str, name: str) -> str:
    """The type of an event, which is also its subject on NATS."""
    return f"danvan.{service}.v{MAJOR}.{name}"
