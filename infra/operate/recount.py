"""Recounts from the source documents, with code of its own, and reports where the counters differ.

It reads the documents of all services and the counters at one moment of the database. Events after the cursors of that
moment are left out, so it can run at any time, also under load.
"""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from services.kernel.config import Settings
from services.kernel.credentials import OPERATOR_USER
from services.kernel.mongo.access import Access
from services.kernel.mongo.driver import Document
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import PENDING
from services.reporting.generations import cursor, generations, reader

MOVED: Document = {"spells.1": {"$exists": True}}
"""The units with several spells."""
COMPARED = (
    "measure",
    "on",
    "counted_on",
    "unit",
    "amount",
    "dimensions",
    "several",
    "corrected_on",
    "withdrawn",
)


@dataclass(slots=True)
class Recount:
    facts: int = 0
    counters: int = 0
    uncounted: int = 0
    """Events that were committed and not yet counted."""
    differences: list[str] = field(default_factory=list)


async def recount(settings: Settings) -> Recount:
    store = Store(settings, "reporting", user=OPERATOR_USER)
    try:
        return await store.snapshot(store.ours(), lambda snapshot: _Count(store, snapshot).run())
    finally:
        store.close()


class _Count:
    def __init__(self, store: Store, access: Access) -> None:
        self._store = store
        self._access = access
        self._session = access.session
        self._found = Recount()

    async def run(self) -> Recount:
        generation = (await generations(self._access)).current
        expected = {key: fact async for key, fact in self._from_documents()}
        for key in await self._not_counted(generation):
            for fact in [name for name in expected if name.startswith(f"{key}/")]:
                del expected[fact]
        counted = {
            fact["_id"]: {"withdrawn": False}
            | fact
            | {"several": {by: {*codes} for by, codes in fact.get("several", {}).items()}}
            async for fact in self._all("reporting", f"facts_{generation}")
        }
        self._compare_facts(expected, counted)
        self._compare_counters(
            _sums(expected.values()),
            {c["_id"]: c async for c in self._all("reporting", f"counters_{generation}")},
        )
        await self._compare_stages()
        return self._found

    def _all(self, service: str, collection: str, filter_: Document | None = None) -> AsyncIterator[Document]:
        found: AsyncIterator[Document] = self._store.beside(service)[collection].find(
            filter_ or {}, session=self._session
        )
        return found

    async def _from_documents(self) -> AsyncIterator[tuple[str, Document]]:
        """The facts that follow from the documents, by `<id>/<version>/<measure>`."""
        moved = {u["_id"]: u["spells"] async for u in self._all("registration", "units", MOVED)}
        async for model in self._all("registration", "models", {"registered_version": {"$ne": None}}):
            for key, fact in of_model(model):
                yield key, fact | {"unit": _path(fact["unit"], fact["on"], moved)}
        async for question in self._all("registration", "questions"):
            for key, fact in of_question(question):
                yield key, fact | {"unit": _path(fact["unit"], fact["on"], moved)}
        async for review in self._all("review", "reviews"):
            for key, fact in of_review(review):
                yield key, fact | {"unit": _path(fact["unit"], fact["on"], moved)}
        async for activity in self._all("supervision", "activities"):
            for key, fact in of_activity(activity):
                yield key, fact | {"unit": _path(fact["unit"], fact["on"], moved)}

    async def _not_counted(self, generation: int) -> list[str]:
        """`<id>/<version>` of events after the cursors and of parked events."""
        keys: list[str] = []
        for producer in ("registration", "review", "supervision"):
            passed = await self._store.db.cursors.find_one(
                {"_id": cursor(generation, producer)}, session=self._session
            )
            counted = passed["seq"] if passed else 0
            log = self._store.beside(producer).log
            for beyond in (
                log.find({"seq": {"$gt": counted}}, session=self._session),
                log.find({"seq": 0}, session=self._session).hint(PENDING),
            ):
                keys += [f"{event['key']}/{event['version']}" async for event in beyond]
        async for parked in self._all("reporting", "parked", {"reader": reader(generation)}):
            keys.append(f"{parked['key']}/{parked['version']}")
        self._found.uncounted = len(keys)
        return keys

    def _compare_facts(self, expected: Mapping[str, Document], counted: Mapping[str, Document]) -> None:
        self._found.facts = len(expected)
        for key in sorted(expected.keys() | counted.keys()):
            document, fact = expected.get(key), counted.get(key)
            if fact is None:
                self._differ(f"{key}: in the documents, and not counted")
            elif document is None:
                self._differ(f"{key}: counted ({_behind(fact)}), and not in the documents")
            else:
                for name in COMPARED:
                    if document[name] != fact.get(name):
                        self._differ(
                            f"{key}: {name} is {_shown(document[name], fact.get(name))} in the document and "
                            f"{_shown(fact.get(name), document[name])} as counted ({_behind(fact)})"
                        )

    def _compare_counters(
        self, expected: Mapping[str, Mapping[str, Decimal]], counted: Mapping[str, Document]
    ) -> None:
        self._found.counters = len(expected)
        for key in sorted(expected.keys() | counted.keys()):
            wanted = {name: value for name, value in expected.get(key, {}).items() if value}
            shown = {name: value for name, value in _flat(counted.get(key, {})).items() if value}
            for name in sorted(wanted.keys() | shown.keys()):
                want, show = wanted.get(name, Decimal(0)), shown.get(name, Decimal(0))
                if want != show:
                    self._differ(f"{key} {name}: the documents give {want}, the counter shows {show}")

    async def _compare_stages(self) -> None:
        """The numbers that launches count by change with the models: no event lies between them."""
        numbers: Counter[str] = Counter()
        async for model in self._all("registration", "models", {"programme": {"$gt": ""}}):
            if stage := _stage(model):
                year = f"{model['programme']}/{model['year']}"
                numbers[f"{year}{model['unit']} {stage}"] += 1
                numbers[f"{year}/{model['owner']} {stage}"] += 1
        kept: Counter[str] = Counter()
        async for one in self._all("registration", "stages"):
            year = f"{one['programme']}/{one['year']}"
            # A move belongs to a unit and an owner; the numbers that it is added to belong to one of them.
            places = [f"{year}{one['unit']}"] if "unit" in one else []
            places += [f"{year}/{one['owner']}"] if "owner" in one else []
            for where in places:
                for name in ("drafting", "waiting"):
                    kept[f"{where} {name}"] += one.get(name, 0)
                for day, number in one.get("registered", {}).items():
                    kept[f"{where} registered.{day}"] += number
        for key in sorted(numbers.keys() | kept.keys()):
            if numbers[key] != kept[key]:
                self._differ(f"{key}: {numbers[key]} models, and {kept[key]} as kept")

    def _differ(self, what: str) -> None:
        self._found.differences.append(what)


def of_model(model: Document) -> Iterator[tuple[str, Document]]:
    """The facts of a registered model, each with the model's values on its day, and the corrections of them."""
    yield from _corrected(model, dict(_of_model(model)), _of_step)


def _corrected(
    document: Document,
    facts: dict[str, Document],
    named: Callable[[Document, Document], Iterable[tuple[str, Document]]],
) -> Iterator[tuple[str, Document]]:
    """The facts as they were first recorded, and the differences that corrections make, each in its own version.

    `facts`: as the document holds them now. `named`: the facts that an entry of a correction names.
    """
    for restated in reversed(document.get("restated", ())):
        for sign, entries in ((1, restated["counted"]), (-1, restated["struck"])):
            for entry in entries:
                for key, fact in named(document, entry):
                    if sign > 0:
                        del facts[key]
                    else:
                        facts[key] = fact
                    amount = sign * fact["amount"]
                    id_, version, measure, *taken = key.split("/")
                    mark = f"{'+' if sign > 0 else '-'}{version}{''.join(taken)}"
                    difference = {**fact, "amount": amount, "corrected_on": restated["on"]}
                    yield f"{id_}/{restated['version']}/{measure}/{mark}", difference
    yield from facts.items()


def _of_model(model: Document) -> Iterator[tuple[str, Document]]:
    """The facts that the document holds now."""
    for step in _steps(model):
        yield from _of_step(model, {**step, "year": model["year"]})


def _steps(model: Document) -> Iterator[Document]:
    accepted = {"version": model["registered_version"], "on": model["registered_on"]}
    yield {"step": "ACCEPT", **accepted, "level": model["registered_level"]}
    for time in model["implemented"]:
        yield {"step": "CARRY_OVER" if time["carried"] else "BEGIN", **time}
    if ended := model["ended"]:
        last = model["implemented"][-1] if model["implemented"] else None
        yield {
            "step": "DISCONTINUE" if last else "WITHDRAW",
            **ended,
            "taken": None,
            "implemented_year": last and int(max(last["on"], f"{model['year']}-01-01")[:4]),
            "implemented_level": last and last["level"],
        }
        for given in model["contributions"]:
            if given["version"] in ended.get("taken", ()) and not given.get("reversed_version"):
                taken = {"version": ended["version"], "on": ended["on"], "taken": given["version"]}
                yield {"step": "WITHDRAW", **given, **taken}
    for given in model["contributions"]:
        if not given.get("reversed_version"):
            yield {"step": "CONTRIBUTE", **given}


def _of_step(model: Document, step: Document) -> Iterator[tuple[str, Document]]:
    """The facts of a step, with the model's values where the step has none of its own."""
    then, version, on = model | step, step["version"], step["on"]
    year = step["year"] or model["year"]
    counted_on = max(on, f"{year}-01-01")
    is_late = year < int(on[:4])
    if taken := step.get("taken"):
        key, fact = _expected(step["kind"], then, version, on, -step["amount"])
        yield f"{key}/~{taken}", fact | {"withdrawn": True}
        return
    match step["step"]:
        case "ACCEPT":
            yield _of_year("REGISTERED", then, version, on)
        case "BEGIN" | "CARRY_OVER":
            for measure in ("IMPLEMENTED", "ONGOING"):
                yield _expected(measure, then, version, on, counted_on=counted_on)
            if step["step"] == "CARRY_OVER":
                yield _expected("CARRIED_OVER", then, version, on)
            elif is_late:
                yield _expected("BEGUN_LATE", then, version, on)
        case "WITHDRAW":
            yield _expected("WITHDRAWN", then, version, on, counted_on=counted_on)
            if is_late:
                yield _expected("WITHDRAWN_LATE", then, version, on)
        case "DISCONTINUE":
            yield _expected("DISCONTINUED", then, version, on, counted_on=counted_on)
            if int(counted_on[:4]) == step["implemented_year"]:
                ending = then | {"level": step["implemented_level"]}
                yield _expected("ONGOING", ending, version, on, Decimal(-1), counted_on=counted_on)
        case "CONTRIBUTE":
            yield _expected(step["kind"], then, version, on, step["amount"])


def of_question(question: Document) -> Iterator[tuple[str, Document]]:
    """A question counts when it is asked, when it is first answered, and when it ends in suspicion."""
    yield _expected("FORMALITY_ASKED", question, 1, question["asked_on"])
    if question["answered_version"]:
        yield _expected("FORMALITY_ANSWERED", question, question["answered_version"], question["answered_on"])
    if question["state"] == "SUSPECTED":
        yield _expected("FORMALITY_SUSPECTED", question, question["settled_version"], question["settled_on"])


def of_review(review: Document) -> Iterator[tuple[str, Document]]:
    """A decision counts once, on the level of its day. One on a model whose registration was lost is taken back."""
    yield from _corrected(review, dict(_decisions(review)), _of_entry)
    for lost in review.get("lost", ()):
        then = review | lost
        if lost["verdict"] != "REVOKED":
            yield _of_year(lost["verdict"], then, lost["lost_version"], lost["decided_on"], Decimal(-1))
        if lost["nominated_version"] and not lost.get("nomination_revoked_version"):
            yield _of_year("NOMINATED", then, lost["lost_version"], lost["nominated_on"], Decimal(-1))


def _decisions(review: Document) -> Iterator[tuple[str, Document]]:
    if review["verdict"]:
        yield from _of_decision(review)
        if review["closed_because"] == "WITHDRAWN" and review.get("closed_version"):
            yield from _withdrawn(review)
    for earlier in review.get("earlier", ()):
        yield from _of_decision(review | earlier)
    for lost in review.get("lost", ()):
        yield from _of_decision(review | lost)


def _of_entry(review: Document, entry: Document) -> Iterator[tuple[str, Document]]:
    then, step = review | entry, entry["step"]
    measure = "NOMINATED" if "NOMINAT" in step else entry["verdict"]
    if step in ("DECIDE", "NOMINATE"):
        yield _of_year(measure, then, entry["version"], entry["on"])
    else:
        yield from _taken_back(measure, then, entry["version"], entry["on"], revoked=step == "REVOKE")


def _withdrawn(review: Document) -> Iterator[tuple[str, Document]]:
    """The verdict and the nomination of a model that was withdrawn afterwards, unless they were revoked before."""
    back = review["closed_version"], review["closed_on"]
    if review["verdict"] != "REVOKED":
        yield from _taken_back(review["verdict"], review, *back)
    if review["nominated_on"] and not review.get("nomination_revoked_version"):
        yield from _taken_back("NOMINATED", review, *back)


def _taken_back(
    measure: str, then: Document, version: int, day: str, *, revoked: bool = False
) -> Iterator[tuple[str, Document]]:
    """A decision that no longer counts from that day on. `revoked`: a recognition was revoked, which counts too."""
    counted_on = max(day, f"{then['year']}-01-01") if then.get("year") else day
    key, fact = _expected(measure, then, version, day, Decimal(-1), counted_on=counted_on)
    yield key, fact | {"withdrawn": True}
    if revoked:
        yield _expected("REVOKED", then, version, day, counted_on=counted_on)


def _of_decision(then: Document) -> Iterator[tuple[str, Document]]:
    decided = then | {"level": then.get("decided_level") or then["level"]}
    verdict = "RECOGNISED" if then["verdict"] == "REVOKED" else then["verdict"]
    yield _of_year(verdict, decided, then["decided_version"], then["decided_on"])
    if version := then.get("revoked_version"):
        yield from _taken_back(verdict, decided, version, then["revoked_on"], revoked=True)
    if then["nominated_version"]:
        nominated = then | {"level": then.get("nominated_level") or then["level"]}
        yield _of_year("NOMINATED", nominated, then["nominated_version"], then["nominated_on"])
        if version := then.get("nomination_revoked_version"):
            yield from _taken_back("NOMINATED", nominated, version, then["nomination_revoked_on"])


def _of_year(
    measure: str, document: Document, version: int, on: str, amount: Decimal = Decimal(1)
) -> tuple[str, Document]:
    """A fact that counts in the document's year: on its day, or else on the year's nearest day."""
    counted_on = on
    if year := document.get("year"):
        counted_on = min(max(on, f"{year}-01-01"), f"{year}-12-31")
    return _expected(measure, document, version, on, amount, counted_on=counted_on)


def of_activity(activity: Document) -> Iterator[tuple[str, Document]]:
    """It counts until it is reversed, and as it was recorded first: corrections are differences."""
    facts = {} if activity.get("reversed_on") else dict(_of_held(activity, {"version": 1}))
    yield from _corrected(activity, facts, _of_held)


def _of_held(activity: Document, values: Document) -> Iterator[tuple[str, Document]]:
    """It counts once, under the kind of its bodies, or under SEVERAL when they are of several kinds."""
    then = activity | values
    first, *others = kinds = {body["kind"] for body in then["bodies"]}
    held_by = then | {"body_kind": "SEVERAL" if others else first}
    key, fact = _expected("SUPERVISION_ACTIVITY", held_by, then["version"], then["held_on"])
    yield key, fact | {"several": {"TAKING_PART": kinds}}


def _stage(model: Document) -> str | None:
    if model["state"] in ("REGISTERED", "IMPLEMENTING", "SELF_ASSESSED", "DISCONTINUED"):
        day, recorded_on = model["submitted_on"], model.get("submission_recorded_on")
        return f"registered.{day}/{recorded_on}" if recorded_on and recorded_on > day else f"registered.{day}"
    return {"DRAFT": "drafting", "RETURNED": "drafting", "SUBMITTED": "waiting"}.get(model["state"])


def _expected(
    measure: str,
    document: Document,
    version: int,
    on: str,
    amount: Decimal = Decimal(1),
    *,
    counted_on: str | None = None,
) -> tuple[str, Document]:
    if "field" in document:
        names = {"FIELD": "field", "LEVEL": "level", "SUBJECT_KIND": "subject_kind"}
        if measure == "MONEY":
            names["COVERS"] = "covers"
    else:
        names = {"ACTIVITY_KIND": "kind", "BODY_KIND": "body_kind"}
    return f"{document['_id']}/{version}/{measure}", {
        "measure": measure,
        "on": on,
        "counted_on": counted_on or on,
        "unit": _lived_under(document, on),
        "amount": amount,
        "corrected_on": None,
        "several": {},
        "withdrawn": False,
        "dimensions": {dimension: document[name] for dimension, name in names.items()},
    }


def _lived_under(document: Document, on: str) -> str:
    """Path of the unit under which the document's record lived on that day."""
    path = str(document["unit"])
    for home in document.get("homes", ()):
        if home["since"] <= on:
            path = home["path"]
    return path


def _path(path: str, on: str, moved: Mapping[str, list[Document]]) -> str:
    """The unit's path on that day. `moved`: the spells of units that were renamed or came under another unit."""
    for spell in moved.get(path.rpartition("/")[2], ()):
        if (spell["since"] or "") <= on and (spell["until"] is None or on < spell["until"]):
            return str(spell["path"])
    return path


def _sums(facts: Iterable[Document]) -> Mapping[str, Mapping[str, Decimal]]:
    """Counter id → `total` and `<dimension>.<code>` → sum. It does not use the fold of the counters, on purpose."""
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for fact in facts:
        year, month = fact["counted_on"][:4], int(fact["counted_on"][5:7])
        units = fact["unit"].strip("/").split("/")
        for place, unit in enumerate(units):
            below = units[place + 1] if place + 1 < len(units) else unit
            for period in (year, f"{year}-H{1 if month < 7 else 2}"):
                sum_ = sums[f"{period}/{unit}/{fact['measure']}"]
                sum_["total"] += fact["amount"]
                if fact["withdrawn"]:
                    sum_["withdrawn"] += fact["amount"]
                if fact["corrected_on"]:
                    ends = f"{period[:4]}-06-30" if period.endswith("H1") else f"{period[:4]}-12-31"
                    sum_["corrected"] += fact["amount"]
                    sum_["corrected_late"] += fact["amount"] if fact["corrected_on"] > ends else 0
                sum_[f"PLACE.{below}"] += fact["amount"]
                for dimension, code in fact["dimensions"].items():
                    sum_[f"{dimension}.{code}"] += fact["amount"]
                for dimension, codes in fact["several"].items():
                    sum_[f"overlap.{dimension}"] += fact["amount"] * (len(codes) - 1)
                    for code in codes:
                        sum_[f"{dimension}.{code}"] += fact["amount"]
    return sums


def _flat(counter: Document) -> dict[str, Decimal]:
    by = counter.get("by", {})
    flat = {f"{dimension}.{code}": value for dimension, codes in by.items() for code, value in codes.items()}
    corrected = {name: counter.get(name, Decimal(0)) for name in ("corrected", "corrected_late", "withdrawn")}
    overlap = {f"overlap.{dimension}": value for dimension, value in counter.get("overlap", {}).items()}
    return {"total": counter.get("total", Decimal(0)), **corrected, **flat, **overlap}


def _shown(value: Any, other: Any) -> str:
    """A value; of a mapping, the entries that differ from `other`."""
    if isinstance(value, dict) and isinstance(other, dict):
        return ", ".join(f"{k} {v}" for k, v in value.items() if other.get(k) != v)
    return str(value)


def _behind(fact: Document) -> str:
    return f"{fact['producer']} event {fact['seq']}"
