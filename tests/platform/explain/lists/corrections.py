"""Lists of corrections."""

from collections.abc import Iterator

from services.registration.corrections import messages as registration
from services.review import messages as review
from tests.platform.explain.lists import NEWEST, Listed, by_ids, pages

RECORD = "7" * 24


def lists() -> Iterator[Listed]:
    for owner in (registration, review):
        where = f"{owner.CORRECTION.service}.corrections"
        filters = {"within": "u18115", "state": "WAITING", "fact": "MODEL"}
        yield from pages(owner.CorrectionsPage, where, owner.CORRECTION, filters)
        of_record = {"record": RECORD}
        yield Listed(
            "CorrectionsOfRecords", where, of_record, NEWEST, owner.CorrectionsOfRecords, follows=False
        )
        waiting = {**of_record, "state": "WAITING"}
        yield Listed("the waiting corrections of a record", where, waiting, follows=False)
        yield by_ids(where, owner.CORRECTION)
