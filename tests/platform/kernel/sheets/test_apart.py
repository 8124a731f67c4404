"""Files are handled in child processes, whose processor time, memory and room on the disk are limited."""

from dataclasses import replace
from pathlib import Path

import pytest

from services.kernel.messages import Refused
from services.kernel.sheets import apart
from services.kernel.sheets.mount import Sheets
from services.kernel.sheets.requests import Limits
from tests.platform.kernel.sheets import malformed, naughty_child, toy, trees
from tests.platform.kernel.sheets.malformed import HEADINGS, csv

LIMITS = Limits(seconds=1, memory=256 << 20, disk=8 << 20)


@pytest.mark.parametrize("fault", ["burns", "hoards", "writes"])
async def test_file_that_takes_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(apart, "CHILD", naughty_child.__name__)
    layout = replace(malformed.LAYOUT, title=fault)
    with pytest.raises(Refused) as refused:
        await apart.read(tmp_path / "a", layout, tmp_path / "rows", LIMITS)
    assert refused.value.refusal.code == "file-too-heavy"


async def test_fault_of_ours_is_no_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "CHILD", naughty_child.__name__)
    with pytest.raises(RuntimeError, match="a fault of ours"):
        await apart.read(tmp_path / "a", replace(malformed.LAYOUT, title="breaks"), tmp_path / "rows", LIMITS)


async def test_rows_come_in_batches_that_fit_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.csv"
    long = "x" * 5000
    file.write_bytes(csv(HEADINGS, *((f"Hội {n}", long, "", "") for n in range(apart.BATCH + 3))))
    read = await apart.read(file, malformed.LAYOUT, tmp_path / "rows")
    assert (read.total, read.letters["title"]) == (apart.BATCH + 3, "B")
    assert [len(batch) for batch in read.batches()] == [apart.BATCH, 3]
    assert [line.number for line in next(read.batches(after=apart.BATCH))][:2] == [
        apart.BATCH + 1,
        apart.BATCH + 2,
    ]
    monkeypatch.setattr(apart, "LARGEST_BATCH", 50_000)
    sizes = [len(batch) for batch in read.batches()]
    assert max(sizes) < 12
    assert sum(sizes) == read.total


async def test_template_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sheets = Sheets(toy, trees.SHEET, path_of=trees.path_of)
    first = await sheets.template(toy.Template(sheet="trees"), None)  # type: ignore[arg-type]
    monkeypatch.setattr(apart, "CHILD", "no such module")
    assert await sheets.template(toy.Template(sheet="trees"), None) == first  # type: ignore[arg-type]
    assert first.data.startswith(b"PK")
