"""Number formats of a workbook: which show days, and what the others add to a number, as `100%`, `005` or `48 hộ`."""

import re
from decimal import ROUND_HALF_UP, Decimal

from services.kernel.sheets import values

DATES = frozenset((*range(14, 23), *range(27, 37), 45, 46, 47, *range(50, 59)))
"""Built-in formats that show a day or a time."""
BUILT_IN = {9: "0%", 10: "0.00%", 17: "mmm-yy"}
_TIMES = re.compile("[dmyhs]", re.IGNORECASE)
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)[^\]]*\]|(\[[^\]]*\]|_.|\*.)', re.DOTALL)
"""Text in quotes, an escaped character, a currency, and what shows nothing."""
_DIGITS = re.compile(r"[0#?][0#?,]*(?:\.[0#?]*)?(,*)")
_MARK = "\0"
_VIETNAMESE = str.maketrans(",.", ".,")


class NumberFormat:
    """`code`: as `0.0%` or `#,##0 "hộ"`."""

    def __init__(self, code: str, *, is_date: bool = False) -> None:
        self._sections = code.split(";") if '"' not in code else _sections(code)
        letters = _bare(self._sections[0])[0].lower()
        self.is_date = is_date or bool(_TIMES.search(letters))
        self.day_pattern = "%d/%m/%Y"
        """Pattern for `strftime`. Some formats show only the month and year, or only the year."""
        if "y" in letters and "d" not in letters:
            self.day_pattern = "%m/%Y" if "m" in letters else "%Y"

    def shown(self, value: int | float) -> str | None:
        """The number with what the format adds: percent, zeros in front, text around it. None if it adds nothing.

        A number with text around it keeps all its digits. A negative number stays as it is, unless it is a percentage;
        so does one in an unusual format.
        """
        section = self._sections[2 if value == 0 and len(self._sections) > 2 else 0]
        if value < 0:
            shown = self.shown(-value) if "%" in _bare(section)[0] else None
            return f"-{shown}" if shown else None
        bare, literals = _bare(section)
        digits = list(_DIGITS.finditer(bare))
        if len(digits) != 1 or "/" in bare or "e" in bare.lower() or "general" in bare.lower():
            return None
        pattern = digits[0][0]
        number = Decimal(repr(value)) / 1000 ** len(digits[0][1])
        before, after = (
            _around(part, literals) for part in (bare[: digits[0].start()], bare[digits[0].end() :])
        )
        least = pattern.partition(".")[0].count("0")
        if "%" in before + after:
            places = len(pattern.partition(".")[2].rstrip(","))
            # Excel rounds halves up.
            rounded = (number * 100).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
            text = f"{rounded:{',' if ',' in pattern else ''}f}".translate(_VIETNAMESE)
        elif least > 1:
            whole, _, rest = (
                f"{number:f}".rstrip("0").partition(".") if number % 1 else (str(int(number)), "", "")
            )
            rest = rest.ljust(pattern.partition(".")[2].count("0"), "0")
            text = whole.zfill(least) + (f",{rest}" if rest else "")
        elif before.strip() or after.strip():
            text = values.written(number)
        else:
            return None
        return f"{before}{text}{after}".strip()


def format_of(number: int, custom: dict[int, str]) -> NumberFormat:
    return NumberFormat(
        custom.get(number, BUILT_IN.get(number, "")), is_date=number in DATES and number not in custom
    )


def _sections(code: str) -> list[str]:
    """The sections of a format; a semicolon in quotes divides nothing."""
    kept = re.sub(r'"[^"]*"|\\.', lambda found: found[0].replace(";", "\1"), code)
    return [part.replace("\1", ";") for part in kept.split(";")]


def _bare(section: str) -> tuple[str, list[str]]:
    """The section with a mark for each text in it, and these texts."""
    literals: list[str] = []

    def keep(found: re.Match[str]) -> str:
        literals.append(found[1] or found[2] or found[3] or "")
        return _MARK

    return _LITERAL.sub(keep, section), literals


def _around(part: str, literals: list[str]) -> str:
    """Text before or behind the digits. The texts before are taken from the list first."""
    return "".join(literals.pop(0) if one == _MARK else one for one in part)
