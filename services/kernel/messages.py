"""Messages between processes: commands, queries, events and refusals. Values only, no I/O."""

import builtins
import re
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Self, TypeVar

import msgspec

from services.kernel.words import Word


class Role(Word):
    """Vai trò của một người trong một đơn vị và cấp dưới."""

    OFFICER = "officer", "Cán bộ đăng ký"
    APPRAISER = "appraiser", "Người thẩm định"
    SUPERVISOR = "supervisor", "Người giám sát"
    REPORTER = "reporter", "Người báo cáo"
    LEADER = "leader", "Lãnh đạo"
    OPERATOR = "operator", "Người vận hành"
    PUBLIC = "public", "Mọi người, kể cả khi không có mã truy cập"


PUBLIC = frozenset({Role.PUBLIC})
"""The roles of messages that any caller may send."""
ANY_OFFICE = frozenset(Role) - PUBLIC
"""The roles of messages that a caller with any role in a unit may send there."""


def described(vi: str) -> msgspec.Meta:
    """Text that explains an input field to clients, in the field's annotation."""
    return msgspec.Meta(description=vi)


Id = Annotated[str, msgspec.Meta(extra={"scalar": "ID"})]
Amount = Annotated[str, msgspec.Meta(extra={"scalar": "Decimal"})]
"""An exact decimal as text."""
OnDay = Annotated[date | None, described("Ngày việc ấy diễn ra; bỏ trống là hôm nay.")]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message. The names below follow from its class.

    `service` is the package of the class below `services`. `subject` is `command.<service>.<class>`,
    `query.<service>.<class>` or `event.<service>.<class>.v<n>`, the class name in kebab-case: `ReviewDecided` of review
    travels on `event.review.review-decided.v1`, and a class `ReviewDecidedV2` on `event.review.review-decided.v2`.
    A base of other messages has no subject: a command or query without `roles`, an event whose name begins with `_`.
    """

    service: ClassVar[str]
    subject: ClassVar[str]

    def __init_subclass__(cls, **config: Any) -> None:
        super().__init_subclass__(**config)
        package, *rest = cls.__module__.split(".")
        if "service" not in vars(cls):
            cls.service = rest[0] if package == "services" else rest[-1] if rest else package
        if subject := cls._subject():
            cls.subject = subject

    @classmethod
    def _subject(cls) -> str | None:
        """The subject of the class; None for a base of other messages."""
        return None


_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_VERSIONED = re.compile(r"(?P<name>.+?)(?:V(?P<version>[2-9]|[1-9][0-9]+))?")


def kebab(name: str) -> str:
    return _WORD_STARTS.sub("-", name).lower()


class Command(Message, frozen=True, kw_only=True):
    """A request to change something. The input of its mutation is derived from it.

    Each subclass declares `roles`, the roles that may give the command (their grants say in which units), and `vi`,
    the description of the input. Each field's annotation holds its description: `Annotated[Id, described("…")]`.
    """

    roles: ClassVar[frozenset[Role]]
    vi: ClassVar[str]
    inherits: ClassVar[bool] = False
    """Whether the caller may also act in units that their own unit inherited. For queries this always holds."""

    @classmethod
    def _subject(cls) -> str | None:
        return f"command.{cls.service}.{kebab(cls.__name__)}" if "roles" in vars(cls) else None


class Query(Message, frozen=True, kw_only=True):
    """A request to read. Each subclass declares `roles`, the roles that may send it. The scope limits the answer."""

    roles: ClassVar[frozenset[Role]]

    @classmethod
    def _subject(cls) -> str | None:
        return f"query.{cls.service}.{kebab(cls.__name__)}" if "roles" in vars(cls) else None


class Event(Message, frozen=True, kw_only=True):
    """A change of one aggregate: `key` is its id, `version` the version it reached, `unit` the path it belongs to."""

    key: str
    version: int
    at: datetime
    unit: str

    @classmethod
    def _subject(cls) -> str | None:
        if cls.__name__.startswith("_"):
            return None
        named = _VERSIONED.fullmatch(cls.__name__)
        assert named, "any name matches"  # noqa: S101
        return f"event.{cls.service}.{kebab(named['name'])}.v{named['version'] or 1}"


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """An event in its producer's log. `seq`: its number there; a producer's numbers begin at 1 and have no gaps.

    `previous`: the id of the event before it in the log; empty for the first event. The log does not store it.
    `trace`: the W3C traceparent of the span that logged it. `cause`: the id of the event that led to it, if any.
    """

    id: str
    seq: int
    type: str
    recorded_at: datetime
    caller: str
    trace: str | None
    cause: str | None
    data: dict[str, Any]
    previous: str = ""

    def read(self, kind: "builtins.type[E]") -> "E":
        """Ignores fields that a newer producer added; `ValidationError` for a missing or malformed field."""
        return msgspec.convert(self.data, kind)

    @property
    def key(self) -> str:
        """The id of the aggregate; empty in an event that lacks it, which no reader can apply."""
        key = self.data.get("key")
        return key if isinstance(key, str) else ""


E = TypeVar("E", bound=Event)


def unreadable(producer: str) -> str:
    """Type of the event that replaces, in pages and in the stream, a document of the log that cannot be read.

    It keeps number and id; its `data` says why. Every reader parks it: the record that it concerned is unknown.
    """
    return f"event.{producer}.unreadable.v1"


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why a request was refused: a stable kebab-case code, the input fields, and a sentence in two languages."""

    code: str
    fields: tuple[str, ...]
    vi: str
    en: str


class Refused(Exception):  # noqa: N818 - the domain's word
    def __init__(self, code: str, *fields: str, vi: str, en: str) -> None:
        super().__init__(en)
        self.refusal = Refusal(code=code, fields=fields, vi=vi, en=en)

    @classmethod
    def because(cls, refusal: Refusal) -> Self:
        return cls(refusal.code, *refusal.fields, vi=refusal.vi, en=refusal.en)


class Unavailable(Exception):  # noqa: N818
    """No answer in time, or the service failed: the outcome is unknown. Send the request again with the same key."""

    def __init__(self, why: str, trace: str | None = None) -> None:
        super().__init__(why)
        self.trace = trace
