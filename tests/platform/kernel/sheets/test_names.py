"""Names of files and heads of cells: nothing in them leads to another folder or is computed."""

import re
import unicodedata
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.transport.files import _download
from services.kernel.sheets.lines import quoted, unquoted
from services.kernel.sheets.names import file_name

pytestmark = pytest.mark.lists


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("mô hình.xlsx", "mô hình.xlsx"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..\\a.csv", "_a.csv"),
        ("a／b．csv", "a_b．csv"),
        ("a\r\nset-cookie: x.csv", "aset-cookie_ x.csv"),
        ("hóa đơn\u202excod.exe", "hóa đơnxcod.exe"),
        ("nul.csv", "_nul.csv"),
        ("...", "_"),
    ],
)
def test_name_of_a_file_leads_nowhere(sent: str, stored: str) -> None:
    assert file_name(sent) == stored


@given(st.text(max_size=40))
def test_download_has_one_plain_name(name: str) -> None:
    header = _download(name, "")["content-disposition"]
    found = re.fullmatch(r"attachment; filename\*=UTF-8''([A-Za-z0-9_.~%-]+)", header)
    assert found
    kept = unquote(found[1], errors="strict")
    assert not set(kept) & set('/\\:*?"<>|')
    assert not any(unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") for character in kept)
    assert file_name(kept) == kept


COMPUTED = [c for c in map(chr, range(0x110000)) if unicodedata.normalize("NFKC", c)[:1] in {*"=+-@"}]
"""Every character that is `=`, `+`, `-` or `@` after NFKC."""


def test_text_that_a_spreadsheet_computes_is_quoted() -> None:
    assert {"=", "＝", "＋", "－", "＠", "﹦", "﹢", "﹣", "﹫", "⁺", "⁼"} <= {*COMPUTED}
    for head in (*COMPUTED, "−", "\t", "\r", "\n", "'", " =", "\ufeff=", "\u200b＝", "\u00a0＠"):
        assert quoted(f"{head}1+1") == f"'{head}1+1"
    for text in ("1+1", "a=b", "", " ", "ngõ – xóm", "“5 không”"):
        assert quoted(text) == text


@given(st.text(st.sampled_from([*COMPUTED, "'", " ", "a", "\t"]), max_size=6))
def test_quoted_text_is_read_back(text: str) -> None:
    assert unquoted(quoted(text)) == text
