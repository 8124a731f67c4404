"""The sheet of models: what its import reads and writes in MongoDB, and which models its export selects."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from services.directory.units import Directory
from services.kernel.mongo.access import Access
from services.kernel.mongo.codec import from_document
from services.kernel.mongo.repository import new_id
from services.kernel.mongo.transaction import Transaction
from services.kernel.sheets.judging import Outcome
from services.kernel.sheets.lines import Line
from services.kernel.sheets.sheet import Sheet
from services.kernel.units import COUNTRY, UnitPath
from services.movement.homes import Homed
from services.registration.models import repository
from services.registration.models.domain import Model
from services.registration.models.messages import MODEL
from services.registration.models.repository import Models
from services.registration.organisations import repository as organisations
from services.registration.organisations.domain import Organisation
from services.registration.organisations.repository import Organisations, ids_of
from services.registration.programmes import repository as programmes
from services.registration.programmes.domain import Programme
from services.registration.sheets.columns import LAYOUT
from services.registration.sheets.corrections import ATTACHMENT
from services.registration.sheets.domain import judge
from services.registration.sheets.known import RESOURCES, Effect, Known
from services.registration.sheets.messages import MODELS, StartExport, StartImport


class ModelsImporter:
    def __init__(self, command: StartImport, known: Known) -> None:
        self._submit = command.submit
        self._known = known

    @classmethod
    async def prepare(cls, command: StartImport, unit: str, access: Access) -> "ModelsImporter":
        """Reads the organisations of the unit, and their units: the same for all rows of the job."""
        found = Organisations.seen(access).find({"within": UnitPath(unit).unit})
        read = [from_document(one, Organisation) async for one in found]
        # Organisations that were handed over to a unit out of scope register nothing here any more.
        entered = {one.id: one for one in read if access.scope.covers(one.home)}
        owners = {id_: one for one in entered.values() if not one.merged_into for id_ in one.ids}
        units = await Directory(access).many(sorted(_units_of(owners.values())))
        known = Known(owners=owners, units={one.id: one for one in units}, results_on=command.results_on)
        return cls(command, known)

    async def judge(self, lines: Sequence[Line], tx: Transaction) -> list[Outcome[Effect]]:
        known = self._known
        self._models = Models(tx)
        known.models, known.scope = await _models_named(lines, self._models), tx.scope
        known.revisions = await repository.revisions(
            tx, [m.id for m in known.models.values() if m.revised_by]
        )
        known.recorded = await _recorded(lines, known, tx)
        units = _units_of(known.models.values()) - known.units.keys()
        known.units |= {unit.id: unit for unit in await Directory(tx).many(sorted(units))}
        known.programmes = await _programmes_of(lines, known.models, tx)
        act = tx.act()
        return [judge(line, known, act, key=new_id(MODEL), submit=self._submit) for line in lines]

    async def write(self, outcomes: Sequence[Outcome[Effect]], tx: Transaction) -> None:
        made = [one.effect.made for one in outcomes if one.effect and one.effect.made]
        if made:
            await self._models.add_many(made)
        for one in outcomes:
            for model, event in one.effect.changes if one.effect else ():
                await self._models.save(model, event)


def _units_of(records: Iterable[Homed]) -> set[str]:
    """Ids of all units under which the records live or have lived."""
    paths = (path for record in records for path in (record.unit, *(home.path for home in record.homes)))
    return {UnitPath(path).unit for path in paths}


async def _models_named(lines: Sequence[Line], models: Models) -> dict[str, Model]:
    ids = [line.text("model") for line in lines if "model" in line.cells]
    if not ids:
        return {}
    return {model.id: model for model in await models.find({"_id": {"$in": ids}})}


async def _recorded(lines: Sequence[Line], known: Known, tx: Transaction) -> dict[tuple[str, str, int], str]:
    """Owner, title and year → id, of the models that have the owner and title of a row that adds one."""
    adding = [
        line.cells for line in lines if {"owner", "title"} <= line.cells.keys() and "model" not in line.cells
    ]
    named = [known.owners_named(name) for name in {str(cells["owner"]) for cells in adding}]
    owners = {id_: owner.id for found in named for owner in found for id_ in owner.ids}
    titles = {LAYOUT.by_key["title"].read(cells["title"]) for cells in adding}
    titled = await repository.titled(tx, owners, titles)
    return {(owners[owner], title, year): model for (owner, title, year), model in titled.items()}


async def _programmes_of(
    lines: Sequence[Line], models: Mapping[str, Model], tx: Transaction
) -> dict[str, Programme]:
    """The programmes that the lines name, and those that the models belong to."""
    named = {line.text("programme") for line in lines if "programme" in line.cells}
    joined = {model.programme for model in models.values() if model.programme}
    return {one.id: one for one in await programmes.called(tx, named | joined, named)}


class ModelsExporter:
    """The models of a filter, newest first."""

    def __init__(self, command: StartExport, access: Access) -> None:
        self._access = access
        self._filter = command.filter

    async def count(self) -> int:
        return await Models.seen(self._access).count(await self._wanted())

    async def _wanted(self) -> dict[str, Any]:
        given = msgspec.structs.asdict(self._filter).items()
        wanted = {name: value for name, value in given if value is not None}
        if "unit" in wanted:
            wanted["within"] = wanted.pop("unit")
        if "owner" in wanted:
            wanted["owner"] = {"$in": await ids_of(self._access, wanted["owner"])}
        return wanted

    async def batches(self, size: int) -> AsyncIterator[list[dict[str, Any]]]:
        names: dict[str, str] = {}
        beyond: dict[str, Any] = {}
        wanted = await self._wanted()
        while True:
            found = Models.seen(self._access).find({**wanted, **beyond}, sort=[("_id", -1)], limit=size)
            models = [from_document(one, Model) async for one in found]
            if not models:
                return
            names |= await _names(self._access, {model.owner for model in models} - names.keys())
            yield [row(model, names[model.owner]) for model in models]
            beyond = {"_id": {"$lt": models[-1].id}}


async def _names(access: Access, owners: Collection[str]) -> dict[str, str]:
    """Id → name of these organisations. A second entry has the name of the organisation into which it was merged."""
    kept = await organisations.kept(access, owners)
    ids = {owner: kept.get(owner, owner) for owner in owners}
    found = Organisations.seen(access).find({"_id": {"$in": sorted(ids.values())}}, {"name": 1})
    names = {one["_id"]: one["name"] async for one in found}
    return {owner: names.get(id_, owner) for owner, id_ in ids.items()}


def row(model: Model, owner: str) -> dict[str, Any]:
    """A model as values by column key. `owner`: the name to show."""
    given = [(one.kind, one.amount) for one in model.standing]
    given += [(one.kind, one.amount) for one in model.stated]
    totals = {
        name: sum((amount for one, amount in given if one is kind), Decimal(0)) or None
        for name, kind in RESOURCES.items()
    }
    days = {one.on for one in model.stated}
    return {
        "model": model.id,
        "owner": owner,
        "title": model.title,
        "field": model.field.vi,
        "subject_kind": model.subject_kind.vi,
        "place": model.place,
        "summary": model.summary,
        "target": model.target,
        "year": model.year,
        "programme": model.programme,
        "on": model.drafted_on,
        "results_on": days.pop() if len(days) == 1 else None,
        "version": model.version,
        **totals,
    }


SHEET = Sheet(
    name=MODELS,
    layout=LAYOUT,
    template_file="mau-dang-ky-mo-hinh",
    export_file="mo-hinh",
    imports=StartImport,
    importer=ModelsImporter.prepare,
    exports=StartExport,
    exporter=ModelsExporter,
    exported_unit=lambda command: command.filter.unit or COUNTRY,
    attachment=ATTACHMENT,
)
