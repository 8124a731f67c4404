"""Lists of corrections."""

from collections.abc import Iterator

from services.registration.corrections.messages import CORRECTION, CorrectionsOfRecords, CorrectionsPage
from tests.platform.explain.lists import NEWEST, Listed, by_ids, pages

WHERE = "registration.corrections"
MODEL = "model_" + "7" * 24


def lists() -> Iterator[Listed]:
    yield from pages(
        CorrectionsPage, WHERE, CORRECTION, {"within": "u18115", "state": "WAITING", "fact": "MODEL"}
    )
    yield Listed(
        "CorrectionsOfRecords", WHERE, {"record": MODEL}, NEWEST, CorrectionsOfRecords, follows=False
    )
    waiting = {"record": MODEL, "state": "WAITING"}
    yield Listed("the waiting corrections of a record", WHERE, waiting, follows=False)
    yield by_ids(WHERE, CORRECTION)
