"""Accepted facts corrected through GraphQL: proposed, approved by a second person, in history, figures and recount."""

from decimal import Decimal
from typing import Any

import pytest

from infra.operate.recount import recount
from services.kernel.messages import Role
from tests.conftest import GraphQL
from tests.people import CITY, WARD, Office, Person, fresh
from tests.registration.programmes.test_graphql import started
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

CORRECTION = """query($id: ID!) { node(id: $id) { ... on Correction {
  version state reverses figures fact factVersion reason document proposedBy proposedOn decidedBy declineReason
  values { field name before after } model { id } unit { id } } } }"""
MODEL = """query($id: ID!) { node(id: $id) { ... on Model {
  version title field programme { id } flags { rule } review { title verdict }
  contributions { version amount note correctedVersion reversedVersion }
  corrections(first: 10) { edges { node { id state } } }
  history(last: 3) { edges { node { step name by askedBy reason document changes { field before after } } } } } } }"""
WAITING = """query($unit: ID!, $first: Int!, $after: String) {
  corrections(first: $first, after: $after, filter: { unit: $unit, state: WAITING }) {
    edges { node { id } } pageInfo { hasNextPage endCursor } } }"""
NOMINATED = "Ngày đề nghị biểu dương, khen thưởng"
COUNTS = "query($unit: ID!) { correctionCounts(unit: $unit) { waiting applied declined recalled } }"
REPORT = """query($unit: ID!, $period: String!) { report(unit: $unit, period: $period) { ... on Report { complete
  figures { measure total corrected correctedLate breakdowns { by gap rows { code value } } } } } }"""
REVIEW = "query($id: ID!) { node(id: $id) { ... on Review { begunOn } } }"
STEPS = """query($id: ID!) { node(id: $id) { ... on Model {
  history(first: 50) { edges { node { step version } } } } } }"""
Figures = dict[str, dict[str, Decimal]]


async def figures(office: Office, period: str) -> Figures:
    """Measure → total, corrections, and the rows by field."""
    await office.graphql.settled()
    report: dict[str, Any] = {}

    async def complete() -> bool:
        # Before the first heartbeat of a producer, reporting does not know whether it has counted all events.
        report.update((await office.reporter.ask(REPORT, unit=WARD, period=period))["report"])
        return bool(report["complete"])

    await until(complete)
    found = {}
    for figure in report["figures"]:
        assert {Decimal(part["gap"]) for part in figure["breakdowns"]} == {0}
        rows = [row for part in figure["breakdowns"] if part["by"] == "FIELD" for row in part["rows"]]
        named = {name: Decimal(figure[name]) for name in ("total", "corrected", "correctedLate")}
        found[figure["measure"]] = named | {row["code"]: Decimal(row["value"]) for row in rows}
    return found


def more(after: Figures, before: Figures) -> Figures:
    return {
        measure: kept
        for measure, values in after.items()
        if (kept := {n: v - before[measure][n] for n, v in values.items() if v != before[measure][n]})
    }


async def node(person: Person, query: str, id_: str) -> Any:
    return (await person.ask(query, id=id_))["node"]


async def steps(office: Office, model: str) -> list[dict[str, Any]]:
    return [edge["node"] for edge in (await node(office.officer, STEPS, model))["history"]["edges"]]


async def refused(person: Person, name: str, **given: Any) -> str:
    return str((await person.tries(name, **given))["code"])


async def test_contribution_is_corrected_and_reversed_by_two_persons(graphql: GraphQL) -> None:
    office = Office(graphql)
    leader, public = Person(graphql, Role.LEADER), office.reporter
    officer, does = office.officer, office.officer.does
    model = await office.registered(await office.organisation())
    before = await figures(office, "2019")
    await does("recordContribution", model=model, kind="LAND_M2", amount="11553", on="2019-03-05")
    land = (await node(officer, MODEL, model))["contributions"][0]["version"]
    typed = {"model": model, "contribution": land, "amount": "1155.3", "reason": "Sót dấu phẩy"}
    counts = (await officer.ask(COUNTS, unit=WARD))["correctionCounts"]

    assert await refused(officer, "correctContribution", **typed, expectedVersion=1) == "changed-meanwhile"
    key = fresh()
    first = await does("correctContribution", key, **typed, document="BB 12/BB-UBND")
    assert await does("correctContribution", key, **typed, document="BB 12/BB-UBND") == first
    assert await refused(officer, "correctContribution", **typed) == "correction-waiting"
    assert more(await figures(office, "2019"), before)["LAND_M2"]["total"] == 11553
    page = (await leader.ask(WAITING, unit=WARD, first=1))["corrections"]
    assert [edge["node"]["id"] for edge in page["edges"]] == [first]
    waiting = (await officer.ask(COUNTS, unit=WARD))["correctionCounts"]
    assert waiting == {**counts, "waiting": counts["waiting"] + 1}

    assert await refused(officer, "approveCorrection", correction=first) == "not-permitted"
    both = Person(graphql, Role.APPRAISER, name=f"officer@{CITY}")
    assert await refused(both, "approveCorrection", correction=first) == "own-work"
    await leader.does("approveCorrection", correction=first)
    assert await refused(leader, "approveCorrection", correction=first) == "already-decided"

    shown = await node(leader, CORRECTION, first)
    assert (shown["state"], shown["proposedBy"], shown["decidedBy"]) == (
        "APPLIED",
        f"officer@{CITY}",
        f"leader@{CITY}",
    )
    assert shown["values"] == [
        {"field": "amount", "name": "Số lượng nguồn lực", "before": "11553", "after": "1155.3"}
    ]
    assert (shown["model"], shown["document"]) == ({"id": model}, "BB 12/BB-UBND")
    assert (await node(public, CORRECTION, first))["reason"] is None
    changed = await node(officer, MODEL, model)
    last = changed["history"]["edges"][-1]["node"]
    assert (last["step"], last["name"], last["askedBy"], last["by"], last["reason"]) == (
        "CORRECT",
        "Đính chính",
        f"officer@{CITY}",
        f"leader@{CITY}",
        "Sót dấu phẩy",
    )
    assert last["changes"] == [{"field": "amount", "before": "11553", "after": "1155.3"}]
    assert (changed["contributions"][0]["amount"], changed["contributions"][0]["correctedVersion"]) == (
        "1155.3",
        changed["version"],
    )
    difference = Decimal("-10397.7")
    assert more(await figures(office, "2019"), before)["LAND_M2"] == {
        "total": Decimal("1155.3"),
        "ECONOMY": Decimal("1155.3"),
        "corrected": difference,
        "correctedLate": difference,
    }

    stale = await does("correctContribution", **{**typed, "amount": "1155.5"})
    await does("recallCorrection", correction=stale)
    await does("correctContribution", model=model, contribution=land, note="Đo lại", reason="Thiếu ghi chú")
    wrong = await does("correctContribution", **{**typed, "amount": "1155.4"})
    await leader.does("declineCorrection", correction=wrong, reason="Biên bản ghi 1155,3")
    gone = await does("reverseContribution", model=model, contribution=land, reason="Ghi hai lần")
    await leader.does("approveCorrection", correction=gone)
    assert "LAND_M2" not in {
        m for m, values in more(await figures(office, "2019"), before).items() if "total" in values
    }
    states = [edge["node"]["state"] for edge in (await node(officer, MODEL, model))["corrections"]["edges"]]
    assert states == ["APPLIED", "DECLINED", "APPLIED", "RECALLED", "APPLIED"]
    assert await refused(officer, "reverseContribution", model=model, contribution=land, reason="x") == (
        "contribution-reversed"
    )
    assert (await recount(graphql.settings)).differences == []


async def test_contents_of_an_accepted_model_are_corrected_and_its_review_follows(graphql: GraphQL) -> None:
    office = Office(graphql)
    leader, does = Person(graphql, Role.LEADER), office.officer.does
    before = await figures(office, "2019")
    model = await office.registered(await office.organisation())
    await does("recordContribution", model=model, kind="WORK_DAY", amount="3", on="2019-03-05")
    await does("beginModel", model=model, on="2019-04-01")
    review = await office.review_of(model)
    decided = {"review": review, "verdict": "RECOGNISED", "reason": "Tốt", "on": "2019-11-01"}
    await office.appraiser.does("decideReview", **decided)
    await office.appraiser.does("nominateReview", review=review, on="2019-11-02")

    title = f"Ngõ xóm sáng, xanh {fresh()}"
    slip = await does("correctModel", model=model, title=title, reason="Gõ nhầm")
    assert (await node(leader, CORRECTION, slip))["state"] == "APPLIED"
    field = await does("correctModel", model=model, field="Văn hóa xã hội", reason="Ghi nhầm lĩnh vực")
    assert (await node(leader, CORRECTION, field))["state"] == "WAITING"
    await leader.does("approveCorrection", correction=field)
    programme = await started(office, CITY, 2019, 2019)
    joined = await does("correctModel", model=model, programme=programme, reason="Quên ghi chương trình")
    await leader.does("approveCorrection", correction=joined)

    counted = more(await figures(office, "2019"), before)
    measures = {"REGISTERED": 1, "IMPLEMENTED": 1, "WORK_DAY": 3, "RECOGNISED": 1, "NOMINATED": 1}
    for measure, number in measures.items():
        assert counted[measure] == {"total": number, "CULTURE_SOCIETY": number}
    changed = await node(office.officer, MODEL, model)
    assert (changed["title"], changed["field"]) == (title, "CULTURE_SOCIETY")
    assert changed["programme"] == {"id": programme}
    assert changed["review"] == {"title": title, "verdict": "RECOGNISED"}

    appraiser = office.appraiser
    wrong = await appraiser.does("correctVerdict", review=review, verdict="NOT_MET", reason="Chọn nhầm dòng")
    assert await refused(appraiser, "approveCorrection", correction=wrong) == "own-work"
    await leader.does("approveCorrection", correction=wrong)
    shown = await node(leader, CORRECTION, wrong)
    assert shown["values"] == [
        {"field": "verdict", "name": "Kết quả thẩm định", "before": "RECOGNISED", "after": "NOT_MET"},
        {"field": "nominatedOn", "name": NOMINATED, "before": "2019-11-02", "after": None},
    ]
    counted = more(await figures(office, "2019"), before)
    assert counted["NOT_MET"]["total"] == counted["NOT_MET"]["corrected"] == 1
    assert not [m for m in ("RECOGNISED", "NOMINATED") if "total" in counted[m]]
    gone = await appraiser.does("reverseVerdict", review=review, reason="Chưa họp hội đồng")
    await leader.does("approveCorrection", correction=gone)
    assert await refused(appraiser, "correctVerdict", review=review, verdict="NOT_MET", reason="x") == (
        "not-decided"
    )
    await appraiser.does("decideReview", **decided)
    counted = more(await figures(office, "2019"), before)
    assert counted["RECOGNISED"]["total"] == 1
    assert "NOT_MET" not in counted

    halves = [await figures(office, half) for half in ("2019-H1", "2019-H2")]
    (begun,) = [step for step in await steps(office, model) if step["step"] == "BEGIN"]
    day = {"model": model, "step": begun["version"], "on": "2019-07-02", "reason": "Gõ nhầm tháng"}
    assert (
        await refused(office.officer, "correctModelStep", **{**day, "on": "2019-02-28"}) == "date-too-early"
    )
    later = await does("correctModelStep", **day)
    await leader.does("approveCorrection", correction=later)
    assert (await node(leader, CORRECTION, later))["values"] == [
        {"field": "begunOn", "name": "Ngày bắt đầu triển khai", "before": "2019-04-01", "after": "2019-07-02"}
    ]
    moved = [
        more(await figures(office, half), was)["IMPLEMENTED"]["total"]
        for half, was in zip(("2019-H1", "2019-H2"), halves, strict=True)
    ]
    assert moved == [-1, 1]
    assert (await node(leader, REVIEW, review))["begunOn"] == "2019-07-02"
    assert (await recount(graphql.settings)).differences == []
