"""The index is complete again after every loss, and several processes write each suggestion once."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio
from nats.aio.client import Client as Nats

from services.directory.unit_names import UnitNames
from services.directory.units import keep_units
from services.kernel.config import Settings
from services.kernel.log import streams
from services.kernel.log.inbox import Heard, Inbox
from services.kernel.log.sequencer import Sequencer
from services.kernel.messages import Refused
from services.kernel.messaging import client
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.process import end
from services.kernel.search.projection import Projection
from services.kernel.units import COUNTRY, DatedUnit, Spell, UnitLevel
from services.movement.words import BodyKind, SubjectKind
from services.registration.models.handlers import draft_model
from services.registration.models.messages import DraftModel, ModelDrafted
from services.registration.organisations.handlers import register_organisation
from services.registration.organisations.messages import RegisterOrganisation
from services.registration.relations import handlers
from services.registration.search.app import MODELS
from tests.conftest import TESTER
from tests.replays import replaying
from tests.waiting import DEADLINE, until

PATH = f"/{COUNTRY}/p/ward"


def _unit(id_: str, name: str, level: UnitLevel, path: str) -> DatedUnit:
    parent = path.split("/")[-2] or None
    return DatedUnit(
        id=id_, spells=(Spell(name=name, code=id_, kind="", level=level, parent=parent, path=path),)
    )


UNITS = (
    _unit(COUNTRY, "Việt Nam", UnitLevel.COUNTRY, f"/{COUNTRY}"),
    _unit("p", "Tỉnh Thử", UnitLevel.PROVINCE, f"/{COUNTRY}/p"),
    _unit("ward", "Phường Hoa", UnitLevel.COMMUNE, PATH),
)


class Registry:
    """Registration's documents and log without its process. Any number of projections follow the log."""

    def __init__(self, settings: Settings, connection: Nats) -> None:
        self.store = Store(settings, "registration")
        self.nats = connection
        self.sequencer = Sequencer(self.store, connection, lease=5, heartbeat=0.1)
        self.folder = settings.var / "search"
        self.file = Projection(MODELS, self.store, self.folder).file
        self.owner = ""
        self.running: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        await replaying(self.nats, self.store)
        self.running.append(asyncio.create_task(self.sequencer.run()))

        async def work(tx: Transaction) -> str:
            await keep_units(UNITS, tx)
            wanted = RegisterOrganisation(name="Hội Phụ nữ", kind=BodyKind.WOMENS_UNION, unit="ward")
            return str((await register_organisation(wanted, tx))["id"])

        self.owner = await self.store.transaction(work)

    async def draft(self, *titles: str) -> None:
        async def work(tx: Transaction) -> None:
            for title in titles:
                wanted = DraftModel(
                    owner=self.owner, title=title, field="ECONOMY", subject_kind=SubjectKind.COLLECTIVE
                )
                await draft_model(wanted, tx)

        await self.store.transaction(work)
        self.sequencer.nudge()

    def reader(self, folder: Path | None = None) -> tuple[Projection, asyncio.Task[None]]:
        made = Projection(MODELS, self.store, folder or self.folder)
        task = asyncio.create_task(made.run(self.nats))
        self.running.append(task)
        return made, task

    async def caught_up(self, reader: Projection) -> None:
        async with asyncio.timeout(DEADLINE):
            # In this order: an event that gets its number in between is after a head that was read before.
            while await self.pending() or not (head := await self.store.head()):
                await asyncio.sleep(0.01)
            await reader.reached(head)

    async def caught_up_with_documents(self, reader: Projection, count: int) -> None:
        await until(lambda: _holds(reader, count))

    async def pending(self) -> int:
        return await self.store.db.log.count_documents({"seq": 0})

    def suggesting(self, search: Projection) -> None:
        async def suggest(heard: Sequence[Heard], tx: Transaction) -> None:
            await handlers.suggest(heard, tx, search.index, search.source.text(UnitNames).names)

        types = {ModelDrafted.subject: ModelDrafted}
        inbox = Inbox(
            self.store, "registration", types, suggest, name="lookalikes", limit=3, ready=search.reached
        )
        self.running.append(asyncio.create_task(inbox.run(self.nats)))


@pytest_asyncio.fixture
async def registry(settings: Settings) -> AsyncGenerator[Registry, None]:
    connection = await client.connect(settings, TESTER)
    made = Registry(settings, connection)
    await streams.ensure(connection.jetstream(), "registration")
    await made.start()
    yield made
    await end(made.running)
    made.store.close()
    await connection.close()


async def _holds(reader: Projection, count: int) -> bool:
    return reader._index is not None and reader.index.documents == count


def many(reader: Projection, text: str) -> int:
    return len(reader.index.find(text, None))


async def test_index_is_built_written_and_goes_on_from_its_position(registry: Registry) -> None:
    await registry.draft("Đường hoa", "Ngõ hoa")
    first, running = registry.reader()
    with pytest.raises(Refused) as refused:
        _ = first.index
    assert refused.value.refusal.code == "search-not-ready"
    await registry.caught_up(first)
    assert (many(first, "hoa"), many(first, "duong")) == (2, 1)
    await end([running])
    old = registry.file.read_bytes()

    await registry.draft("Vườn hoa")
    second, running = registry.reader()
    await registry.caught_up(second)
    assert (many(second, "hoa"), second.built) == (3, 0)
    await end([running])

    # As after a kill before the file was written: the log has the events that the file does not include.
    registry.file.write_bytes(old)
    third, _ = registry.reader()
    await registry.caught_up(third)
    assert (many(third, "hoa"), third.built) == (3, 0)


@pytest.mark.parametrize("loss", ["gone", "cut", "another schema", "another log", "a folder"])
async def test_everything_is_found_after_any_damage_to_the_file(registry: Registry, loss: str) -> None:
    await registry.draft("Đường hoa", "Ngõ hoa")
    first, running = registry.reader()
    await registry.caught_up(first)
    if loss == "another log":
        first.index.event = "0" * 24
        first._written = 0  # as if it had events that the file lacks: it is written again at the end
    await end([running])
    kept = registry.file.read_bytes()
    registry.file.unlink()
    match loss:
        case "cut":
            registry.file.write_bytes(kept[: len(kept) // 2])
        case "another schema":
            registry.file.write_bytes(kept.replace(b'"schema":"3', b'"schema":"0'))
        case "another log":
            assert b"0" * 24 in kept
            registry.file.write_bytes(kept)
        case "a folder":
            registry.file.mkdir()
    again, _ = registry.reader()
    await registry.caught_up(again)
    assert (many(again, "hoa"), again.built) == (2, 2)


async def test_index_is_built_again_after_the_log_is_restored_to_an_earlier_day(registry: Registry) -> None:
    await registry.draft("Đường hoa", "Ngõ hoa")
    reader, running = registry.reader()
    await registry.caught_up(reader)
    await end([running])
    newest = await registry.store.db.log.find_one({}, sort=[("seq", -1)])
    assert newest
    await registry.store.db.log.delete_one({"_id": newest["_id"]})
    await registry.store.db.models.delete_one({"_id": newest["key"]})
    await registry.store.db.sequencer.update_one({"_id": "head"}, {"$inc": {"head": -1}})
    again, _ = registry.reader()
    async with asyncio.timeout(DEADLINE):
        while again.built == 0:
            await asyncio.sleep(0.01)
        await again.reached(newest["seq"] - 1)
    assert many(again, "hoa") == 1


async def test_index_on_disk_has_no_change_that_its_log_may_not_have(registry: Registry) -> None:
    await registry.draft("Đường hoa")
    first, running = registry.reader()
    await registry.caught_up(first)
    await end([running])
    registry.file.unlink()
    numbered = await registry.store.db.models.distinct("_id")

    # A process builds the index while an event waits for its number. Then the database is restored to before it.
    await end([registry.running.pop(0)])
    await registry.draft("Ngõ hoa")
    second, running = registry.reader()
    await registry.caught_up_with_documents(second, 2)
    await end([running])
    await registry.store.db.log.delete_many({"seq": 0})
    await registry.store.db.models.delete_many({"_id": {"$nin": numbered}})
    again, _ = registry.reader()
    await registry.caught_up_with_documents(again, 1)
    assert many(again, "hoa") == 1


async def test_indexes_of_several_processes_agree(registry: Registry) -> None:
    readers = [registry.reader(registry.folder / name)[0] for name in ("a", "b")]
    await asyncio.gather(*(registry.draft(f"Đường hoa {number}", "Ngõ hoà") for number in range(10)))
    for reader in readers:
        await registry.caught_up(reader)
    found = [
        [[reader.index.ids[number] for _, number in reader.index.find(text, None)] for text in ("hoa", "hoà")]
        for reader in readers
    ]
    assert found[0] == found[1]
    assert [len(one) for one in found[0]] == [20, 20]


async def test_several_processes_write_each_suggestion_once(registry: Registry) -> None:
    for name in ("a", "b"):
        registry.suggesting(registry.reader(registry.folder / name)[0])
    await asyncio.gather(*(registry.draft("Tiếng trống học bài") for _ in range(5)))
    relations = registry.store.db.relations
    async with asyncio.timeout(DEADLINE):
        while await relations.count_documents({}) < 10:
            await asyncio.sleep(0.02)
    await registry.draft("Vườn rau tình thương")
    async with asyncio.timeout(DEADLINE):
        while await registry.pending() or (await cursor(registry)) < await registry.store.head():
            await asyncio.sleep(0.02)
    found = [document async for document in relations.find({})]
    assert len(found) == len({document["pair"] for document in found}) == 10
    assert {(document["version"], document["state"], document["kind"]) for document in found} == {
        (1, "SUGGESTED", "DUPLICATE")
    }
    told = registry.store.db.log.count_documents({"type": "event.registration.relation-suggested.v1"})
    assert await told == 10


async def cursor(registry: Registry) -> int:
    found = await registry.store.db.cursors.find_one({"_id": "lookalikes/registration"})
    return int(found["seq"]) if found else 0
