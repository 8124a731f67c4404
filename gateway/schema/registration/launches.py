"""Launches in the schema: units or organisations that must register models for a year by a day, and who has not."""

from datetime import date
from typing import Annotated, Any

import strawberry
from strawberry import ID

from gateway.fields.declare import RootQuery, does, one, root
from gateway.fields.relay import VERSION, After, Before, Connection, First, Last, Node, Refusal, described
from gateway.fields.rows import shows
from gateway.schema.registration.organisations import Organisation
from gateway.schema.registration.programmes import Programme
from gateway.schema.registration.units import Home, Unit
from services.kernel.units import UnitLevel
from services.movement.words import BodyKind
from services.registration.launches.messages import (
    ExtendLaunch,
    LaunchesFilter,
    LaunchesFor,
    LaunchesForOrganisation,
    LaunchesPage,
    LaunchOrganisationRow,
    LaunchOrganisations,
    LaunchProgramme,
    LaunchRow,
    LaunchTotals,
    LaunchTotalsRow,
    LaunchUnitRow,
    LaunchUnits,
    RecallLaunch,
    Standing,
)
from services.registration.organisations.messages import OrganisationsById
from services.registration.programmes.messages import ProgrammesById
from services.registration.units.messages import UnitsOnDay

COUNTING = 900
"""Cost of counting the standings of 3,321 communes: 31 ms of processor time, as two pages of 50 models.

A page of `launchUnits` without `standings` takes a tenth of it: a field has one weight, whatever its arguments.
"""

MONTHS_LATER = (
    "Trong số đúng hạn theo ngày khai: ghi nhận muộn nhất sau ngày khai bao nhiêu tháng trọn; 0 khi không có."
)


@strawberry.type(description="Một lần gia hạn.")
class Extension:
    before: date = strawberry.field(description="Hạn trước đó.")
    reason: str = strawberry.field(description="Vì sao.")
    on: date = strawberry.field(description="Gia hạn ngày nào.")


@strawberry.type(description="Mọi tổ chức của một loại được giao.")
class AddressedKind:
    kind: BodyKind = strawberry.field(description="Loại tổ chức.")
    unit: ID | None = strawberry.field(
        description="Mã đơn vị: chỉ tổ chức trong đơn vị ấy và cấp dưới; null là mọi nơi của đợt phát động."
    )
    quota: int = strawberry.field(description="Mỗi tổ chức đăng ký ít nhất bao nhiêu mô hình.")


@strawberry.type(description="Một tổ chức được giao đích danh.")
class AddressedOrganisation:
    organisation: ID = strawberry.field(description="Mã tổ chức.")
    quota: int = strawberry.field(description="Đăng ký ít nhất bao nhiêu mô hình.")


@shows(
    LaunchTotalsRow,
    "Bao nhiêu đơn vị, hay tổ chức, đã đăng ký đến đâu, trong phạm vi của người hỏi; tám số sau cộng lại bằng `units`.",
)
class LaunchStandings:
    units: int = strawberry.field(description="Số đơn vị được giao, hay số tổ chức khi giao cho tổ chức.")
    in_time: int = strawberry.field(description="Đã đăng ký đủ, gửi đúng hạn.")
    declared: int = strawberry.field(
        description="Đã đăng ký đủ, đúng hạn theo ngày khai báo, nhưng ghi nhận sau hạn."
    )
    late: int = strawberry.field(description="Đã đăng ký đủ, có mô hình gửi quá hạn.")
    short: int = strawberry.field(description="Đã đăng ký, chưa đủ số mô hình được giao.")
    waiting: int = strawberry.field(description="Đã gửi, chờ chấp nhận.")
    drafting: int = strawberry.field(description="Mới có bản nháp hoặc bị trả lại.")
    nothing: int = strawberry.field(description="Chưa có gì.")
    unassigned: int = strawberry.field(
        description="Đã bị chia tách: đăng ký của các đơn vị nhận một phần không gán được cho riêng đơn vị nào."
    )
    recorded_months_later: int = strawberry.field(description=MONTHS_LATER)
    register_on: date = strawberry.field(
        description="Số đơn vị đếm theo danh mục đơn vị hành chính của ngày này."
    )
    as_of: date = strawberry.field(
        description="Xem đơn vị còn tồn tại hay không vào ngày này: hôm nay, hoặc ngày hạn nếu đã qua."
    )


@shows(LaunchRow, "Đợt phát động đăng ký một năm của chương trình, giao đến từng đơn vị hay tổ chức, có hạn.")
class Launch(Node):
    version: int = strawberry.field(description=VERSION)
    year: int = strawberry.field(description="Đăng ký cho năm nào.")
    level: UnitLevel = strawberry.field(
        description="Giao cho các đơn vị cấp nào; khi `kinds` không rỗng: cho tổ chức của các đơn vị cấp nào."
    )
    quota: int = strawberry.field(description="Mỗi đơn vị đăng ký ít nhất bao nhiêu mô hình.")
    kinds: list[AddressedKind] = strawberry.field(
        description="Giao cho mọi tổ chức của các loại này thay vì cho đơn vị; tối đa 30.",
    )
    organisations: list[AddressedOrganisation] = strawberry.field(
        description="Giao đích danh cho các tổ chức này, thay vì cho đơn vị; tối đa 200.",
    )
    until: date = strawberry.field(description="Hạn gửi, tính hết ngày ấy.")
    message: str = strawberry.field(description="Lời phát động; có thể rỗng.")
    document: ID | None = strawberry.field(
        description="Mã văn bản phát động, tra bằng `node(id)`; null khi không nêu."
    )
    launched_on: date = strawberry.field(
        description="Ngày phát động; đơn vị được giao là đơn vị của ngày ấy."
    )
    extensions: list[Extension] = strawberry.field(description="Các lần gia hạn; tối đa 20.")
    recalled_on: date | None = strawberry.field(description="Ngày thu hồi; null khi còn hiệu lực.")
    recall_reason: str | None = strawberry.field(description="Vì sao thu hồi; null khi còn hiệu lực.")
    programme: Programme | None = one(ProgrammesById, "programme", "Chương trình.")
    unit: Unit | None = one(UnitsOnDay, "unit", "Đơn vị phát động, vào ngày phát động.")
    lives_under: Unit | None = one(
        UnitsOnDay, "lives_under", "Đơn vị nay phụ trách: đơn vị phát động, hoặc đơn vị đã nhận bàn giao."
    )
    homes: list[Home] = strawberry.field(description="Các lần bàn giao cho đơn vị kế thừa, lần đầu trước.")
    standings: LaunchStandings | None = one(
        LaunchTotals, "id", "Tổng hợp; danh sách từng đơn vị ở `launchUnits`.", weight=COUNTING
    )


@shows(LaunchUnitRow, "Một đơn vị được giao trong một đợt phát động.")
class LaunchUnit:
    launch: ID = strawberry.field(description="Mã đợt phát động.")
    quota: int = strawberry.field(description="Được giao ít nhất bao nhiêu mô hình.")
    standing: Standing = strawberry.field(description="Đã đăng ký đến đâu so với số được giao.")
    in_time: int = strawberry.field(description="Số mô hình đã đăng ký, gửi đúng hạn.")
    declared: int = strawberry.field(
        description="Số mô hình đã đăng ký, đúng hạn theo ngày khai báo, nhưng ghi nhận sau hạn."
    )
    late: int = strawberry.field(description="Số mô hình đã đăng ký, gửi quá hạn.")
    waiting: int = strawberry.field(description="Số mô hình đã gửi, chờ chấp nhận.")
    drafting: int = strawberry.field(description="Số bản nháp, kể cả bị trả lại.")
    recorded_months_later: int = strawberry.field(description=MONTHS_LATER)
    ended_on: date | None = strawberry.field(
        description="Ngày đầu tiên đơn vị không còn; null khi còn. Mô hình của đơn vị nhận trọn nó được tính cho nó."
    )
    unit: Unit | None = one(UnitsOnDay, "unit", "Đơn vị, vào ngày phát động.")


@shows(LaunchOrganisationRow, "Một tổ chức được giao trong một đợt phát động.")
class LaunchOrganisation:
    launch: ID = strawberry.field(description="Mã đợt phát động.")
    quota: int = strawberry.field(description="Được giao ít nhất bao nhiêu mô hình.")
    standing: Standing = strawberry.field(description="Đã đăng ký đến đâu so với số được giao.")
    in_time: int = strawberry.field(description="Số mô hình đã đăng ký, gửi đúng hạn.")
    declared: int = strawberry.field(
        description="Số mô hình đã đăng ký, đúng hạn theo ngày khai báo, nhưng ghi nhận sau hạn."
    )
    late: int = strawberry.field(description="Số mô hình đã đăng ký, gửi quá hạn.")
    waiting: int = strawberry.field(description="Số mô hình đã gửi, chờ chấp nhận.")
    drafting: int = strawberry.field(description="Số bản nháp, kể cả bị trả lại.")
    recorded_months_later: int = strawberry.field(description=MONTHS_LATER)
    ended_on: date | None = strawberry.field(
        description="Ngày đầu tiên tổ chức không còn; null khi còn. Mô hình của tổ chức kế thừa được tính cho nó."
    )
    organisation: Organisation | None = one(OrganisationsById, "organisation", "Tổ chức.")
    unit: Unit | None = one(UnitsOnDay, "unit", "Đơn vị của tổ chức, vào ngày phát động.")


LaunchResult = Annotated[
    Launch | Refusal,
    strawberry.union(
        "LaunchResult", description="Đợt phát động sau khi thực hiện, hoặc vì sao không thực hiện."
    ),
]


def _launches(
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    filter: Annotated[LaunchesFilter | None, described("Chỉ những đợt thỏa mọi điều kiện.")] = None,
) -> RootQuery:
    return RootQuery(
        LaunchesPage(filter=filter or LaunchesFilter(), first=first, after=after, last=last, before=before)
    )


def _launches_for(
    unit: Annotated[ID, described("Mã đơn vị được giao.")],
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    open: Annotated[bool, described("Chỉ những đợt còn hạn và chưa thu hồi.")] = False,
) -> RootQuery:
    window: dict[str, Any] = {"first": first, "after": after, "last": last, "before": before}
    return RootQuery(LaunchesFor(unit=unit, open=open, **window))


def _launch_units(
    launch: Annotated[ID, described("Mã đợt phát động.")],
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    standings: Annotated[
        list[Standing] | None,
        described("Chỉ những đơn vị đã đăng ký đến đó; bỏ trống là mọi đơn vị."),
    ] = None,
) -> RootQuery:
    window: dict[str, Any] = {"first": first, "after": after, "last": last, "before": before}
    return RootQuery(LaunchUnits(launch=launch, standings=tuple(standings or ()), **window))


def _launch_organisations(
    launch: Annotated[ID, described("Mã đợt phát động.")],
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    standings: Annotated[
        list[Standing] | None,
        described("Chỉ những tổ chức đã đăng ký đến đó; bỏ trống là mọi tổ chức."),
    ] = None,
) -> RootQuery:
    window: dict[str, Any] = {"first": first, "after": after, "last": last, "before": before}
    return RootQuery(LaunchOrganisations(launch=launch, standings=tuple(standings or ()), **window))


def _launches_for_organisation(
    organisation: Annotated[ID, described("Mã tổ chức được giao.")],
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    open: Annotated[bool, described("Chỉ những đợt còn hạn và chưa thu hồi.")] = False,
) -> RootQuery:
    window: dict[str, Any] = {"first": first, "after": after, "last": last, "before": before}
    return RootQuery(LaunchesForOrganisation(organisation=organisation, open=open, **window))


@strawberry.type
class LaunchesQuery:
    launches: Connection[Launch] = root(_launches, "Các đợt phát động, mới nhất trước.", LaunchesPage)
    launches_for: Connection[Launch] = root(
        _launches_for, "Các đợt phát động giao cho chính đơn vị này, mới nhất trước.", LaunchesFor
    )
    launch_units: Connection[LaunchUnit] = root(
        _launch_units,
        "Từng đơn vị được giao đã đăng ký đến đâu, theo mã quốc gia, trong phạm vi của người hỏi.",
        LaunchUnits,
        weight=COUNTING,
    )
    launches_for_organisation: Connection[Launch] = root(
        _launches_for_organisation,
        "Các đợt phát động giao cho chính tổ chức này, mới nhất trước.",
        LaunchesForOrganisation,
    )
    launch_organisations: Connection[LaunchOrganisation] = root(
        _launch_organisations,
        "Từng tổ chức được giao đã đăng ký đến đâu, theo mã quốc gia của đơn vị, trong phạm vi của người hỏi.",
        LaunchOrganisations,
        weight=COUNTING,
    )


@strawberry.type
class LaunchesMutation:
    launch_programme: LaunchResult = does(
        LaunchProgramme,
        Launch,
        "Phát động đăng ký cho một năm, giao đến từng đơn vị hay từng tổ chức, kèm số lượng.",
    )
    extend_launch: LaunchResult = does(ExtendLaunch, Launch, "Gia hạn.")
    recall_launch: LaunchResult = does(RecallLaunch, Launch, "Thu hồi; những gì đã đăng ký vẫn giữ nguyên.")
