"""Commands and queries of hand-overs: open records of an ended unit continue under a successor."""

from datetime import date
from typing import Annotated, ClassVar

import msgspec

from services.kernel.messages import ANY_OFFICE, Command, Id, Role, described
from services.kernel.rows import ByFilter, Shows
from services.kernel.units import UnitOnDay
from services.kernel.words import Word

HANDS_OVER = frozenset({Role.OFFICER, Role.LEADER})
MOST_AT_ONCE = 200
"""Records that one command hands over, at most."""


class HandedKind(Word):
    """Loại hồ sơ được bàn giao khi đơn vị kết thúc."""

    MODEL = "MODEL", "Mô hình, kể cả bản nháp"
    PROGRAMME = "PROGRAMME", "Phong trào, chương trình"
    LAUNCH = "LAUNCH", "Đợt phát động"
    ORGANISATION = "ORGANISATION", "Tổ chức"


class HandOver(Command, frozen=True, kw_only=True):
    """Hands one record over. `to`: a successor of the record's unit; default the one that has the whole unit."""

    roles: ClassVar[frozenset[Role]] = HANDS_OVER
    vi: ClassVar[str] = "Hồ sơ của một đơn vị đã kết thúc, và đơn vị kế thừa nhận bàn giao."

    record: Annotated[Id, described("Mã mô hình, chương trình, đợt phát động hoặc tổ chức.")]
    to: Annotated[
        Id | None,
        described("Mã đơn vị kế thừa; bỏ trống được khi đơn vị cũ nhập trọn vẹn vào một đơn vị."),
    ] = None
    document: Annotated[
        str, described("Biên bản, văn bản bàn giao, tối đa 300 ký tự; mặc định là văn bản sắp xếp đơn vị.")
    ] = ""
    expected_version: Annotated[
        int | None,
        described(
            "Phiên bản mà người gửi đã xem; nếu nay đã khác thì không làm gì. Bỏ trống: không kiểm tra."
        ),
    ] = None


class HandOverAll(Command, frozen=True, kw_only=True):
    """Hands over all open records of a unit, the oldest first, at most 200 at a time."""

    roles: ClassVar[frozenset[Role]] = HANDS_OVER
    vi: ClassVar[str] = "Mọi hồ sơ đang mở của một đơn vị đã kết thúc, và đơn vị kế thừa nhận bàn giao."

    unit: Annotated[Id, described("Mã đơn vị đã kết thúc.")]
    to: Annotated[
        Id | None,
        described("Mã đơn vị kế thừa; bỏ trống được khi đơn vị cũ nhập trọn vẹn vào một đơn vị."),
    ] = None
    kinds: Annotated[
        tuple[HandedKind, ...] | None, described("Chỉ những loại hồ sơ này; bỏ trống là mọi loại.")
    ] = None
    document: Annotated[
        str, described("Biên bản, văn bản bàn giao, tối đa 300 ký tự; mặc định là văn bản sắp xếp đơn vị.")
    ] = ""


class HandOverPreview(Shows, frozen=True, kw_only=True):
    """One row: the outcome that `HandOverAll` would have. It has the same refusals."""

    roles: ClassVar[frozenset[Role]] = HANDS_OVER

    unit: str
    to: str | None = None
    kinds: tuple[HandedKind, ...] | None = None


class WaitingFilter(msgspec.Struct, frozen=True, kw_only=True):
    """A field that is left out matches all."""

    vi: ClassVar[str] = "Lọc; bỏ trống là không lọc."

    unit: Annotated[
        Id | None, described("Đơn vị đã kết thúc này, hoặc những đơn vị mà đơn vị này và cấp dưới kế thừa.")
    ] = None
    kind: Annotated[HandedKind | None, described("Có hồ sơ loại này đang chờ.")] = None


class WaitingUnits(ByFilter, frozen=True, kw_only=True):
    """Units that have ended and have open records, by id."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    filter: WaitingFilter = WaitingFilter()


class WaitingTotals(Shows, frozen=True, kw_only=True):
    """One row: the sums of all rows of `WaitingUnits`."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    filter: WaitingFilter = WaitingFilter()


class WaitingRecords(ByFilter, frozen=True, kw_only=True):
    """Open records of a unit that has ended, by kind and id."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    unit: str
    kind: HandedKind | None = None


class SuccessorRow(msgspec.Struct, frozen=True, kw_only=True):
    """`whole`: whether it has the whole of the old unit. `since`: the first day under it."""

    unit: UnitOnDay
    whole: bool
    since: date


class KindCount(msgspec.Struct, frozen=True, kw_only=True):
    kind: HandedKind
    name: str
    records: int


class WaitingUnitRow(msgspec.Struct, frozen=True, kw_only=True):
    """`ended_on`: first day without the unit. `proposed`: the successor that has the whole unit, if there is one."""

    id: str
    unit: UnitOnDay
    ended_on: date
    records: int
    kinds: tuple[KindCount, ...]
    successors: tuple[SuccessorRow, ...]
    proposed: UnitOnDay | None


class WaitingTotalsRow(msgspec.Struct, frozen=True, kw_only=True):
    units: int
    records: int
    kinds: tuple[KindCount, ...]


class WaitingRecordRow(msgspec.Struct, frozen=True, kw_only=True):
    """`state`: in Vietnamese; None for a record without states."""

    id: str
    version: int
    kind: HandedKind
    name: str
    title: str
    state: str | None


class HandedOverRow(msgspec.Struct, frozen=True, kw_only=True):
    """`unit`: the ended unit. `to`: the unit under which the records live from the day `since` on.

    `records`: number of records handed over. `left`: number of open records that the unit has left.
    """

    id: str
    unit: UnitOnDay
    to: UnitOnDay
    since: date
    document: str
    records: int
    left: int
    kinds: tuple[KindCount, ...]
