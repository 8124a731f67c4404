"""A small service for tests of the kernel: it opens tallies and raises them by one."""

from collections.abc import Sequence
from typing import ClassVar

from services.kernel.aggregate import Aggregate, changed
from services.kernel.calendar import moment
from services.kernel.kinds import Kind
from services.kernel.log.inbox import Heard
from services.kernel.messages import Command, Event, Query, Refused, Role
from services.kernel.mongo.access import Unscoped
from services.kernel.mongo.driver import UpdateOne
from services.kernel.mongo.repository import Repository
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Columns, Row
from services.kernel.units import COUNTRY

COPIES = Unscoped("copies", "only the tests of the kernel read them")


class OpenTally(Command, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})

    id: str


class RaiseTally(Command, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})

    id: str
    most: int = 1_000_000


class CountTallies(Query, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})


class TallyRaised(Event, frozen=True, kw_only=True):
    to: int


class Tally(Aggregate, frozen=True, kw_only=True):
    value: int


class Tallies(Repository[Tally]):
    collection = "tallies"
    kind = Kind("tally", "bảng đếm", "tally")
    columns = Columns(Tally)
    state = Tally


def raised(tally: Tally) -> TallyRaised:
    return TallyRaised(key=tally.id, version=tally.version, at=moment(), unit=tally.unit, to=tally.value)


def tally(id_: str, version: int, unit: str = f"/{COUNTRY}") -> tuple[Tally, list[TallyRaised]]:
    """A tally at a version, and the events that led to it."""
    tallies = [Tally(id=id_, version=v, unit=unit, value=v - 1) for v in range(1, version + 1)]
    return tallies[-1], [raised(each) for each in tallies]


async def open_tally(command: OpenTally, tx: Transaction) -> Row:
    tally = Tally(id=command.id, version=1, unit=f"/{COUNTRY}", value=0)
    return await Tallies(tx).add(tally, raised(tally))


async def raise_tally(command: RaiseTally, tx: Transaction) -> Row:
    tallies = Tallies(tx)
    tally = await tallies.load(command.id)
    if tally.value >= command.most:
        raise Refused("tally-full", "id", vi="Đã đầy.", en="It is full.")
    more = changed(tally, value=tally.value + 1)
    return await tallies.save(more, raised(more))


async def copy(heard: Sequence[Heard], tx: Transaction) -> None:
    """A reader that counts events. The count shows an event that is applied twice, or never."""
    for one in heard:
        assert isinstance(one.event, TallyRaised)
        if one.event.to == 13:
            raise ValueError("thirteen cannot be copied")
        change = {"$inc": {"heard": 1}, "$set": {"value": one.event.to}}
        await tx.unscoped(COPIES).write([UpdateOne({"_id": one.event.key}, change, upsert=True)])
