"""Copies of organisations: built from the register's events, with names by day."""

from collections.abc import AsyncIterator
from datetime import date
from functools import partial

import pytest
import pytest_asyncio

from services.directory.organisations import copy_organisations, organisations
from services.kernel.calendar import moment
from services.kernel.caller import Caller, Grant, Scope
from services.kernel.config import Settings
from services.kernel.log.inbox import Heard
from services.kernel.messages import Event, Recorded, Refused, Role
from services.kernel.mongo.store import Store
from services.movement.words import BodyKind
from services.registration.organisations.messages import (
    OrganisationEnded,
    OrganisationRegistered,
    OrganisationRenamed,
)

AT = moment()
ID = "organisation_" + "1" * 24
ABOUT = {"key": ID, "at": AT, "unit": "/vn/p/d"}
REGISTERED = OrganisationRegistered(**ABOUT, version=1, name="Hội", kind=BodyKind.POLICE)  # type: ignore[arg-type]
RENAMED = OrganisationRenamed(
    **ABOUT,  # type: ignore[arg-type]
    version=2,
    before="Hội",
    name="Hội mới",
    kind=BodyKind.WOMENS_UNION,
    basis="QĐ 1",
    on=date(2019, 3, 1),
)
ENDED = OrganisationEnded(**ABOUT, version=3, basis="QĐ 2", successor="other", on=date(2020, 1, 1))  # type: ignore[arg-type]


def heard(event: Event) -> Heard:
    recorded = Recorded(
        id="e",
        seq=event.version,
        type=event.subject,
        recorded_at=AT,
        caller="ann",
        trace=None,
        cause=None,
        data={"key": event.key},
    )
    return Heard(recorded, event)


@pytest_asyncio.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    made = Store(settings, "supervision")
    yield made
    made.close()


@pytest.mark.parametrize(
    "batches",
    [[[REGISTERED, RENAMED, ENDED]], [[REGISTERED], [RENAMED], [ENDED]], [[REGISTERED], [RENAMED, ENDED]]],
)
async def test_copy_is_the_same_in_any_batches(store: Store, batches: list[list[Event]]) -> None:
    for events in batches:
        await store.transaction(partial(copy_organisations, [heard(event) for event in events]))
    (one,) = await organisations(store.ours(), [ID], "bodies")
    assert (one.version, one.unit, one.ended_on, one.successor) == (3, "/vn/p/d", date(2020, 1, 1), "other")
    assert [(name.name, name.since, name.until) for name in one.names] == [
        ("Hội", None, date(2019, 3, 1)),
        ("Hội mới", date(2019, 3, 1), None),
    ]
    assert one.named_on(date(2019, 2, 28)).kind is BodyKind.POLICE
    assert one.named_on(date(2019, 3, 1)).kind is BodyKind.WOMENS_UNION


async def test_event_of_an_unknown_organisation_is_not_applied(store: Store) -> None:
    with pytest.raises(LookupError, match="was not registered before version 2"):
        await store.transaction(lambda tx: copy_organisations([heard(RENAMED)], tx))


async def test_copy_is_found_only_in_the_callers_scope(store: Store) -> None:
    await store.transaction(lambda tx: copy_organisations([heard(REGISTERED)], tx))
    ann = Caller(id="ann", name="Ann", grants=(Grant(role=Role.SUPERVISOR, unit="d"),))
    inside = store.reading(ann, Scope(frozenset({"d"})), AT)
    assert [one.id for one in await organisations(inside, [ID], "bodies")] == [ID]
    outside = store.reading(ann, Scope(frozenset({"e"})), AT)
    with pytest.raises(Refused) as refused:
        await organisations(outside, [ID], "bodies")
    assert (refused.value.refusal.code, refused.value.refusal.fields) == (
        "organisation-not-found",
        ("bodies",),
    )
