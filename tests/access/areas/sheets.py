"""Files and jobs: only their owner sees them, also within the unit."""

from collections.abc import Mapping
from secrets import token_hex

from services.registration.models.messages import ModelsFilter
from services.registration.sheets.messages import (
    FILE,
    CancelJob,
    DiscardFile,
    FilePart,
    JobRows,
    JobsById,
    JobsPage,
    StartExport,
    StartImport,
    StoreFilePart,
    Template,
)
from tests.access.people import PLACE
from tests.access.tries import ID, PAGE, newer_than
from tests.access.world import OFFICER, Making, World


def _part() -> StoreFilePart:
    return StoreFilePart(file=FILE.id(token_hex(12)), unit=PLACE, name="a.csv", number=0, data=b"a")


MESSAGES = {
    "registration.store-file-part": lambda t: _part(),
    "registration.discard-file": lambda t: DiscardFile(file=t.thing),
    "registration.start-import": lambda t: StartImport(file=t.thing),
    "registration.start-export": lambda t: StartExport(filter=ModelsFilter(unit=PLACE)),
    "registration.cancel-job": lambda t: CancelJob(job=t.thing),
    "registration.jobs-page": lambda t: JobsPage(first=1, after=newer_than(t.thing), fields=ID),
    "registration.jobs-by-id": lambda t: JobsById(keys=(t.thing,), fields=ID),
    "registration.job-rows": lambda t: JobRows(job=t.thing, first=1, fields={"id": "number"}),
    "registration.file-part": lambda t: FilePart(file=t.thing, number=0),
    "registration.template": lambda t: Template(),
}
INPUTS = {
    "startImport": lambda t: {"file": t.thing},
    "startExport": lambda t: {"filter": {"unit": PLACE}},
    "cancelJob": lambda t: {"job": t.thing},
}
QUERIES = {
    "Query.sheetJobs": PAGE % ("sheetJobs", ""),
    "Query.sheetRows": "query($id: ID!) { sheetRows(job: $id, first: 1) { edges { node { id: number } } } }",
}


async def build(world: World, making: Making, spare: Mapping[str, int]) -> None:
    part = StoreFilePart(
        file=FILE.id(token_hex(12)), unit=PLACE, name="a.csv", number=0, data=b"a", last=True
    )
    world.things["upload"] = await making.id(part, OFFICER)
    world.things["job"] = await making.id(StartImport(file=world.things["upload"]), OFFICER)
