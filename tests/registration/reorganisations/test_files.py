"""The file of a reorganisation as other programs save it, and every way in which two units would get one code."""

from pathlib import Path

import pytest

from services.registration import reorganisations
from services.registration.reorganisations.domain import plan
from services.registration.reorganisations.file import Read, read
from services.registration.units.national import national_units

pytestmark = pytest.mark.lists

EXAMPLE = Path(reorganisations.__file__).with_name("example.csv").read_text(encoding="utf-8")
HEAD, DOCUMENT = EXAMPLE.splitlines()[0], ",".join(EXAMPLE.splitlines()[1].split(",")[:5])
COUNTRY = {unit.id: unit for unit in national_units()}
VARIANTS = {
    "semicolons, as Excel in Viet Nam": "\ufeff" + EXAMPLE.replace(",", ";").replace("\n", "\r\n"),
    "tabs": EXAMPLE.replace(",", "\t"),
    "empty columns at the end": "\n".join(line + ",," for line in EXAMPLE.strip().splitlines()),
    "headings in upper case": EXAMPLE.replace(HEAD, HEAD.upper().replace("_", " ")),
    "an empty row": EXAMPLE + ",,,,,,,,,,,,\n",
}
MERGED = ("MERGE,u01807-2025,01843,Xã Ví Dụ,Xã,COMMUNE,04,", "MERGE,u01840-2025,01843,,,,,")


def codes(*lines: str) -> set[tuple[int | None, str]]:
    found = plan(read("\n".join([HEAD, *(f"{DOCUMENT},{line}" for line in lines)])), COUNTRY)
    return {(problem.row, problem.problem) for problem in found.problems}


@pytest.mark.parametrize("variant", VARIANTS)
def test_file_saved_by_another_program_says_the_same(variant: str) -> None:
    expected = read(EXAMPLE)
    assert expected.problems == []
    found = read(VARIANTS[variant])
    assert (found.problems, found.digest) == ([], expected.digest)


@pytest.mark.parametrize("cell", ["x", "Xã"])
def test_cell_without_a_heading_is_named(cell: str) -> None:
    found: Read = read(
        "\n".join(line + f",{cell if n else ''}" for n, line in enumerate(EXAMPLE.splitlines()))
    )
    assert [(problem.row, problem.problem) for problem in found.problems] == [(2, "FILE_INVALID")]


@pytest.mark.parametrize(
    ("lines", "row"),
    [
        ((*MERGED, "RENAME,u01843-2025,,Phường Tên Mới,,,,"), 2),
        (MERGED, 2),
        (("RENAME,u01849-2025,01843,,,,,",), 2),
        (
            (
                "RENAME,u01849-2025,01843,,,,,",
                "RENAME,u01843-2025,01852,,,,,",
                "RENAME,u01864-2025,01852,,,,,",
            ),
            4,
        ),
    ],
)
def test_two_units_do_not_get_one_code(lines: tuple[str, ...], row: int) -> None:
    assert codes(*lines) == {(row, "CODE_CLASH")}


def test_two_units_may_swap_their_codes() -> None:
    assert codes("RENAME,u01849-2025,01843,,,,,", "RENAME,u01843-2025,01849,,,,,") == set()
