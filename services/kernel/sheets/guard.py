"""Guards against hostile and unsuitable files: checked before any parser of workbooks sees a byte."""

import zipfile
import zlib
from pathlib import Path

from services.kernel.sheets import refusals

LARGEST_UNPACKED = 300 * 1024 * 1024
"""Bytes of all entries of a workbook, unpacked."""
LARGEST_RATIO = 150
"""Unpacked to packed, for entries over a megabyte in all. Honest lists pack 5 to 20 times."""
MOST_ENTRIES = 300


def refuse_other_types(start: bytes) -> None:
    head = start.lstrip().lower()
    for magic, vi, en in (
        (
            b"\xd0\xcf\x11\xe0",
            "Excel đời cũ (.xls) hoặc có mật khẩu",
            "an old .xls workbook or has a password",
        ),
        (b"%pdf", "PDF", "a PDF"),
        (b"{\\rtf", "RTF", "an RTF document"),
        (b"<", "trang web hay XML", "a web page or XML"),
        (b"pk\x05\x06", "tệp nén trống", "an empty archive"),
        (b"\x1f\x8b", "tệp nén gzip", "a gzip archive"),
        (b"rar!", "tệp nén rar", "a rar archive"),
        (b"7z\xbc\xaf", "tệp nén 7z", "a 7z archive"),
        (b"\x89png", "ảnh", "a picture"),
        (b"\xff\xd8\xff", "ảnh", "a picture"),
    ):
        if head.startswith(magic):
            raise refusals.wrong_type(vi, en)


def guard(file: Path) -> None:
    """Refuses a workbook that is harmful or cannot be read, before any of it is parsed."""
    try:
        with zipfile.ZipFile(file) as archive:
            _guard_entries(archive)
            for entry in archive.infolist():
                if entry.filename.endswith((".xml", ".rels")):
                    _guard_xml(archive, entry)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise refusals.damaged() from error


def _guard_entries(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if len(entries) > MOST_ENTRIES or len(set(names)) != len(names):
        raise refusals.bomb()
    if any(entry.flag_bits & 1 for entry in entries):
        raise refusals.file("encrypted", "có mật khẩu", "has a password")
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    if unpacked > LARGEST_UNPACKED or (unpacked > 1 << 20 and unpacked / packed > LARGEST_RATIO):
        raise refusals.bomb()
    if "mimetype" in names or "content.xml" in names:
        raise refusals.wrong_type("OpenDocument (.ods)", "an OpenDocument sheet (.ods)")
    if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        raise refusals.wrong_type("không phải bảng tính Excel", "no Excel workbook")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise refusals.file("macros", "chứa macro", "has macros")
    if any(name.startswith("xl/externalLinks/") for name in names):
        raise refusals.file("external-links", "liên kết đến tệp khác", "links to other files")
    if any(name.startswith("xl/embeddings/") for name in names):
        raise refusals.file("embedded", "chứa đối tượng nhúng", "has embedded objects")


def _guard_xml(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Reads an entry once, as bytes: it is whole, and declares no entities."""
    with archive.open(entry) as stream:
        chunk = stream.read(1 << 16)
        if (
            b"<!DOCTYPE" in chunk.upper()
            or b"<!ENTITY" in chunk.upper()
            or chunk[:2] in (b"\xff\xfe", b"\xfe\xff")
        ):
            raise refusals.entities()
        while chunk:
            chunk = stream.read(1 << 16)
