"""Refusals of a whole file: `file-…` for the file itself, `sheet-…` for the worksheet in it."""

from collections.abc import Sequence

from services.kernel.kinds import Noun
from services.kernel.messages import Refused

MOST_ROWS = 50_000
"""Rows below the headings."""
LOOKED_AT = 20
"""Rows from the top that may have the headings: titles and mottos can be above them."""


def file(code: str, vi: str, en: str) -> Refused:
    return Refused(f"file-{code}", "file", vi=f"Tệp {vi}.", en=f"The file {en}.")


def sheet(code: str, vi: str, en: str) -> Refused:
    return Refused(f"sheet-{code}", "file", vi=f"Trang tính {vi}.", en=f"The sheet {en}.")


def wrong_type(vi: str, en: str) -> Refused:
    return Refused(
        "file-type",
        "file",
        vi=f"Tệp là {vi}; chỉ nhận Excel (.xlsx) và CSV bằng UTF-8.",
        en=f"The file is {en}; only Excel (.xlsx) and CSV in UTF-8 are accepted.",
    )


def too_large(most: int) -> Refused:
    return file("too-large", f"lớn hơn {most >> 20} MB", f"is over {most >> 20} MB")


def bomb() -> Refused:
    return file("bomb", "giải nén ra quá lớn", "unpacks to too much")


def too_heavy() -> Refused:
    """Reading would take more time, memory or room on the disk than one file may take."""
    return file(
        "too-heavy",
        "cần quá nhiều thời gian hoặc bộ nhớ để đọc; hãy chia nhỏ",
        "takes too much time or memory to read; divide it",
    )


def entities() -> Refused:
    return file("entities", "khai báo thực thể XML", "declares XML entities")


def damaged() -> Refused:
    return file("damaged", "hỏng, không đọc được", "is damaged and cannot be read")


def too_long() -> Refused:
    return sheet(
        "too-long", f"có hơn {MOST_ROWS} dòng; hãy chia nhỏ", f"has over {MOST_ROWS} rows; divide it"
    )


def too_wide(cell: str) -> Refused:
    return sheet("too-wide", f"có quá nhiều cột: xem ô {cell}", f"has too many columns: see cell {cell}")


def quotes(row: int) -> Refused:
    return file(
        "quotes",
        f"có dấu ngoặc kép không đóng, hoặc đặt sai chỗ, từ dòng {row}: nhiều dòng sẽ dính làm một",
        f"has a quote that is not closed, or in a wrong place, in row {row}: it would make one row of several",
    )


def merged(address: str, noun: Noun) -> Refused:
    return sheet(
        "merged",
        f"có ô bị trộn {address}; hãy bỏ trộn ô để mỗi dòng là một {noun.vi}",
        f"has merged cells {address}; unmerge them, so that each row is one {noun.en}",
    )


def heading_misspelt(letter: str, heading: str, meant: str) -> Refused:
    return sheet(
        "heading-unknown",
        f"có cột {letter} “{heading[:60]}” không có trong mẫu; có phải “{meant}”? Hãy sửa tiêu đề hoặc bỏ cột",
        f"has a column {letter} “{heading[:60]}” that the template lacks; is it “{meant}”? Correct it or delete it",
    )


def hidden(names: str) -> Refused:
    return sheet("hidden", f"bị ẩn: {names}; hãy bỏ ẩn hoặc xóa", f"is hidden: {names}; unhide or delete it")


def ambiguous(noun: Noun) -> Refused:
    return sheet(
        "ambiguous",
        f"{noun.vi} có nhiều hơn một trong tệp",
        f"is not the only one in the file with a {noun.en} per row",
    )


def no_headings() -> Refused:
    return sheet(
        "headings",
        f"không có dòng tiêu đề trong {LOOKED_AT} dòng đầu; hãy dùng tệp mẫu",
        f"has no row of headings among its first {LOOKED_AT} rows; use the template",
    )


def column_twice(heading: str, first: str, second: str) -> Refused:
    return sheet(
        "column-twice",
        f"có hai cột “{heading}”: {first} và {second}",
        f"has two columns “{heading}”: {first} and {second}",
    )


def columns_missing(headings: Sequence[str]) -> Refused:
    names = "”, “".join(headings)
    return sheet("columns", f"thiếu cột “{names}”", f"lacks the columns “{names}”")
