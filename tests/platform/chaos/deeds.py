"""Random changes of records, made with the services' own handlers and without their processes."""

import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from services.catalogue import SERVICES
from services.kernel.caller import Caller, Grant
from services.kernel.config import Settings
from services.kernel.messages import Refused, Role
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.units import COUNTRY, UnitLevel
from services.movement.words import BodyKind, Field, SubjectKind
from services.registration.models import handlers as models
from services.registration.models.messages import AcceptModel, BeginModel, DraftModel, SubmitModel
from services.registration.organisations import handlers as organisations
from services.registration.organisations.messages import RegisterOrganisation, RenameOrganisation
from services.registration.units import handlers as units
from services.registration.units.messages import RecordUnits
from services.review import handlers as review
from services.review.messages import DecideReview, Verdict
from services.supervision import handlers as supervision
from services.supervision.messages import ActivityKind, RecordActivity
from tests import values

WARDS = ("u1", "u2", "u3", "u4", "u5", "u6")
TITLES = ("Tiếng trống học bài", "Đường hoa phụ nữ tự quản", "Biến rác thải thành tiền")
"""Few, so that models resemble each other, and so that many units send one text."""
MOST = 6
"""Models registered at once."""


def _caller(role: Role) -> Caller:
    return Caller(id=role.value, name=role.value, grants=(Grant(role=role, unit=COUNTRY),))


OFFICER, APPRAISER, SUPERVISOR = map(_caller, (Role.OFFICER, Role.APPRAISER, Role.SUPERVISOR))


class Deeds:
    def __init__(self, settings: Settings, choose: random.Random) -> None:
        self.stores: Mapping[str, Store] = {name: Store(settings, name) for name in SERVICES}
        self._choose = choose
        self._named = 0

    def close(self) -> None:
        for store in self.stores.values():
            store.close()

    async def prepare(self) -> None:
        """The units, and an organisation in each ward."""
        tree = [
            values.unit(f"/{COUNTRY}", UnitLevel.COUNTRY),
            values.unit(f"/{COUNTRY}/u0", UnitLevel.PROVINCE),
        ]
        tree += [values.unit(f"/{COUNTRY}/u0/{ward}") for ward in WARDS]
        registration = self.stores["registration"]
        await registration.transaction(lambda tx: units.record_units(RecordUnits(units=tuple(tree)), tx))
        for ward in WARDS:
            await self._register_organisation(ward)

    async def some(self) -> None:
        """One change; none if a rule forbids it: what a change needs may have been lost in a restore."""
        change: Callable[[], Awaitable[Any]] = self._choose.choice(
            [*[self._register] * 4, *[self._decide] * 4, *[self._record] * 2, self._rename, self._found]
        )
        with suppress(Refused):
            await change()

    async def _register(self) -> None:
        """Some models, each up to a step of its own."""
        owner = await self._one("registration", "organisations")
        title = self._choose.choice(TITLES)
        count = self._choose.randrange(1, MOST)
        command = DraftModel(
            owner=owner["_id"], title=title, field=Field.ECONOMY, subject_kind=SubjectKind.COLLECTIVE
        )

        async def draft(tx: Transaction) -> list[str]:
            return [str((await models.draft_model(command, tx))["id"]) for _ in range(count)]

        store = self.stores["registration"]
        drafted = await store.transaction(draft, caller=OFFICER)
        for caller, handle, step in (
            (OFFICER, models.submit_model, SubmitModel),
            (APPRAISER, models.accept_model, AcceptModel),
            (OFFICER, models.begin_model, BeginModel),
        ):
            del drafted[self._choose.randrange(1, MOST) :]

            async def take(tx: Transaction, handle: Any = handle, step: Any = step) -> None:
                for model in drafted:
                    await handle(step(model=model), tx)

            await store.transaction(take, caller=caller)

    async def _decide(self) -> None:
        found = await self._one("review", "reviews", {"verdict": None})
        command = DecideReview(
            review=found["_id"],
            verdict=self._choose.choice([Verdict.RECOGNISED, Verdict.NOT_MET]),
            reason="Kết quả thẩm định.",
        )
        await self.stores["review"].transaction(
            lambda tx: review.decide_review(command, tx), caller=APPRAISER
        )

    async def _record(self) -> None:
        body = await self._one("supervision", "organisations")
        command = RecordActivity(
            kind=ActivityKind.SUPERVISION,
            bodies=(body["_id"],),
            unit=self._choose.choice(WARDS),
            title=f"Giám sát {self._next()}",
        )
        await self.stores["supervision"].transaction(
            lambda tx: supervision.record_activity(command, tx), caller=SUPERVISOR
        )

    async def _register_organisation(self, ward: str) -> None:
        command = RegisterOrganisation(
            name=f"Hội Phụ nữ {self._next()}", kind=BodyKind.WOMENS_UNION, unit=ward
        )
        await self.stores["registration"].transaction(
            lambda tx: organisations.register_organisation(command, tx), caller=OFFICER
        )

    async def _found(self) -> None:
        await self._register_organisation(self._choose.choice(WARDS))

    async def _rename(self) -> None:
        known = await self._one("registration", "organisations")
        command = RenameOrganisation(
            organisation=known["_id"], name=f"Hội Phụ nữ {self._next()}", document="Quyết định 1/QĐ"
        )
        await self.stores["registration"].transaction(
            lambda tx: organisations.rename_organisation(command, tx), caller=OFFICER
        )

    async def _one(self, service: str, collection: str, wanted: Mapping[str, Any] | None = None) -> Any:
        found = [one async for one in self.stores[service].db[collection].find(wanted or {})]
        if not found:
            raise Refused("nothing-there", vi="Chưa có.", en="There is none.")
        return self._choose.choice(found)

    def _next(self) -> int:
        self._named += 1
        return self._named
