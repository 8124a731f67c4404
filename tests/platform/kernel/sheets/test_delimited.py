"""The delimiter of a CSV file is the one that gives our headings, and its quotes are read strictly."""

import io

import pytest

from services.kernel.sheets.delimited import QuoteBroken, rows

pytestmark = pytest.mark.lists

HEADINGS = ("Chủ trì", "Tên", "Tập thể, cá nhân", "Tóm tắt")
MANY = "một, hai; ba, bốn; năm, sáu; bảy, tám; chín, mười; mười một, mười hai"


def read(text: str) -> list[tuple[int, list[str]]] | None:
    found = rows(io.StringIO(text, newline=""), lambda row: len(set(row) & set(HEADINGS)), 20)
    return None if found is None else list(found)


def lines(*given: tuple[str, ...], mark: str, end: str = "\r\n") -> str:
    return end.join(mark.join(f'"{c}"' if mark in c or "\n" in c else c for c in row) for row in given) + end


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_delimiter_gives_the_headings(mark: str, end: str) -> None:
    table = (("DANH SÁCH, 2026; lần 1", "", "", ""), HEADINGS, ("Hội", "Ngõ", "Tập thể", MANY))
    assert read(lines(*table, mark=mark, end=end)) == [(n, list(row)) for n, row in enumerate(table, 1)]


def test_headings_are_found_below_empty_rows() -> None:
    assert read(";;;\n" * 30 + lines(HEADINGS, mark=";")) == [
        *((n, [""] * 4) for n in range(1, 31)),
        (31, list(HEADINGS)),
    ]


@pytest.mark.parametrize("hint", ["sep=;\r\n", '"sep=,"\r\n', "\ufeffsep=;\n"])
def test_hint_for_excel_is_no_row(hint: str) -> None:
    assert read(hint + lines(HEADINGS, mark=";")) == [(1, list(HEADINGS))]


def test_text_without_our_headings_has_no_delimiter() -> None:
    assert read("a,b\nc,d\n") is None
    assert read("") is None


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ('Hội,"Ngõ xanh,Tập thể,x\r\nHội,"Ngõ ba",Tập thể,x\r\n', 2),
        ('Hội,Ngõ một,Tập thể,x\r\nHội,"Ngõ hai,Tập thể,x\r\n', 3),
        ('Hội,"Ngõ" ba,Tập thể,x\r\n', 2),
        # The quote is closed two rows below: each line would be a whole row.
        ('Hội,"Ngõ xanh,Tập thể,x\r\nHội,Ngõ hai,Tập thể,x\r\nHội,Ngõ ba",Tập thể,x\r\n', 2),
        ('Hội,"' + "x" * 200_000 + '",Tập thể,x\r\n', 2),
    ],
)
def test_quote_that_swallows_rows_is_named(text: str, row: int) -> None:
    with pytest.raises(QuoteBroken) as broken:
        read(lines(HEADINGS, mark=",") + text)
    assert broken.value.row == row


def test_quotes_within_a_cell_and_lines_of_a_cell_are_kept() -> None:
    text = lines(HEADINGS, mark=",") + 'Hội,Ngõ "xanh","Tập ""thể""","một, hai\nba, bốn"\n'
    assert read(text) == [
        (1, list(HEADINGS)),
        (2, ["Hội", 'Ngõ "xanh"', 'Tập "thể"', "một, hai\nba, bốn"]),
    ]
