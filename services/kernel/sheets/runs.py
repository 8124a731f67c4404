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
from services.kernel.sheets import apart, files, identity, jobs, values
from services.kernel.sheets.apart import BATCH, ReadRows
from services.kernel.sheets.columns import FATE, REASON, Column, Layout, Table
from services.kernel.sheets.identity import Identities
from services.kernel.sheets.jobs import Told
from services.kernel.sheets.judging import Outcome, contradicts, imported_before, repeats
from services.kernel.sheets.lines import Line
from services.kernel.sheets.messages import Fate, FileFormat, JobKind
from services.kernel.sheets.requests import Writing
from services.kernel.sheets.sheet import AnySheet, Attachment, Importer

LONGEST_TITLE = 200


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
        self._identities = Identities()

    async def result(self, folder: Path) -> str:
        """Does the job. Returns the id of the result file. `folder`: for files of this run."""
        if self._job["kind"] == JobKind.EXPORT:
            return await self._export(folder)
        return await self._import(folder)

    def _asking(self) -> tuple[Caller, Scope]:
        """The caller who started the job, with their present scope. A caller who has lost the role is refused."""
        caller = msgspec.convert(self._job["caller"], Caller)
        reads = self._job["kind"] == JobKind.EXPORT
        return caller, caller.scope(self._roles, today(), reads=reads)

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
        self._identities = await identity.compared(found.batches(), self._sheet.layout)
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
        contents = self._identities.contents
        keys = {n: jobs.row_key(self._job, contents[n]) for line in lines if (n := line.number) in contents}
        earlier = await jobs.imported_before(tx, keys)
        outcomes = {line.number: settled for line in lines if (settled := self._settled(line, earlier))}
        fresh = [line for line in lines if line.number not in outcomes]
        judged = await importer.judge(fresh, tx)
        if self._job["kind"] == JobKind.IMPORT:
            await importer.write(judged, tx)
        outcomes |= zip([line.number for line in fresh], judged, strict=True)
        rows = [(keys.get(n, ""), n, self._told(line, outcomes[n])) for line in lines for n in [line.number]]
        await jobs.write_rows(tx, self._job, rows)
        counts = {f"counts.{fate.lower()}": sum(one.fate is fate for *_, one in rows) for fate in Fate}
        await jobs.change(tx, self._job, {"row": last}, {"done": len(lines), **counts})

    def _settled(self, line: Line, earlier: Mapping[int, str]) -> Outcome[Any] | None:
        """The outcome of a row that needs no judging: another row, here or in an earlier import, has said it."""
        number, layout = line.number, self._sheet.layout
        if other := self._identities.contradicted.get(number):
            return contradicts(line, other, layout)
        if first := self._identities.repeated.get(number):
            return repeats(first)
        record = earlier.get(number)
        return imported_before(record) if record and line.text(layout.identified_by) in ("", record) else None

    def _told(self, line: Line, outcome: Outcome[Any]) -> Outcome[Any]:
        """The outcome to record. A check adds no record, so it names none."""
        written = self._job["kind"] == JobKind.IMPORT
        title = line.text(self._sheet.layout.named_by)[:LONGEST_TITLE] or outcome.title
        new = outcome.new and written
        record, version = (outcome.record, outcome.version) if written or not outcome.new else (None, None)
        fate = Fate.WARNING if line.notes and outcome.fate is Fate.ACCEPTED else outcome.fate
        return Outcome(fate, record, version, new, title, (*outcome.problems, *line.notes))

    async def _export(self, folder: Path) -> str:
        job, access, parts = self._job, self._reading(), self._parts()
        exporter = self._sheet.exporter(self._command, access)
        await self._note({"total": await exporter.count(), "done": 0})
        file = folder / job["name"]
        tables = [Table.of(part.title, part.columns) for part in parts]
        done = 0
        async with self._children, apart.child(Writing(file, self._command.format, tables)) as sheet:
            async for records in exporter.batches(BATCH):
                for place, part in enumerate(parts):
                    shown = await part.rows(records, access) if isinstance(part, Attachment) else records
                    rows = [[row.get(column.key) for column in part.columns] for row in shown]
                    await sheet.send((place, rows))
                done += len(records)
                await self._note({"done": done})
            await sheet.answer()
        return await self._keep(file, job["name"])

    def _parts(self) -> list[Layout | Attachment[Any]]:
        """The tables that the export writes, in the order of their worksheets."""
        layout, attachment = self._sheet.layout, self._sheet.attachment
        if attachment and attachment.alone(self._command):
            return [attachment]
        return [layout, attachment] if attachment and self._command.format is FileFormat.XLSX else [layout]

    async def _keep(self, file: Path, name: str) -> str:
        caller, scope = self._asking()
        return await files.keep(
            self._store, self._kind, file, name, self._job["unit"], caller=caller, scope=scope
        )

    async def _write_result(self, access: Access, found: ReadRows, into: Path) -> None:
        """Writes the columns that were read and each row's record, with its fate and the reasons beside it.

        A row that is imported again from this file is known by its record.
        """
        layout = self._sheet.layout
        shown = {*found.letters, layout.identified_by, layout.versioned_by}
        columns = [column for column in layout.columns if column.key in shown]
        _, headings, widths = Table.of(layout.title, columns)
        table = Table(layout.title, [*headings, FATE, REASON], [*widths, 24, 80])
        writing = Writing(into, FileFormat.XLSX, [table])
        async with self._children, apart.child(writing) as sheet:
            for lines in found.batches():
                told = await jobs.told(access, self._job["_id"], lines[0].number, lines[-1].number)
                await sheet.send((0, [self._as_told(line, columns, told.get(line.number)) for line in lines]))
            await sheet.answer()

    def _as_told(self, line: Line, columns: list[Column], told: Told | None) -> list[Any]:
        layout, cells = self._sheet.layout, dict(line.cells)
        told = told or Told()
        if told.record:
            cells[layout.identified_by] = told.record
            cells[layout.versioned_by] = told.version or cells.get(layout.versioned_by)
        shown = [_as_read(cells.get(column.key)) for column in columns]
        return [*shown, told.fate, f"Dòng {line.number}. {told.why}" if told.why else ""]

    async def _note(self, changed: Document) -> None:
        await self._store.transaction(lambda tx: jobs.change(tx, self._job, changed))


def _as_read(value: Any) -> Any:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    return values.text(value)
