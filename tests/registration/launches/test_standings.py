"""The kept numbers of a launch equal a count of the models after every change, and a look at them reads no model."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from datetime import date, timedelta
from itertools import count, product
from pathlib import Path
from random import Random
from typing import Any

import pytest_asyncio

from infra.run.embedded import MongoServer
from infra.secure.mongo_users import make_users
from services.directory.units import Directory
from services.kernel.caller import EVERYTHING, Scope
from services.kernel.config import Settings
from services.kernel.credentials import OPERATOR_USER
from services.kernel.messages import Refused
from services.kernel.mongo.repository import new_id
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.units import UnitLevel
from services.movement.words import BodyKind, Field, Level, SubjectKind
from services.registration.app import TABLE
from services.registration.launches import handlers as launches
from services.registration.launches.messages import (
    AskedKind,
    AskedOrganisation,
    ExtendLaunch,
    RecallLaunch,
)
from services.registration.models import handlers, registering
from services.registration.models.messages import (
    MODEL,
    AcceptModel,
    BeginModel,
    ChangeModelLevel,
    ChangeModelOwner,
    DiscontinueModel,
    DraftModel,
    ReturnModel,
    ReviseModel,
    SubmitModel,
    WithdrawModel,
)
from services.registration.models.repository import Models, count_owners
from services.registration.organisations import handlers as organisations
from services.registration.organisations.messages import EndOrganisation
from services.registration.programmes.repository import Programmes
from services.registration.stages import repository as stages
from tests import values
from tests.registration.launches.country import (
    APPRAISER,
    BEFORE,
    COMMUNES,
    OFFICER,
    SCOPES,
    TODAY,
    Country,
    commune,
)

FIRST_DAY = date(2025, 1, 11)
STEPS = 240
DAYS_OF_A_STEP = 1.6
"""The first launches are due, and units are reorganised, in the middle of the steps."""


_numbers = count(1)


@pytest_asyncio.fixture
async def country(mongo: MongoServer, secrets: Path, tmp_path: Path) -> AsyncGenerator[Country, None]:
    """Registration's database alone: its processes would add up the moves at moments of their own."""
    prefix = f"launches{next(_numbers)}"
    settings = Settings(mongo_url=mongo.url, mongo_prefix=prefix, var=tmp_path, secrets=secrets)
    await asyncio.to_thread(make_users, settings, {TABLE.name: TABLE})
    store = Store(settings, TABLE.name, user=OPERATOR_USER)
    await store.provision(TABLE.indexes)
    made = Country(store)
    await made.begin()
    yield made
    store.close()


class Life:
    """Random steps of random models, and of the launches and units around them."""

    def __init__(self, country: Country, seed: int) -> None:
        self.country = country
        self.dice = Random(seed)
        self.models: list[str] = []
        self.launches: list[str] = []
        self.steps = 0
        self.taken: Counter[str] = Counter()
        """The steps that were not refused."""

    def day(self) -> date:
        """About the day that the steps have reached."""
        return FIRST_DAY + timedelta(days=self.steps * DAYS_OF_A_STEP + self.dice.randrange(2))

    async def step(self) -> None:
        self.steps += 1
        more = (self.move_on,) * 4
        seldom = (self.batch, self.revise, self.change_twice, self.around, self.around)
        kind = self.dice.choice((self.draft, self.draft, *seldom, *more))
        with suppress(Refused):
            await kind()

    async def draft(self) -> None:
        owner = self.country.owners.get(self.dice.choice(COMMUNES))
        if owner:
            command = DraftModel(
                owner=owner,
                title="x",
                field=Field.ECONOMY,
                subject_kind=SubjectKind.COLLECTIVE,
                programme=self.dice.choice((self.country.programme, self.country.programme, None)),
                year=self.dice.choice((2025, 2025, 2026)),
                on=self.day(),
            )
            self.models.append((await self._do(handlers.draft_model, command))["id"])

    async def batch(self) -> None:
        """Models that come with their events, as from a sheet or the loader of a country."""
        made = []
        for id_ in self.dice.choices(COMMUNES, k=3):
            if id_ in self.country.owners and id_ not in ("ab", "c1", "c2"):
                unit = commune(id_, "q" if id_ == "f" else "p")
                key = new_id(MODEL)
                act = values.act("ann", self.day(), today=TODAY.date())
                programme = await self.country.store.transaction(
                    lambda tx: Programmes(tx).known(self.country.programme)
                )
                model, drafted = values.draft(act, of=unit, key=key, programme=programme, year=2025)
                model, submitted = registering.submit(model, unit=unit, act=act)
                made.append((model, (drafted, submitted)))
        if made:
            await self.country.store.transaction(lambda tx: Models(tx).add_many(made), at=TODAY)
            self.models += [model.id for model, _ in made]
            self.taken["batch"] += 1

    async def change_twice(self) -> None:
        """Two changes of a model in one transaction, as from a row of a sheet."""
        key, day = self._any(), self.day()

        async def work(tx: Transaction) -> None:
            models = Models(tx)
            model = await models.load(key)
            act = tx.act(day)
            unit = await Directory(tx).of(model, act.on)
            submitted, event = registering.submit(model, unit=unit, act=act)
            await models.save(submitted, event)
            await models.save(*registering.withdraw(submitted, unit=unit, reason="x", act=act))

        await self.country.store.transaction(work, at=TODAY, caller=OFFICER)
        self.taken["change_twice"] += 1

    async def revise(self) -> None:
        programme = self.dice.choice(("", self.country.programme))
        year = self.dice.choice((2025, 2026))
        command = ReviseModel(model=self._any(), programme=programme, year=year, on=self.day())
        await self._do(handlers.revise_model, command)

    async def move_on(self) -> None:
        model, on = self._any(), self.day()
        steps: list[tuple[Callable[..., Awaitable[Any]], Any]] = [
            *[(handlers.submit_model, SubmitModel(model=model, on=on))] * 3,
            *[(handlers.accept_model, AcceptModel(model=model, on=on))] * 8,
            (handlers.return_model, ReturnModel(model=model, reason="x", on=on)),
            (handlers.withdraw_model, WithdrawModel(model=model, reason="x", on=on)),
            (handlers.begin_model, BeginModel(model=model, on=on)),
            (handlers.discontinue_model, DiscontinueModel(model=model, reason="x", on=on)),
            (
                handlers.change_model_level,
                ChangeModelLevel(model=model, level=Level.CITY, reason="x", document="x", on=on),
            ),
            (
                handlers.change_model_owner,
                ChangeModelOwner(
                    model=model,
                    owner=self.dice.choice(list(self.country.owners.values())),
                    reason="x",
                    document="x",
                    on=on,
                ),
            ),
        ]
        step = self.dice.choice(steps)
        await self._do(*step, caller=APPRAISER if isinstance(step[1], AcceptModel | ReturnModel) else OFFICER)

    async def around(self) -> None:
        launch = self.dice.choice(self.launches)
        match self.dice.randrange(9):
            case 0 | 1:
                until = date(2025, 4, 1) + timedelta(days=self.dice.randrange(270))
                await self._do(launches.extend_launch, ExtendLaunch(launch=launch, until=until, reason="x"))
            case 2 | 3:
                if self.steps > STEPS * 2 // 3:
                    await self._do(launches.recall_launch, RecallLaunch(launch=launch, reason="x"))
            case 4:
                if "ab" not in self.country.owners and self.steps > STEPS // 3:
                    await self.country.reorganise()
                    self.taken["reorganise"] += 1
            case 5:
                if self.steps > STEPS // 2:
                    owners = self.country.owners
                    end = EndOrganisation(
                        organisation=owners["e"], successor=owners["d"], document="x", on=self.day()
                    )
                    await self._do(organisations.end_organisation, end)
            case _:
                await self.country.store.transaction(stages.add_moves)

    def _any(self) -> str:
        return self.dice.choice(self.models[-10:] or [new_id(MODEL)])

    async def _do(self, handler: Callable[..., Awaitable[Any]], command: Any, **by: Any) -> Any:
        done = await self.country.do(handler, command, **by)
        self.taken[type(command).__name__] += 1
        return done

    async def compare(self, *scopes: Scope) -> None:
        for launch, scope, at in product(self.launches, scopes, (BEFORE, TODAY)):
            access = self.country.reading(scope, at)
            kept = await self.country.kept(launch, access)
            assert kept == await self.country.recounted(launch, access), (launch, scope, at)


async def test_kept_numbers_equal_a_count_of_the_models(country: Country) -> None:
    life = Life(country, seed=11)
    unions = (AskedKind(kind=BodyKind.WOMENS_UNION, quota=3),)
    named = tuple(AskedOrganisation(organisation=country.owners[id_]) for id_ in "abe")
    asked: Any
    for unit, level, until, asked in (
        ("vn", UnitLevel.COMMUNE, date(2025, 9, 30), {}),
        ("p", UnitLevel.COMMUNE, date(2025, 3, 31), {}),
        ("vn", UnitLevel.PROVINCE, date(2025, 12, 1), {}),
        ("q", UnitLevel.COMMUNE, date(2025, 9, 30), {"quota": 2}),
        ("vn", UnitLevel.COMMUNE, date(2025, 9, 30), {"kinds": unions}),
        ("p", UnitLevel.COMMUNE, date(2025, 6, 30), {"quota": 2, "organisations": named}),
    ):
        life.launches.append(await country.launch(unit, level, until, **asked))
    for _ in range(STEPS):
        await life.step()
        if life.steps % 24 == 0:
            await life.compare(life.dice.choice(SCOPES))
    await life.compare(*SCOPES)
    await country.store.transaction(stages.add_moves)
    await life.compare(EVERYTHING)
    # An older program kept no numbers of owners. They are counted once, beside moves that wait.
    for _ in range(5):
        with suppress(Refused):
            await life.draft()
    await country.store.db.stages.delete_many({"owner": {"$exists": True}, "move": {"$exists": False}})
    for _ in range(2):
        await country.store.transaction(count_owners)
    await life.compare(EVERYTHING)
    await country.store.transaction(stages.add_moves)
    await life.compare(EVERYTHING)
    # The sequence would show nothing if its steps were refused.
    wanted = {
        "batch",
        "change_twice",
        "reorganise",
        "EndOrganisation",
        "RecallLaunch",
        "ExtendLaunch",
        "ReturnModel",
    }
    assert wanted <= set(life.taken)
    assert life.taken["AcceptModel"] >= 3
    assert life.taken["ReviseModel"] >= 3


async def test_models_of_one_unit_are_drafted_at_once_without_write_conflicts(country: Country) -> None:
    tried = 0

    async def draft(tx: Transaction) -> None:
        nonlocal tried
        tried += 1
        command = DraftModel(
            owner=country.owners["e"],
            title="x",
            field=Field.ECONOMY,
            subject_kind=SubjectKind.COLLECTIVE,
            programme=country.programme,
            year=2025,
            on=date(2025, 2, 1),
        )
        await handlers.draft_model(command, tx)

    launch = await country.launch("vn", UnitLevel.COMMUNE, date(2025, 9, 30))
    adding = asyncio.create_task(_add_moves_until_none(country.store, 24))
    await asyncio.gather(*(country.store.transaction(draft, at=TODAY) for _ in range(24)))
    assert tried == 24
    assert await adding == 24
    _, each = await country.kept(launch, country.reading())
    assert each["e"]["drafting"] == 24


async def _add_moves_until_none(store: Store, wanted: int) -> int:
    added = 0
    while added < wanted:
        added += await store.transaction(stages.add_moves)
    return added


async def test_looks_at_a_launch_read_no_models_and_its_units_once(
    country: Country, mongo: MongoServer
) -> None:
    launch = await country.launch("vn", UnitLevel.COMMUNE, date(2025, 9, 30))
    with mongo.client() as client:
        database = client[country.store.db.name]
        database.command("profile", 2)

        def looked(collection: str) -> int:
            return database["system.profile"].count_documents(
                {"ns": f"{database.name}.{collection}", "op": {"$in": ["query", "command"]}}
            )

        await asyncio.gather(*(country.kept(launch, country.reading()) for _ in range(8)))
        assert (looked("models"), looked("stages")) == (0, 16)
        once = looked("units")
        await country.kept(launch, country.reading())
        assert looked("units") == once
        assert once <= 3
        await country.reorganise()
        database.command("profile", 0)
    _, each = await country.kept(launch, country.reading())
    assert each["a"]["ended_on"] == "2025-07-01"
