"""Corrections of activities: handlers of proposals, and how an approved one is judged again and written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.corrections.domain import Correction
from services.corrections.messages import CorrectedFact
from services.corrections.mount import Desk
from services.directory.organisations import organisations, recorded_organisations
from services.directory.units import Directory
from services.kernel.act import Act
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Row
from services.kernel.units import DatedUnit, UnitPath
from services.movement.changes import Change
from services.movement.organisations import DatedOrganisation
from services.supervision import domain
from services.supervision.domain import RECORDED, Activity
from services.supervision.messages import CORRECTIONS, ActivityKind, CorrectActivity, ReverseActivity
from services.supervision.repository import Activities

NAMES = {
    "kind": ("kind", "Loại cuộc"),
    "bodies": ("bodies", "Các tổ chức thực hiện"),
    "unit": ("unit", "Nơi tiến hành"),
    "title": ("title", "Nội dung"),
    "held_on": ("heldOn", "Ngày tiến hành"),
}


@dataclass(frozen=True, slots=True)
class ActivityDraft:
    """`activities`: the repository that has loaded the activity. `shown`: the changes with names instead of ids."""

    record: Activity
    after: Activity
    changes: tuple[Change, ...]
    shown: tuple[Change, ...]
    reverses: bool
    activities: Activities

    @property
    def authors(self) -> frozenset[str | None]:
        return self.record.authors | self.after.authors

    @property
    def fact(self) -> CorrectedFact:
        return CorrectedFact.ACTIVITY

    @property
    def fact_version(self) -> int:
        return RECORDED

    @property
    def figures(self) -> bool:
        return domain.counted(self.record) != domain.counted(self.after)

    async def write(self, correction: Correction, act: Act) -> None:
        corrected = domain.restate(
            self.record,
            self.after,
            act=act,
            correction={
                "correction": correction.id,
                "reverses": self.reverses,
                "changes": self.changes,
                "reason": correction.reason,
                "basis": correction.document or "",
                "proposed_by": correction.proposed_by,
                "approved_by": correction.decided_by,
            },
        )
        await self.activities.save(*corrected)


async def correct_activity(command: CorrectActivity, tx: Transaction) -> Row:
    activities = Activities(tx)
    activity = await activities.load(command.activity, expected=command.expected_version)
    draft = await _corrected(
        activity,
        activities,
        tx,
        kind=command.kind,
        bodies=command.bodies,
        unit=command.unit,
        title=command.title,
        held_on=command.held_on,
    )
    return await _propose(command, draft, tx)


async def reverse_activity(command: ReverseActivity, tx: Transaction) -> Row:
    activities = Activities(tx)
    activity = await activities.load(command.activity, expected=command.expected_version)
    return await _propose(command, await _reversed(activity, activities, tx), tx)


async def again(correction: Correction, tx: Transaction) -> ActivityDraft:
    """Judges a proposal against the activity as it is now."""
    activities = Activities(tx)
    activity = await activities.load(correction.record)
    if correction.reverses:
        return await _reversed(activity, activities, tx)
    after = {change.field: change.after for change in correction.changes}
    kind, bodies, held_on = after.get("kind"), after.get("bodies"), after.get("held_on")
    return await _corrected(
        activity,
        activities,
        tx,
        kind=ActivityKind(kind) if kind else None,
        bodies=tuple(bodies.split()) if bodies else None,
        unit=after.get("unit"),
        title=after.get("title"),
        held_on=date.fromisoformat(held_on) if held_on else None,
    )


async def authors(record: str, tx: Transaction) -> frozenset[str | None]:
    return (await Activities(tx).load(record)).authors


async def _corrected(
    activity: Activity,
    activities: Activities,
    tx: Transaction,
    *,
    kind: ActivityKind | None,
    bodies: Sequence[str] | None,
    unit: str | None,
    title: str | None,
    held_on: date | None,
) -> ActivityDraft:
    domain.require_standing(activity)
    present = UnitPath(activity.unit).unit
    units = {one.id: one for one in await Directory(tx).many([present])}
    place = units.get(unit or present) or await Directory(tx).get(unit or present)
    day = held_on or activity.held_on
    path = place.in_force(day, "unit", "heldOn").path
    tx.scope.require(path)
    after = domain.correct(
        activity,
        kind=kind,
        bodies=await _bodies(activity, bodies, tx),
        unit=place,
        title=title,
        held_on=held_on,
        others=await activities.of_day(path, kind or activity.kind, day),
        act=tx.act(),
    )
    return _draft(activity, after, False, activities, units | {place.id: place})


async def _reversed(activity: Activity, activities: Activities, tx: Transaction) -> ActivityDraft:
    after = domain.reverse(activity, tx.act())
    place = await Directory(tx).get(UnitPath(activity.unit).unit)
    return _draft(activity, after, True, activities, {place.id: place})


async def _bodies(
    activity: Activity, wanted: Sequence[str] | None, tx: Transaction
) -> list[DatedOrganisation]:
    """The organisations with these ids, by default the present ones. A new one must be in the caller's scope."""
    present = [body.organisation for body in activity.bodies]
    ids = present if wanted is None else wanted
    known = {one.id: one for one in await recorded_organisations(tx, present)}
    new = [id_ for id_ in ids if id_ not in known]
    known |= dict(zip(new, await organisations(tx, new, "bodies"), strict=True))
    return [known[id_] for id_ in ids]


def _draft(
    before: Activity,
    after: Activity,
    reverses: bool,
    activities: Activities,
    units: Mapping[str, DatedUnit],
) -> ActivityDraft:
    """`units`: those of the activity before and after, by id."""

    def ids(one: Activity) -> dict[str, str]:
        return {
            "kind": one.kind.value,
            "bodies": " ".join(body.organisation for body in one.bodies),
            "unit": UnitPath(one.unit).unit,
            "title": one.title,
            "held_on": one.held_on.isoformat(),
        }

    def names(one: Activity) -> dict[str, str]:
        unit = units[UnitPath(one.unit).unit].in_force(one.held_on).name
        return ids(one) | {"bodies": "; ".join(body.name for body in one.bodies), "unit": unit}

    was, now = ids(before), {} if reverses else ids(after)
    fields = [field for field in NAMES if was[field] != now.get(field)]
    old, new = names(before), {} if reverses else names(after)
    return ActivityDraft(
        record=before,
        after=after,
        changes=tuple(Change(field=f, before=was[f], after=now.get(f)) for f in fields),
        shown=tuple(Change(field=f, before=old[f], after=new.get(f)) for f in fields),
        reverses=reverses,
        activities=activities,
    )


async def _propose(command: CorrectActivity | ReverseActivity, draft: ActivityDraft, tx: Transaction) -> Row:
    return await DESK.propose(
        draft, reason=command.reason, document=command.document, shown=draft.shown, tx=tx
    )


DESK = Desk(CORRECTIONS, NAMES, again=again, authors=authors)
