"""Queries of the kernel in every service: logs, answers, parked events."""

from collections.abc import Iterator

from services.kernel.mongo.transaction import PENDING
from tests.platform.explain.lists import Listed


def lists() -> Iterator[Listed]:
    for service in ("registration", "review", "supervision"):
        log = f"{service}.log"
        yield Listed(f"{service}: replay", log, {"seq": {"$gt": 100}}, {"seq": 1})
        yield Listed(f"{service}: replay from the start", log, {"seq": {"$gt": 0}}, {"seq": 1})
        yield Listed(f"{service}: the tail", log, {"seq": 100})
        yield Listed(f"{service}: those without a number", log, {"seq": 0}, dict(PENDING))
        yield Listed(f"{service}: a thing's events", log, {"key": "model_" + "7" * 24}, {"version": 1})
        answer = {"_id": {"caller": "x", "key": "k"}}
        yield Listed(f"{service}: an answer", f"{service}.answers", answer)
    for service in ("review", "supervision", "reporting"):
        ours = {"reader": service, "producer": "registration"}
        parked = ours | {"seq": {"$gt": 100}}
        yield Listed(f"{service}: parked", f"{service}.parked", parked, {"seq": 1})
        keys = ours | {"key": {"$in": ["model_" + "7" * 24, "model_" + "8" * 24]}}
        yield Listed(f"{service}: parked of these things", f"{service}.parked", keys)
