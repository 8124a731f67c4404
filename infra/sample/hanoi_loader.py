"""Loads *Hà Nội, 2017* as an office would: organisations, one file of 8,834 rows, and lists of what was accepted.

Everything goes through the public interface, and a second load changes nothing.
"""

import asyncio
import csv
import io
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import httpx

from infra.sample.client import Person, SampleRefused, each, text_of
from infra.sample.hanoi_2017 import (
    ACCEPTED,
    BEGUN,
    CARRIED_FROM,
    CARRIED_ON,
    CITY,
    ORGANISED_ON,
    Body,
    Entry,
    bodies,
    entries,
)
from services.kernel.config import Settings
from services.kernel.messages import Role
from services.kernel.units import COUNTRY

SET = "hanoi-2017"
HEADINGS = (
    *("Tổ chức chủ trì", "Tên mô hình", "Lĩnh vực", "Tập thể, cá nhân", "Địa điểm", "Tóm tắt cách làm"),
    *("Kết quả dự kiến", "Năm", "Ngày lập"),
)
"""Those of the template."""
AT_ONCE = 4
BATCH = 50
"""Batches under way, and models of a batch: more would wait for each other."""
LOOK = 0.5
"""Seconds between two looks at the import."""

JOB = "query($id: ID!) { node(id: $id) { ... on SheetJob { state done problemEn counts { error } } } }"
ROWS = """
query($job: ID!, $after: String) {
  sheetRows(job: $job, first: 100, after: $after) {
    edges { node { number model } } pageInfo { hasNextPage endCursor }
  }
}
"""
MUTATIONS = ("registerOrganisation", "startImport")
BATCHES = ("acceptModels", "beginModels", "carryOverModels")
REFUSED = "... on Batch { items { id refusal { code messageVi } } }"


class Loading:
    """`progress` gets the number of steps done and all steps: one for each organisation, row and act on a model."""

    def __init__(
        self, http: httpx.AsyncClient, settings: Settings, progress: Callable[[int, int], None]
    ) -> None:
        self._bodies, self._entries = bodies(), entries()
        begun = [entry for entry in self._entries if entry.begun]
        carried = [entry for entry in begun if entry.year == CARRIED_FROM]
        self._steps = len(self._bodies) + 2 * len(self._entries) + len(begun) + len(carried)
        self._done = 0
        self._progress = progress
        self._officer, self._appraiser = (
            Person(http, settings, role, COUNTRY, SET) for role in (Role.OFFICER, Role.APPRAISER)
        )

    async def run(self) -> int:
        """Returns the number of models."""
        owners = await self._organise()
        models = await self._import(owners)
        by_year: dict[int, list[tuple[str, Entry]]] = {}
        for model, entry in zip(models, self._entries, strict=True):
            by_year.setdefault(entry.year, []).append((model, entry))
        for year, of_year in by_year.items():
            every = [model for model, _ in of_year]
            await self._act("acceptModels", self._appraiser, every, date(year, *ACCEPTED))
            begun = [model for model, entry in of_year if entry.begun]
            await self._act("beginModels", self._officer, begun, date(year, *BEGUN))
            if year == CARRIED_FROM:
                await self._act("carryOverModels", self._officer, begun, CARRIED_ON)
        return len(models)

    async def _organise(self) -> dict[str, str]:
        owners: dict[str, str] = {}

        async def organise(body: Body) -> None:
            owners[body.ref] = await self._officer.do(
                "registerOrganisation",
                body.ref,
                name=body.name,
                kind=body.kind.value,
                unit=body.unit,
                on=ORGANISED_ON.isoformat(),
            )

        await each(organise, self._bodies, lambda: self._step(1))
        return owners

    async def _import(self, owners: dict[str, str]) -> list[str]:
        """The ids of the models, in the order of the rows."""
        file = await self._officer.send_file(f"{SET}.csv", CITY, listed(self._entries, owners))
        job = await self._officer.do("startImport", f"list/{file}", file=file, check=False, submit=True)
        before = 0
        while True:
            seen = (await self._officer.ask(JOB, id=job))["node"]
            self._step(seen["done"] - before)
            before = seen["done"]
            if seen["state"] == "DONE":
                break
            if seen["state"] in ("FAILED", "CANCELLED"):
                raise SampleRefused(f"the list was not imported: {seen['problemEn']}")
            await asyncio.sleep(LOOK)
        if seen["counts"]["error"]:
            raise SampleRefused(f"{seen['counts']['error']} rows of the list have errors")
        return await self._rows(job)

    async def _rows(self, job: str) -> list[str]:
        found: dict[int, str] = {}
        page: dict[str, Any] = {"pageInfo": {"hasNextPage": True, "endCursor": None}}
        while page["pageInfo"]["hasNextPage"]:
            page = (await self._officer.ask(ROWS, job=job, after=page["pageInfo"]["endCursor"]))["sheetRows"]
            found |= {edge["node"]["number"]: edge["node"]["model"] for edge in page["edges"]}
        return [found[number] for number in sorted(found)]

    async def _act(self, mutation: str, person: Person, models: Sequence[str], on: date) -> None:
        """Does the act of the mutation on each of the models."""

        async def act(some: Sequence[str]) -> None:
            wanted = {"models": list(some), "on": on.isoformat()}
            made = await person.result(text_of(mutation, REFUSED), mutation, f"{on}/{some[0]}", **wanted)
            for item in made["items"]:
                if refusal := item["refusal"]:
                    raise SampleRefused(
                        f"{mutation} {item['id']}: {refusal['messageVi']} ({refusal['code']})"
                    )
            self._step(len(some))

        parts = [models[start : start + BATCH] for start in range(0, len(models), BATCH)]
        await each(act, parts, lambda: None, at_once=AT_ONCE)

    def _step(self, many: int) -> None:
        self._done += many
        self._progress(self._done, self._steps)


async def load_hanoi(settings: Settings, progress: Callable[[int, int], None]) -> int:
    """Returns the number of models."""
    async with httpx.AsyncClient(timeout=120) as http:
        return await Loading(http, settings, progress).run()


def listed(rows: Sequence[Entry], owners: dict[str, str]) -> bytes:
    """The list as a CSV file, with the headings of the template."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for row in rows:
        writer.writerow(
            [
                owners[row.owner],
                row.title,
                row.field.vi,
                row.subject_kind.vi,
                row.place,
                row.summary,
                row.target,
                row.year,
                f"{row.drafted_on:%d/%m/%Y}",
            ]
        )
    return b"\xef\xbb\xbf" + text.getvalue().encode()
