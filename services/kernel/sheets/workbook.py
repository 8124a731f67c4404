"""Reads the worksheets of an XLSX file row by row, in bounded memory: the part of Office Open XML that lists need.

Neither openpyxl nor python-calamine fits. openpyxl takes 15 µs for each shared string and reads them all, however many.
calamine does not tell a formula from its value, and hides the number formats.
"""

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from posixpath import join, normpath
from typing import Any
from xml.parsers import expat

from services.kernel.sheets import refusals
from services.kernel.sheets.elements import EPOCH, EPOCH_1904, Row, Rows, Strings, Styles, parser_of

LARGEST_STRINGS = 32 * 1024 * 1024
LARGEST_STYLES = 16 * 1024 * 1024
"""Bytes of these parts of a workbook, unpacked."""
CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Worksheet:
    name: str
    visible: bool
    part: str


class Workbook:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        """A refusal if it is damaged, or has more strings or styles than we read."""
        self._archive = archive
        self._targets: dict[str, tuple[str, str]] = {}
        """Id → kind and part of a relationship."""
        self._epoch = EPOCH
        self._found: list[tuple[str, bool, str]] = []
        relationships = parser_of(self._relationship, any_namespace=True)
        self._parse("xl/_rels/workbook.xml.rels", relationships, LARGEST_STYLES)
        self._parse("xl/workbook.xml", parser_of(self._element), LARGEST_STYLES)
        parts = dict(self._targets.values())
        self._strings = Strings()
        if "sharedStrings" in parts:
            strings = parser_of(self._strings.start, self._strings.end, self._strings.text)
            self._parse(parts["sharedStrings"], strings, LARGEST_STRINGS)
        self._styles = Styles()
        if "styles" in parts:
            self._parse(parts["styles"], parser_of(self._styles.start, self._styles.end), LARGEST_STYLES)

    @property
    def sheets(self) -> list[Worksheet]:
        """The worksheets, in their order. Sheets that are only charts are left out."""
        found = []
        for name, visible, id_ in self._found:
            kind, part = self._targets.get(id_, ("", ""))
            if kind == "worksheet":
                found.append(Worksheet(name, visible, part))
        return found

    def reader(self) -> Rows:
        """A reader of one worksheet."""
        return Rows(self._strings.texts, self._styles.formats, self._epoch)

    def rows(self, sheet: Worksheet, reader: Rows) -> Iterator[Row]:
        """Each row that is not empty. `reader`: of this worksheet; it knows the hidden and the merged cells."""
        parser = parser_of(reader.start, reader.end, reader.text)
        for chunk in self._chunks(sheet.part, None):
            with _sound():
                parser.Parse(chunk, not chunk)
            while reader.rows:
                yield reader.rows.popleft()

    def _relationship(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "Relationship":
            kind = attributes.get("Type", "").rpartition("/")[2]
            part = normpath(join("/xl", attributes.get("Target", ""))).lstrip("/")
            self._targets[attributes.get("Id", "")] = (kind, part)

    def _element(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "workbookPr" and attributes.get("date1904") in ("1", "true"):
            self._epoch = EPOCH_1904
        elif name == "sheet":
            ids = [value for key, value in attributes.items() if key.endswith(" id")]
            visible = attributes.get("state", "visible") == "visible"
            self._found.append((attributes.get("name", ""), visible, ids[0] if ids else ""))

    def _parse(self, part: str, parser: Any, most: int) -> None:
        """`most`: bytes of the part, unpacked; a refusal if it has more."""
        for chunk in self._chunks(part, most):
            with _sound():
                parser.Parse(chunk, not chunk)

    def _chunks(self, part: str, most: int | None) -> Iterator[bytes]:
        """The bytes of a part, and at its end an empty chunk."""
        with _sound():
            entry = self._archive.getinfo(part)
            if most is not None and entry.file_size > most:
                raise refusals.too_heavy()
            stream = self._archive.open(entry)
        with stream:
            chunk = b"x"
            while chunk:
                with _sound():
                    chunk = stream.read(CHUNK)
                yield chunk


class _sound:  # noqa: N801 - a context like those of contextlib, but five times as fast
    """Turns errors of a malformed workbook into the refusal."""

    ERRORS = (
        expat.ExpatError,
        zipfile.BadZipFile,
        zlib.error,
        KeyError,
        IndexError,
        ValueError,
        OverflowError,
        EOFError,
        NotImplementedError,
        OSError,
    )

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, self.ERRORS):
            raise refusals.damaged() from error
