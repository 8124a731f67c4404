"""Time of a page of 50 models with owner and unit among 10^3, 10^5 and, with `--models`, 10^6: it must not grow."""

import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from infra.country.loading import Asked, load_country
from infra.country.making import LAST_DAY
from services.kernel.calendar import moment
from services.kernel.credentials import OPERATOR_USER
from services.kernel.messages import Role
from services.kernel.mongo.store import Store
from services.kernel.units import COUNTRY
from tests.bench.stage import Http, Stage, ms, out, quantile, stage, table
from tests.country import keep_country

SIZES = (1_000, 100_000)
SEED = 2026
ASKED = 100
WARMING = 10
PAGE = """
query Page($after: String, $filter: ModelsFilter) {
  models(first: 50, after: $after, filter: $filter) {
    edges { node { id title state owner { id name } unit { id name level } } }
    pageInfo { hasNextPage endCursor }
  }
}
"""


def asked_for(made: Asked) -> Iterator[tuple[str, dict[str, Any]]]:
    country = made.made()
    deep = country.plan(made.models // 3)
    yield "the first page", {}
    yield "a page deep in the list", {"after": deep.key}
    yield "of one province", {"filter": {"unit": deep.spell.path.split("/")[2]}}
    yield "of one unit", {"filter": {"unit": deep.unit.id}}
    yield "of one owner", {"filter": {"owner": country.make(made.models // 3).model.owner}}
    yield "in a state that is rare", {"filter": {"state": "RETURNED"}}
    yield "of one year, deep", {"after": deep.key, "filter": {"year": deep.on.year}}
    yield "by field, level and year", {"filter": {"field": "ECONOMY", "level": "CITY", "year": 2019}}
    rare = {"state": "RETURNED", "field": "ECONOMY", "subjectKind": "COLLECTIVE", "year": 2017}
    yield "by four filters, few have all", {"filter": rare}


async def measure(
    sizes: Sequence[int] = SIZES,
    asked: int = ASKED,
    warming: int = WARMING,
    cache_mb: int = 2048,
    processes: int = 0,
) -> None:
    """`cache_mb`: by default the size that the README advises for a million models. `processes`: of the load."""
    found: dict[str, list[list[float]]] = {}
    for size in sizes:
        async with stage(mongo_cache_mb=cache_mb) as on:
            await _load(on, Asked(size, SEED, LAST_DAY), processes)
            for what, took in (await _measured(on, Asked(size, SEED, LAST_DAY), asked, warming)).items():
                found.setdefault(what, []).append(took)
    shown = table(
        "A page of 50 models with owner and unit, one client, p50 / p99 ms",
        "",
        *(f"{size:,}" for size in sizes),
        f"p50 ÷ that of {sizes[0]:,}",
    )
    for what, columns in found.items():
        middle = [quantile(took, 0.5) for took in columns]
        cells = [f"{ms(m)} / {ms(quantile(took, 0.99))}" for m, took in zip(middle, columns, strict=True)]
        shown.add_row(what, *cells, f"{middle[-1] / middle[0]:.2f}")
    out.print(shown)


async def _load(on: Stage, made: Asked, processes: int) -> None:
    await _hold_back(on)
    loaded = await load_country(on.settings, made, lambda done, total: None, beside=True, processes=processes)
    out.print(
        f"{loaded.models:,} models with {loaded.events:,} events loaded in {loaded.seconds:.1f} s: "
        f"{loaded.models / loaded.seconds:,.0f} models a second with all their events "
        f"({loaded.events / loaded.seconds:,.0f} events), besides {loaded.organisations:,} organisations"
    )


async def _measured(on: Stage, made: Asked, asked: int, warming: int) -> dict[str, list[float]]:
    person = Http(on.stack.gateway_url, on.token(Role.OFFICER, unit=COUNTRY))
    try:
        return {what: await _took(person, variables, asked, warming) for what, variables in asked_for(made)}
    finally:
        person.close()


async def _took(person: Http, variables: dict[str, Any], asked: int, warming: int) -> list[float]:
    took = []
    for _ in range(warming + asked):
        begun = time.perf_counter()
        await person.ask(PAGE, variables)
        took.append(time.perf_counter() - begun)
    return took[warming:]


async def _hold_back(on: Stage) -> None:
    """Takes the sequencer's lease: readers of a million new events would slow the pages down. Keeps all units."""
    store = Store(on.settings, "registration", user=OPERATOR_USER)
    await keep_country(store)
    until = moment() + timedelta(hours=2)
    await store.db.sequencer.update_one({"_id": "head"}, {"$set": {"holder": "bench", "until": until}})
    store.close()
