"""Reports."""

from services.reporting.messages import RebuildCounters, ReportOf
from tests.access.people import PLACE

MESSAGES = {
    "reporting.rebuild-counters": lambda t: RebuildCounters(),
    "reporting.report-of": lambda t: ReportOf(unit=PLACE, period="2019", fields={"id": "unit_id"}),
}
QUERIES = {
    "Query.report": """query { report(unit: "u080", period: "2019") {
        __typename ... on Report { unitId } ... on Refusal { code fields messageVi messageEn } } }"""
}
