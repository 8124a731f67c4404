"""Work about several records: launches with too few models, and ended units with open records."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from services.directory.units import Directory
from services.kernel.caller import Scope
from services.kernel.messages import Role
from services.kernel.mongo.access import Access
from services.kernel.mongo.driver import Document
from services.kernel.units import COUNTRY, DatedUnit, UnitPath
from services.registration.handovers import handlers as handovers
from services.registration.handovers import repository as waiting
from services.registration.handovers.messages import HANDS_OVER
from services.registration.handovers.repository import Families
from services.registration.launches import handlers as launches
from services.registration.launches import repository
from services.registration.launches.addressees import Addressees
from services.registration.launches.domain import Launch
from services.registration.launches.messages import LAUNCH
from services.registration.programmes.repository import Programmes
from services.todo.lists import Item
from services.todo.messages import ToDoFilter, ToDoKind
from services.todo.positions import Position

OFFICERS = frozenset({Role.OFFICER})


async def launches_to_answer(addressees: Addressees, filter_: ToDoFilter, access: Access) -> list[Item]:
    """Open launches with addressees that have submitted fewer models than the launch asks for."""
    # If a launch addressed a unit that has ended, it waits for the unit that has the whole of that unit.
    units = await _units(ToDoKind.LAUNCH_TO_ANSWER, OFFICERS, filter_, access, reads=True)
    here = replace(access, scope=Scope(frozenset(units)))
    behind: list[tuple[Launch, int]] = []
    for launch in await repository.open_launches(access) if units else ():
        in_time = filter_.due_by is None or launch.until <= filter_.due_by
        if in_time and _concerns(launch, units):
            reached = await launches.reached(addressees, launch, here)
            if many := sum(one.is_behind for one in reached):
                behind.append((launch, many))
    names = await _names(access, {launch.programme for launch, _ in behind})
    return [_launch(launch, names[launch.programme], many) for launch, many in behind]


async def units_to_hand_over(families: Families, filter_: ToDoFilter, access: Access) -> list[Item]:
    """Ended units with open records that the caller may take over."""
    kind = ToDoKind.UNIT_TO_HAND_OVER
    units = await _units(kind, HANDS_OVER, filter_, access)
    if not units or filter_.due_by:
        return []
    family = await families.whole(access)
    answering = frozenset(units)
    counts = await waiting.counts(access, family.waiting(answering, access.today))
    items = []
    for id_, many in counts.items():
        unit = family.units[id_]
        paths = map(UnitPath, family.may_take(unit, access.today))
        if any(not answering.isdisjoint(path.segments) for path in paths):
            row = {
                **_row(kind, id_, many.total(), ("handOverAll", "handOver")),
                "title": unit.spells[-1].name,
                "unit": handovers.ended(unit),
                "since": unit.spells[-1].until,
                "due": None,
            }
            items.append(Item(Position.of(None, id_), row))
    return items


def _launch(launch: Launch, programme: str, behind: int) -> Item:
    row = {
        **_row(ToDoKind.LAUNCH_TO_ANSWER, launch.id, behind, ("draftModel", "submitModel")),
        "title": f"{programme}, năm {launch.year}",
        "unit": launch.home.unit,
        "since": launch.launched_on,
        "due": launch.until,
    }
    return Item(Position.of(launch.until, LAUNCH.digits(launch.id) or ""), row)


def _row(kind: ToDoKind, id_: str, many: int, acts: tuple[str, ...]) -> Document:
    return {"_id": id_, "kind": kind, "name": kind.vi, "acts": acts, "many": many}


async def _names(access: Access, programmes: Iterable[str]) -> Mapping[str, str]:
    found = Programmes.shown(access).find({"_id": {"$in": sorted(programmes)}}, {"name": 1})
    return {one["_id"]: one["name"] async for one in found}


async def _units(
    kind: ToDoKind,
    roles: frozenset[Role],
    filter_: ToDoFilter,
    access: Access,
    *,
    reads: bool = False,
) -> dict[str, frozenset[str]]:
    """The units in which the caller may act and that the filter leaves, each with all segments of its paths."""
    if filter_.kinds is not None and kind not in filter_.kinds:
        return {}
    held = {COUNTRY} if access.scope.units is None else access.caller.units(roles, access.today, reads=reads)
    wanted = [*held, *([filter_.unit] if filter_.unit else [])]
    known = {unit.id: _segments(unit) for unit in await Directory(access).many(wanted)}
    if filter_.unit is None:
        return known
    asked = known.pop(filter_.unit, frozenset())
    if not asked.isdisjoint(held):
        return {filter_.unit: asked}
    return {id_: segments for id_, segments in known.items() if filter_.unit in segments}


def _segments(unit: DatedUnit) -> frozenset[str]:
    return frozenset(segment for spell in unit.spells for segment in UnitPath(spell.path).segments)


def _concerns(launch: Launch, units: Mapping[str, frozenset[str]]) -> bool:
    """Whether it was launched in one of these units, above or below."""
    below = UnitPath(launch.unit).segments
    return any(id_ in below or launch.launched_in in above for id_, above in units.items())
