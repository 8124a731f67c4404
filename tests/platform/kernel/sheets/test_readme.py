"""The README shows the toy service as it is, and the limits as the code has them."""

import re
from datetime import timedelta

import pytest

from services.kernel.sheets import (
    apart,
    elements,
    files,
    guard,
    jobs,
    messages,
    mount,
    refusals,
    workbook,
    worker,
)
from services.kernel.sheets.requests import LIMITS
from tests import ROOT

README = (ROOT / "services/kernel/sheets/README.md").read_text()
TOY = "".join((ROOT / "tests/platform/kernel/sheets" / name).read_text() for name in ("toy.py", "trees.py"))
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_readme_has_a_whole_example() -> None:
    shown = "".join(BLOCKS)
    for name in (
        "StoreFilePart",
        "ImportTrees",
        "ExportTrees",
        "LAYOUT =",
        "TreesImporter",
        "SHEET =",
        "SHEETS =",
    ):
        assert name in shown, name


@pytest.mark.parametrize("block", BLOCKS)
def test_example_of_the_readme_is_the_toy(block: str) -> None:
    assert block.strip() in TOY


def _days(life: timedelta) -> str:
    return f"{life.days} day" + ("s" if life.days > 1 else "")


def test_limits_of_the_readme_are_those_of_the_code() -> None:
    limits = {
        "size of a file": f"{messages.LARGEST_FILE >> 20} MB",
        "size of a part in one message": f"{messages.LARGEST_PART >> 10} kB",
        "size of a workbook, unpacked": f"{guard.LARGEST_UNPACKED >> 20} MB",
        "size of its shared strings, unpacked": f"{workbook.LARGEST_STRINGS >> 20} MB",
        "shared strings of a workbook": f"{elements.MOST_STRINGS:,}",
        "size of its styles, unpacked": f"{workbook.LARGEST_STYLES >> 20} MB",
        "processor time to read or write a file": f"{LIMITS.seconds} seconds",
        "memory to read or write a file": f"{LIMITS.memory >> 20} MB",
        "files read or written at a time by a worker": str(worker.MOST_CHILDREN),
        "jobs at a time of a worker": str(worker.MOST_RUNNING),
        "rows of a file": f"{refusals.MOST_ROWS:,}",
        "columns of a file": str(elements.MOST_COLUMNS),
        "rows from the top in which headings are found": str(refusals.LOOKED_AT),
        "rows written in one transaction": str(apart.BATCH),
        "uploaded files of a caller that no job has read": str(mount.MOST_FILES),
        "uploaded files of a caller that jobs have read and that stay": str(mount.MOST_FILES),
        "unfinished jobs of a caller": str(mount.MOST_JOBS),
        "life of a file": _days(files.KEPT),
        "life of a job and its rows": _days(jobs.KEPT),
        "lease of a job": f"{jobs.LEASE.seconds} seconds",
    }
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", README, re.MULTILINE)
    assert dict(rows[1:] if rows[0][0] == "limit" else rows) == limits
