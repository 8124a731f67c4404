"""Seconds to check, import and export a list of 20,000 models, and whether memory grows with the length of a list."""

import asyncio
import io
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import xlsxwriter

from infra.operate.positions import settled
from services.kernel.caller import EVERYTHING, OURSELVES
from services.kernel.messages import Role
from services.kernel.mongo.repository import new_id
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.sheets.apart import BATCH
from services.kernel.sheets.reading import opened
from services.kernel.units import UnitLevel
from services.registration.models.messages import MODEL
from services.registration.models.repository import Models
from services.registration.sheets.columns import LAYOUT
from tests import values
from tests.bench.memory import resident
from tests.bench.stage import TOWN, Http, Stage, out, stage, table

ROWS = 20_000
PROCESS = "registration-readers"
"""Runs the jobs."""
SMALL, LARGE = 5_000, 50_000
"""Rows of lists that are only checked: the memory of the process depends on nothing but their length."""
HEADINGS = (
    "Tổ chức chủ trì",
    "Tên mô hình",
    "Lĩnh vực",
    "Tập thể, cá nhân",
    "Địa điểm",
    "Tóm tắt",
    "Ngày lập",
)
SUMMARY = "Hiến đất mở đường, trồng hoa hai bên, mỗi hộ giữ sạch đoạn trước nhà."
JOB = "query($id: ID!) { node(id: $id) { ... on SheetJob { state done counts { accepted error } result problemVi } } }"
START = """mutation($k: String!, $i: %sInput!) {
  %s(idempotencyKey: $k, input: $i) { ... on SheetJob { id } ... on Refusal { code } }
}"""


async def measure(rows: int = ROWS, small: int = SMALL, large: int = LARGE) -> None:
    data = workbook(rows)
    shown = table(
        f"A list of {rows:,} models, {len(data) / 1e6:.1f} MB",
        "",
        "seconds",
        "rows/s",
        f"{PROCESS} RSS, MB",
    )
    async with stage() as made:
        officer = made.person(Role.OFFICER)
        memory = resident(made.stack)[PROCESS][0]
        shown.add_row("before", "", "", f"{memory:.0f}")
        sent = await upload(made, data)
        short, long = [await upload(made, workbook(length)) for length in (small, large)]
        for what, name, input_ in (
            (f"checked, {small:,} rows", "StartImport", {"file": short, "check": True}),
            (f"checked, {large:,} rows", "StartImport", {"file": long, "check": True}),
            ("checked", "StartImport", {"file": sent, "check": True}),
            ("imported", "StartImport", {"file": sent, "check": False}),
            ("exported", "StartExport", {"filter": {"unit": TOWN}, "format": "XLSX"}),
        ):
            took, done = await job(officer, made, name, input_)
            memory = resident(made.stack)[PROCESS][0]
            shown.add_row(what, f"{took:.1f}", f"{done / took:,.0f}", f"{memory:.0f}")
        officer.close()
        await settled(made.settings)
        read = await asyncio.to_thread(reading, data, rows)
        shown.add_row("limit: the file read, no more", f"{read:.1f}", f"{rows / read:,.0f}", "")
        written = await writing(made, rows)
        shown.add_row(
            f"limit: written bare, {BATCH} at a time", f"{written:.1f}", f"{rows / written:,.0f}", ""
        )
    out.print(shown)


def workbook(rows: int) -> bytes:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet("Mô hình")
    sheet.write_row(0, 0, HEADINGS)
    for number in range(rows):
        place = f"Tổ dân phố {number % 97}"
        title = f"Đoạn đường nông thôn mới kiểu mẫu số {number} {place.lower()}"
        row = ("Hội Nông dân phường Bắc Hồng", title, "Kinh tế", "Tập thể", place, SUMMARY, "05/03/2018")
        sheet.write_row(number + 1, 0, row)
    book.close()
    return stream.getvalue()


async def upload(made: Stage, data: bytes) -> str:
    base = made.stack.gateway_url.removesuffix("/graphql")
    headers = {"Authorization": f"Bearer {made.token(Role.OFFICER)}"}
    async with httpx.AsyncClient(timeout=60) as http:
        reply = await http.post(
            f"{base}/files", params={"unit": TOWN, "name": "bench.xlsx"}, content=data, headers=headers
        )
        return str(reply.json()["file"])


async def job(officer: Http, made: Stage, name: str, input_: dict[str, Any]) -> tuple[float, int]:
    """Seconds until the job is done, and its rows."""
    field = f"{name[0].lower()}{name[1:]}"
    begun = time.perf_counter()
    started = await officer.ask(START % (name, field), {"k": made.key(), "i": input_})
    while True:
        found = (await officer.ask(JOB, {"id": started[field]["id"]}))["node"]
        if found["state"] not in ("WAITING", "RUNNING"):
            break
        await asyncio.sleep(0.05)
    if found["state"] != "DONE" or found["counts"]["error"]:
        raise RuntimeError(str(found))
    return time.perf_counter() - begun, int(found["done"])


def reading(data: bytes, rows: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "file"
        file.write_bytes(data)
        begun = time.perf_counter()
        with opened(file, LAYOUT) as sheet:
            assert sum(1 for _ in sheet.lines()) == rows
        return time.perf_counter() - begun


async def writing(made: Stage, rows: int) -> float:
    """Seconds to write the same drafts, by the same rule and into the same database, and nothing else."""
    store = Store(made.settings, "registration")
    unit = values.unit(f"/vn/u42/{TOWN}", UnitLevel.DISTRICT)
    owner = values.organisation(unit, made.owner)
    act = values.act("bench", date(2018, 3, 5), today=date(2018, 12, 31))
    begun = time.perf_counter()
    for start in range(0, rows, BATCH):

        async def work(tx: Transaction, start: int = start) -> None:
            made_ = [
                values.draft(
                    act,
                    of=unit,
                    key=new_id(MODEL),
                    owner=owner,
                    title=f"Đoạn đường nông thôn mới kiểu mẫu số {number} bis",
                    summary=SUMMARY,
                    place=f"Tổ dân phố {number % 97}",
                )
                for number in range(start, min(rows, start + BATCH))
            ]
            await Models(tx).add_many([(model, [event]) for model, event in made_])

        await store.transaction(work, caller=OURSELVES, scope=EVERYTHING)
    store.close()
    return time.perf_counter() - begun
