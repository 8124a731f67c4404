"""Bulk load of an invented country: complete, once, with all events, and never into a database with other data."""

import msgspec
import orjson
import pytest

from infra.country.loading import Asked, CannotLoad, load_country, write_part
from infra.country.making import LAST_DAY
from services.kernel.config import Settings
from services.kernel.mongo.codec import from_document
from services.kernel.mongo.store import Store
from services.registration.models.domain import Model
from tests.country import keep_country

ASKED = Asked(1200, 5, LAST_DAY)


def _quiet(done: int, total: int) -> None:
    assert 0 <= done <= total


async def test_country_is_loaded_whole_and_only_once(settings: Settings) -> None:
    store = Store(settings, "registration")
    with pytest.raises(CannotLoad, match="units"):
        await load_country(settings, ASKED, _quiet)
    await keep_country(store)
    country = ASKED.made()
    # An earlier run was interrupted after its second part.
    await write_part(store, country, "models", 1)
    await store.db.organisations.insert_one({"_id": "o_theirs"})
    with pytest.raises(CannotLoad, match="beside"):
        await load_country(settings, ASKED, _quiet)
    loaded = await load_country(settings, ASKED, _quiet, beside=True, processes=2)
    assert (loaded.models, loaded.organisations) == (700, len(country.bodies))

    made = [country.make(number) for number in range(ASKED.models)]
    assert await store.db.models.count_documents({}) == ASKED.models
    for one in made[::37]:
        document = await store.db.models.find_one({"_id": one.model.id})
        assert document is not None
        assert from_document(document, Model) == one.model
        log = [event async for event in store.db.log.find({"key": one.model.id}).sort("version", 1)]
        assert [event["data"] for event in log] == [orjson.loads(msgspec.json.encode(e)) for e in one.events]
        owner = await store.db.organisations.find_one({"_id": one.model.owner})
        assert owner is not None
        assert set(document["within"]) >= {"vn", owner["unit"].rpartition("/")[2]}
    events = len(country.bodies) + sum(len(one.events) for one in made)
    assert await store.db.log.count_documents({}) == events

    again = await load_country(settings, ASKED, _quiet)
    assert (again.models, again.organisations, again.events) == (0, 0, 0)
    with pytest.raises(CannotLoad, match="Another country"):
        await load_country(settings, Asked(1200, 6, LAST_DAY), _quiet)
    store.close()
