"""Lists of governing documents, programmes and launches, which everybody in office reads."""

from collections.abc import Iterator

from services.registration.documents.messages import DOCUMENT, DocumentsPage
from services.registration.documents.repository import GoverningDocuments
from services.registration.launches.messages import (
    LAUNCH,
    LaunchesFor,
    LaunchesForOrganisation,
    LaunchesOfProgrammes,
    LaunchesPage,
    LaunchUnits,
)
from services.registration.launches.repository import Launches
from services.registration.programmes.messages import PROGRAMME, DocumentsOfProgrammes, ProgrammesPage
from services.registration.programmes.repository import Programmes
from tests.platform.explain.lists import NEWEST, Listed, by_ids, pages

DOCUMENTS, PROGRAMMES, LAUNCHES = "registration.documents", "registration.programmes", "registration.launches"
SOME, YEAR = PROGRAMME.id("7" * 24), 2026


def lists() -> Iterator[Listed]:
    issuer = "organisation_" + "7" * 24
    by = {"within": "u18115", "kind": "PLAN", "issuer": issuer, "bare_number": "4-nq/tu"}
    yield from pages(DocumentsPage, DOCUMENTS, DOCUMENT, by, GoverningDocuments.shown)
    yield Listed("the document of four things", DOCUMENTS, {"identity": f"{issuer}/2026-01-01/PLAN/4"})
    yield by_ids(DOCUMENTS, DOCUMENT, scoped=False)
    yield from pages(
        ProgrammesPage, PROGRAMMES, PROGRAMME, {"within": "u18115", "years": YEAR}, Programmes.shown
    )
    yield Listed("documents of programmes", PROGRAMMES, {"_id": SOME}, message=DocumentsOfProgrammes)
    yield Listed("programmes by name", PROGRAMMES, {"name_folded": {"$in": ["dan van kheo"]}})
    yield Listed("the programme of a unit", PROGRAMMES, {"identity": "u1/2021/2025/dan van kheo"})
    yield by_ids(PROGRAMMES, PROGRAMME, scoped=False)
    launched: dict[str, str | int] = {"within": "u18115", "programme": SOME, "year": YEAR}
    yield from pages(LaunchesPage, LAUNCHES, LAUNCH, launched, Launches.shown)
    yield Listed("launches of a programme", LAUNCHES, {"programme": SOME}, NEWEST, LaunchesOfProgrammes)
    above = {"launched_in": {"$in": ["vn", "u436"]}, "level": {"$in": ["COMMUNE"]}}
    yield Listed("launches for a unit", LAUNCHES, above, message=LaunchesFor)
    named = {"organisations.organisation": {"$in": [issuer]}}
    yield Listed("launches that name an organisation", LAUNCHES, named, message=LaunchesForOrganisation)
    yield Listed("deadlines", LAUNCHES, {"programme": SOME, "year": YEAR})
    yield Listed("the launch of a year", LAUNCHES, {"identity": f"{SOME}/u1/{YEAR}/COMMUNE"})
    yield by_ids(LAUNCHES, LAUNCH, scoped=False)
    stages, counted = "registration.stages", {"programme": SOME, "year": YEAR}
    yield Listed("numbers of all units", stages, {**counted, "of": {"$gt": ""}}, message=LaunchUnits)
    yield Listed("numbers of organisations", stages, {**counted, "owner": {"$in": [issuer]}})
    yield Listed("numbers of a page of units", stages, {**counted, "of": {"$in": ["u1", "u2"]}})
    yield Listed("moves to add", stages, {"move": True})
