"""MongoDB reads every list along an index, in its order: it scans no collection and sorts nothing in memory."""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pymongo import MongoClient

import gateway.schema  # noqa: F401 - brings in every message that can be asked
from infra.run.stack import Stack
from services.kernel.config import Settings
from services.kernel.credentials import OPERATOR_USER, mongo_login
from services.kernel.rows import ByFilter
from tests.platform.explain import lists
from tests.platform.explain.lists import Listed

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCANS = {"COLLSCAN", "SORT"}
PAGE = 101
AREAS = [module.name for module in pkgutil.iter_modules(lists.__path__)]


def listed(area: str) -> list[Listed]:
    return list(importlib.import_module(f"{lists.__name__}.{area}").lists())


@dataclass(frozen=True, slots=True)
class Plan:
    """`scans`: stages of `SCANS` that MongoDB cannot do without.

    Of two plans that cost the same for the present documents, MongoDB takes any. With hardly any matches, this can be
    one that sorts them: then a plan that does not is among those that MongoDB has rejected.
    """

    scans: frozenset[str]
    found: int
    fetched: int
    """Documents."""

    @classmethod
    def of(cls, explained: dict[str, Any]) -> "Plan":
        stats = explained["executionStats"]
        planner = explained["queryPlanner"]
        plans = [planner["winningPlan"], *planner["rejectedPlans"]]
        scans = min((frozenset(_stages(plan) & SCANS) for plan in plans), key=len)
        return cls(scans, stats["nReturned"], stats["totalDocsExamined"])


def _stages(plan: Any) -> set[str]:
    """The names of all stages of a plan, at any depth."""
    if isinstance(plan, list):
        return set().union(*map(_stages, plan))
    if not isinstance(plan, dict):
        return set()
    own = {plan["stage"]} if isinstance(plan.get("stage"), str) else set()
    return own.union(*map(_stages, plan.values()))


class Planner:
    def __init__(self, settings: Settings) -> None:
        self._client: MongoClient[dict[str, Any]] = MongoClient(
            settings.mongo, **mongo_login(settings, OPERATOR_USER)
        )
        self._prefix = settings.mongo_prefix

    def plan(self, one: Listed) -> Plan:
        service, collection = one.where.split(".")
        find = {"find": collection, "filter": one.filter, "sort": one.sort or {}, "limit": PAGE}
        database = self._client[f"{self._prefix}_{service}"]
        return Plan.of(database.command("explain", find, verbosity="executionStats"))

    def close(self) -> None:
        self._client.close()


@pytest.fixture
def planner(stack: tuple[Stack, Settings]) -> Iterator[Planner]:
    made = Planner(stack[1])
    yield made
    made.close()


@pytest.mark.parametrize("area", AREAS)
async def test_every_list_follows_an_index(planner: Planner, area: str) -> None:
    plans = {one.what: (one, planner.plan(one)) for one in listed(area)}
    assert plans
    scanned = {what: plan.scans for what, (_, plan) in plans.items() if plan.scans}
    assert scanned == {}
    wasteful = {
        what: plan for what, (one, plan) in plans.items() if one.follows and plan.fetched > plan.found + 1
    }
    assert wasteful == {}


async def test_every_message_with_pages_is_listed() -> None:
    known = {one.message for area in AREAS for one in listed(area)}
    there = {kind for kind in _below(ByFilter) if hasattr(kind, "subject") and kind.service != "toy"}
    assert {kind.__name__ for kind in there - known} == set()


def _below(kind: type[ByFilter]) -> Iterator[type[ByFilter]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)
