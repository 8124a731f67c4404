"""Addressees of launches and their quotas as pure functions."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from services.kernel.messages import Refused
from services.kernel.units import UnitLevel
from services.movement.words import BodyKind
from services.registration.launches.asked import Asked, ask, names
from services.registration.launches.messages import (
    AddressedKind,
    AddressedOrganisation,
    AskedKind,
    AskedOrganisation,
    Standing,
)
from services.registration.launches.standings import Tally
from services.registration.organisations.messages import FormerName, MergedEntry
from tests import values

ACT = values.act("officer", date(2024, 1, 10), today=date(2026, 11, 1))
CITY, WARD = values.unit("/vn/a", UnitLevel.PROVINCE), values.unit("/vn/a/d")


def refusal(do: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as refused:
        do()
    return refused.value.refusal.code


@pytest.mark.parametrize(
    ("tally", "standing"),
    [
        (Tally(in_time=5, late=1), Standing.IN_TIME),
        (Tally(in_time=3, declared=2), Standing.DECLARED),
        (Tally(in_time=4, late=1, waiting=9), Standing.LATE),
        (Tally(in_time=4, waiting=9), Standing.SHORT),
        (Tally(late=1, drafting=4), Standing.SHORT),
        (Tally(waiting=5), Standing.WAITING),
        (Tally(drafting=5), Standing.DRAFTING),
        (Tally(), Standing.NOTHING),
    ],
)
def test_five_models_are_asked_and_the_last_of_them_decides(tally: Tally, standing: Standing) -> None:
    assert tally.standing(5) is standing


def test_launch_asks_organisations_of_a_kind_and_named_ones() -> None:
    day = date(2024, 1, 10)
    union = values.organisation(WARD)
    asked = Asked(
        on=day,
        kinds=(
            AddressedKind(kind=BodyKind.WOMENS_UNION, unit="b", quota=5),
            AddressedKind(kind=BodyKind.WOMENS_UNION, unit=None, quota=2),
        ),
        organisations=(AddressedOrganisation(organisation="organisation_9", quota=7),),
    )
    assert asked.of(union, ("vn", "a", "b", "c")) == 5
    assert asked.of(union, ("vn", "a", "d")) == 2
    assert asked.of(union, None) is None
    assert asked.of(replace(union, kind=BodyKind.POLICE), ("vn", "a", "b")) is None
    assert asked.of(replace(union, id="organisation_9"), None) == 7
    entry = MergedEntry(
        organisation="organisation_9", name="x", kind=union.kind, on=day, reason="x", document=""
    )
    assert asked.of(replace(union, merged=(entry,)), ("vn", "a", "d")) == 7
    assert asked.of(replace(union, since=date(2024, 1, 11)), ("vn", "a", "d")) is None
    assert asked.of(replace(union, ended_on=day), ("vn", "a", "d")) is None
    once = FormerName(name="x", kind=union.kind, since=None, until=date(2024, 2, 1), document="x")
    assert asked.of(replace(union, kind=BodyKind.POLICE, former=(once,)), ("vn", "a", "d")) == 2


def test_quota_and_addressees_have_limits() -> None:
    def asks(**more: Any) -> Asked:
        given_: dict[str, Any] = {"quota": 1, "kinds": [], "organisations": [], "unit": CITY}
        return ask(**given_ | more, act=ACT)

    elsewhere = values.unit("/vn/x")
    kind = AskedKind(kind=BodyKind.POLICE)
    its = values.organisation(elsewhere)
    assert refusal(lambda: asks(quota=0)) == "quota-invalid"
    assert refusal(lambda: asks(kinds=[(replace(kind, quota=1001), None)])) == "quota-invalid"
    assert refusal(lambda: asks(kinds=[(kind, None)] * 31)) == "too-many-addressees"
    assert refusal(lambda: asks(kinds=[(kind, elsewhere)])) == "addressee-elsewhere"
    named = AskedOrganisation(organisation=its.id)
    assert refusal(lambda: asks(organisations=[(named, its, elsewhere)])) == "addressee-elsewhere"
    found = asks(quota=4, kinds=[(kind, None), (replace(kind, quota=2), CITY)])
    assert [(one.unit, one.quota) for one in found.kinds] == [(None, 4), (CITY.id, 2)]
    # A unit may launch a year once for each group of addressees.
    assert names(found) == ["POLICE@", "POLICE@a"]
    assert names(asks()) == []
