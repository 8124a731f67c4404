"""Lists of models on sheets, in the schema: check, import and export as jobs in the background."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import ID

from gateway.fields.columns import ASKS
from gateway.fields.declare import AnyInfo, RootQuery, SubscriptionField, does, needed, root
from gateway.fields.owners import OWNERS, owner_of
from gateway.fields.relay import VERSION, After, Before, Connection, First, Last, Node, Refusal, described
from gateway.fields.rows import shows
from services.kernel.messages import ANY_OFFICE, Refused
from services.kernel.sheets.messages import Fate, JobKind, JobRow, JobState, RowRow
from services.registration.sheets.messages import CancelJob, JobsPage, StartExport, StartImport

GLANCE = 0.5
"""Seconds between looks at the progress of a job."""
ENDED = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})


@strawberry.type(description="Số dòng theo kết quả.")
class JobCounts:
    accepted: int = strawberry.field(description="Được nhận.")
    warning: int = strawberry.field(description="Được nhận, có điều cần xem lại.")
    unchanged: int = strawberry.field(description="Không có gì thay đổi.")
    error: int = strawberry.field(description="Lỗi, không ghi.")


@shows(JobRow, "Một việc kiểm tra, nhập hay xuất bảng tính, chạy nền; chỉ người yêu cầu thấy.")
class SheetJob(Node):
    version: int = strawberry.field(description=VERSION)
    kind: JobKind = strawberry.field(description="Việc gì.")
    state: JobState = strawberry.field(description="Đang ở bước nào.")
    name: str = strawberry.field(description="Tên tệp.")
    done: int = strawberry.field(description="Số dòng đã làm.")
    total: int | None = strawberry.field(description="Tổng số dòng; null khi chưa đếm xong.")
    counts: JobCounts = strawberry.field(
        description="Các dòng đã làm, theo kết quả; của việc xuất thì đều là 0."
    )
    problem_code: str = strawberry.field(description="Mã lý do khi cả việc không làm được; rỗng nếu được.")
    problem_vi: str = strawberry.field(description="Lý do ấy bằng tiếng Việt.")
    problem_en: str = strawberry.field(description="Lý do ấy bằng tiếng Anh.")
    created_at: datetime = strawberry.field(description="Lúc được yêu cầu.")
    ended_at: datetime | None = strawberry.field(description="Lúc kết thúc.")
    result: ID | None = strawberry.field(
        description="Mã tệp kết quả, tải tại `/files/<mã>` trong một ngày: tệp nhập kèm kết quả bên cạnh từng dòng, "
        "hoặc danh sách đã xuất."
    )


@strawberry.type(description="Điều cần nói về một dòng.")
class RowProblem:
    cell: str = strawberry.field(description="Địa chỉ ô, ví dụ C7; rỗng khi là cả dòng.")
    code: str = strawberry.field(description="Mã ổn định.")
    vi: str = strawberry.field(description="Giải thích bằng tiếng Việt.")
    en: str = strawberry.field(description="Giải thích bằng tiếng Anh.")


@shows(RowRow, "Kết quả của một dòng trong tệp.")
class SheetRow:
    number: int = strawberry.field(description="Số thứ tự dòng trong tệp.")
    fate: Fate = strawberry.field(description="Kết quả.")
    title: str = strawberry.field(description="Tên mô hình ghi trong dòng; có thể rỗng.")
    record: ID | None = strawberry.field(name="model", description="Mã mô hình được lập hoặc sửa.")
    problems: list[RowProblem] = strawberry.field(description="Lỗi hay cảnh báo, từng ô.")


SheetJobResult = Annotated[
    SheetJob | Refusal,
    strawberry.union("SheetJobResult", description="Việc ấy, hoặc vì sao không thực hiện."),
]


def _jobs(first: First = None, after: After = None, last: Last = None, before: Before = None) -> RootQuery:
    return RootQuery(JobsPage(first=first, after=after, last=last, before=before))


def _job_rows(
    job: Annotated[ID, described("Mã việc.")],
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    fate: Annotated[Fate | None, described("Chỉ những dòng có kết quả này.")] = None,
) -> RootQuery:
    page = owner_of(job).JobRows(job=job, fate=fate, first=first, after=after, last=last, before=before)
    return RootQuery(page)


@strawberry.type
class SheetsQuery:
    sheet_jobs: Connection[SheetJob] = root(
        _jobs, "Các việc nhập, xuất của người hỏi, mới nhất trước; mỗi trang tối đa 100.", JobsPage
    )
    sheet_rows: Connection[SheetRow] = root(
        _job_rows,
        "Kết quả từng dòng của một việc kiểm tra hay nhập, theo thứ tự trong tệp.",
        *(owner.JobRows for owner in OWNERS),
    )


@strawberry.type
class SheetsMutation:
    start_import: SheetJobResult = does(
        StartImport,
        SheetJob,
        "Kiểm tra hoặc nhập một tệp, chạy nền: từng dòng được nhận, cảnh báo hay lỗi; nhập lại cùng tệp không lập "
        "thêm mô hình.",
    )
    start_export: SheetJobResult = does(
        StartExport,
        SheetJob,
        "Xuất danh sách mô hình ra tệp, chạy nền; nhập lại tệp ấy không thay đổi gì.",
    )
    cancel_job: SheetJobResult = does(CancelJob, SheetJob, "Hủy một việc chưa xong; những gì đã ghi vẫn còn.")


@strawberry.type
class SheetsSubscription:
    @strawberry.subscription(
        description="Tiến độ của một việc, mỗi khi thay đổi, đến khi kết thúc. Cần WebSocket hoặc SSE.",
        metadata={ASKS: SubscriptionField(ANY_OFFICE)},
    )
    async def job_progress(
        self, info: AnyInfo, job: Annotated[ID, described("Mã việc của người nghe.")]
    ) -> AsyncGenerator[SheetJob, None]:
        fields = {**needed(info), "version": "version", "state": "state"}
        seen = -1
        while True:
            (row,) = (await info.context.loader.rows(owner_of(job).JobsById, (job,), fields)).read()
            if row is None:
                raise Refused(
                    "job-not-found",
                    "job",
                    vi=f"Không tìm thấy việc “{job[:60]}”.",
                    en=f"There is no job “{job[:60]}”.",
                )
            if row["version"] != seen:
                seen = row["version"]
                info.context.renew()
                yield row
            if row["state"] in ENDED:
                return
            await asyncio.sleep(GLANCE)
