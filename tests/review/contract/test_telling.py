"""A public event has the days and units of the internal event behind it."""

from datetime import date

from services.kernel.calendar import moment
from services.kernel.units import UnitLevel
from services.movement.homes import Home
from services.movement.words import Field, Level, SubjectKind
from services.review.contract.events import HandedOver
from services.review.contract.telling import told
from services.review.messages import ReviewHandedOver

MERGED, ENTERED = date(2025, 7, 1), date(2026, 11, 28)
OLD, NEW = "/vn/u42/u437/u18115", "/vn/u42/u18115-2025"


def test_record_lives_in_the_new_unit_since_the_old_one_ended_and_not_since_somebody_entered_it() -> None:
    home = Home(
        path=NEW, unit="u18115-2025@2025-07-01", unit_level=UnitLevel.COMMUNE, since=MERGED, on=ENTERED
    )
    event = ReviewHandedOver(
        key="review_1",
        version=2,
        at=moment(),
        unit=NEW,
        model="model_1",
        title="x",
        field=Field.ECONOMY,
        subject_kind=SubjectKind.COLLECTIVE,
        level=Level.COMMUNE,
        on=ENTERED,
        made_under=OLD,
        homes=(home,),
        decided=False,
    )
    public = told(event, {})
    assert isinstance(public, HandedOver)
    assert (public.on, public.unit.id, public.made_under.id) == (MERGED, "u18115-2025", "u18115")
