"""Callers: their grants, scopes and own work."""

from datetime import date

import pytest

from services.kernel.caller import ANYBODY, EVERYTHING, Caller, Grant, Scope
from services.kernel.messages import ANY_OFFICE, PUBLIC, Refused, Role

DAY = date(2026, 3, 8)


def caller(*grants: Grant) -> Caller:
    return Caller(id="ann", name="Ann", grants=grants)


def grant(unit: str = "b", role: Role = Role.OFFICER, **more: object) -> Grant:
    return Grant(role=role, unit=unit, **more)  # type: ignore[arg-type]


def code(roles: frozenset[Role], who: Caller) -> str:
    with pytest.raises(Refused) as refused:
        who.scope(roles, DAY)
    return refused.value.refusal.code


def test_scope_covers_whole_units_and_their_sub_units() -> None:
    scope = Scope(frozenset({"u43"}))
    assert scope.covers("/vn/u43")
    assert scope.covers("/vn/u43/u437")
    for path in ("/vn", "/vn/u437", "/vn/u42/u437", "/vn/u4", "/vn/u42/u43-2025"):
        assert not scope.covers(path), path
    assert EVERYTHING.covers("/vn/u437")


def test_grant_holds_from_its_first_day_to_its_last() -> None:
    for since, until, holds in (
        (None, None, True),
        (DAY, DAY, True),
        (date(2026, 3, 9), None, False),
        (None, date(2026, 3, 7), False),
    ):
        who = caller(grant(since=since, until=until))
        assert who.units(ANY_OFFICE, DAY) == ({"b"} if holds else set())


def test_scope_has_the_units_of_grants_with_the_roles() -> None:
    who = caller(grant("a"), grant("b", Role.LEADER), grant("c"))
    assert who.scope(frozenset({Role.OFFICER}), DAY) == Scope(frozenset({"a", "c"}))
    assert who.scope(ANY_OFFICE, DAY) == Scope(frozenset({"a", "b", "c"}))
    assert code(frozenset({Role.APPRAISER}), who) == "not-permitted"


def test_every_caller_is_public_and_only_callers_without_token_are_anonymous() -> None:
    for who in (ANYBODY, caller(), caller(grant())):
        assert who.scope(PUBLIC, DAY) == Scope(frozenset({"vn"}))
    assert code(ANY_OFFICE, ANYBODY) == "unauthenticated"
    assert code(ANY_OFFICE, caller()) == "not-permitted"
    assert code(ANY_OFFICE, caller(grant(role=Role.PUBLIC))) == "not-permitted"


def test_own_work_is_that_of_the_person_the_givers_and_the_organisations() -> None:
    who = caller(
        grant(organisation="organisation_1"),
        grant(giver="bob", organisation="organisation_2"),
        grant(giver="cid", until=date(2026, 3, 7)),
    )
    assert who.selves(DAY) == {"ann", "organisation_1", "bob", "organisation_2"}


def test_unit_outside_the_scope_is_not_permitted() -> None:
    scope = Scope(frozenset({"b"}))
    assert scope.require("/vn/a/c", "/vn/b/c") == "c"
    with pytest.raises(Refused) as refused:
        scope.require("/vn/a/c")
    assert (refused.value.refusal.code, refused.value.refusal.fields) == ("not-permitted", ("unit",))
