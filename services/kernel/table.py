"""A service as a value: the messages that it answers, announces and reads, its collections, and its tasks.

A table is read without connecting to anything: rights, provisioning, `danvan status` and the list of processes derive
from it. `services.kernel.service` serves it.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Generic, Protocol, TypeVar

from nats.aio.client import Client as Nats

from services.kernel.config import Settings
from services.kernel.log.feed import BATCH
from services.kernel.log.inbox import Handler, each
from services.kernel.log.settling import Settle
from services.kernel.messages import Command, Event, Message, Query
from services.kernel.mongo.access import Access, Unscoped
from services.kernel.mongo.driver import Indexes
from services.kernel.mongo.store import Fill, Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.public.events import PublicEvent

C = TypeVar("C", bound=Command)
Q = TypeVar("Q", bound=Query)
T = TypeVar("T")
H = TypeVar("H")
H_co = TypeVar("H_co", covariant=True)


class Part(Generic[T]):
    """An object that each process of the service creates once, and that several rows of the table use."""

    def __init__(self, create: Callable[[Store, Settings], T]) -> None:
        self.create = create

    def late(self, pick: Callable[[T], H]) -> "Late[H]":
        """A handler that `pick` takes from the object, which exists only while a process serves the table."""
        return Late(self, pick)


@dataclass(frozen=True, slots=True)
class Late(Generic[H_co]):
    """A handler that belongs to a `Part`."""

    part: Part[Any]
    pick: Callable[[Any], H_co]


CommandHandler = Callable[[Any, Transaction], Awaitable[Any]]
QueryHandler = Callable[[Any, Access], Awaitable[Any]]
Ready = Callable[[int], Awaitable[object]]
Run = Callable[[Nats], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class CommandRow:
    type: type[Command]
    handler: CommandHandler | Late[CommandHandler]


@dataclass(frozen=True, slots=True)
class QueryRow:
    type: type[Query]
    handler: QueryHandler | Late[QueryHandler]


def command(
    type_: type[C],
    handler: Callable[[C, Transaction], Awaitable[Any]] | Late[Callable[[C, Transaction], Awaitable[Any]]],
) -> CommandRow:
    return CommandRow(type_, handler)


def query(
    type_: type[Q],
    handler: Callable[[Q, Access], Awaitable[Any]] | Late[Callable[[Q, Access], Awaitable[Any]]],
) -> QueryRow:
    return QueryRow(type_, handler)


@dataclass(frozen=True, slots=True)
class Subscription:
    """Events of one producer, read in order, each applied once. `reader` names the cursor; empty: the service does.

    To read more types of events, a service that has run needs a new subscription with a reader of its own: the old
    cursor has passed the earlier events.
    """

    types: tuple[type[Event], ...]
    handler: Handler | Late[Handler]
    reader: str = ""
    limit: int = BATCH
    """Events applied in one transaction, at most."""
    pause: float = 0.0
    """Seconds after a transaction in which events gather for the next one: for work that need not be immediate."""
    ready: Late[Ready] | None = None
    """Awaited before each transaction with the number of its last event."""
    settle: Settle | None = None
    """Corrects what the reader keeps when the producer's log was restored to an earlier moment. Required, except for
    events of the own service: effects in its own database are restored together with its log.
    """

    @property
    def producer(self) -> str:
        (producer,) = {type_.service for type_ in self.types}
        return producer


def batches(
    *types: type[Event],
    handler: Handler | Late[Handler],
    reader: str = "",
    limit: int = BATCH,
    pause: float = 0.0,
    ready: Late[Ready] | None = None,
    settle: Settle | None = None,
) -> Subscription:
    """One function for whole batches of these events."""
    return Subscription(types, handler, reader, limit, pause, ready, settle)


def single(
    handlers: Mapping[type[Event], Callable[..., Awaitable[None]]],
    reader: str = "",
    settle: Settle | None = None,
) -> Subscription:
    """A function for each type of event, called with one event at a time."""
    return Subscription(tuple(handlers), each(handlers), reader, settle=settle)


class Reader(Protocol):
    """A reader of a producer's log, as `/readyz` shows it."""

    @property
    def name(self) -> str: ...

    @property
    def lag(self) -> int | None:
        """Number of the producer's events that it has not passed; None if unknown."""
        ...

    @property
    def unknown_since(self) -> datetime | None:
        """Since when the lag is unknown."""
        ...

    @property
    def problem(self) -> str | None: ...

    @property
    def standby(self) -> bool:
        """Whether another process reads in its place."""
        ...


@dataclass(frozen=True, slots=True)
class Cursors:
    """Ids of the cursors that a task moves itself: those in use, and those of a projection that is being rebuilt.

    `rebuilds`: for each of these projections a sentence, for `danvan status`, about rebuilds.
    """

    used: tuple[str, ...] = ()
    rebuilding: tuple[str, ...] = ()
    rebuilds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """Runs from start to stop of a process. When it fails, the error is logged and it runs again.

    `producers`: whose events it reads beside the subscriptions. `readers`: its readers in this process. `cursors`:
    looks up which cursors it has in the service's database; without it, it has none there. `rebuild`: the command that
    makes anew what it keeps, when a producer's log was restored to an earlier moment; required with `cursors`.
    """

    name: str
    run: Late[Run]
    producers: tuple[str, ...] = ()
    readers: Late[Callable[[], Sequence[Reader]]] | None = None
    cursors: Callable[[Access], Awaitable[Cursors]] | None = None
    rebuild: Command | None = None


class Declares(Protocol):
    """A module with message classes, or a value with classes of the same kind in each service."""

    __name__: str


@dataclass(frozen=True, kw_only=True)
class Area:
    """One aggregate's rows of the table. `messages`: the module with its commands, queries and events."""

    messages: Declares
    commands: Sequence[CommandRow] = ()
    queries: Sequence[QueryRow] = ()
    subscriptions: Sequence[Subscription] = ()
    tasks: Sequence[Task] = ()
    indexes: Indexes = field(default_factory=dict)
    fills: Sequence[Fill] = ()
    unscoped: Sequence[Unscoped] = ()
    """Collections that are read without regard to units, each with the reason."""
    publishes: Sequence[type[PublicEvent]] = ()
    """The events of the service's public stream."""


class Work(Enum):
    """The work of one process of a service."""

    ALL = "all"
    ANSWERS = "answers"
    """Commands and queries: the work for which a caller waits."""
    READERS = "readers"
    """The sequencer, subscriptions and tasks; and queries that a `Part` answers, which lives with them."""


class Table:
    """All areas of a service. `ValueError` when they contradict each other or leave a message unanswered.

    `divided`: the service runs as two processes, one for its answers and one for its readers.
    """

    def __init__(self, name: str, *areas: Area, divided: bool = False) -> None:
        self.name = name
        self.divided = divided
        self.commands = [row for area in areas for row in area.commands]
        self.queries = [row for area in areas for row in area.queries]
        self.subscriptions = [row for area in areas for row in area.subscriptions]
        self.tasks = [task for area in areas for task in area.tasks]
        self.indexes: Indexes = {name: models for area in areas for name, models in area.indexes.items()}
        self.fills = [fill for area in areas for fill in area.fills]
        self.unscoped = [one for area in areas for one in area.unscoped]
        self.publishes = tuple(type_ for area in areas for type_ in area.publishes)
        declared = [type_ for area in areas for type_ in _messages(area.messages)]
        self.announces = tuple(type_ for type_ in declared if issubclass(type_, Event))
        self._check(declared)

    @property
    def hears(self) -> tuple[str, ...]:
        """The services whose events it reads."""
        subscribed = [row.producer for row in self.subscriptions]
        return tuple(dict.fromkeys([*subscribed, *(name for task in self.tasks for name in task.producers)]))

    def reader_of(self, subscription: Subscription) -> str:
        return subscription.reader or self.name

    async def cursors(self, access: Access) -> Cursors:
        """Ids of all its cursors. `access`: to its database."""
        used = tuple(f"{self.reader_of(row)}/{row.producer}" for row in self.subscriptions)
        found = [await task.cursors(access) for task in self.tasks if task.cursors]
        return Cursors(
            used + tuple(name for cursors in found for name in cursors.used),
            tuple(name for cursors in found for name in cursors.rebuilding),
            tuple(sentence for cursors in found for sentence in cursors.rebuilds),
        )

    def _check(self, declared: Sequence[type[Message]]) -> None:
        if foreign := [type_.__name__ for type_ in declared if type_.service != self.name]:
            raise ValueError(f"{self.name}: {', '.join(foreign)} belong to another service")
        answered: list[type[Message]] = [row.type for row in self.commands]
        answered += [row.type for row in self.queries]
        asked = [type_ for type_ in declared if not issubclass(type_, Event)]
        if wrong := sorted({type_.__name__ for type_ in {*answered, *asked} if answered.count(type_) != 1}):
            raise ValueError(f"{self.name}: {', '.join(wrong)} need exactly one handler each")
        if unknown := sorted({type_.__name__ for type_ in answered} - {type_.__name__ for type_ in asked}):
            raise ValueError(f"{self.name}: {', '.join(unknown)} are in no messages module of the table")
        cursors = [(self.reader_of(row), row.producer) for row in self.subscriptions]
        if twice := sorted({f"{reader}/{of}" for reader, of in cursors if cursors.count((reader, of)) > 1}):
            raise ValueError(f"{self.name}: several subscriptions move the cursor {', '.join(twice)}")
        unsettled = [
            f"{self.reader_of(row)}/{row.producer}"
            for row in self.subscriptions
            if row.producer != self.name and not row.settle
        ]
        unsettled += [task.name for task in self.tasks if task.cursors and not task.rebuild]
        if unsettled:
            raise ValueError(
                f"{self.name}: say how {', '.join(sorted(unsettled))} is settled with a restored log"
            )
        late = sorted(row.type.__name__ for row in self.commands if isinstance(row.handler, Late))
        if self.divided and late:
            raise ValueError(
                f"{self.name}: {', '.join(late)} need a part, which lives in the process of the readers"
            )


def _messages(module: Declares) -> list[type[Message]]:
    """The messages that the module declares, without bases of others."""
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Message)
        and value.__module__ == module.__name__
        and "subject" in vars(value)
    ]
