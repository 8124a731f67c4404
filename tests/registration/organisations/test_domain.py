"""The rules of organisations: named, in a unit, on a day that has come."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from services.kernel.act import Act
from services.kernel.messages import Refused
from services.kernel.units import DatedUnit
from services.movement.words import BodyKind
from services.registration.organisations import domain as organisations
from tests.values import act, unit

AT = datetime(2019, 12, 31, tzinfo=UTC)
WARD = unit("/vn/a/b/c")


def on_day(day: date) -> Act:
    return act("officer", day, today=AT.date())


def register(
    name: str = "Hội", of: DatedUnit = WARD, on: date = date(2019, 1, 2), since: date | None = None
) -> organisations.Organisation:
    return organisations.register(
        key="o", name=name, kind=BodyKind.POLICE, unit=of, since=since, act=on_day(on)
    )[0]


def test_organisation_belongs_to_the_path_of_its_unit() -> None:
    assert register(" Hội\u00a0").name == "Hội"
    assert (register().unit, register().version) == ("/vn/a/b/c", 1)


def test_organisation_needs_a_unit_that_exists_on_its_day() -> None:
    ended = unit("/vn/a/b/c", until=date(2019, 6, 1))
    register(of=ended, on=date(2019, 5, 31))
    with pytest.raises(Refused) as refused:
        register(of=ended, on=date(2019, 6, 1))
    assert (refused.value.refusal.code, refused.value.refusal.fields) == ("unit-not-in-force", ("unit", "on"))


def test_organisation_needs_a_name_and_a_day_that_has_come() -> None:
    for wrong, code in (
        ({"name": " "}, "name-empty"),
        ({"name": "t" * 201}, "name-too-long"),
        ({"on": date(2020, 1, 1)}, "date-in-future"),
        ({"on": date(1899, 12, 31)}, "date-too-early"),
    ):
        with pytest.raises(Refused) as refused:
            register(**wrong)
        assert refused.value.refusal.code == code


def rename(one: organisations.Organisation, on: date, name: str = "Hội mới", **more: Any) -> Any:
    more = {"kind": None, "document": "QĐ 1"} | more
    return organisations.rename(one, name=name, act=on_day(on), **more)[0]


def end(one: organisations.Organisation, on: date, **more: Any) -> Any:
    more = {"successor": None, "document": "QĐ 2"} | more
    return organisations.end(one, act=on_day(on), **more)[0]


def test_each_name_of_an_organisation_has_its_days() -> None:
    one = register("Ban Dân vận")
    second = rename(one, date(2019, 3, 1), "Ban Tuyên giáo")
    third = rename(second, date(2019, 6, 1), "Ban Tuyên giáo và Dân vận", kind=BodyKind.PARTY_BODY)
    assert third.named_on(date(2019, 2, 28)) == ("Ban Dân vận", BodyKind.POLICE)
    assert third.named_on(date(2019, 3, 1)) == ("Ban Tuyên giáo", BodyKind.POLICE)
    assert third.named_on(date(2019, 6, 1)) == ("Ban Tuyên giáo và Dân vận", BodyKind.PARTY_BODY)
    assert [(name.since, name.until) for name in third.former] == [
        (None, date(2019, 3, 1)),
        (date(2019, 3, 1), date(2019, 6, 1)),
    ]


def test_change_after_the_end_of_an_organisation_is_refused() -> None:
    ended = end(register(), date(2019, 6, 1))
    organisations.in_being(ended, date(2019, 5, 31))
    for wrong, code in (
        (lambda: organisations.in_being(ended, date(2019, 6, 1), "owner"), "organisation-ended"),
        (lambda: end(ended, date(2019, 5, 1)), "organisation-ended"),
        (lambda: rename(ended, date(2019, 5, 1)), "organisation-ended"),
        (lambda: rename(register("Hội"), date(2019, 5, 1), "Hội"), "nothing-changed"),
        (lambda: rename(rename(register(), date(2019, 5, 1)), date(2019, 5, 1), "Khác"), "date-too-early"),
        (lambda: rename(register(), date(2020, 1, 1)), "date-in-future"),
        (lambda: end(register(), date(2019, 5, 1), document=" "), "document-empty"),
        (lambda: end(register(), date(2019, 5, 1), successor=register()), "successor-itself"),
    ):
        with pytest.raises(Refused) as refused:
            wrong()
        assert refused.value.refusal.code == code


def test_organisation_does_not_exist_before_its_first_day() -> None:
    one = register(on=date(2019, 5, 1), since=date(2019, 5, 1))
    with pytest.raises(Refused) as refused:
        organisations.in_being(one, date(2019, 4, 30), "owner", "on")
    assert refused.value.refusal.code == "organisation-not-yet"


def test_entries_of_two_units_are_not_merged() -> None:
    other = msgspec.structs.replace(register(of=unit("/vn/a/b/d")), id="p")
    with pytest.raises(Refused) as refused:
        organisations.merge(other, into=register(), reason="x", document="", act=on_day(AT.date()))
    assert refused.value.refusal.code == "units-differ"


def test_entries_that_were_merged_before_go_along() -> None:
    first, second, third = [msgspec.structs.replace(register(), id=id_) for id_ in "abc"]
    how: dict[str, Any] = {"reason": "x", "document": "", "act": on_day(AT.date())}
    _, (second, _) = organisations.merge(third, into=second, **how)
    (second, told), (first, absorbed) = organisations.merge(second, into=first, **how)
    assert (first.ids, second.ids, second.merged_into) == (("a", "c", "b"), ("b",), "a")
    assert (told.key, told.into, absorbed.key, absorbed.merged) == ("b", "a", "a", "b")


def test_undone_merger_takes_along_only_the_entries_that_came_with_it() -> None:
    first, second, third, fourth = [msgspec.structs.replace(register(), id=id_) for id_ in "abcd"]
    how: dict[str, Any] = {"reason": "x", "document": "", "act": on_day(AT.date())}
    (third, _), (second, _) = organisations.merge(third, into=second, **how)
    (fourth, _), (first, _) = organisations.merge(fourth, into=first, **how)
    (second, _), (first, _) = organisations.merge(second, into=first, **how)
    assert first.ids == ("a", "d", "c", "b")
    # The merger of c cannot be undone while b, which it was merged into, is merged itself.
    with pytest.raises(Refused) as refused:
        organisations.released(third, second)
    assert refused.value.refusal.code == "merged-onward"
    proposal = {"correction": "x", "reason": "r", "basis": "", "proposed_by": "p", "approved_by": "q"}
    (second, told), (first, released) = organisations.unmerge(
        second, first, proposal=proposal, act=on_day(AT.date())
    )
    assert (first.ids, second.ids, second.merged_into) == (("a", "d"), ("b", "c"), None)
    assert (told.key, told.kept, released.key, released.released) == ("b", "a", "a", "b")
    third, second = organisations.released(third, second)
    assert (third.merged_into, second.ids) == (None, ("b",))
