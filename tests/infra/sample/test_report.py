"""The published figures of the sample, read by a client."""

from decimal import Decimal

import pytest

from infra.operate import report_view
from infra.operate.recount import recount
from infra.run.stack import Stack
from infra.sample.hong_linh_2018 import PUBLISHED_FIGURES
from services.kernel.config import Settings
from tests.conftest import GraphQL

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_report_shows_the_published_figures_of_hong_linh(graphql: GraphQL) -> None:
    token = graphql.token("reporter")

    async def ask(query: str, **variables: str) -> object:
        return await graphql.ask(query, token, **variables)

    report = await report_view.ask_report(ask, "u437", "2018")
    assert report_view.differences(report, PUBLISHED_FIGURES) == []
    assert report["complete"]
    assert report_view.total(report, "LAND_M2") == Decimal("1155.3")
    (flag,) = report_view.figure(report, "MONEY")["flags"]
    assert flag["rule"] == "VALUE_PER_WORK_DAY"
    assert "7.818.521,59 đồng một ngày công" in flag["messageVi"]
    assert not any(f["flags"] for f in report["figures"] if f["measure"] != "MONEY")


async def test_recount_from_the_documents_finds_no_difference(stack: tuple[Stack, Settings]) -> None:
    found = await recount(stack[1])
    assert found.differences == []
    assert (
        found.facts >= 112 + 112 + 8 + 38 + 26 + 5
    )  # those of the sample; other tests register more in other units
