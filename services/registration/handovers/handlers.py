"""Handlers of hand-overs: one function per command or query."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from services.directory.homed import HomedRepository
from services.directory.units import Directory
from services.kernel.mongo.access import Access
from services.kernel.mongo.pages import cut, page_size
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Row, Rows
from services.kernel.units import DatedUnit
from services.registration.handovers import domain, repository
from services.registration.handovers.family import Family, Successor
from services.registration.handovers.kinds import BY_KIND, KINDS, Handed, Record
from services.registration.handovers.messages import (
    MOST_AT_ONCE,
    HandedKind,
    HandOver,
    HandOverAll,
    HandOverPreview,
    WaitingFilter,
    WaitingRecords,
    WaitingTotals,
    WaitingUnits,
)
from services.registration.handovers.repository import HANDED_OVER, RECORDS, TOTALS, UNITS_WAITING, Families


async def hand_over(command: HandOver, tx: Transaction) -> Row:
    found = await repository.find(tx, command.record, command.expected_version)
    unit = found.family.units[found.record.home.unit]
    successor = _chosen(found.family, unit, command.to, tx)
    document = domain.document_of(command.document)
    await _hand(found.kind, found.records, [found.record], successor, document, tx)
    return await _outcome(tx, unit, successor, document, Counter([found.kind.kind]))


async def hand_over_all(command: HandOverAll, tx: Transaction) -> Row:
    family = await repository.family_of(tx, command.unit)
    unit = family.units[command.unit]
    successor = _chosen(family, unit, command.to, tx)
    document = domain.document_of(command.document)
    found = await repository.waiting(tx, unit.id, _kinds(command.kinds), MOST_AT_ONCE)
    handed: Counter[HandedKind] = Counter(one["kind"] for one in found)
    for kind in handed:
        ids = [one["_id"] for one in found if one["kind"] is kind]
        records = repository.records_of(tx, BY_KIND[kind])
        of_kind = await records.find({"_id": {"$in": ids}})
        await _hand(BY_KIND[kind], records, of_kind, successor, document, tx)
    return await _outcome(tx, unit, successor, document, handed)


async def hand_over_preview(query: HandOverPreview, access: Access) -> Rows:
    family = await repository.family_of(access, query.unit)
    unit = family.units[query.unit]
    successor = _chosen(family, unit, query.to, access)
    found = await repository.waiting(access, unit.id, _kinds(query.kinds), MOST_AT_ONCE)
    view = HANDED_OVER.view(query, access.sees)
    view.add(await _row(access, unit, successor, "", Counter(one["kind"] for one in found), already=False))
    return view.rows()


async def waiting_units(families: Families, query: WaitingUnits, access: Access) -> Rows:
    page_size(query)
    family = await families.whole(access)
    counts = await _counts(family, query.filter, access)
    ids = sorted(counts)
    part, page = cut(ids, query)
    view = UNITS_WAITING.view(query, access.sees)
    for id_ in ids[part]:
        unit = family.units[id_]
        successors = [one for one in family.successors(unit, access.today) if one.unit.at(access.today)]
        whole = family.whole_successor(unit, access.today)
        view.add(
            {
                "_id": id_,
                "unit": ended(unit),
                "ended_on": unit.spells[-1].until,
                **_numbers(counts[id_]),
                "successors": [
                    {"unit": one.unit.id, "whole": one.whole, "since": one.steps[0].since}
                    for one in successors
                ],
                "proposed": whole and whole.unit.id,
            }
        )
    return view.rows([page])


async def waiting_totals(families: Families, query: WaitingTotals, access: Access) -> Rows:
    counts = await _counts(await families.whole(access), query.filter, access)
    view = TOTALS.view(query, access.sees)
    sums: Counter[HandedKind] = sum(counts.values(), Counter())
    view.add({"_id": "waiting", "units": len(counts), **_numbers(sums)})
    return view.rows()


async def waiting_records(query: WaitingRecords, access: Access) -> Rows:
    page_size(query)
    found: list[dict[str, Any]] = []
    known = await Directory(access).many([query.unit])
    if known and repository.answers(await repository.family_of(access, query.unit), query.unit, access):
        found = await repository.waiting(access, query.unit, _kinds([query.kind] if query.kind else None))
    ids = [one["_id"] for one in found]
    part, page = cut(ids, query)
    view = RECORDS.view(query, access.sees)
    for one in found[part]:
        kind = BY_KIND[one["kind"]]
        state = kind.states(one["state"]) if kind.states else None
        view.add({**one, "name": one["kind"].vi, "title": one[kind.title], "state": state})
    return view.rows([page])


def _chosen(family: Family, unit: DatedUnit, to: str | None, access: Access) -> Successor:
    """The successor; refused unless the caller is responsible for it."""
    successor = domain.choose(family, unit, to, today=access.today)
    access.scope.require(*family.may_take(successor.unit, access.today))
    return successor


async def _hand(
    kind: Handed,
    records: HomedRepository[Record],
    found: Sequence[Record],
    successor: Successor,
    document: str,
    tx: Transaction,
) -> None:
    """Hands records over, and those that follow them. `records`: the repository that has loaded them."""
    act = tx.act()
    handed = []
    for record in found:
        after, event = kind.hand_over(record, steps=successor.steps, document=document, act=act)
        await records.save(after, event)
        handed.append(after)
    for follow in kind.followers:
        await follow(handed, tx)


async def _outcome(
    tx: Transaction, unit: DatedUnit, successor: Successor, document: str, handed: Mapping[HandedKind, int]
) -> Row:
    return HANDED_OVER.whole(await _row(tx, unit, successor, document, handed, already=True), tx.sees)


async def _row(
    access: Access,
    unit: DatedUnit,
    successor: Successor,
    document: str,
    handed: Mapping[HandedKind, int],
    *,
    already: bool,
) -> dict[str, Any]:
    """`already`: whether the records were handed over in this transaction."""
    open_ = (await repository.counts(access, [unit.id])).get(unit.id, Counter())
    last = successor.steps[-1]
    return {
        "_id": unit.id,
        "unit": ended(unit),
        "to": successor.unit.id,
        "since": successor.steps[0].since,
        "document": document or last.document,
        **_numbers(handed),
        "left": open_.total() - (0 if already else sum(handed.values())),
    }


async def _counts(
    family: Family, filter_: WaitingFilter, access: Access
) -> Mapping[str, Counter[HandedKind]]:
    units = family.waiting(access.scope.units, access.today)
    if filter_.unit:
        units &= family.waiting(frozenset({filter_.unit}), access.today)
    counts = await repository.counts(access, units)
    return {id_: many for id_, many in counts.items() if filter_.kind is None or many[filter_.kind]}


def _numbers(counts: Mapping[HandedKind, int]) -> dict[str, Any]:
    kinds = [{"kind": kind, "name": kind.vi, "records": counts.get(kind, 0)} for kind in BY_KIND]
    return {"records": sum(counts.values()), "kinds": kinds}


def _kinds(wanted: Sequence[HandedKind] | None) -> list[Handed]:
    return [one for one in KINDS if not wanted or one.kind in wanted]


def ended(unit: DatedUnit) -> str:
    """The key of the unit as it was just before its end."""
    return f"{unit.id}<{unit.spells[-1].until}"
