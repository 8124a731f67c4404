"""Registration's messages about corrections of models and of their contributions."""

from datetime import date
from typing import Annotated, ClassVar

from services.corrections.messages import Correct, CorrectionMessages
from services.kernel.messages import Amount, Id, Role, described
from services.movement.words import ContributionKind, Covers, SubjectKind

CORRECTIONS = CorrectionMessages("registration")
OFFICERS = frozenset({Role.OFFICER})
STEPPERS = frozenset({Role.OFFICER, Role.APPRAISER})
"""The roles that can take a step of a model whose day can be corrected."""


class _OfModel(Correct, frozen=True, kw_only=True):
    """`expected_version`: the version of the model that the caller has seen."""

    model: Annotated[Id, described("Mã mô hình.")]
    expected_version: Annotated[
        int | None,
        described("Phiên bản của mô hình mà người gửi đã xem; bỏ trống là không kiểm tra."),
    ] = None


class CorrectContribution(_OfModel, frozen=True, kw_only=True):
    """Proposes other values of a contribution. A value that is left out stays as it is."""

    roles: ClassVar[frozenset[Role]] = OFFICERS
    vi: ClassVar[str] = "Giá trị đúng của một lần ghi nhận nguồn lực; trường nào bỏ trống thì giữ nguyên."

    contribution: Annotated[int, described("`version` của lần ghi nhận ấy trong `Model.contributions`.")]
    kind: Annotated[ContributionKind | None, described("Loại nguồn lực đúng.")] = None
    amount: Annotated[Amount | None, described("Số đúng, theo đơn vị tính của loại.")] = None
    covers: Annotated[Covers | None, described("Chỉ với kinh phí: số tiền bao gồm những gì.")] = None
    on: Annotated[date | None, described("Ngày huy động đúng.")] = None
    note: Annotated[str | None, described("Ghi chú đúng; chuỗi rỗng là bỏ ghi chú.")] = None


class ReverseContribution(_OfModel, frozen=True, kw_only=True):
    """Proposes that a contribution was recorded by mistake and counts no more."""

    roles: ClassVar[frozenset[Role]] = OFFICERS
    vi: ClassVar[str] = "Một lần ghi nhận nguồn lực cần hủy bỏ vì ghi nhầm, và lý do."

    contribution: Annotated[int, described("`version` của lần ghi nhận ấy trong `Model.contributions`.")]


class CorrectModel(_OfModel, frozen=True, kw_only=True):
    """Proposes other contents of a registered model. A field that is left out stays as it is."""

    roles: ClassVar[frozenset[Role]] = OFFICERS
    vi: ClassVar[str] = "Nội dung đúng của một mô hình đã đăng ký; trường nào bỏ trống thì giữ nguyên."

    title: Annotated[str | None, described("Tên mô hình, tối đa 300 ký tự.")] = None
    summary: Annotated[str | None, described("Tóm tắt cách làm, tối đa 4000 ký tự.")] = None
    place: Annotated[str | None, described("Địa điểm, tối đa 300 ký tự.")] = None
    target: Annotated[str | None, described("Kết quả, chỉ tiêu dự kiến, tối đa 1000 ký tự.")] = None
    programme: Annotated[
        Id | None, described("Mã phong trào, chương trình; chuỗi rỗng là không thuộc chương trình nào.")
    ] = None
    year: Annotated[int | None, described("Đăng ký cho năm nào.")] = None
    field: Annotated[str | None, described("Mã hoặc tên lĩnh vực.")] = None
    subject_kind: Annotated[SubjectKind | None, described("Của tập thể hay của cá nhân.")] = None


class ReverseMerge(Correct, frozen=True, kw_only=True):
    """Proposes to undo a merger that was a mistake: there are two organisations again, each with its own models."""

    roles: ClassVar[frozenset[Role]] = OFFICERS
    vi: ClassVar[str] = "Lần gộp tổ chức cần hủy bỏ vì là hai tổ chức khác nhau, và lý do."

    organisation: Annotated[Id, described("Mã tổ chức đã được gộp nhầm vào tổ chức khác.")]


class CorrectModelStep(_OfModel, frozen=True, kw_only=True):
    """Proposes another day for a step of a registered model: its submission, acceptance, start, continuation or end.

    `step`: the version of the model that the step created.
    """

    roles: ClassVar[frozenset[Role]] = STEPPERS
    vi: ClassVar[str] = "Ngày đúng của một bước: gửi, chấp nhận, bắt đầu, chuyển tiếp, rút hoặc dừng."

    step: Annotated[int, described("`version` của bước ấy trong `Model.history`.")]
    on: Annotated[date, described("Ngày đúng của bước ấy.")]
