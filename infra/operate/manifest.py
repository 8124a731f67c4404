"""The queries that the clients in this repository send, by the hash of their text."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import gateway
from infra.operate.report_view import REPORT
from infra.sample import hanoi_loader, loader
from infra.sample.client import text_of

EXAMPLES = Path(gateway.__file__).with_name("graphiql") / "examples.json"


def documents() -> Iterator[str]:
    yield REPORT
    yield loader.REVIEWS
    yield from map(text_of, sorted({*loader.MUTATIONS, *hanoi_loader.MUTATIONS}))
    yield from (hanoi_loader.JOB, hanoi_loader.ROWS)
    yield from (text_of(mutation, hanoi_loader.REFUSED) for mutation in hanoi_loader.BATCHES)
    yield from (example["query"] for example in json.loads(EXAMPLES.read_text(encoding="utf-8")))


def manifest() -> str:
    found = {hashlib.sha256(text.encode()).hexdigest(): text for text in documents()}
    return json.dumps(found, ensure_ascii=False, indent=2, sort_keys=True)
