"""Files that must be refused, each with the code of its refusal. They are made here, so that the fault is readable."""

import io
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterator

import xlsxwriter

from services.kernel.kinds import Noun
from services.kernel.sheets.columns import Column, Layout

HEADINGS = ("Tổ chức chủ trì", "Tên mô hình", "Lĩnh vực", "Tập thể, cá nhân")
ROW = ("Hội Phụ nữ phường", "Ngõ xóm sạch đẹp", "Kinh tế", "Tập thể")
LAYOUT = Layout(
    title="Mô hình",
    noun=Noun("model", "mô hình", "model"),
    columns=tuple(
        Column(key, heading, "", 20, required=True)
        for key, heading in zip(("owner", "title", "field", "subject_kind"), HEADINGS, strict=True)
    ),
    recognised_by=frozenset({"owner", "title"}),
    named_by="title",
)
SHEET = "xl/worksheets/sheet1.xml"


def workbook(
    write: Callable[[xlsxwriter.Workbook, xlsxwriter.worksheet.Worksheet], None] | None = None,
) -> bytes:
    """A sound workbook, changed by `write`."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet("Mô hình")
    sheet.write_row(0, 0, HEADINGS)
    sheet.write_row(1, 0, ROW)
    if write:
        write(book, sheet)
    book.close()
    return stream.getvalue()


def changed(book: bytes, **entries: bytes | None) -> bytes:
    """The workbook with entries replaced, added or, where None, left out."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in entries:
                new.writestr(name, old.read(name))
        for name, data in entries.items():
            if data is not None:
                new.writestr(name, data)
    return stream.getvalue()


def entry(book: bytes, name: str = SHEET) -> bytes:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        return archive.read(name)


def csv(*rows: tuple[str, ...], mark: str = ",") -> bytes:
    return "\r\n".join(mark.join(f'"{cell}"' for cell in row) for row in rows).encode()


def _bomb() -> bytes:
    return changed(workbook(), **{"xl/media/picture.bin": b"\0" * (80 << 20)})


def _sheet_bomb() -> bytes:
    cell = b'<c r="A3" t="inlineStr"><is><t>' + b"x" * (60 << 20) + b"</t></is></c>"
    sheet = entry(workbook()).replace(b"</sheetData>", b'<row r="3">' + cell + b"</row></sheetData>")
    return changed(workbook(), **{SHEET: sheet})


def _entries() -> bytes:
    return changed(workbook(), **{f"xl/media/{n}.bin": b"x" for n in range(400)})


def _twice() -> bytes:
    stream = io.BytesIO(workbook())
    with zipfile.ZipFile(stream, "a") as archive, warnings.catch_warnings(action="ignore"):
        archive.writestr(SHEET, b"<worksheet/>")
    return stream.getvalue()


def _entities() -> bytes:
    laughs = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    return changed(workbook(), **{SHEET: laughs + entry(workbook()).partition(b"?>")[2]})


def _external_entity() -> bytes:
    steals = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    strings = entry(workbook(), "xl/sharedStrings.xml").partition(b"?>")[2]
    return changed(workbook(), **{"xl/sharedStrings.xml": steals + strings})


def _million_rows() -> bytes:
    # Numbers that do not pack well: its only fault is its length.
    rows = b"".join(b"<row><c><v>%d</v></c></row>" % (n * 2654435761 % 2**32) for n in range(1_000_000))
    return changed(workbook(), **{SHEET: entry(workbook()).replace(b"</sheetData>", rows + b"</sheetData>")})


def _encrypted_entry() -> bytes:
    book = bytearray(workbook())
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = 0
        while (found := book.find(magic, start)) >= 0:
            (flags,) = struct.unpack_from("<H", book, found + offset)
            struct.pack_into("<H", book, found + offset, flags | 1)
            start = found + 4
    return bytes(book)


def _crc() -> bytes:
    book = bytearray(changed(workbook(), **{SHEET: entry(workbook())}))
    name = book.rfind(SHEET.encode(), 0, book.rfind(b"PK\x01\x02"))
    book[name + len(SHEET) + 20] ^= 0xFF
    return bytes(book)


def _merged(book: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
    sheet.merge_range(4, 0, 6, 1, "Hội Phụ nữ")


def _hidden(book: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
    book.add_worksheet("Nháp").hide()


def _two(book: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
    book.add_worksheet("Mô hình 2").write_row(0, 0, HEADINGS)


def _twice_heading(book: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
    sheet.write_string(0, 6, "tên mô hình *")


def _wide(book: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
    sheet.write_string(1, 900, "x")


def _no_field(book: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
    sheet.write_string(0, 2, "Ghi chú")


def _no_headings(book: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
    sheet.write_row(0, 0, ("a", "b", "c", "d"))


def files() -> Iterator[tuple[str, str, bytes, str]]:
    """The fault, the name of the file, its bytes, and the code of the refusal."""
    good = workbook()
    yield "nothing at all", "a.xlsx", b"", "file-empty"
    yield "blanks only", "a.csv", b" \r\n\t \r\n", "file-empty"
    yield "zeros", "a.xlsx", b"\0" * 5000, "file-empty"
    yield "an old workbook", "a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "file-type"
    yield (
        "an old workbook under a new name",
        "a.xlsx",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        "file-type",
    )
    yield "a web page", "a.xlsx", b"<html><table><tr><td>x</td></tr></table></html>", "file-type"
    yield "an XML spreadsheet", "a.xml", b'<?xml version="1.0"?><Workbook/>', "file-type"
    yield "a PDF", "a.pdf", b"%PDF-1.7\n%abc", "file-type"
    yield "a picture", "a.png", b"\x89PNG\r\n\x1a\n" + b"\1" * 50, "file-type"
    yield "an archive of another kind", "a.xlsx", changed(good, **{"xl/workbook.xml": None}), "file-type"
    yield "an OpenDocument sheet", "a.ods", changed(good, **{"content.xml": b"<x/>"}), "file-type"
    yield "a binary file called CSV", "a.csv", b"a,b\0\1\2\3,c", "file-type"
    yield "gzip", "a.csv.gz", b"\x1f\x8b\x08" + b"\1" * 40, "file-type"
    yield "half of a workbook", "a.xlsx", good[: len(good) // 2], "file-damaged"
    yield "a flipped bit", "a.xlsx", _crc(), "file-damaged"
    yield (
        "a sheet that is no XML",
        "a.xlsx",
        changed(good, **{SHEET: b"<worksheet><sheetData><row"}),
        "file-damaged",
    )
    yield "a workbook that is no XML", "a.xlsx", changed(good, **{"xl/workbook.xml": b"x"}), "file-damaged"
    yield "a zip bomb beside the sheet", "a.xlsx", _bomb(), "file-bomb"
    yield "a zip bomb in a cell", "a.xlsx", _sheet_bomb(), "file-bomb"
    yield "hundreds of entries", "a.xlsx", _entries(), "file-bomb"
    yield "one entry twice", "a.xlsx", _twice(), "file-bomb"
    yield "a password", "a.xlsx", _encrypted_entry(), "file-encrypted"
    yield "macros", "a.xlsm", changed(good, **{"xl/vbaProject.bin": b"x"}), "file-macros"
    yield (
        "links to other files",
        "a.xlsx",
        changed(good, **{"xl/externalLinks/externalLink1.xml": b"<x/>"}),
        ("file-external-links"),
    )
    yield (
        "an embedded object",
        "a.xlsx",
        changed(good, **{"xl/embeddings/oleObject1.bin": b"x"}),
        "file-embedded",
    )
    yield "a billion laughs", "a.xlsx", _entities(), "file-entities"
    yield "an entity that reads our files", "a.xlsx", _external_entity(), "file-entities"
    yield "merged cells", "a.xlsx", workbook(_merged), "sheet-merged"
    yield "a hidden sheet", "a.xlsx", workbook(_hidden), "sheet-hidden"
    yield "two lists", "a.xlsx", workbook(_two), "sheet-ambiguous"
    yield "a heading twice", "a.xlsx", workbook(_twice_heading), "sheet-column-twice"
    yield "hundreds of columns", "a.xlsx", workbook(_wide), "sheet-too-wide"
    yield "a required column left out", "a.xlsx", workbook(_no_field), "sheet-columns"
    yield "no headings", "a.xlsx", workbook(_no_headings), "sheet-headings"
    yield "a million rows", "a.xlsx", _million_rows(), "sheet-too-long"
    yield (
        "CSV in an old encoding",
        "a.csv",
        "Tổ chức,Tên".encode("cp1258", "replace") + b"\xd2\xec",
        "file-encoding",
    )
    yield (
        "CSV with a quote that is not closed",
        "a.csv",
        csv(HEADINGS) + b'\r\nW,"Ng,Kinh,T\r\nW,Ng,Kinh,T\r\n',
        "file-quotes",
    )
    yield "a slip in a heading", "a.csv", csv((*HEADINGS[:3], "Tập thể, cá nhan a")), "sheet-heading-unknown"
    yield "CSV without headings", "a.csv", csv(ROW, ROW), "sheet-headings"
    yield "CSV of a million rows", "a.csv", csv(HEADINGS) + b"\r\nx,y,z,t" * 60_000, "sheet-too-long"
    yield "CSV of one endless cell", "a.csv", csv(HEADINGS) + b'\r\n"' + b"x" * 200_000, "file-quotes"
