"""Organisations in the schema."""

from datetime import date
from typing import Annotated

import strawberry
from strawberry import ID

from gateway.fields import does, one
from gateway.relay import VERSION, Node, Refusal
from gateway.schema.units import Unit
from services.registration.events import BodyKind
from services.registration.organisations.events import RegisterOrganisation
from services.registration.units.events import UnitsOnDay


@strawberry.type(description="Tổ chức, đơn vị chủ trì mô hình.")
class Organisation(Node):
    name: str = strawberry.field(description="Tên đầy đủ.")
    kind: BodyKind = strawberry.field(description="Loại tổ chức.")
    version: int = strawberry.field(description=VERSION)
    unit: Unit | None = one(UnitsOnDay, "unit", "Đơn vị hành chính mà tổ chức thuộc về, như hôm nay.")


@strawberry.input(description="Tổ chức cần ghi nhận.")
class RegisterOrganisationInput:
    name: str = strawberry.field(description="Tên đầy đủ, tối đa 300 ký tự.")
    kind: BodyKind = strawberry.field(description="Loại tổ chức.")
    unit: ID = strawberry.field(description="Mã đơn vị hành chính mà tổ chức thuộc về.")
    on: date | None = strawberry.field(
        default=None, description="Một ngày mà đơn vị tồn tại; bỏ trống là hôm nay."
    )


OrganisationResult = Annotated[
    Organisation | Refusal,
    strawberry.union("OrganisationResult", description="Tổ chức đã ghi nhận, hoặc vì sao không ghi nhận."),
]


@strawberry.type
class OrganisationsMutation:
    register_organisation: OrganisationResult = does(
        RegisterOrganisation, RegisterOrganisationInput, Organisation, "Ghi nhận một tổ chức chủ trì."
    )
