"""Lists of corrections."""

from collections.abc import Iterator

from services.registration.corrections.messages import CORRECTIONS as OF_MODELS
from services.review.messages import CORRECTIONS as OF_VERDICTS
from services.supervision.messages import CORRECTIONS as OF_ACTIVITIES
from tests.platform.explain.lists import NEWEST, Listed, by_ids, pages

RECORD = "7" * 24


def lists() -> Iterator[Listed]:
    for owner in (OF_MODELS, OF_VERDICTS, OF_ACTIVITIES):
        where = f"{owner.kind.service}.corrections"
        filters = {"within": "u18115", "state": "WAITING", "fact": "MODEL"}
        yield from pages(owner.CorrectionsPage, where, owner.kind, filters)
        of_record = {"record": RECORD}
        yield Listed(
            "CorrectionsOfRecords", where, of_record, NEWEST, owner.CorrectionsOfRecords, follows=False
        )
        waiting = {**of_record, "state": "WAITING"}
        yield Listed("the waiting corrections of a record", where, waiting, follows=False)
        yield by_ids(where, owner.kind)
