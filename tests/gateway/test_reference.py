"""The reference pages stand in the repository as they are generated, and every code has an explanation."""

import re
from pathlib import Path

import pytest

from gateway import reference


@pytest.mark.parametrize("page", [reference.CODES, reference.RIGHTS], ids=["codes", "rights"])
def test_page_is_generated(page: Path) -> None:
    assert reference.pages()[page] == page.read_text(), "`make docs` writes this"


def test_each_code_has_an_explanation_without_placeholders() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| (.*) \|$", reference.CODES.read_text(), re.MULTILINE)
    assert len(rows) > 100
    for code, when in rows:
        assert len(when) > 10, code
        assert not re.search(r"[{}]", when), code


def test_code_that_is_not_raised_leaves_the_page_and_a_new_one_enters_with_its_sentence() -> None:
    table = reference.codes("| `never-raised` | … |\n| `already-decided` | by hand |\n")
    assert "never-raised" not in table
    assert "| `already-decided` | by hand |" in table
    assert "| `key-invalid` | The key must have 1 to " in table
