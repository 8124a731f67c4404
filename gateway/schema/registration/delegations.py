"""Delegations in the schema."""

from datetime import date
from typing import Annotated

import strawberry
from strawberry import ID

from gateway.fields.declare import RootQuery, does, one, root
from gateway.fields.relay import VERSION, After, Before, Connection, First, Last, Node, Refusal, described
from gateway.fields.rows import shows
from gateway.schema.registration.units import Unit
from services.kernel.messages import Role
from services.registration.delegations.messages import (
    DelegateRole,
    DelegationRow,
    DelegationsPage,
    RevokeDelegation,
    Side,
)
from services.registration.units.messages import UnitsOnDay


@shows(DelegationRow, "Một vai trò được ủy quyền: có ngày hết hạn, không vượt quyền người ủy quyền.")
class Delegation(Node):
    version: int = strawberry.field(description=VERSION)
    giver: ID = strawberry.field(description="Mã người ủy quyền.")
    receiver: ID = strawberry.field(description="Mã người được ủy quyền.")
    role: Role = strawberry.field(description="Vai trò được ủy quyền.")
    since: date = strawberry.field(description="Từ ngày.")
    until: date = strawberry.field(description="Đến hết ngày.")
    revoked_on: date | None = strawberry.field(description="Ngày bị chấm dứt trước hạn, nếu có.")
    unit: Unit | None = one(UnitsOnDay, "unit", "Trong đơn vị này và cấp dưới.")


DelegationResult = Annotated[
    Delegation | Refusal,
    strawberry.union(
        "DelegationResult", description="Việc ủy quyền sau khi thực hiện, hoặc vì sao không thực hiện."
    ),
]


def _delegations(
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    side: Annotated[
        Side | None, described("Chỉ những việc người hỏi đã ủy quyền, hoặc được ủy quyền.")
    ] = None,
) -> RootQuery:
    return RootQuery(DelegationsPage(side=side, first=first, after=after, last=last, before=before))


@strawberry.type
class DelegationsQuery:
    delegations: Connection[Delegation] = root(
        _delegations,
        "Các việc ủy quyền, mới nhất trước: của người hỏi, và với người vận hành là tất cả trong đơn vị.",
        DelegationsPage,
    )


@strawberry.type
class DelegationsMutation:
    delegate_role: DelegationResult = does(
        DelegateRole,
        Delegation,
        "Ủy quyền cho người khác một vai trò mình tự giữ; người được ủy quyền không ủy quyền tiếp được.",
    )
    revoke_delegation: DelegationResult = does(
        RevokeDelegation,
        Delegation,
        "Chấm dứt một việc ủy quyền trước hạn; có hiệu lực trong vòng 5 giây.",
    )
