"""Dated units as pure functions: spells follow one another, and new data make a new version."""

import itertools
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.messages import Refused
from services.kernel.units import DatedUnit, Spell, UnitLevel, UnitPath
from services.registration.units.domain import LARGEST_BATCH, Unit, check_batch, record
from tests.values import act

AT = datetime(2025, 7, 1, tzinfo=UTC)
ACT = act("operator", AT.date(), at=AT)
DAYS = st.dates(date(2000, 1, 1), date(2030, 12, 31))


def spell(since: date | None = None, until: date | None = None, path: str = "/vn/a") -> Spell:
    return Spell(
        name="A",
        code="1",
        kind="Tỉnh",
        level=UnitLevel.PROVINCE,
        parent="vn",
        path=path,
        since=since,
        until=until,
    )


def dated(*spells: Spell, key: str = "a") -> DatedUnit:
    return DatedUnit(id=key, spells=spells)


def recorded(unit: DatedUnit, known: Unit | None = None) -> Unit:
    outcome = record(known, unit, act=ACT)
    assert outcome is not None
    return outcome[0]


def test_unchanged_unit_is_not_recorded_again() -> None:
    unit = dated(spell())
    assert record(recorded(unit), unit, act=ACT) is None


def test_changed_unit_is_the_next_version_under_its_newest_path() -> None:
    first = recorded(dated(spell()))
    ended = AT.date()
    second = recorded(dated(spell(until=ended), spell(since=ended, path="/vn/b/a")), first)
    assert (first.version, second.version) == (1, 2)
    assert (first.unit, second.unit) == ("/vn/a", "/vn/b/a")


def test_older_data_loaded_again_do_not_undo_a_reorganisation() -> None:
    ended = AT.date()
    published = dated(spell())
    renamed = recorded(dated(spell(until=ended), spell(since=ended, path="/vn/b/a")), recorded(published))
    merged = recorded(dated(spell(until=ended)), recorded(published))
    for known in (renamed, merged):
        assert record(known, published, act=ACT) is None
    corrected = dated(msgspec.structs.replace(spell(), name="Á"))
    assert recorded(corrected, recorded(published)).spells == corrected.spells


@pytest.mark.parametrize(
    "spells",
    [
        (),
        (spell(), spell(since=AT.date())),
        (spell(until=AT.date()), spell()),
        (spell(until=AT.date()), spell(since=AT.date() - timedelta(days=1))),
    ],
)
def test_overlapping_or_missing_spells_are_refused(spells: tuple[Spell, ...]) -> None:
    with pytest.raises(Refused) as refused:
        record(None, dated(*spells), act=ACT)
    assert refused.value.refusal.code == "spells-overlap"


@given(st.lists(DAYS, min_size=2, max_size=6, unique=True).map(sorted), DAYS)
def test_unit_has_at_most_one_spell_on_any_day(borders: list[date], day: date) -> None:
    spells = [spell(since=a, until=b) for a, b in itertools.pairwise(borders)]
    unit = dated(*spells)
    assert record(None, unit, act=ACT) is not None
    covering = [each for each in spells if each.covers(day)]
    assert len(covering) == (1 if borders[0] <= day < borders[-1] else 0)
    assert unit.at(day) == next(iter(covering), None)
    assert unit.between(day, day) == covering


@given(DAYS, DAYS, st.lists(DAYS, min_size=2, max_size=5, unique=True).map(sorted))
def test_spells_between_two_days_are_those_of_each_day(one: date, other: date, borders: list[date]) -> None:
    since, until = min(one, other), max(one, other)
    unit = dated(*(spell(since=a, until=b) for a, b in itertools.pairwise(borders)))
    corners = {since, until, *(b for b in borders if since <= b <= until)}
    assert {msgspec.json.encode(s) for s in unit.between(since, until)} == {
        msgspec.json.encode(found) for day in corners if (found := unit.at(day))
    }


@given(st.lists(st.sampled_from(["a", "ab", "b", "u1", "u11"]), min_size=1, max_size=4, unique=True))
def test_path_is_compared_by_whole_segments(ids: list[str]) -> None:
    path = UnitPath("/vn/" + "/".join(ids))
    assert path.unit == ids[-1]
    assert path.segments == ("vn", *ids)
    for unit in ("vn", "a", "ab", "b", "u1", "u11"):
        assert path.within(unit) == (unit in ("vn", *ids))
    assert path.below(ids[-1]) is None
    assert path.below("vn") == ids[0]
    assert path.child("x").within(ids[-1])


def test_batch_has_1_to_500_different_units() -> None:
    units = [dated(spell(), key=f"u{number}") for number in range(LARGEST_BATCH + 1)]
    check_batch(units[:1])
    check_batch(units[:-1])
    for batch, code in (([], "batch-size"), (units, "batch-size"), ([units[0], units[0]], "unit-twice")):
        with pytest.raises(Refused) as refused:
            check_batch(batch)
        assert refused.value.refusal.code == code
