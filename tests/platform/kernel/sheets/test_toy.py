"""A second service gets files, check, import, result and export by declaring one sheet: on real servers."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx
import pytest
import pytest_asyncio
from nats.aio.client import Client as Nats
from openpyxl import load_workbook

from infra.operate.operator import asking
from infra.run.embedded import MongoServer, NatsServer
from infra.run.ports import LOOPBACK, listening, port_of
from infra.run.provision import provision
from infra.run.stack import environment, serving
from infra.secure.credentials import make_secrets
from infra.secure.rights import nats_rights
from services.kernel.calendar import moment
from services.kernel.caller import Caller, Grant, Scope
from services.kernel.config import Settings
from services.kernel.credentials import OPERATOR_USER
from services.kernel.messages import Command, Refused, Role
from services.kernel.messaging.client import Client, connect
from services.kernel.mongo.repository import new_id
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.process import end
from services.kernel.rows import Rows
from services.kernel.sheets import mount, worker
from services.kernel.sheets.apart import BATCH
from services.kernel.sheets.messages import FileData, FileFormat
from services.kernel.sheets.mount import Sheets
from services.kernel.units import COUNTRY
from tests.platform.kernel.sheets import gated, toy, trees
from tests.platform.kernel.sheets.gated import GATE
from tests.waiting import DEADLINE

ANN = Caller(id="ann", name="Ann", grants=(Grant(role=Role.OFFICER, unit=COUNTRY),))
BOB = Caller(id="bob", name="Bob", grants=(Grant(role=Role.OFFICER, unit=COUNTRY),))
JOB = ("kind", "state", "done", "total", "counts", "result", "problem_code")
ROW = ("number", "fate", "title", "record", "problems")


@pytest_asyncio.fixture
async def settings(tmp_path: Path) -> AsyncGenerator[Settings, None]:
    async with toy_servers(tmp_path) as made:
        yield made


@contextlib.asynccontextmanager
async def toy_servers(folder: Path) -> AsyncGenerator[Settings, None]:
    """Servers on which the toy is the only service: its rights and indexes follow from its table."""
    services = {"toy": trees.TABLE}
    secrets = folder / "secrets"
    make_secrets(secrets, nats_rights(services), services)
    mongo, nats = MongoServer(folder / "mongo", secrets), NatsServer(folder / "nats", secrets)
    with contextlib.ExitStack() as servers:
        for server in (mongo, nats):
            servers.callback(server.stop)
            await asyncio.to_thread(server.start)
        made = Settings(nats_url=nats.url, mongo_url=mongo.url, var=folder, secrets=secrets)
        await provision(made, users=True, services=services)
        yield made


@contextlib.asynccontextmanager
async def process(settings: Settings, module: str) -> AsyncGenerator[asyncio.subprocess.Process, None]:
    """The service as a process of its own. `TOY_GATE`: the file that opens the gate."""
    environment_ = {**environment(settings, "toy"), "TOY_GATE": str(settings.var / GATE)}
    with listening() as listener:
        descriptor = listener.fileno()
        running = await asyncio.create_subprocess_exec(
            *serving(module, "--fd", str(descriptor)), env=environment_, pass_fds=(descriptor,)
        )
        try:
            async with asyncio.timeout(DEADLINE), httpx.AsyncClient() as http:
                while not await _is_healthy(http, port_of(listener)):
                    await asyncio.sleep(0.05)
            yield running
        finally:
            with contextlib.suppress(ProcessLookupError):
                running.kill()
            await running.wait()


async def _is_healthy(http: httpx.AsyncClient, port: int) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return (await http.get(f"http://{LOOPBACK}:{port}/healthz")).is_success
    return False


class Forester:
    """A caller of the toy service."""

    def __init__(self, services: Client, caller: Caller = ANN) -> None:
        self._services, self._caller = services, caller

    async def does(self, command: Command) -> dict[str, Any]:
        row: dict[str, Any] = await self._services.ask(command, self._caller, dict, key=token_hex(12))
        return row

    async def uploads(self, data: bytes) -> str:
        file = new_id(toy.FILE)
        await self.does(
            toy.StoreFilePart(file=file, unit=COUNTRY, name="a.csv", number=0, data=data, last=True)
        )
        return file

    async def imports(self, file: str, *, check: bool = False) -> str:
        return str((await self.does(toy.ImportTrees(file=file, check=check)))["id"])

    async def job(self, job: str) -> dict[str, Any]:
        query = toy.JobsById(keys=(job,), fields={name: name for name in JOB if name != "counts"})
        (row,) = (await self._services.ask(query, self._caller, Rows)).read()
        assert row
        return row

    async def until(self, job: str, *, done: int | None = None) -> dict[str, Any]:
        """The job once it has ended, or has done so many rows."""
        async with asyncio.timeout(DEADLINE):
            while True:
                row = await self.job(job)
                if row["state"] not in ("WAITING", "RUNNING") or row["done"] == done:
                    return row
                await asyncio.sleep(0.02)

    async def rows(self, job: str) -> list[dict[str, Any]]:
        query = toy.JobRows(job=job, first=100, fields={name: name for name in ROW if name != "problems"})
        return [row for row in (await self._services.ask(query, self._caller, Rows)).read() if row]

    async def downloads(self, file: str) -> bytes:
        data, number = b"", 0
        while part := await self._services.ask(
            toy.FilePart(file=file, number=number),
            self._caller,
            FileData | None,  # type: ignore[arg-type]
        ):
            data += part.data
            number += 1
        return data


def listed(*names: str, height: str = "12") -> bytes:
    return "\r\n".join(["Tên cây,Cao (m)", *(f"{name},{height}" for name in names)]).encode()


async def planted(settings: Settings) -> Counter[str]:
    store = Store(settings, "toy", user=OPERATOR_USER)
    names = Counter([tree["name"] async for tree in store.db.trees.find({}, {"name": 1})])
    assert await store.db.log.count_documents({}) == names.total()
    store.close()
    return names


async def test_sheet_is_checked_imported_once_and_exported(settings: Settings, tmp_path: Path) -> None:
    async with process(settings, trees.__name__), asking(settings) as services:
        ann = Forester(services)
        data = listed("Đa", "Gạo", "", "Đa") + "\r\nSến,101\r\nLim,\r\n".encode()
        file = await ann.uploads(data)
        checked = await ann.until(await ann.imports(file, check=True))
        assert (checked["kind"], checked["state"], checked["done"], checked["total"]) == (
            "CHECK",
            "DONE",
            6,
            6,
        )
        assert await planted(settings) == {}

        first = await ann.imports(file)
        imported = await ann.until(first)
        rows = await ann.rows(first)
        assert [(row["number"], row["fate"]) for row in rows] == [
            (2, "ACCEPTED"),
            (3, "ACCEPTED"),
            (4, "ERROR"),
            (5, "UNCHANGED"),
            (6, "ERROR"),
            (7, "ACCEPTED"),
        ]
        assert await planted(settings) == {"Đa": 1, "Gạo": 1, "Lim": 1}

        (tmp_path / "result.xlsx").write_bytes(await ann.downloads(imported["result"]))
        table = list(load_workbook(tmp_path / "result.xlsx").worksheets[0].iter_rows(values_only=True))
        assert table[0] == ("Tên cây", "Cao (m)", "Kết quả", "Lý do")
        assert "A4: Thiếu “Tên cây”." in str(table[3])
        assert "B6: Không có cây nào cao thế." in str(table[5])

        # In another order, in another form, with a corrected row and a new one: only these two are added.
        data = "Cao (m);Tên cây\r\n;Lim\r\n12,0;Gạo\r\n12;Đa\r\n12;Bàng\r\n100;Sến\r\n".encode()
        again = await ann.imports(await ann.uploads(data))
        await ann.until(again)
        lim, gạo, đa, bàng, sến = await ann.rows(again)
        assert [row["fate"] for row in (lim, gạo, đa, bàng, sến)] == ["UNCHANGED"] * 3 + ["ACCEPTED"] * 2
        assert [row["record"] for row in (lim, gạo, đa)] == [rows[n]["record"] for n in (5, 1, 0)]

        started = await ann.does(toy.ExportTrees(unit=COUNTRY, format=FileFormat.CSV))
        exported = await ann.until(started["id"])
        lines = (await ann.downloads(exported["result"])).decode("utf-8-sig").splitlines()
        assert sorted(lines[1:]) == ["Bàng,12", "Gạo,12", "Lim,0", "Sến,100", "Đa,12"]

        with pytest.raises(Refused) as refused:
            await Forester(services, BOB).downloads(file)
        assert refused.value.refusal.code == "file-not-found"
        template = await services.ask(toy.Template(sheet="trees"), ANN, FileData)
        assert template.name == "mau-cay.xlsx"


async def test_import_goes_on_after_its_process_is_killed(settings: Settings) -> None:
    names = (
        [f"Cây {number}" for number in range(BATCH)]
        + [GATE]
        + [f"Cây {number + BATCH}" for number in range(9)]
    )
    async with asking(settings) as services:
        ann = Forester(services)
        async with process(settings, gated.__name__) as killed:
            job = await ann.imports(await ann.uploads(listed(*names)))
            await ann.until(job, done=BATCH)
            killed.kill()
            await killed.wait()
        assert sum((await planted(settings)).values()) == BATCH
        store = Store(settings, "toy", user=OPERATOR_USER)
        # Nobody waits for the lease to run out.
        await store.db.job_leases.update_one({"_id": job}, {"$set": {"until": moment() + timedelta(days=1)}})
        store.close()
        (settings.var / GATE).touch()
        async with process(settings, gated.__name__):
            done = await ann.until(job)
            assert (done["state"], done["done"], done["total"]) == ("DONE", len(names), len(names))
            assert await planted(settings) == dict.fromkeys(names, 1)
            assert (await ann.downloads(done["result"])).startswith(b"PK")


class InProcess:
    """The gated toy, or the toy with another sheet, without a process of its own: workers run as tasks of the test."""

    def __init__(self, settings: Settings, store: Store, nats: Nats) -> None:
        self.settings, self.store, self._nats = settings, store, nats
        self.sheet = gated.GATED

    @property
    def sheets(self) -> Sheets:
        return Sheets(toy, self.sheet, path_of=trees.path_of)

    async def does(self, work: Any, caller: Caller = ANN) -> Any:
        return await self.store.transaction(work, caller=caller, scope=Scope(frozenset({COUNTRY})))

    async def starts(self, data: bytes, caller: Caller = ANN) -> str:
        async def work(tx: Transaction) -> str:
            file = new_id(toy.FILE)
            part = toy.StoreFilePart(file=file, unit=COUNTRY, name="a.csv", number=0, data=data, last=True)
            await self.sheets.store_file_part(part, tx)
            command = toy.ImportTrees(file=file, check=False)
            return str((await self.sheets.start_import(self.sheet, command, tx))["id"])

        return str(await self.does(work, caller))

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncGenerator[None, None]:
        task = asyncio.create_task(self.sheets.worker(self.store).run(self._nats))
        try:
            yield
        finally:
            await end([task])

    async def ended(self, job: str) -> dict[str, Any]:
        async with asyncio.timeout(DEADLINE):
            while (found := await self.store.db.jobs.find_one({"_id": job})) is None or found["open"]:
                await asyncio.sleep(0.02)
            return found


@contextlib.asynccontextmanager
async def in_process(settings: Settings, kind: type[Store] = Store) -> AsyncGenerator[InProcess, None]:
    store, nats = kind(settings, "toy"), await connect(settings, "toy")
    yield InProcess(settings, store, nats)
    store.close()
    await nats.close()


async def test_lease_is_renewed_while_a_batch_is_judged(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "RENEWED", 0.05)
    monkeypatch.setenv("TOY_GATE", str(settings.var / GATE))
    async with in_process(settings) as service:
        job = await service.starts(listed(GATE, "Đa"))
        async with service.working(), asyncio.timeout(DEADLINE):
            leases: set[Any] = set()
            while len(leases) < 3:
                lease = await service.store.db.job_leases.find_one({"_id": job})
                leases |= {lease["until"]} if lease else set()
                await asyncio.sleep(0.02)
            (settings.var / GATE).touch()
            assert (await service.ended(job))["state"] == "DONE"
    assert await planted(settings) == {GATE: 1, "Đa": 1}


@pytest.mark.lists
async def test_files_that_jobs_have_read_do_not_count(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mount, "MOST_FILES", 2)
    async with in_process(settings) as service:
        async with service.working():
            for name in ("Đa", "Gạo", "Lim", "Sến"):
                assert (await service.ended(await service.starts(listed(name))))["state"] == "DONE"
        kept = {"uploaded": True, "state": "COMPLETE"}
        assert await service.store.db.files.count_documents(kept) == 3
        for name in ("Bàng", "Sưa"):
            await service.starts(listed(name))
        assert await service.store.db.files.count_documents(kept) == 4
        with pytest.raises(Refused) as refused:
            await service.starts(listed("Mít"))
        assert refused.value.refusal.code == "too-many-files"


class Forgetful(Store):
    """Runs each transaction of a caller twice, as after a commit whose answer is lost."""

    async def transaction(self, work: Any, **how: Any) -> Any:
        first = await super().transaction(work, **how)
        return await super().transaction(work, **how) if "caller" in how else first


async def test_batch_whose_commit_has_no_answer_is_written_once(settings: Settings) -> None:
    async with in_process(settings) as service:
        job = await service.starts(listed("Đa", "Gạo"))
    async with in_process(settings, Forgetful) as service, service.working():
        done = await service.ended(job)
    assert (done["state"], done["done"], done["counts"]["accepted"]) == ("DONE", 2, 2)
    assert await planted(settings) == {"Đa": 1, "Gạo": 1}
