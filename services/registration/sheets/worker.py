"""Does what was asked of sheets, in the background and in its asker's name: batch by batch, and each row once.

The rows that a batch wrote and how far the job has come are one transaction, so whoever takes over after a death goes
on behind the last row that was written. A file is read to its end before anything is done: a damaged one leaves
nothing.
"""

import asyncio
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from nats.aio.client import Client as Nats

from services.directory.units import Directory
from services.kernel import telemetry
from services.kernel.calendar import moment
from services.kernel.caller import Caller, Scope
from services.kernel.log.streams import nudge_subject
from services.kernel.messages import Refusal, Refused
from services.kernel.mongo.access import Access
from services.kernel.mongo.aggregates import new_id
from services.kernel.mongo.codec import from_document
from services.kernel.mongo.driver import Document, UpdateOne
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.units import UnitPath
from services.registration.models.domain import Model
from services.registration.models.messages import MODEL, ModelFilter
from services.registration.models.repository import Models
from services.registration.organisations.domain import Organisation
from services.registration.organisations.repository import Organisations
from services.registration.programmes import repository as programmes
from services.registration.programmes.domain import Programme
from services.registration.sheets import repository, values, writing
from services.registration.sheets.columns import COLUMNS, Column
from services.registration.sheets.domain import Asker, Known, Outcome, judge
from services.registration.sheets.messages import (
    FILE,
    Fate,
    FileFormat,
    JobKind,
    JobState,
    StartExport,
    StartImport,
)
from services.registration.sheets.reading import Line, opened
from services.registration.sheets.repository import WAITING

BATCH = 500
LEASE = timedelta(seconds=15)
GLANCE = 0.5
"""Seconds between looks for what waits."""
FATE, REASON = "Kết quả", "Lý do"


class Lost(Exception):  # noqa: N818
    """The job is not ours any more: cancelled, or taken over."""


class Worker:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._name = secrets.token_hex(12)

    async def run(self, nats: Nats) -> None:
        while True:
            job = await self._store.transaction(self._take)
            if job is None:
                await asyncio.sleep(GLANCE)
                continue
            try:
                await self._do(job, nats)
            except Lost:
                continue
            except Refused as refused:
                await self._end(job, JobState.FAILED, refused.refusal)
            except Exception:
                telemetry.log.exception("job failed", job=job["_id"])
                broken = Refusal(
                    code="job-broken",
                    fields=(),
                    vi="Lỗi hệ thống khi làm việc này; những dòng đã ghi vẫn được giữ. Xin báo cho người vận hành.",
                    en="Internal error in this job; rows that were written stay. Please tell the operator.",
                )
                await self._end(job, JobState.FAILED, broken)

    async def _take(self, tx: Transaction) -> Document | None:
        """The oldest that waits, or whose holder has died."""
        waiting = tx.unscoped(WAITING)
        async for job in waiting.find({"open": True}, sort=[("open", 1), ("_id", 1)], limit=100):
            if job["state"] == JobState.WAITING or job["until"] < tx.at:
                taken = {"state": JobState.RUNNING.value, "holder": self._name, "until": tx.at + LEASE}
                await waiting.write([UpdateOne({"_id": job["_id"]}, {"$set": taken, "$inc": {"version": 1}})])
                return {**job, **taken}
        return None

    async def _do(self, job: Document, nats: Nats) -> None:
        with tempfile.TemporaryDirectory(prefix="danvan-") as folder:
            if job["kind"] == JobKind.EXPORT:
                result = await self._export(job, Path(folder))
            else:
                result = await self._import(job, Path(folder), nats)
        await self._end(job, JobState.DONE, result=result)

    def _asking(self, job: Document) -> tuple[Caller, Scope]:
        """As of now: who has lost the role in the meantime is refused."""
        caller = msgspec.convert(job["caller"], Caller)
        roles = (StartExport if job["kind"] == JobKind.EXPORT else StartImport).roles
        return caller, caller.scope(roles, moment().date())

    def _reading(self, job: Document) -> Access:
        caller, scope = self._asking(job)
        return self._store.reading(caller, scope, moment())

    async def _import(self, job: Document, folder: Path, nats: Nats) -> str:
        file = folder / "file"
        access = self._reading(job)
        await repository.fetch(access, await repository.file_of(access, job["file"]), file)
        total = await asyncio.to_thread(_rows_in, file, job["name"])
        await self._note(job, {"total": total})
        known = await self._known(job, access)
        async with _Reading(opened(file, job["name"])) as sheet:
            lines = sheet.lines()
            row = int(job["row"])
            while batch := await asyncio.to_thread(_next, lines, row):
                await self._batch(job, batch, sheet.columns, known)
                row = batch[-1].number
                with suppress(Exception):  # lost nudges are made up for
                    await nats.publish(nudge_subject(self._store.service))
        result = folder / "result.xlsx"
        await self._write_result(job, access, file, result)
        return await self._keep(job, result, f"{Path(job['name']).stem}-ket-qua.xlsx")

    async def _known(self, job: Document, access: Access) -> Known:
        """The unit's organisations and their units; and what the same file has brought before."""
        unit = UnitPath(job["unit"]).unit
        found = Organisations.seen(access).find({"within": unit})
        owners = {one["_id"]: from_document(one, Organisation) async for one in found}
        units = await Directory(access).many(list({UnitPath(owner.unit).unit for owner in owners.values()}))
        known = Known(owners=owners, units={one.id: one for one in units})
        if job["kind"] == JobKind.IMPORT:
            known.earlier = await repository.imported_before(access, job["digest"])
        return known

    async def _batch(self, job: Document, lines: list[Line], letters: dict[str, str], known: Known) -> None:
        checked = job["kind"] == JobKind.CHECK
        keys = [new_id(MODEL) for _ in lines]

        async def work(tx: Transaction) -> None:
            known.models = await self._models(lines, tx)
            known.programmes = await _programmes(lines, known.models, tx)
            caller = tx.caller
            asker = Asker(id=caller.id, own=caller.selves(tx.today), today=tx.today, at=tx.at)
            outcomes = [
                judge(line, letters, known, asker, key=key, submit=job["submit"])
                for line, key in zip(lines, keys, strict=True)
            ]
            if not checked:
                await self._write(outcomes, tx)
            told = [_as_checked(one) for one in outcomes] if checked else outcomes
            await repository.write_rows(tx, job, told, tx.at + repository.KEPT)
            counts = {fate: sum(one.fate is fate for one in outcomes) for fate in Fate}
            await self._moved(
                job,
                tx,
                {"row": lines[-1].number, "until": tx.at + LEASE},
                {"done": len(lines), **{f"counts.{fate.lower()}": many for fate, many in counts.items()}},
            )

        caller, scope = self._asking(job)
        await self._store.transaction(work, caller=caller, scope=scope)

    async def _models(self, lines: list[Line], tx: Transaction) -> dict[str, Model]:
        ids = [values.text(line.cells["model"]) for line in lines if "model" in line.cells]
        if not ids:
            return {}
        found = Models.seen(tx).find({"_id": {"$in": ids}})
        return {one["_id"]: from_document(one, Model) async for one in found}

    async def _write(self, outcomes: list[Outcome], tx: Transaction) -> None:
        models = Models(tx)
        made = [one.made for one in outcomes if one.made]
        if made:
            await models.add_many(made)
        for one in outcomes:
            for change in one.changes:
                await models.update(str(one.model), change)

    async def _export(self, job: Document, folder: Path) -> str:
        access = self._reading(job)
        filter_ = msgspec.convert(job["filter"], ModelFilter)
        wanted = {k: v for k, v in msgspec.structs.asdict(filter_).items() if v is not None}
        if "unit" in wanted:
            wanted["within"] = wanted.pop("unit")
        seen = Models.seen(access)
        await self._note(job, {"total": await seen.count(wanted)})
        headings = [column.heading for column in COLUMNS]
        file = folder / job["name"]
        writer = (
            writing.comma_separated(file, headings)
            if job["format"] == FileFormat.CSV
            else writing.workbook(file, headings, [column.width for column in COLUMNS])
        )
        owners: dict[str, str] = {}
        async with _Reading(writer) as sheet:
            last: str | None = None
            while True:
                beyond = {**wanted, **({"_id": {"$lt": last}} if last else {})}
                found = seen.find(beyond, sort=[("_id", -1)], limit=BATCH)
                models = [from_document(one, Model) async for one in found]
                if not models:
                    break
                missing = {model.owner for model in models} - owners.keys()
                named = Organisations.seen(access).find({"_id": {"$in": list(missing)}}, {"name": 1})
                owners |= {one["_id"]: one["name"] async for one in named}
                plain = job["format"] == FileFormat.CSV
                rows = [
                    writing.row(model, owners.get(model.owner, model.owner), plain=plain) for model in models
                ]
                await asyncio.to_thread(_write_rows, sheet, rows)
                last = models[-1].id
                await self._note(job, {}, {"done": len(models)})
        return await self._keep(job, file, job["name"])

    async def _keep(self, job: Document, file: Path, name: str) -> str:
        """The file in parts, as the asker's own."""
        key = new_id(FILE)
        caller, scope = self._asking(job)
        parts = repository.cut(await asyncio.to_thread(file.read_bytes))
        for number, data in enumerate(parts):

            async def store(tx: Transaction, number: int = number, data: bytes = data) -> None:
                await repository.store_part(tx, key, number, data)

            await self._store.transaction(store, caller=caller, scope=scope)

        async def close(tx: Transaction) -> None:
            await repository.close_file(tx, key, name, job["unit"], uploaded=False, keep=repository.UNUSED)

        await self._store.transaction(close, caller=caller, scope=scope)
        return key

    async def _write_result(self, job: Document, access: Access, file: Path, into: Path) -> None:
        """The columns that were read, as they stood there, with what became of each row beside it."""
        async with _Reading(opened(file, job["name"])) as sheet:
            columns = [column for column in COLUMNS if column.key in sheet.columns]
            headings = [*(column.heading for column in columns), FATE, REASON]
            widths = [*(column.width for column in columns), 24, 80]
            async with _Reading(writing.workbook(into, headings, widths)) as result:
                lines = sheet.lines()
                row = 0
                while batch := await asyncio.to_thread(_next, lines, row):
                    told = await repository.told(access, job["_id"], batch[0].number, batch[-1].number)
                    await asyncio.to_thread(
                        _write_rows, result, [_with(line, columns, told) for line in batch]
                    )
                    row = batch[-1].number
                    await self._note(job, {})

    async def _note(self, job: Document, changed: Document, more: dict[str, int] | None = None) -> None:
        async def work(tx: Transaction) -> None:
            await self._moved(job, tx, {"until": tx.at + LEASE, **changed}, more or {})

        await self._store.transaction(work)

    async def _moved(self, job: Document, tx: Transaction, changed: Document, more: dict[str, int]) -> None:
        ours = {"_id": job["_id"], "holder": self._name, "state": JobState.RUNNING.value}
        waiting = tx.unscoped(WAITING)
        if await waiting.find_one(ours) is None:
            raise Lost
        await waiting.write([UpdateOne(ours, {"$set": changed, "$inc": {"version": 1, **more}})])

    async def _end(
        self, job: Document, state: JobState, why: Refusal | None = None, result: str | None = None
    ) -> None:
        async def work(tx: Transaction) -> None:
            ended: Document = {"state": state.value, "open": False, "ended_at": tx.at, "result": result}
            if why:
                ended |= {"problem_code": why.code, "problem_vi": why.vi, "problem_en": why.en}
            await self._moved(job, tx, ended, {})

        with suppress(Lost):
            await self._store.transaction(work)


class _Reading:
    """A context of files, entered and left in a thread: that may take seconds, and others are waiting."""

    def __init__(self, context: AbstractContextManager[Any]) -> None:
        self._context = context

    async def __aenter__(self) -> Any:
        return await asyncio.to_thread(self._context.__enter__)

    async def __aexit__(self, *error: Any) -> bool | None:
        return await asyncio.to_thread(self._context.__exit__, *error)


async def _programmes(lines: list[Line], models: dict[str, Model], tx: Transaction) -> dict[str, Programme]:
    """Those that the lines name, and those that the models belong to."""
    named = {values.text(line.cells["programme"]) for line in lines if "programme" in line.cells}
    joined = {model.programme for model in models.values() if model.programme}
    return {one.id: one for one in await programmes.called(tx, named | joined, named)}


def _rows_in(file: Path, name: str) -> int:
    with opened(file, name) as sheet:
        return sum(1 for _ in sheet.lines())


def _next(lines: Iterator[Line], after: int) -> list[Line]:
    return list(islice((line for line in lines if line.number > after), BATCH))


def _as_checked(outcome: Outcome) -> Outcome:
    """Nothing was made: there is no model to name."""
    made = outcome.made is not None
    return Outcome(
        outcome.number, outcome.fate, outcome.title, None if made else outcome.model, outcome.problems
    )


def _with(line: Line, columns: list[Column], told: dict[int, tuple[str, str]]) -> list[Any]:
    fate, why = told.get(line.number, ("", ""))
    cells = [_plain(line.cells.get(column.key)) for column in columns]
    return [*cells, fate, f"Dòng {line.number}. {why}" if why else ""]


def _plain(value: Any) -> Any:
    return (
        value
        if isinstance(value, int | float) and not isinstance(value, bool)
        else (None if value is None else values.text(value))
    )


def _write_rows(sheet: writing.Writer, rows: list[list[Any]]) -> None:
    for row in rows:
        sheet.write(row)
