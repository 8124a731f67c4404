"""Every list is read along an index, in the index's order: no collection is scanned, nothing sorted in memory."""

import itertools
from collections.abc import Iterator
from typing import Any, cast

import pytest
from pymongo import MongoClient

from infra.stack import Stack
from services.kernel.calendar import moment
from services.kernel.caller import Caller, Grant, Scope
from services.kernel.config import Settings
from services.kernel.credentials import OPERATOR_USER, mongo_login
from services.kernel.messages import Role
from services.kernel.pages import page_filter
from services.kernel.rows import ByFilter
from services.kernel.store import PENDING, Access, Database
from services.reporting.domain import COUNTED
from services.reporting.repository import reader

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCANS = {"COLLSCAN", "SORT"}
NEWEST, OLDEST = {"_id": -1}, {"_id": 1}
CURSOR = "m_" + "7" * 24
PAGES = [
    (ByFilter(first=50), NEWEST),
    (ByFilter(first=50, after=CURSOR), NEWEST),
    (ByFilter(last=50, before=CURSOR), OLDEST),
    (ByFilter(first=50, after=CURSOR, before="m_" + "1" * 24), NEWEST),
]
SCOPES = {
    "the country": frozenset({"vn"}),
    "one unit": frozenset({"u437"}),
    "two units": frozenset({"u437", "u436"}),
}
FILTERS: dict[str, str | int] = {
    "within": "u18115",
    "owner": "o_" + "0" * 24,
    "field": "ECONOMY",
    "level": "COMMUNE",
    "subject_kind": "COLLECTIVE",
    "state": "REGISTERED",
    "programme": "p_" + "0" * 24,
    "year": 2018,
}


Asked = tuple[str, str, dict[str, Any], dict[str, int] | None]
"""What it is for, service and collection, filter, order."""


def stages(plan: Any) -> set[str]:
    """The names of all stages of a plan, however deep."""
    if isinstance(plan, list):
        return set().union(*map(stages, plan))
    if not isinstance(plan, dict):
        return set()
    own = {plan["stage"]} if isinstance(plan.get("stage"), str) else set()
    return own.union(*map(stages, plan.values()))


class Planner:
    def __init__(self, settings: Settings) -> None:
        self._client: MongoClient[dict[str, Any]] = MongoClient(
            settings.mongo, **mongo_login(settings, OPERATOR_USER)
        )
        self._prefix = settings.mongo_prefix

    def plan(self, where: str, filter_: dict[str, Any], sort: dict[str, int] | None) -> set[str]:
        service, collection = where.split(".")
        find = {"find": collection, "filter": filter_, "sort": sort or {}, "limit": 101}
        explained = self._client[f"{self._prefix}_{service}"].command(
            "explain", find, verbosity="queryPlanner"
        )
        return stages(explained["queryPlanner"]["winningPlan"])

    def close(self) -> None:
        self._client.close()


@pytest.fixture
def planner(stack: tuple[Stack, Settings]) -> Iterator[Planner]:
    made = Planner(stack[1])
    yield made
    made.close()


def seen_by(units: frozenset[str]) -> Access:
    grants = tuple(Grant(role=Role.OPERATOR, unit=unit) for unit in units)
    nowhere = cast(Database, dict.fromkeys(("models", "sessions", "delegations", "relations")))
    return Access(nowhere, Caller(id="x", name="x", grants=grants), Scope(units), moment())


def models_pages() -> Iterator[Asked]:
    """No filter, each filter, each pair, and all; pages in both directions; in every scope."""
    chosen = [names for many in (0, 1, 2, len(FILTERS)) for names in itertools.combinations(FILTERS, many)]
    for (scope, units), names, (query, order) in itertools.product(SCOPES.items(), chosen, PAGES):
        equal = {name: FILTERS[name] for name in names}
        what = f"models of {scope} by {', '.join(names) or 'nothing'}, {query}"
        yield (
            what,
            "registration.models",
            seen_by(units).documents("models").narrowed(page_filter(query, equal)),
            order,
        )


def relations_lists() -> Iterator[Asked]:
    chosen = [{}, {"within": "u18115"}, {"state": "SUGGESTED"}, {"kind": "DUPLICATE"}]
    chosen += [{"within": "u18115", "state": "SUGGESTED", "kind": "DUPLICATE"}]
    chosen += [{"models": CURSOR, "state": state} for state in ("SUGGESTED", "CONFIRMED")]
    for (scope, units), equal, (query, order) in itertools.product(SCOPES.items(), chosen, PAGES):
        filter_ = seen_by(units).documents("relations").narrowed(page_filter(query, dict(equal)))
        yield f"relations of {scope} by {equal}, {query}", "registration.relations", filter_, order
    yield "relations of models", "registration.relations", {"models": {"$in": [CURSOR]}}, None
    yield "the relation of two models", "registration.relations", {"pair": f"{CURSOR} {CURSOR}"}, None


def other_lists() -> Iterator[Asked]:
    scoped = Scope(SCOPES["two units"]).filter()
    for (scope, units), unit, (query, order) in itertools.product(SCOPES.items(), (None, "u18115"), PAGES):
        filter_ = seen_by(units).documents("sessions").narrowed(page_filter(query, {"within": unit}))
        yield f"sessions of {scope} in {unit}, {query}", "supervision.sessions", filter_, order
    for (scope, units), side, (query, order) in itertools.product(
        SCOPES.items(), ("giver", "receiver", ""), PAGES
    ):
        filter_ = page_filter(query, {side: "x"} if side else {})
        for seen, narrowed in (
            ("one's own", Access.personal(seen_by(units), "delegations").narrowed(filter_)),
            ("an operator", Access.personal(seen_by(units), "delegations", Role.OPERATOR).narrowed(filter_)),
        ):
            yield f"delegations of {seen} of {scope} by {side}", "registration.delegations", narrowed, order
    for service in ("registration", "supervision", "reporting"):
        yield f"{service}: units by id", f"{service}.units", {"_id": {"$in": ["u437", "u436"]}}, None
        yield f"{service}: units by code", f"{service}.units", {"spells.code": "26740"}, None
        yield f"{service}: children", f"{service}.units", {"spells.parent": "u437"}, None
    ids = {"_id": {"$in": [CURSOR, "m_" + "8" * 24]}, **scoped}
    for where in (
        "registration.models",
        "registration.organisations",
        "review.reviews",
        "supervision.sessions",
    ):
        yield f"{where} by id", where, ids, None
    yield "reviews by model", "review.reviews", {"model": {"$in": [CURSOR]}, **scoped}, None
    yield "counters", "reporting.counters_1", {"_id": {"$in": ["2018/u437/REGISTERED"]}}, None
    yield "facts of a thing", "reporting.facts_1", {"thing": CURSOR}, None
    behind = {"within": "u437", "measure": "REGISTERED", "on": {"$gte": "2018-01-01", "$lte": "2018-12-31"}}
    yield "facts behind a figure", "reporting.facts_1", behind, {"on": 1, "_id": 1}
    for service in ("registration", "review", "supervision"):
        log = f"{service}.log"
        yield f"{service}: replay", log, {"seq": {"$gt": 100}}, {"seq": 1}
        yield f"{service}: replay from the start", log, {"seq": {"$gt": 0}}, {"seq": 1}
        yield f"{service}: the tail", log, {"seq": 100}, None
        yield f"{service}: those without a number", log, {"seq": 0}, dict(PENDING)
        yield f"{service}: a thing's events", log, {"key": CURSOR}, {"version": 1}
        answer = {"_id": {"caller": "x", "key": "k"}}
        yield f"{service}: an answer", f"{service}.answers", answer, None
    for service in ("review", "supervision", "reporting"):
        parked = {"producer": "registration", "reader": service}
        yield f"{service}: parked", f"{service}.parked", parked, {"seq": 1}
    stuck = {"producer": {"$in": list(COUNTED)}, "reader": reader(1)}
    yield "what a report misses", "reporting.parked", stuck, None


async def test_every_page_of_models_follows_an_index(planner: Planner) -> None:
    assert {asked[0] for asked in models_pages() if planner.plan(*asked[1:]) & SCANS} == set()


async def test_every_page_of_relations_follows_an_index(planner: Planner) -> None:
    assert {asked[0] for asked in relations_lists() if planner.plan(*asked[1:]) & SCANS} == set()


async def test_every_other_list_follows_an_index(planner: Planner) -> None:
    plans = {asked[0]: planner.plan(*asked[1:]) for asked in other_lists()}
    assert {what: found for what, found in plans.items() if found & SCANS or not found} == {}
