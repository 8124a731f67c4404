"""A small country whose units are reorganised, and the standings of its launches counted from the models."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from functools import partial
from itertools import accumulate
from typing import Any

from services.directory import lineage
from services.directory.units import Directory
from services.kernel.caller import EVERYTHING, Caller, Scope
from services.kernel.mongo.access import Access
from services.kernel.mongo.codec import from_document
from services.kernel.mongo.store import Store
from services.kernel.rows import Fields, Row
from services.kernel.units import DatedUnit, Predecessor, Spell, SuccessionKind, UnitLevel
from services.movement.words import BodyKind
from services.registration.documents import handlers as documents
from services.registration.documents.messages import DocumentKind, RegisterDocument
from services.registration.launches import handlers, repository
from services.registration.launches.addressees import Addressees
from services.registration.launches.domain import Launch
from services.registration.launches.messages import (
    LaunchOrganisations,
    LaunchProgramme,
    LaunchTotals,
    LaunchUnits,
    Standing,
)
from services.registration.models.domain import Model
from services.registration.models.messages import ModelState
from services.registration.models.repository import Models
from services.registration.organisations import handlers as organisations
from services.registration.organisations.domain import Organisation
from services.registration.organisations.messages import RegisterOrganisation
from services.registration.organisations.repository import Organisations
from services.registration.programmes import handlers as programmes
from services.registration.programmes.messages import StartProgramme
from services.registration.units import handlers as units
from services.registration.units.messages import RecordUnits

TODAY = datetime(2026, 2, 2, 3, tzinfo=UTC)
BEFORE = datetime(2025, 5, 5, 3, tzinfo=UTC)
REORGANISED = date(2025, 7, 1)
COUNTS = ("in_time", "declared", "late", "waiting", "drafting")
OFFICER, APPRAISER = Caller(id="ann", name="Ann"), Caller(id="bob", name="Bob")
_IN_FORCE = {
    ModelState.REGISTERED,
    ModelState.IMPLEMENTING,
    ModelState.SELF_ASSESSED,
    ModelState.DISCONTINUED,
}


def spell(path: str, level: UnitLevel, since: date | None = None, until: date | None = None) -> Spell:
    *_, parent, id_ = ("", *path.strip("/").split("/"))
    return Spell(
        name=id_,
        code=id_,
        kind="x",
        level=level,
        parent=parent or None,
        path=path,
        since=since,
        until=until,
    )


def commune(id_: str, above: str, *of: tuple[str, SuccessionKind], **life: date | None) -> DatedUnit:
    lines = tuple(Predecessor(unit=unit, kind=kind, on=REORGANISED) for unit, kind in of)
    path = f"/vn/{above}/{id_}"
    return DatedUnit(id=id_, spells=(spell(path, UnitLevel.COMMUNE, **life),), predecessors=lines)


OLD = (
    DatedUnit(id="vn", spells=(spell("/vn", UnitLevel.COUNTRY),)),
    *(DatedUnit(id=id_, spells=(spell(f"/vn/{id_}", UnitLevel.PROVINCE),)) for id_ in "pq"),
    *(commune(id_, "p") for id_ in "abcde"),
    commune("f", "q"),
)
MERGE, SPLIT = SuccessionKind.MERGE, SuccessionKind.SPLIT
NEW = (
    *(commune(id_, "p", until=REORGANISED) for id_ in "abc"),
    commune("ab", "p", ("a", MERGE), ("b", MERGE), since=REORGANISED),
    commune("c1", "p", ("c", SPLIT), since=REORGANISED),
    commune("c2", "q", ("c", SPLIT), since=REORGANISED),
    DatedUnit(
        id="d",
        spells=(
            spell("/vn/p/d", UnitLevel.COMMUNE, until=REORGANISED),
            spell("/vn/q/d", UnitLevel.COMMUNE, since=REORGANISED),
        ),
    ),
)
"""After it, a and b are one unit, c is split, and d is in the other province."""
COMMUNES = ("a", "b", "c", "d", "e", "f", "ab", "c1", "c2")
SCOPES = (EVERYTHING, *(Scope(frozenset({unit})) for unit in ("vn", "p", "q", "ab", "a")))


class Country:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.addressees = Addressees()
        self.owners: dict[str, str] = {}
        self.programme = ""

    async def do(self, handler: Callable[..., Awaitable[Any]], command: Any, caller: Caller = OFFICER) -> Any:
        return await self.store.transaction(partial(handler, command), at=TODAY, caller=caller)

    async def begin(self) -> None:
        await self.do(units.record_units, RecordUnits(units=OLD))
        await self._register(*"pqabcdef", on=date(2024, 1, 2))
        register = RegisterDocument(
            kind=DocumentKind.PLAN,
            number="1-KH",
            issuer=self.owners["p"],
            issued_on=date(2024, 2, 1),
            title="x",
        )
        document = (await self.do(documents.register_document, register))["id"]
        start = StartProgramme(
            unit="vn", name="x", first_year=2025, last_year=2026, documents=(document,), on=date(2024, 3, 1)
        )
        self.programme = (await self.do(programmes.start_programme, start))["id"]

    async def _register(self, *ids: str, on: date) -> None:
        for id_ in ids:
            command = RegisterOrganisation(name=f"Hội {id_}", kind=BodyKind.WOMENS_UNION, unit=id_, on=on)
            self.owners[id_] = (await self.do(organisations.register_organisation, command))["id"]

    async def reorganise(self) -> None:
        await self.do(units.record_units, RecordUnits(units=NEW))
        await self._register("ab", "c1", "c2", on=REORGANISED)

    async def launch(self, unit: str, level: UnitLevel, until: date, **asked: Any) -> str:
        """`asked`: the quota, and the kinds and organisations, if it does not ask units."""
        command = LaunchProgramme(
            programme=self.programme,
            unit=unit,
            year=2025,
            level=level,
            until=until,
            on=date(2025, 1, 10),
            **asked,
        )
        return str((await self.do(handlers.launch_programme, command))["id"])

    def reading(self, scope: Scope = EVERYTHING, at: datetime = TODAY) -> Access:
        return self.store.reading(OFFICER, scope, at)

    async def kept(self, launch: str, access: Access) -> tuple[Row, dict[str, Row]]:
        """The totals, and the row of each unit, as queries answer them."""
        names = {name: name for name in ("standing", "ended_on", "quota", *COUNTS)}
        each = LaunchUnits(launch=launch, first=100, fields={"of": "unit", **names})
        rows = (await handlers.launch_units(self.addressees, each, access)).read()
        asked = LaunchOrganisations(launch=launch, first=100, fields={"of": "organisation", **names})
        rows += (await handlers.launch_organisations(self.addressees, asked, access)).read()
        shown: Fields = {name: name for name in ("units", *(standing.lower() for standing in Standing))}
        totals = LaunchTotals(keys=(launch,), fields=shown)
        (total,) = (await handlers.launch_totals(self.addressees, totals, access)).read()
        assert total is not None
        return total, {row.pop("of").partition("@")[0]: row for row in rows if row}

    async def recounted(self, id_: str, access: Access) -> tuple[Row, dict[str, Row]]:
        """The same, from the models and the directory alone."""
        launch: Launch = (await repository.many(access, [id_]))[id_]
        if launch.asked.of_organisations:
            return await self._recounted_of_organisations(launch, access)
        models = [from_document(one, Model) async for one in Models.seen(access).find({})]
        counted: dict[str, Counter[str]] = {}
        for model in models:
            if (model.programme, model.year) == (launch.programme, launch.year) and (
                name := _counts_as(model, launch.until)
            ):
                counted.setdefault(model.unit.rpartition("/")[2], Counter())[name] += 1
        directory = Directory(access)
        as_of = min(access.today, launch.until)
        found: dict[str, Row] = {}
        above = await directory.get(launch.launched_in)
        for unit in await directory.below(above, launch.launched_on, launch.level, including=True):
            if access.scope.covers(unit.in_force(launch.launched_on).path):
                counts = Counter(counted.get(unit.id, Counter()))
                parted = False
                ended = not unit.at(as_of)
                if ended:
                    for heir in await lineage.later(unit, launch.launched_on, as_of, directory.came_of):
                        if heir.whole:
                            counts += counted.get(heir.unit.id, Counter())
                        else:
                            parted |= bool(counted.get(heir.unit.id))
                best = _best(counts, launch.quota)
                if parted and best not in ("IN_TIME", "DECLARED", "LATE"):
                    best = "UNASSIGNED"
                ended_on = str(unit.spells[-1].until) if ended else None
                found[unit.id] = {
                    "standing": best,
                    "ended_on": ended_on,
                    "quota": launch.quota,
                    **{name: counts[name] for name in COUNTS},
                }
        return _totals(found), found

    async def _recounted_of_organisations(self, launch: Launch, access: Access) -> tuple[Row, dict[str, Row]]:
        """Each organisation of the country is alone in its unit. Only those that began before the launch are asked."""
        everything = self.reading(at=access.at)
        models = [from_document(one, Model) async for one in Models.seen(everything).find({})]
        named = {one.organisation: one.quota for one in launch.organisations}
        found: dict[str, Row] = {}
        async for document in Organisations.seen(access).find({}):
            one = from_document(document, Organisation)
            unit = (await Directory(access).get(one.home_on(launch.launched_on).unit)).at(launch.launched_on)
            of_kind = launch.kinds and unit and unit.level is launch.level and launch.launched_in in unit.path
            quota = named.get(one.id) or (launch.kinds[0].quota if of_kind else None)
            if quota is None or one.merged_into:
                continue
            ended = one.ended_on is not None and one.ended_on <= launch.as_of(access.today)
            owners = {*one.ids, *([one.successor] if ended else [])}
            counts = Counter(
                _counts_as(model, launch.until)
                for model in models
                if (model.programme, model.year) == (launch.programme, launch.year) and model.owner in owners
            )
            found[one.id] = {
                "standing": _best(counts, quota),
                "ended_on": str(one.ended_on) if ended else None,
                "quota": quota,
                **{name: counts[name] for name in COUNTS},
            }
        return _totals(found), found


def _best(counts: Counter[Any], quota: int) -> str:
    sums = accumulate(counts[name] for name in ("in_time", "declared", "late"))
    for name, sum_ in zip(("IN_TIME", "DECLARED", "LATE"), sums, strict=True):
        if sum_ >= quota:
            return name
    if counts["in_time"] + counts["declared"] + counts["late"]:
        return "SHORT"
    return next((name.upper() for name in ("waiting", "drafting") if counts[name]), "NOTHING")


def _totals(found: dict[str, Row]) -> Row:
    many = Counter(row["standing"] for row in found.values())
    return {"units": len(found), **{s.lower(): many[s] for s in Standing}}


def _counts_as(model: Model, until: date) -> str | None:
    if model.state in _IN_FORCE:
        if not model.submitted_on or model.submitted_on > until:
            return "late"
        recorded_on = model.submission_recorded_on
        return "declared" if recorded_on and recorded_on > until else "in_time"
    names = {
        ModelState.SUBMITTED: "waiting",
        ModelState.DRAFT: "drafting",
        ModelState.RETURNED: "drafting",
    }
    return names.get(model.state)
