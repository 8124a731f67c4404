"""One job that a worker holds: a check, an import or an export, in the name of the caller who started it."""

from asyncio import Semaphore
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from nats.aio.client import Client as Nats

from services.kernel.calendar import moment, today
from services.kernel.caller import Caller, Scope
from services.kernel.kinds import Kind
from services.kernel.log.streams import nudge_subject
from services.kernel.mongo.access import Access
from services.kernel.mongo.driver import Document, PyMongoError, is_transient
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.sheets import apart, files, jobs, values
from services.kernel.sheets.apart import BATCH, ReadRows
from services.kernel.sheets.columns import Column
from services.kernel.sheets.judging import Outcome, imported_before
from services.kernel.sheets.lines import Line
from services.kernel.sheets.messages import Fate, FileFormat, JobKind
from services.kernel.sheets.requests import Writing
from services.kernel.sheets.sheet import AnySheet, Importer

LONGEST_TITLE = 200
FATE, REASON = "Kết quả", "Lý do"


class Run:
    """`children`: the seats of child processes that this worker may have at a time."""

    def __init__(
        self, store: Store, kind: Kind, sheet: AnySheet, job: Document, children: Semaphore, nats: Nats
    ) -> None:
        self._store, self._kind, self._sheet, self._job = store, kind, sheet, job
        self._children, self._nats = children, nats
        type_ = sheet.exports if job["kind"] == JobKind.EXPORT else sheet.imports
        self._roles = type_.roles
        self._command = msgspec.convert(job["command"], type_)

    async def result(self, folder: Path) -> str:
        """Does the job. Returns the id of the result file. `folder`: for files of this run."""
        if self._job["kind"] == JobKind.EXPORT:
            return await self._export(folder)
        return await self._import(folder)

    def _asking(self) -> tuple[Caller, Scope]:
        """The caller who started the job, with their present scope. A caller who has lost the role is refused."""
        caller = msgspec.convert(self._job["caller"], Caller)
        return caller, caller.scope(self._roles, today())

    def _reading(self) -> Access:
        return self._store.reading(*self._asking(), moment())

    async def _import(self, folder: Path) -> str:
        job = self._job
        access = self._reading()
        file = folder / "file"
        await files.fetch(access, await files.get(access, job["file"]), file)
        async with self._children:
            found = await apart.read(file, self._sheet.layout, folder / "rows")
        await self._note({"total": found.total})
        importer = await self._sheet.importer(self._command, job["unit"], access)
        for lines in found.batches(after=int(job["row"])):
            await self._batch(lines, importer)
            with suppress(Exception):  # the sequencer finds new events without a nudge, only later
                await self._nats.publish(nudge_subject(self._store.service))
        result = folder / "result.xlsx"
        await self._write_result(access, found, result)
        return await self._keep(result, f"{Path(job['name']).stem}-ket-qua.xlsx")

    async def _batch(self, lines: list[Line], importer: Importer[Any]) -> None:
        """Judges and writes rows in one transaction; in two when one takes longer than a transaction may."""
        caller, scope = self._asking()
        try:
            await self._store.transaction(
                lambda tx: self._judge(lines, importer, tx), caller=caller, scope=scope
            )
        except PyMongoError as error:
            if not is_transient(error) or len(lines) == 1:
                raise
            half = len(lines) // 2
            await self._batch(lines[:half], importer)
            await self._batch(lines[half:], importer)

    async def _judge(self, lines: list[Line], importer: Importer[Any], tx: Transaction) -> None:
        last = lines[-1].number
        if (await jobs.held(tx, self._job))["row"] >= last:
            return  # committed by an attempt whose answer was lost
        keys = {line.number: jobs.row_key(self._job, line) for line in lines}
        earlier = await jobs.imported_before(tx, keys)
        fresh = [line for line in lines if line.number not in earlier]
        outcomes = dict(zip([line.number for line in fresh], await importer.judge(fresh, tx), strict=True))
        if self._job["kind"] == JobKind.IMPORT:
            await importer.write(list(outcomes.values()), tx)
        rows = [(keys[line.number], line.number, self._told(line, outcomes, earlier)) for line in lines]
        await jobs.write_rows(tx, self._job, rows)
        counts = {f"counts.{fate.lower()}": sum(one.fate is fate for *_, one in rows) for fate in Fate}
        await jobs.change(tx, self._job, {"row": last}, {"done": len(lines), **counts})

    def _told(
        self, line: Line, outcomes: Mapping[int, Outcome[Any]], earlier: Mapping[int, str]
    ) -> Outcome[Any]:
        """The outcome to record. A check adds no record, so it names none."""
        outcome = outcomes.get(line.number) or imported_before(earlier[line.number])
        written = self._job["kind"] == JobKind.IMPORT
        title = line.text(self._sheet.layout.named_by)[:LONGEST_TITLE] or outcome.title
        new = outcome.new and written
        record = outcome.record if written or not outcome.new else None
        return Outcome(outcome.fate, record, new, title, outcome.problems)

    async def _export(self, folder: Path) -> str:
        job, layout = self._job, self._sheet.layout
        exporter = self._sheet.exporter(self._command, self._reading())
        await self._note({"total": await exporter.count(), "done": 0})
        file = folder / job["name"]
        writing = Writing(file, self._command.format, layout.title, layout.headings, layout.widths)
        done = 0
        async with self._children, apart.child(writing) as sheet:
            async for records in exporter.batches(BATCH):
                await sheet.send(
                    [[record.get(column.key) for column in layout.columns] for record in records]
                )
                done += len(records)
                await self._note({"done": done})
            await sheet.answer()
        return await self._keep(file, job["name"])

    async def _keep(self, file: Path, name: str) -> str:
        caller, scope = self._asking()
        return await files.keep(
            self._store, self._kind, file, name, self._job["unit"], caller=caller, scope=scope
        )

    async def _write_result(self, access: Access, found: ReadRows, into: Path) -> None:
        """Writes the columns that were read, with the fate of each row and the reasons beside it."""
        layout = self._sheet.layout
        columns = [column for column in layout.columns if column.key in found.letters]
        headings = [*(column.heading for column in columns), FATE, REASON]
        widths = [*(column.width for column in columns), 24, 80]
        writing = Writing(into, FileFormat.XLSX, layout.title, headings, widths)
        async with self._children, apart.child(writing) as sheet:
            for lines in found.batches():
                reasons = await jobs.reasons(access, self._job["_id"], lines[0].number, lines[-1].number)
                await sheet.send([_with_reason(line, columns, reasons) for line in lines])
            await sheet.answer()

    async def _note(self, changed: Document) -> None:
        await self._store.transaction(lambda tx: jobs.change(tx, self._job, changed))


def _with_reason(line: Line, columns: list[Column], reasons: Mapping[int, tuple[str, str]]) -> list[Any]:
    fate, why = reasons.get(line.number, ("", ""))
    cells = [_as_read(line.cells.get(column.key)) for column in columns]
    return [*cells, fate, f"Dòng {line.number}. {why}" if why else ""]


def _as_read(value: Any) -> Any:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    return values.text(value)
