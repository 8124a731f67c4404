"""The rules of organisations: who owns models, and to which unit it belongs."""

from datetime import date, datetime

from services.kernel.aggregate import Aggregate
from services.kernel.inputs import happened, required
from services.kernel.units import Spell
from services.registration.events import BodyKind, level_of
from services.registration.organisations.events import OrganisationRegistered

LONGEST_NAME = 200


class Organisation(Aggregate, frozen=True, kw_only=True):
    name: str
    kind: BodyKind


def register(
    *, key: str, name: str, kind: BodyKind, unit: Spell, on: date, today: date, at: datetime
) -> tuple[Organisation, OrganisationRegistered]:
    name = required(name, "name", longest=LONGEST_NAME, vi="Tên tổ chức", en="The organisation's name")
    level_of(unit.level)
    happened(on, today)
    organisation = Organisation(id=key, version=1, unit=unit.path, name=name, kind=kind)
    return organisation, OrganisationRegistered(
        key=key, version=1, at=at, unit=unit.path, name=name, kind=kind
    )
