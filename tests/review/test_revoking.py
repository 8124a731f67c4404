"""Two persons revoke a recognition and correct an earlier verdict through GraphQL; figures equal a recount."""

from decimal import Decimal
from typing import Any

import pytest

from infra.operate.recount import recount
from services.kernel.messages import Role
from tests.conftest import GraphQL
from tests.people import WARD, Office, Person
from tests.registration.corrections.test_graphql import figures, more, node, refused
from tests.review.test_subscription import last_cursor, subscribed

pytestmark = pytest.mark.asyncio(loop_scope="session")

REVIEW = """query($id: ID!) { node(id: $id) { ... on Review { verdict decidedVersion revokedOn nominationRevokedOn
  earlier { year verdict decidedVersion revokedOn nominationRevokedOn }
  corrections(first: 10) { edges { node { state fact reverses values { name before after } } } } } } }"""
STEPS = """query($unit: ID!) { report(unit: $unit, period: "2020") { ... on Report {
  figures { measure withdrawn } bridges { to gap rows { step value } } } } }"""
EVENTS = "subscription($after: String) { reviewEvents(after: $after) { kind on year verdict review { id } } }"


async def steps(office: Office) -> dict[str, Decimal]:
    """The part of each figure of 2020 that was withdrawn or revoked, and the revocations in the bridge."""
    report = (await office.reporter.ask(STEPS, unit=WARD))["report"]
    assert {Decimal(bridge["gap"]) for bridge in report["bridges"]} == {0}
    rows = {row["step"]: Decimal(row["value"]) for bridge in report["bridges"] for row in bridge["rows"]}
    return {f["measure"]: Decimal(f["withdrawn"]) for f in report["figures"]} | {"bridge": rows["REVOKED"]}


async def test_recognition_is_revoked_and_an_earlier_verdict_corrected(graphql: GraphQL) -> None:
    office, leader = Office(graphql), Person(graphql, Role.LEADER)
    appraiser, does = office.appraiser, office.appraiser.does
    before = {year: await figures(office, year) for year in ("2019", "2020")}
    stepped = await steps(office)
    model = await office.begun(await office.organisation())
    review = await office.review_of(model)
    decided = {"review": review, "verdict": "RECOGNISED", "reason": "Tốt"}
    await does("decideReview", **decided, on="2019-11-01")
    await does("nominateReview", review=review, on="2019-11-02")

    revoke: dict[str, Any] = {"review": review, "on": "2020-02-10", "reason": "Số liệu kê khai không đúng"}
    asked = await does("revokeRecognition", **revoke, document="QĐ 7/QĐ-UBND")
    assert await refused(appraiser, "revokeRecognition", **revoke) == "correction-waiting"
    assert await refused(appraiser, "approveCorrection", correction=asked) == "own-work"
    cursor = await last_cursor(graphql)
    await leader.does("approveCorrection", correction=asked)
    shown = await node(office.officer, REVIEW, review)
    assert (shown["verdict"], shown["revokedOn"], shown["nominationRevokedOn"]) == (
        "REVOKED",
        "2020-02-10",
        "2020-02-10",
    )
    assert shown["corrections"]["edges"][0]["node"] == {
        "state": "APPLIED",
        "fact": "REVOCATION",
        "reverses": False,
        "values": [
            {"name": "Kết quả thẩm định", "before": "RECOGNISED", "after": "REVOKED"},
            {"name": "Ngày thu hồi công nhận", "before": None, "after": "2020-02-10"},
            {"name": "Ngày thu hồi đề nghị biểu dương, khen thưởng", "before": None, "after": "2020-02-10"},
        ],
    }
    async with subscribed(graphql, office.reporter.token, EVENTS, after=cursor) as live:
        (event,) = await live.next(1)
    assert event == {
        "kind": "REVOKED",
        "on": "2020-02-10",
        "year": 2019,
        "verdict": "REVOKED",
        "review": {"id": review},
    }
    assert await refused(appraiser, "decideReview", **decided, on="2020-03-01") == "already-decided"
    now = {year: more(await figures(office, year), kept) for year, kept in before.items()}
    assert [now["2019"][m]["total"] for m in ("RECOGNISED", "NOMINATED")] == [1, 1]
    assert [now["2020"][m]["total"] for m in ("RECOGNISED", "NOMINATED", "REVOKED")] == [-1, -1, 1]
    taken = {
        name: value - stepped[name] for name, value in (await steps(office)).items() if value != stepped[name]
    }
    assert taken == {"RECOGNISED": -1, "NOMINATED": -1, "bridge": -1}

    await office.officer.does("carryOverModel", model=model, on="2020-03-01")
    await graphql.settled()
    await does("decideReview", **decided, on="2020-11-01")
    first = shown["decidedVersion"]
    assert await refused(
        appraiser, "correctVerdict", review=review, decision=first, verdict="NOT_MET", reason="x"
    ) == ("verdict-revoked")
    restored = await does("reverseRevocation", review=review, decision=first, reason="Nhầm mô hình")
    await leader.does("approveCorrection", correction=restored)
    again = {"review": review, "decision": first, "on": "2020-12-01"}
    assert await refused(appraiser, "nominateReview", **again) == "already-nominated"
    wrong = await does("correctVerdict", review=review, decision=first, verdict="NOT_MET", reason="Nhầm dòng")
    await leader.does("approveCorrection", correction=wrong)
    shown = await node(office.officer, REVIEW, review)
    assert shown["verdict"] == "RECOGNISED"
    assert shown["earlier"] == [
        {
            "year": 2019,
            "verdict": "NOT_MET",
            "decidedVersion": first,
            "revokedOn": None,
            "nominationRevokedOn": None,
        }
    ]
    now = {year: more(await figures(office, year), kept) for year, kept in before.items()}
    assert now["2019"]["NOT_MET"] == {"total": 1, "ECONOMY": 1, "corrected": 1, "correctedLate": 1}
    assert "total" not in now["2019"]["RECOGNISED"]
    assert now["2020"]["RECOGNISED"]["total"] == 1
    assert "total" not in now["2020"]["REVOKED"]
    assert (await recount(graphql.settings)).differences == []
