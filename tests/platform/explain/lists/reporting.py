"""Queries of reports: counters, facts and parked events."""

from collections.abc import Iterator

from services.reporting.generations import reader
from tests.platform.explain.lists import Listed


def lists() -> Iterator[Listed]:
    totals = {"unit": "u437", "measure": {"$in": ["REGISTERED", "IMPLEMENTED"]}}
    yield Listed("totals of a unit", "reporting.counters_1", totals)
    yield Listed("counters", "reporting.counters_1", {"_id": {"$in": ["2018/u437/REGISTERED"]}})
    yield Listed("facts of a thing", "reporting.facts_1", {"thing": "model_" + "7" * 24})
    year = {"$gte": "2018-01-01", "$lte": "2018-12-31"}
    behind = {"within": "u437", "measure": "REGISTERED", "on": year}
    yield Listed("facts behind a figure", "reporting.facts_1", behind, {"on": 1, "_id": 1})
    yield Listed("parked events of a recount", "reporting.parked", {"reader": reader(1)})
