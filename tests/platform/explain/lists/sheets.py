"""Lists of jobs and of their rows."""

from collections.abc import Iterator

from services.kernel.caller import Caller
from services.kernel.mongo.access import Access, Documents
from services.kernel.sheets import jobs
from services.registration.sheets.messages import JOB, JobRows, JobsPage
from tests.platform.explain.lists import Listed, pages

SOME = JOB.id("7" * 24)


def lists() -> Iterator[Listed]:
    yield from pages(JobsPage, "registration.jobs", JOB, {}, seen=_own)
    for fate in ({}, {"fate": "ERROR"}):
        for between, order in (({}, 1), ({"number": {"$gt": 3}}, 1), ({"number": {"$lt": 9}}, -1)):
            sort = {"job": 1, **dict.fromkeys(fate, 1), "number": order}
            wanted = {"job": SOME, **fate, **between}
            yield Listed(f"rows by {wanted}", "registration.job_rows", wanted, sort, JobRows)
    waiting = {"open": True}
    yield Listed("jobs that wait", "registration.jobs", waiting, {"open": 1, "_id": 1})
    yield Listed("rows that were added before", "registration.added_rows", {"_id": {"$in": ["a", "b"]}})


def _own(access: Access) -> Documents:
    assert isinstance(access.caller, Caller)
    return jobs.jobs(access)
