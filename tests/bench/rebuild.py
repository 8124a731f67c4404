"""Events per second when a long log is numbered, read by all services, and counted again from its first event."""

import asyncio
import random
import time
from datetime import date, timedelta
from typing import Any

from infra.operate.operator import OPERATOR, asking
from infra.operate.positions import positions, settled
from services.kernel.calendar import moment
from services.kernel.config import Settings
from services.kernel.credentials import OPERATOR_USER
from services.kernel.log import streams
from services.kernel.log.streams import nudge_subject
from services.kernel.messaging import client
from services.kernel.mongo.driver import Database
from services.kernel.mongo.repository import new_id
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.units import UnitLevel
from services.movement.words import Field, Level, SubjectKind
from services.registration.models.messages import MODEL, ModelAccepted
from services.registration.units.national import national_units
from services.reporting.generations import generations
from services.reporting.messages import RebuildCounters
from tests.bench.stage import TOWN, out, stage, table

EVENTS = 30_000
AT_ONCE = 1_000
PROVINCE = "u42"


async def measure(events: int = EVENTS) -> None:
    shown = table(
        f"{events:,} acceptances, over the communes of one province", "", "seconds", "events a second"
    )
    async with stage() as made:
        store = Store(made.settings, "registration", user=OPERATOR_USER)
        reporting = Store(made.settings, "reporting", user=OPERATOR_USER)
        try:
            before = (await settled(made.settings)).heads["registration"]
            await _hold_back(store.db)
            begun = time.perf_counter()
            await _fill(store, events)
            _row(shown, "written to the log by the bench", begun, events)

            begun = time.perf_counter()
            await _let_go(store.db, made.settings)
            await _appended(made.settings, before + events)
            _row(shown, "numbered, appended (sync always)", begun, events)
            while (await positions(made.settings)).cursors["counters-1/registration"] < before + events:
                await asyncio.sleep(0.01)
            _row(shown, "… and counted meanwhile", begun, events)
            await settled(made.settings)
            _row(shown, "… and reviews opened, passed by all readers", begun, events)

            await asyncio.sleep(2)
            heads = (await positions(made.settings)).heads
            begun = time.perf_counter()
            async with asking(made.settings) as services:
                generation = await services.ask(RebuildCounters(), OPERATOR, int, key="bench/rebuild")
            while (await generations(reporting.ours())).current == generation:
                await asyncio.sleep(0.01)
            _row(shown, "counted again: events of facts", begun, events)
            _row(shown, "… all events of the log", begun, sum(heads.values()))
        finally:
            store.close()
            reporting.close()
    out.print(shown)


def _row(shown: Any, name: str, begun: float, events: int) -> None:
    took = time.perf_counter() - begun
    shown.add_row(name, f"{took:.2f}", f"{events / took:,.0f}")


async def _hold_back(db: Database) -> None:
    """Takes the sequencer's lease, so that no event is numbered meanwhile."""
    until = moment() + timedelta(hours=1)
    await db.sequencer.update_one({"_id": "head"}, {"$set": {"holder": "bench", "until": until}})


async def _let_go(db: Database, settings: Settings) -> None:
    await db.sequencer.update_one({"_id": "head"}, {"$set": {"until": moment() - timedelta(hours=1)}})
    connection = await client.connect(settings, "registration")
    await connection.publish(nudge_subject("registration"))
    await connection.close()


async def _fill(store: Store, events: int) -> None:
    at_once = min(events, AT_ONCE)
    dice = random.Random(2018)
    day = date(2018, 6, 15)
    paths = [
        spell.path
        for unit in national_units()
        if (spell := unit.at(day)) and spell.level is UnitLevel.COMMUNE and f"/{PROVINCE}/" in spell.path
    ]

    async def write(tx: Transaction) -> None:
        for _ in range(at_once):
            tx.log(
                ModelAccepted(
                    key=new_id(MODEL),
                    version=3,
                    at=tx.at,
                    unit=dice.choice(paths),
                    owner=TOWN,
                    title="Đoạn đường nông thôn mới kiểu mẫu tổ dân phố 7",
                    field=dice.choice(list(Field)),
                    subject_kind=dice.choice(list(SubjectKind)),
                    level=Level.COMMUNE,
                    written_by=("bench-officer",),
                    on=date(2018, 1, 1) + timedelta(days=dice.randrange(365)),
                )
            )

    for _ in range(events // at_once):
        await store.transaction(write)


async def _appended(settings: Settings, last: int) -> None:
    connection = await client.connect(settings, OPERATOR_USER)
    while await streams.last(connection.jetstream(), "registration") < last:
        await asyncio.sleep(0.01)
    await connection.close()
