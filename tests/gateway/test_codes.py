"""Every code that a caller can meet is documented, and every documented one exists."""

import re

from tests import ROOT

SOURCES = [path for folder in ("services", "gateway") for path in (ROOT / folder).rglob("*.py")]
# Raised as Refused("code", …), Bad("code", …) and the like, put into extensions as code="…", or a tuple's first text.
RAISED = re.compile(
    r'(?:Refused|Bad|Refusal|_too_large)\(\s*(?:\d+,\s*)?f?"([^"]+)"|code="([a-z-]+)"|INVALID = "([a-z-]+)"'
)
WRITTEN = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)


def _raised() -> set[str]:
    found = (match for path in SOURCES for match in RAISED.finditer(path.read_text()))
    codes = {next(group for group in match.groups() if group) for match in found}
    return {re.sub(r"\{[^}]*\}", "<field>", code) for code in codes}


def test_every_code_is_documented_and_every_documented_one_exists() -> None:
    written = set(WRITTEN.findall((ROOT / "gateway" / "README.md").read_text()))
    assert _raised() == written
