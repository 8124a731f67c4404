"""Models in MongoDB."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec

from services.directory.homed import LIVES_UNDER, HomedRepository
from services.kernel.messages import Event, Recorded
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access, Documents
from services.kernel.mongo.codec import from_document
from services.kernel.mongo.driver import ASCENDING, DESCENDING, Document, Indexes, IndexModel
from services.kernel.mongo.pages import NEWEST, OLDEST
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import ByOwners, Columns, Computed, Page, Row, Rows
from services.kernel.units import UnitOnDay
from services.movement.changes import Change
from services.movement.years import months_between
from services.registration.models import history as history_of
from services.registration.models.domain import Model
from services.registration.models.messages import (
    MODEL,
    HistoryRow,
    ModelCorrected,
    ModelRevised,
    ModelRow,
    ModelsPage,
    ModelState,
    ModelStep,
)
from services.registration.organisations.repository import ids_of
from services.registration.stages import repository as stages
from services.registration.stages.domain import Stage, stage_of

COLLECTION = "models"

INDEXES: Indexes = {
    COLLECTION: [
        # The day is the last key, so a list by days needs no other index: it reads only matching models.
        IndexModel([("within", ASCENDING), NEWEST, ("registered_on", ASCENDING)]),
        IndexModel([("within", ASCENDING), ("state", ASCENDING), NEWEST]),
        IndexModel(
            [("within", ASCENDING), ("state", ASCENDING), ("year", ASCENDING), OLDEST],
            partialFilterExpression={"state": {"$in": ["SUBMITTED", "RETURNED"]}},
        ),
        IndexModel([("within", ASCENDING), ("field", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("level", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("subject_kind", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("programme", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("year", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("flagged", ASCENDING), NEWEST]),
        IndexModel([("owner", ASCENDING), NEWEST]),
        IndexModel([("owner", ASCENDING), ("title", ASCENDING)]),
        LIVES_UNDER,
    ]
}


def _months_later(submitted_on: str | None, recorded_on: str | None) -> int | None:
    if submitted_on is None:
        return None
    return months_between(date.fromisoformat(submitted_on), date.fromisoformat(recorded_on or submitted_on))


class Models(HomedRepository[Model]):
    collection = COLLECTION
    kind = MODEL
    columns = Columns(
        ModelRow,
        MODEL,
        unit=Computed(("unit", "drafted_on"), UnitOnDay.of),
        begun_on=Computed(("implemented",), lambda times: times[0]["on"] if times else None),
        implemented_years=Computed(
            ("implemented",), lambda times: [one.get("year") or int(one["on"][:4]) for one in times or ()]
        ),
        recorded_months_later=Computed(("submitted_on", "submission_recorded_on"), _months_later),
        ended_on=Computed(("ended",), lambda ended: ended and ended["on"]),
        end_reason=Computed(("ended",), lambda ended: ended and ended["reason"]),
    )
    state = Model

    def __init__(self, tx: Transaction, documents: Documents | None = None) -> None:
        super().__init__(tx, documents)
        self._stages: dict[str, Stage | None] = {}
        """The stage of each model that was loaded or added, by id."""

    async def add(self, state: Model, event: Event) -> Row:
        row = await super().add(state, event)
        await self._move([state])
        return row

    async def save(self, state: Model, event: Event) -> Row:
        row = await super().save(state, event)
        await self._move([state])
        return row

    async def add_many(self, items: Iterable[tuple[Model, Sequence[Event]]]) -> None:
        items = list(items)
        await super().add_many(items)
        await self._move([model for model, _ in items])

    async def _move(self, models: Sequence[Model]) -> None:
        after = {model.id: stage_of(model) for model in models}
        await stages.move(self._tx, [(self._stages.get(id_), stage) for id_, stage in after.items()])
        self._stages |= after

    def _loaded(self, document: Document) -> Model:
        model = super()._loaded(document)
        self._stages[model.id] = stage_of(model)
        return model

    def describe(self, recorded: Recorded) -> tuple[str, str]:
        return history_of.describe(recorded)


HISTORY = Columns(HistoryRow)
_STAGED = dict.fromkeys(
    ("unit", "owner", "programme", "year", "state", "submitted_on", "submission_recorded_on"), 1
)
_VERSION = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)


async def page(access: Access, query: ModelsPage) -> Rows:
    equal = msgspec.structs.asdict(query.filter)
    if query.filter.owner:
        equal["owner"] = {"$in": await ids_of(access, query.filter.owner)}
    return await pages.page(
        Models.seen(access),
        Models.columns,
        query,
        within=equal.pop("unit"),
        registered_on=query.registered.stored("registered"),
        **equal,
    )


async def history(access: Access, query: ByOwners, *steps: ModelStep) -> Rows:
    """The history of each model, oldest first. The cursors are versions. `steps`: by default, all."""
    size = pages.page_size(query)
    backwards = query.first is None
    # The types are always named: other areas can log events of a model too.
    types = [history_of.KINDS[step].subject for step in steps or history_of.KINDS]
    wanted = {"type": {"$in": types}}
    order = [("version", DESCENDING if backwards else ASCENDING)]
    view = HISTORY.view(query, access.sees)
    places = []
    histories = await Models.seen(access).histories(
        query.keys, wanted, _between(query), sort=order, limit=size + 1, counted=query.counted
    )
    for model, events, total in histories:
        more = len(events) > size
        shown = [history_of.fact(event) for event in events[:size]]
        if backwards:
            shown.reverse()
        for fact in shown:
            view.add({**fact, "within": model["within"] if model else []})
        place = Page(
            [str(fact["version"]) for fact in shown],
            has_next=query.before is not None if backwards else more,
            has_previous=more if backwards else query.after is not None,
            total=total,
        )
        places.append(place)
    return view.rows(places)


async def count_owners(tx: Transaction) -> None:
    """Makes the numbers of owners if an older program kept none."""
    found = Models.seen(tx).find({"programme": {"$gt": ""}}, _STAGED)
    await stages.count_owners(tx, (stage_of(from_document(one, _Staged)) async for one in found))


class _Staged(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of a model that decide its stage."""

    unit: str
    owner: str
    programme: str | None
    year: int
    state: ModelState
    submitted_on: date | None = None
    submission_recorded_on: date | None = None


async def revisions(access: Access, models: Sequence[str]) -> dict[str, list[tuple[int, tuple[Change, ...]]]]:
    """Id of a model → its versions that revised it, with the changes, oldest first."""
    kinds: Mapping[str, type[ModelRevised | ModelCorrected]]
    kinds = {kind.subject: kind for kind in (ModelRevised, ModelCorrected)}
    order = [("version", ASCENDING)]
    found = await Models.seen(access).histories(models, {"type": {"$in": [*kinds]}}, sort=order, limit=0)
    return {
        model: [(event.version, event.changes) for event in (one.read(kinds[one.type]) for one in events)]
        for model, (_, events, _) in zip(models, found, strict=True)
    }


async def titled(
    access: Access, owners: Iterable[str], titles: Iterable[str]
) -> dict[tuple[str, str, int], str]:
    """Owner, title and year → id, of the models of these owners with these titles that were not withdrawn."""
    wanted = {"owner": {"$in": sorted(owners)}, "title": {"$in": sorted(titles)}}
    shown = {"owner": 1, "title": 1, "year": 1, "state": 1}
    found = [one async for one in Models.seen(access).find(wanted, shown)]
    standing = [one for one in found if one["state"] != ModelState.WITHDRAWN]
    return {(one["owner"], one["title"], one["year"]): one["_id"] for one in standing}


def _between(query: ByOwners) -> Document:
    between = {"$gt": 0}
    for name, cursor, where in (("after", query.after, "$gt"), ("before", query.before, "$lt")):
        if cursor is not None:
            if not _VERSION.fullmatch(cursor):
                raise pages.unknown_cursor(cursor, name)
            between[where] = int(cursor)
    return between
