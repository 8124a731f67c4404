"""An import whose worker dies is continued by another worker, and each row is written once."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.directory.units import keep_units, path_of
from services.kernel.calendar import moment
from services.kernel.caller import Caller, Grant, Scope
from services.kernel.config import Settings
from services.kernel.messages import Role
from services.kernel.messaging import client
from services.kernel.mongo.repository import new_id
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.process import end
from services.kernel.sheets.apart import BATCH
from services.kernel.sheets.judging import Outcome
from services.kernel.sheets.lines import Line
from services.kernel.sheets.mount import Sheets
from services.kernel.units import COUNTRY, DatedUnit, Spell, UnitLevel
from services.movement.words import BodyKind
from services.registration.organisations.handlers import register_organisation
from services.registration.organisations.messages import RegisterOrganisation
from services.registration.sheets import messages
from services.registration.sheets.app import SHEETS
from services.registration.sheets.known import Effect
from services.registration.sheets.messages import FILE, StartImport, StoreFilePart
from services.registration.sheets.sheet import SHEET, ModelsImporter
from tests.platform.kernel.sheets.malformed import HEADINGS, csv
from tests.waiting import DEADLINE

ROWS = 4 * BATCH + 7
FIRST_ROW = 2
"""Below the headings."""
WARD = Spell(
    name="Phường", code="1", kind="Phường", level=UnitLevel.COMMUNE, parent=COUNTRY, path=f"/{COUNTRY}/w"
)
OFFICER = Caller(id="officer", name="x", grants=(Grant(role=Role.OFFICER, unit=COUNTRY),))


async def started(store: Store) -> str:
    """A waiting job that imports a list of models of one organisation."""
    scope = Scope(frozenset({COUNTRY}))

    async def work(tx: Transaction) -> str:
        await keep_units([DatedUnit(id="w", spells=(WARD,))], tx)
        named = RegisterOrganisation(name="Hội", kind=BodyKind.WOMENS_UNION, unit="w")
        await register_organisation(named, tx)
        lines = (("Hội", f"Mô hình số {n}", "Kinh tế", "Tập thể") for n in range(ROWS))
        file = new_id(FILE)
        part = StoreFilePart(
            file=file, unit="w", name="a.csv", number=0, data=csv(HEADINGS, *lines), last=True
        )
        await SHEETS.store_file_part(part, tx)
        started = await SHEETS.start_import(SHEET, StartImport(file=file, check=False), tx)
        return str(started["id"])

    return await store.transaction(work, caller=OFFICER, scope=scope)


async def until(store: Store, job: str, holds: Any) -> dict[str, Any]:
    async with asyncio.timeout(DEADLINE):
        while True:
            found = await store.db.jobs.find_one({"_id": job})
            assert found
            if holds(found):
                return found
            await asyncio.sleep(0.005)


def stops_at(row: int) -> Sheets:
    """The sheet of models with an importer that never judges the batch with this row."""

    class Stopping(ModelsImporter):
        async def judge(self, lines: Sequence[Line], tx: Transaction) -> list[Outcome[Effect]]:
            if any(line.number >= row for line in lines):
                await asyncio.Event().wait()
            return await super().judge(lines, tx)

    return Sheets(messages, replace(SHEET, importer=Stopping.prepare), path_of=path_of)


@pytest.mark.parametrize("batches", [0, 1, 3])
async def test_second_worker_continues_after_the_last_row_written(settings: Settings, batches: int) -> None:
    store = Store(settings, "registration")
    nats = await client.connect(settings, "registration")
    job = await started(store)
    written = batches * BATCH
    first = asyncio.create_task(stops_at(FIRST_ROW + written).worker(store).run(nats))
    await until(store, job, lambda found: found["state"] == "RUNNING" and found["done"] == written)
    await end([first])
    stopped = await until(store, job, lambda found: True)
    assert (stopped["state"], stopped["done"]) == ("RUNNING", written)
    assert await store.db.models.count_documents({}) == written

    # The lease runs out, here at once.
    await store.db.job_leases.update_one({"_id": job}, {"$set": {"until": moment() - timedelta(seconds=1)}})
    second = asyncio.create_task(SHEETS.worker(store).run(nats))
    done = await until(store, job, lambda found: not found["open"])
    await end([second])
    assert (done["state"], done["done"], done["counts"]["accepted"]) == ("DONE", ROWS, ROWS)
    titles = Counter([model["title"] async for model in store.db.models.find({}, {"title": 1})])
    assert titles == {f"Mô hình số {n}": 1 for n in range(ROWS)}
    assert await store.db.log.count_documents({"type": "event.registration.model-drafted.v1"}) == ROWS
    store.close()
    await nats.close()


async def test_job_is_done_by_one_of_two_workers(settings: Settings) -> None:
    store = Store(settings, "registration")
    nats = await client.connect(settings, "registration")
    job = await started(store)
    both = [asyncio.create_task(SHEETS.worker(store).run(nats)) for _ in range(2)]
    done = await until(store, job, lambda found: not found["open"])
    await end(both)
    assert (done["state"], done["counts"]["accepted"]) == ("DONE", ROWS)
    assert await store.db.models.count_documents({}) == ROWS
    store.close()
    await nats.close()
