"""Values for tests of domains: acts, units, organisations and drafts."""

from datetime import UTC, date, datetime, time
from typing import Any

from services.kernel.act import Act
from services.kernel.units import DatedUnit, Spell, UnitLevel, UnitPath
from services.movement.words import BodyKind, Field, SubjectKind
from services.registration.models import drafting
from services.registration.models.domain import Model
from services.registration.models.messages import ModelDrafted
from services.registration.organisations.domain import Organisation


def act(by: str, on: date, *organisations: str, today: date | None = None, at: datetime | None = None) -> Act:
    """An act of `by`, on behalf of the organisations. `today`: by default, the day of the act."""
    today = today or on
    own = frozenset({by, *organisations})
    return Act(by=by, own=own, on=on, today=today, at=at or datetime.combine(today, time(9), UTC))


def unit(path: str, level: UnitLevel = UnitLevel.COMMUNE, *, until: date | None = None) -> DatedUnit:
    """A unit that has always been the same, and ends on the day `until`."""
    *above, id_ = UnitPath(path).segments
    spell = Spell(
        name=f"Đơn vị {id_}",
        code=id_,
        kind=level.vi,
        level=level,
        parent=above[-1] if above else None,
        path=path,
        until=until,
    )
    return DatedUnit(id=id_, spells=(spell,))


def organisation(of: DatedUnit, key: str = "organisation_1", *, ended_on: date | None = None) -> Organisation:
    """An organisation of the unit."""
    return Organisation(
        id=key,
        version=1,
        unit=of.spells[-1].path,
        name="Hội Phụ nữ",
        kind=BodyKind.WOMENS_UNION,
        ended=ended_on is not None,
        ended_on=ended_on,
    )


def draft(act_: Act, *, of: DatedUnit, **given: Any) -> tuple[Model, ModelDrafted]:
    """A draft of an organisation of the unit."""
    whole: dict[str, Any] = {
        "key": "model_1",
        "owner": organisation(of),
        "title": "Ngõ sạch",
        "summary": "",
        "place": "",
        "target": "",
        "programme": None,
        "year": None,
        "field": Field.ECONOMY,
        "subject_kind": SubjectKind.COLLECTIVE,
        **given,
    }
    return drafting.draft(unit=of, act=act_, **whole)
