"""Messages of a toy service with a sheet, a register of trees; `trees.py` is the service."""

from typing import ClassVar

from services.kernel.kinds import Kind
from services.kernel.messages import Event, Role
from services.kernel.sheets import messages as sheets

TREE = Kind("tree", "cây", "tree")
FILE, JOB = sheets.kinds("toy")
FORESTERS = frozenset({Role.OFFICER})


class StoreFilePart(sheets.StoreFilePart, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = FORESTERS


class DiscardFile(sheets.DiscardFile, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = FORESTERS


class FilePart(sheets.FilePart, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = FORESTERS


class Template(sheets.Template, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = FORESTERS


class ImportTrees(sheets.StartImport, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = FORESTERS


class ExportTrees(sheets.StartExport, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = FORESTERS

    unit: str


class CancelJob(sheets.CancelJob, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = FORESTERS


class JobsPage(sheets.JobsPage, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = FORESTERS


class JobsById(sheets.JobsById, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = FORESTERS


class JobRows(sheets.JobRows, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = FORESTERS


class TreePlanted(Event, frozen=True, kw_only=True):
    name: str
