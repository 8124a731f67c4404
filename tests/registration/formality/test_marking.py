"""Questions about formality that the event handler and the periodic check open, at any moment."""

from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest_asyncio

from services.corrections.messages import CorrectedFact
from services.kernel.caller import EVERYTHING, OURSELVES
from services.kernel.config import Settings
from services.kernel.log.inbox import Heard
from services.kernel.messages import Event
from services.kernel.mongo.logged import recorded
from services.kernel.mongo.repository import new_id
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.units import UnitLevel
from services.movement.changes import changes
from services.registration.formality import handlers
from services.registration.formality.domain import usual_deadline
from services.registration.launches import domain as launches
from services.registration.launches.domain import closing
from services.registration.launches.messages import LAUNCH
from services.registration.launches.repository import Launches
from services.registration.models import correcting, implementing, registering
from services.registration.models.domain import REVISABLE, Model
from services.registration.models.messages import MODEL
from services.registration.models.repository import Models
from services.registration.programmes.domain import Programme
from tests import values

YEAR = 2026
MARCH = datetime(YEAR, 3, 10, 2, tzinfo=UTC)
CORRECTION: dict[str, Any] = {
    "correction": "c",
    "fact_version": 0,
    "reverses": False,
    "reason": "Gõ nhầm",
    "basis": "",
    "proposed_by": "ann",
    "approved_by": "bob",
}
HOW = "Họp bàn công khai ba lần, ghi ý kiến từng nhà, người có uy tín góp đất trước rồi cả xóm cùng làm."


PROGRAMME = Programme(
    id="programme_" + "1" * 24,
    version=1,
    unit="/vn",
    identity="one",
    name="Dân vận khéo",
    first_year=YEAR,
    last_year=YEAR,
    years=(YEAR,),
    documents=("g",),
    started_on=MARCH.date(),
)


class Office:
    """The database of registration, the rules of models and the event handler, without their processes."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def registered(
        self,
        unit: str,
        title: str,
        *,
        at: datetime = MARCH,
        year: int = YEAR,
        programme: Programme | None = None,
    ) -> str:
        """A model that is submitted and accepted at the moment `at`, and handled by the rules."""
        ward = values.unit(f"/vn/{unit}")
        by, judge = (values.act(who, at.date(), at=at) for who in ("ann", "bob"))
        model, drafted = values.draft(
            by, of=ward, key=new_id(MODEL), title=title, summary=HOW, programme=programme, year=year
        )
        model, submitted = registering.submit(model, unit=ward, act=by)
        model, accepted = registering.accept(model, unit=ward, act=judge)
        await self._add(model, [drafted, submitted, accepted], at)
        await self.hear(model.id, at)
        return model.id

    async def _add(self, model: Model, events: list[Event], at: datetime) -> None:
        async def work(tx: Transaction) -> None:
            await Models(tx).add_many([(model, events)])

        await self.store.transaction(work, at=at)

    async def launched(self, programme: Programme, until: date) -> None:
        launch, launched = launches.launch(
            programme,
            key=new_id(LAUNCH),
            unit=values.unit("/vn", UnitLevel.COUNTRY),
            year=YEAR,
            level=UnitLevel.COMMUNE,
            units=1,
            until=until,
            message="",
            document=None,
            act=values.act("ann", MARCH.date(), at=MARCH),
        )

        async def work(tx: Transaction) -> None:
            await Launches(tx).add(launch, launched)

        await self.store.transaction(work, at=MARCH)

    async def begin(self, model: str, at: datetime) -> None:
        async def work(tx: Transaction) -> None:
            models = Models(tx)
            registered = await models.load(model)
            unit = values.unit(registered.unit)
            await models.save(
                *implementing.begin(registered, unit=unit, act=values.act("ann", at.date(), at=at))
            )

        await self.store.transaction(work, at=at)
        await self.hear(model, at)

    async def correct(self, model: str, at: datetime, **given: Any) -> None:
        """Corrects contents of a registered model."""
        programmes = {one.id: one for one in [given["programme"]] if one} if "programme" in given else {}
        contents = {**given, "programme": next(iter(programmes), None)}
        act = values.act("ann", at.date(), at=at)

        async def work(tx: Transaction) -> None:
            models = Models(tx)
            before = await models.load(model)
            whole = {name: contents.get(name) for name in REVISABLE}
            after = correcting.with_fields(before, programmes=programmes, act=act, **whole)
            of = changes(before, after, REVISABLE)
            correction = CORRECTION | {"fact": CorrectedFact.MODEL}
            await models.save(*correcting.correct(before, after, correction=correction, of=of, act=act))

        await self.store.transaction(work, at=at)
        await self.hear(model, at, *handlers.HEARD_LATER)

    async def hear(self, model: str, at: datetime, *kinds: type[Event]) -> None:
        """Handles all events of the model of these kinds, also those that were handled before."""
        types = {kind.subject: kind for kind in kinds or handlers.HEARD}
        log = [
            recorded(d, "", "registration")
            async for d in self.store.db.log.find({"key": model}).sort("version", 1)
        ]
        heard = [Heard(one, one.read(types[one.type])) for one in log if one.type in types]
        await self.store.transaction(lambda tx: handlers.suspect(heard, tx), at=at)

    async def check(self, at: datetime) -> int:
        return await self.store.transaction(handlers.ask_idle, at=at)

    async def asked(self) -> list[tuple[str, str]]:
        access = self.store.reading(OURSELVES, EVERYTHING, MARCH)
        found = access.documents("questions").find({}, sort=[("_id", 1)])
        return [(question["model"], question["rule"]) async for question in found]

    async def states(self) -> dict[tuple[str, str], str]:
        found = self.store.reading(OURSELVES, EVERYTHING, MARCH).documents("questions").find({})
        return {(question["model"], question["rule"]): question["state"] async for question in found}


@pytest_asyncio.fixture
async def office(settings: Settings) -> AsyncGenerator[Office, None]:
    store = Store(settings, "registration")
    yield Office(store)
    store.close()


async def test_text_of_many_units_opens_one_question_in_each_of_them(office: Office) -> None:
    title = "Giữ gìn cơ quan xanh, sạch, đẹp"
    models = [await office.registered(f"u{n}", title) for n in range(4)]
    assert await office.asked() == []
    # A second model of a unit does not add a unit.
    models.append(await office.registered("u1", title.upper()))
    assert await office.asked() == []
    models.append(await office.registered("u5", f"{title}."))
    # Only the first of two models in one unit is remembered. The other one matches when its events are handled again.
    assert sorted(await office.asked()) == sorted((m, "SAME_TEXT") for m in models if m != models[4])
    await office.hear(models[5], MARCH)
    assert len(await office.asked()) == 5
    later = await office.registered("u6", title)
    assert (later, "SAME_TEXT") in await office.asked()
    (event,) = [d async for d in office.store.db.log.find({"data.model": later})]
    assert event["cause"]
    assert event["data"]["others"]


async def test_many_registrations_in_the_last_hour_open_questions(office: Office) -> None:
    late = closing(usual_deadline(YEAR)).astimezone(UTC) - timedelta(minutes=20)
    early = late - timedelta(hours=2)
    for n in range(6):
        await office.registered("u1", f"Hũ gạo tình thương xóm chài {n}", at=early)
    models = [await office.registered("u2", f"Hũ gạo nghĩa tình xóm núi {n}", at=late) for n in range(4)]
    assert await office.asked() == []
    models.append(await office.registered("u2", "Ngõ hoa mười giờ", at=late))
    assert sorted(await office.asked()) == sorted((model, "LAST_HOUR") for model in models)


async def test_last_hour_is_that_of_the_launch_if_there_is_one(office: Office) -> None:
    due = date(YEAR, 5, 15)
    await office.launched(PROGRAMME, due)
    usual = closing(usual_deadline(YEAR)).astimezone(UTC) - timedelta(minutes=20)
    late = closing(due).astimezone(UTC) - timedelta(minutes=20)
    titles = ("Hũ gạo nghĩa tình", "Ngõ hoa mười giờ", "Tiếng kẻng an ninh", "Lớp học xóm chài", "Bếp ấm")
    for title in titles:
        await office.registered("u1", f"{title} xóm núi", at=usual, programme=PROGRAMME)
    assert await office.asked() == []
    models = [await office.registered("u1", title, at=late, programme=PROGRAMME) for title in titles]
    assert sorted(await office.asked()) == sorted((model, "LAST_HOUR") for model in models)
    (why,) = {d["why_vi"] async for d in office.store.db.questions.find({})}
    assert "15/05/2026" in why


async def test_model_that_has_not_begun_by_mid_year_gets_one_question(office: Office) -> None:
    begun = await office.registered("u1", "Tiếng kẻng an ninh xóm chài")
    idle = await office.registered("u1", "Ánh sáng đường quê xóm núi")
    await office.registered("u1", "Ngõ hoa mười giờ", year=YEAR - 1)
    await office.begin(begun, MARCH + timedelta(days=30))
    assert await office.check(datetime(YEAR, 6, 30, 2, tzinfo=UTC)) == 0
    assert await office.check(datetime(YEAR, 7, 1, 2, tzinfo=UTC)) == 1
    assert await office.asked() == [(idle, "NO_ACTIVITY")]
    assert await office.check(datetime(YEAR, 7, 2, 2, tzinfo=UTC)) == 0
    (question,) = [d async for d in office.store.db.questions.find({})]
    assert question["asked_on"] == date(YEAR, 7, 1).isoformat()
    assert "10/03/2026" in question["why_vi"]


async def test_question_lapses_when_a_correction_takes_its_ground_away_and_comes_back(office: Office) -> None:
    title, better = "Dân vận khéo", "Tiếng kẻng an ninh xóm chài"
    model = await office.registered("u1", title)
    for corrected, state in ((better, "LAPSED"), (title, "ASKED"), (better, "LAPSED")):
        await office.correct(model, MARCH, title=corrected)
        assert await office.states() == {(model, "BOILERPLATE"): state}

    july, idle = datetime(YEAR, 7, 1, 2, tzinfo=UTC), (model, "NO_ACTIVITY")
    assert await office.check(july) == 1
    assert (await office.states())[idle] == "ASKED"
    await office.correct(model, july, year=YEAR + 1)
    assert (await office.states())[idle] == "LAPSED"
    assert await office.check(july) == 0
    await office.correct(model, july, year=YEAR)
    assert await office.check(july) == 1
    assert (await office.states())[idle] == "ASKED"


async def test_question_about_the_last_hour_lapses_when_another_deadline_is_right(office: Office) -> None:
    await office.launched(PROGRAMME, date(YEAR, 5, 15))
    late = closing(usual_deadline(YEAR)).astimezone(UTC) - timedelta(minutes=20)
    models = [await office.registered("u2", f"Hũ gạo nghĩa tình xóm núi {n}", at=late) for n in range(5)]
    assert set((await office.states()).values()) == {"ASKED"}
    await office.correct(models[0], late, title="Hũ gạo nghĩa tình xóm bãi")
    assert set((await office.states()).values()) == {"ASKED"}
    await office.correct(models[0], late, programme=PROGRAMME)
    lapsed = [model for (model, _), state in (await office.states()).items() if state == "LAPSED"]
    assert lapsed == [models[0]]
