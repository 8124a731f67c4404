"""Questions in MongoDB, and the memory of the rules that compare a registration with earlier ones."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date

import msgspec

from services.directory.homed import HomedRepository
from services.directory.units import Directory
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access, Unscoped
from services.kernel.mongo.codec import from_document
from services.kernel.mongo.driver import ASCENDING, Document, Indexes, IndexModel, ReplaceOne
from services.kernel.mongo.pages import NEWEST, OLDEST
from services.kernel.mongo.store import Fill
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Columns, Computed, Rows
from services.kernel.units import UnitOnDay
from services.registration.formality.domain import Question, Subject
from services.registration.formality.messages import (
    QUESTION,
    FormalityRule,
    QuestionRow,
    QuestionsOfModels,
    QuestionsPage,
)
from services.registration.models.domain import Model
from services.registration.models.messages import ModelState
from services.registration.models.repository import Models

COLLECTION = "questions"
GROUPS = Unscoped(
    "formality_groups", "it only counts texts and hours for the rules; questions belong to their units"
)
DUE = Unscoped("formality_due", "it has only ids of models and the days on which to check them")

INDEXES: Indexes = {
    COLLECTION: [
        IndexModel([("within", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("state", ASCENDING), NEWEST]),
        IndexModel(
            [("within", ASCENDING), ("state", ASCENDING), ("waiting_since", ASCENDING), OLDEST],
            partialFilterExpression={"state": "ASKED"},
        ),
        IndexModel([("within", ASCENDING), ("rule", ASCENDING), NEWEST]),
        IndexModel([("model", ASCENDING), NEWEST]),
        IndexModel([("model", ASCENDING), ("rule", ASCENDING)], unique=True),
    ],
    DUE.name: [IndexModel([("on", ASCENDING), ("_id", ASCENDING)])],
}

FILLS = (Fill(COLLECTION, "waiting_since", {"$ifNull": ["$asked_again_on", "$asked_on"]}),)
"""Questions of an older program."""


class Questions(HomedRepository[Question]):
    collection = COLLECTION
    kind = QUESTION
    columns = Columns(QuestionRow, QUESTION, unit=Computed(("unit", "asked_on"), UnitOnDay.of))
    state = Question

    async def of_models(self, models: Iterable[str]) -> dict[tuple[str, FormalityRule], Question]:
        """The questions about these models, by model and rule."""
        found = await self.find({"model": {"$in": sorted(models)}})
        return {(question.model, question.rule): question for question in found}


async def page(access: Access, query: QuestionsPage) -> Rows:
    equal = msgspec.structs.asdict(query.filter)
    seen = Questions.seen(access)
    return await pages.page(seen, Questions.columns, query, within=equal.pop("unit"), **equal)


async def page_of_each(access: Access, query: QuestionsOfModels) -> Rows:
    return await pages.page_of_each(Questions.seen(access), Questions.columns, query, "model")


async def models(ids: Iterable[str], access: Access) -> dict[str, Model]:
    found = Models.seen(access).find({"_id": {"$in": sorted(ids)}})
    return {document["_id"]: from_document(document, Model) async for document in found}


async def subjects(models: Collection[Model], access: Access) -> dict[str, Subject]:
    """The subjects by id, each with the unit under which its model lives today; if it has ended, its last path."""
    ids = {model.home_on(access.today).unit for model in models}
    paths = {
        unit.id: (unit.at(access.today) or unit.spells[-1]).path
        for unit in await Directory(access).many(sorted(ids))
    }
    homes = {model.id: model.home_on(access.today) for model in models}
    return {model.id: subject(model, paths.get(homes[model.id].unit, model.unit)) for model in models}


def subject(model: Model, unit: str) -> Subject:
    return Subject(
        id=model.id,
        unit=unit,
        year=model.year,
        programme=model.programme,
        title=model.title,
        summary=model.summary,
        place=model.place,
        target=model.target,
        field=model.field,
        subject_kind=model.subject_kind,
        level=model.level,
    )


class Group(msgspec.Struct, kw_only=True):
    """Registrations with a common value: the first one of each `apart`, up to the number that makes a match."""

    id: str
    members: dict[str, str] = {}
    """Apart → model."""

    def join(self, model: str, apart: str, most: int) -> None:
        if len(self.members) < most:
            self.members.setdefault(apart, model)


class Groups:
    def __init__(self, tx: Transaction) -> None:
        self._groups = tx.unscoped(GROUPS)
        self._known: dict[str, Group] = {}

    async def load(self, keys: Iterable[str]) -> None:
        wanted = sorted(set(keys))
        self._known = {key: Group(id=key) for key in wanted}
        async for document in self._groups.find({"_id": {"$in": wanted}}):
            self._known[document["_id"]] = from_document(document, Group)

    def __getitem__(self, key: str) -> Group:
        return self._known[key]

    async def keep(self) -> None:
        writes = [
            ReplaceOne({"_id": group.id}, {"_id": group.id, "members": group.members}, upsert=True)
            for group in self._known.values()
        ]
        if writes:
            await self._groups.write(writes)


class Due:
    """Registered models that have not begun, each with the day on which to check it."""

    def __init__(self, tx: Transaction) -> None:
        self._due = tx.unscoped(DUE)

    async def change(self, add: dict[str, date], done: Sequence[str]) -> None:
        writes = [
            ReplaceOne({"_id": model}, {"_id": model, "on": day.isoformat()}, upsert=True)
            for model, day in add.items()
        ]
        if writes:
            await self._due.write(writes)
        if done:
            await self._due.delete({"_id": {"$in": list(done)}})

    async def by(self, day: date, limit: int) -> list[str]:
        order = [("on", ASCENDING), ("_id", ASCENDING)]
        wanted: Document = {"on": {"$lte": day.isoformat()}}
        return [document["_id"] async for document in self._due.find(wanted, sort=order, limit=limit)]


def not_begun(model: Model) -> bool:
    return model.state is ModelState.REGISTERED
