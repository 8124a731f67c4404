"""Registration's messages about files, jobs and the sheet of models."""

from datetime import date
from typing import Annotated, ClassVar

from services.kernel.messages import ANY_OFFICE, PUBLIC, Role, described
from services.kernel.sheets import messages as sheets
from services.registration.models.messages import ModelsFilter

FILE, JOB = sheets.kinds("registration")
OFFICERS = frozenset({Role.OFFICER})
MODELS = "models"
"""The name of the sheet."""


class StoreFilePart(sheets.StoreFilePart, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = OFFICERS


class DiscardFile(sheets.DiscardFile, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = OFFICERS


class FilePart(sheets.FilePart, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class Template(sheets.Template, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = PUBLIC

    sheet: str = MODELS


class StartImport(sheets.StartImport, frozen=True, kw_only=True):
    """Imports a list of models. `submit`: also submit the models drafted from it.

    `results_on`: the day of land, work-days and money in rows that name no day for them.
    """

    roles: ClassVar[frozenset[Role]] = OFFICERS

    submit: Annotated[bool, described("Gửi đăng ký luôn những bản nháp lập được.")] = False
    results_on: Annotated[
        date | None,
        described(
            "Kết quả trong tệp (đất, ngày công, kinh phí) tính đến ngày nào, thường là ngày cuối kỳ; "
            "dùng cho dòng không ghi cột “Kết quả tính đến ngày”."
        ),
    ] = None


class StartExport(sheets.StartExport, frozen=True, kw_only=True):
    """Exports a list of models. `filter`: of the list; it must name a unit.

    A workbook has the corrections of these models on a second worksheet. `corrections`: export only the corrections.
    """

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    filter: Annotated[ModelsFilter, described("Lọc như danh sách mô hình; phải nêu đơn vị, trừ cả nước.")]
    corrections: Annotated[
        bool,
        described(
            "`true`: chỉ xuất các đính chính của những mô hình ấy, mỗi giá trị một dòng, gồm giá trị trước và sau. "
            "Tệp XLSX của danh sách đã có sẵn trang “Đính chính”; tệp CSV chỉ chứa một bảng."
        ),
    ] = False


class CancelJob(sheets.CancelJob, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class JobsPage(sheets.JobsPage, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class JobsById(sheets.JobsById, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class JobRows(sheets.JobRows, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE
