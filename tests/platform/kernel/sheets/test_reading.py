"""Reading of files and cells: malformed files are refused by code, and Vietnamese numbers and days are understood."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.messages import Refused
from services.kernel.sheets import values
from services.kernel.sheets.reading import opened
from tests.platform.kernel.sheets import malformed
from tests.platform.kernel.sheets.malformed import HEADINGS, csv

MALFORMED = list(malformed.files())


def test_corpus_has_thirty_faults() -> None:
    assert len(MALFORMED) >= 30
    assert len({what for what, *_ in MALFORMED}) == len(MALFORMED)


@pytest.mark.parametrize(
    ("name", "data", "code"), [row[1:] for row in MALFORMED], ids=[row[0] for row in MALFORMED]
)
def test_malformed_file_is_refused_with_its_code(tmp_path: Path, name: str, data: bytes, code: str) -> None:
    file = tmp_path / name
    file.write_bytes(data)
    with pytest.raises(Refused) as refused, opened(file, malformed.LAYOUT) as table:
        list(table.lines())
    assert (refused.value.refusal.code, refused.value.refusal.fields) == (code, ("file",))
    assert refused.value.refusal.vi
    assert refused.value.refusal.en


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_csv_is_read_in_common_encodings_and_separators(tmp_path: Path, mark: str, encoding: str) -> None:
    text = csv(("BÁO CÁO", "", "", ""), HEADINGS, malformed.ROW, mark=mark).decode()
    file = tmp_path / "a.csv"
    file.write_bytes(text.encode(encoding))
    with opened(file, malformed.LAYOUT) as table:
        (line,) = table.lines()
    assert (line.number, tuple(line.cells.values())) == (3, malformed.ROW)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1.155,3", "1155.3"),
        ("18.827", "18827"),
        ("72,9 triệu", "72900000"),
        ("08", "8"),
        ("1155.3", "1155.3"),
        ("2.408 ngày công", "2408"),
        ("1,5 tỷ đồng", "1500000000"),
        (1155.3, "1155.3"),
        (7, "7"),
        ("0", "0"),
    ],
)
def test_vietnamese_number_is_read(written: Any, number: str) -> None:
    assert values.number(written, "land_m2") == Decimal(number)


@pytest.mark.parametrize(
    "written", ["", "-5", "1.15,3", "một trăm", "1,155.3", "5 nhà", -2, float("nan"), "٣"]
)
def test_other_text_is_not_a_number(written: Any) -> None:
    with pytest.raises(Refused) as refused:
        values.number(written, "money")
    assert refused.value.refusal.code == "money-not-a-number"


@given(st.decimals(min_value=0, max_value=10**12, places=2))
def test_written_amount_reads_back(amount: Decimal) -> None:
    assert values.number(values.written(amount), "land_m2") == amount


@pytest.mark.parametrize(
    "written",
    [
        "05/03/2026",
        "5/3/2026",
        "05-03-2026",
        "2026-03-05",
        date(2026, 3, 5),
        datetime(2026, 3, 5, tzinfo=UTC),
    ],
)
def test_day_is_day_month_year(written: Any) -> None:
    assert values.day(written, "on") == date(2026, 3, 5)


@pytest.mark.parametrize("written", ["13/13/2026", "31/02/2026", "tháng 3", "3/2026", "05/03/26"])
def test_other_text_is_not_a_day(written: str) -> None:
    with pytest.raises(Refused) as refused:
        values.day(written, "on")
    assert refused.value.refusal.code == "on-not-a-day"
