"""The whole life of one model through GraphQL: each step is in the history, in the counters and in the recount."""

import asyncio
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from infra.operate.operator import asking
from infra.operate.recount import recount
from services.kernel.caller import Caller, Grant
from services.kernel.messages import Refused, Role
from services.review.messages import DecideReview, Verdict
from tests.conftest import GraphQL
from tests.people import CITY, WARD, Office, Person, fresh

pytestmark = pytest.mark.asyncio(loop_scope="session")

HISTORY = """
query($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { node(id: $id) { ... on Model {
  version state stateSince begunOn implementedYears level notes endedOn endReason owner { id } unit { id }
  selfAssessment { rating text on }
  progressNotes(first: 10) { edges { node { text on } } }
  history(first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { version step name on recordedAt by reason document text
      changes { field name before after } } }
    pageInfo { hasNextPage hasPreviousPage }
  }
} } }
"""
MEASURES = (
    *("REGISTERED", "IMPLEMENTED", "CARRIED_OVER", "WITHDRAWN", "DISCONTINUED", "WORK_DAY"),
    *("RECOGNISED", "NOT_MET"),
)


async def figures(office: Office, period: str, unit: str = WARD) -> dict[str, dict[str, int]]:
    """Measure → its total, and its parts by level."""
    asked = """query($unit: ID!, $period: String!) { report(unit: $unit, period: $period) { ... on Report { complete
      bridges { to gap } figures { measure total breakdowns { by gap rows { code value } } } } } }"""
    await office.graphql.settled()
    report = (await office.reporter.ask(asked, unit=unit, period=period))["report"]
    assert report["complete"]
    bridges = {bridge["to"]: bridge["gap"] for bridge in report["bridges"]}
    assert bridges == {"IMPLEMENTED": "0", "RECOGNISED": "0"}
    found = {}
    for figure in report["figures"]:
        assert {Decimal(part["gap"]) for part in figure["breakdowns"]} == {0}
        levels = [row for part in figure["breakdowns"] if part["by"] == "LEVEL" for row in part["rows"]]
        if figure["measure"] in MEASURES:
            found[figure["measure"]] = {
                "total": int(float(figure["total"])),
                **{row["code"]: int(float(row["value"])) for row in levels if row["value"] != "0"},
            }
    return found


def more(after: dict[str, dict[str, int]], before: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """The difference that was added to each measure."""
    added = {
        measure: {code: many - before[measure].get(code, 0) for code, many in parts.items()}
        for measure, parts in after.items()
    }
    return {
        measure: kept
        for measure, parts in added.items()
        if (kept := {code: many for code, many in parts.items() if many})
    }


async def test_whole_life_is_in_the_history_the_counters_and_the_recount(graphql: GraphQL) -> None:
    office = Office(graphql)
    does, judges = office.officer.does, office.appraiser.does
    owner, heir = await office.organisation(), await office.organisation()
    before = {year: await figures(office, year) for year in ("2019", "2020", "2021")}

    id_ = await office.draft(owner)
    await does("reviseModel", model=id_, title="Ngõ xóm sáng, xanh", place="Tổ 3", on="2019-02-02")
    await does("submitModel", model=id_, on="2019-02-10")
    await judges("returnModel", model=id_, reason="Thiếu chỉ tiêu", on="2019-02-12")
    await does("reviseModel", model=id_, target="20 ngõ", on="2019-02-13")
    await does("submitModel", model=id_, on="2019-02-14")
    await judges("acceptModel", model=id_, on="2019-03-01")
    await does("recordContribution", model=id_, kind="WORK_DAY", amount="3", on="2019-03-05")
    await does("beginModel", model=id_, on="2019-04-01")
    await does("noteProgress", model=id_, text="Xong 5 ngõ", on="2019-06-01")
    await judges(
        "changeModelLevel",
        model=id_,
        level="CITY",
        reason="Nhân rộng toàn tỉnh",
        document="QĐ 12/QĐ-UBND ngày 01/7/2019",
        on="2019-07-01",
    )
    await does("recordContribution", model=id_, kind="WORK_DAY", amount="4", on="2019-08-05")
    await does("selfAssessModel", model=id_, rating="EXCEEDED", text="22 ngõ", on="2019-12-01")
    await does("carryOverModel", model=id_, on="2020-01-15")
    await does(
        "changeModelOwner",
        model=id_,
        owner=heir,
        reason="Sáp nhập hội",
        document="NQ 05-NQ/ĐU ngày 01/3/2020",
        on="2020-03-02",
    )
    await does("noteProgress", model=id_, text="Thêm 7 ngõ", on="2020-05-01")
    await does("carryOverModel", model=id_, on="2021-02-01")
    await does("discontinueModel", model=id_, reason="Đã thành nếp", on="2021-06-30")

    review = await office.review_of(id_)
    closed = (await office.officer.ask(REVIEW, id=review))["node"]
    assert (closed["closedOn"], closed["closedBecause"]) == ("2021-06-30", "DISCONTINUED")
    whole = (await office.officer.ask(HISTORY, id=id_, first=100))["node"]
    steps = [edge["node"]["step"] for edge in whole["history"]["edges"]]
    assert steps == [
        *("DRAFT", "REVISE", "SUBMIT", "RETURN", "REVISE", "SUBMIT", "ACCEPT", "CONTRIBUTE", "BEGIN"),
        *("NOTE", "CHANGE_LEVEL", "CONTRIBUTE", "SELF_ASSESS", "CARRY_OVER", "CHANGE_OWNER", "NOTE"),
        *("CARRY_OVER", "DISCONTINUE"),
    ]
    told = {edge["node"]["version"]: edge["node"] for edge in whole["history"]["edges"]}
    assert list(told) == list(range(1, whole["version"] + 1))
    assert {fact["by"] for fact in told.values()} == {f"officer@{CITY}", f"appraiser@{CITY}"}
    assert told[2]["changes"] == [
        {
            "field": "title",
            "name": "Tên mô hình",
            "before": "Ngõ xóm sạch đẹp",
            "after": "Ngõ xóm sáng, xanh",
        },
        {"field": "place", "name": "Địa điểm", "before": None, "after": "Tổ 3"},
    ]
    level = told[11]
    assert (level["name"], level["on"], level["reason"], level["document"]) == (
        *("Đổi cấp", "2019-07-01", "Nhân rộng toàn tỉnh", "QĐ 12/QĐ-UBND ngày 01/7/2019"),
    )
    assert level["changes"] == [{"field": "level", "name": "Cấp", "before": "COMMUNE", "after": "CITY"}]
    assert told[15]["changes"][0]["after"] == heir
    assert {key: whole[key] for key in ("state", "stateSince", "begunOn", "implementedYears", "level")} == {
        "state": "DISCONTINUED",
        "stateSince": "2021-06-30",
        "begunOn": "2019-04-01",
        "implementedYears": [2019, 2020, 2021],
        "level": "CITY",
    }
    assert (whole["owner"]["id"], whole["unit"]["id"]) == (heir, WARD)
    assert (whole["endedOn"], whole["endReason"], whole["notes"]) == ("2021-06-30", "Đã thành nếp", 2)
    assert whole["selfAssessment"] == {"rating": "EXCEEDED", "text": "22 ngõ", "on": "2019-12-01"}
    notes = [edge["node"]["text"] for edge in whole["progressNotes"]["edges"]]
    assert notes == ["Xong 5 ngõ", "Thêm 7 ngõ"]

    after = {year: await figures(office, year) for year in before}
    assert {year: more(after[year], before[year]) for year in before} == {
        "2019": {
            "REGISTERED": {"total": 1, "COMMUNE": 1},
            "IMPLEMENTED": {"total": 1, "COMMUNE": 1},
            "WORK_DAY": {"total": 7, "COMMUNE": 3, "CITY": 4},
        },
        "2020": {"IMPLEMENTED": {"total": 1, "CITY": 1}, "CARRIED_OVER": {"total": 1, "CITY": 1}},
        "2021": {
            "IMPLEMENTED": {"total": 1, "CITY": 1},
            "CARRIED_OVER": {"total": 1, "CITY": 1},
            "DISCONTINUED": {"total": 1, "CITY": 1},
        },
    }
    assert (await recount(graphql.settings)).differences == []


async def test_history_comes_in_pages_in_both_directions(graphql: GraphQL) -> None:
    office = Office(graphql)
    id_ = await office.registered(await office.organisation())
    await office.officer.does("withdrawModel", model=id_, reason="Đăng ký nhầm", on="2019-03-02")

    async def page(**window: Any) -> tuple[list[str], bool, bool]:
        found = (await office.officer.ask(HISTORY, id=id_, **window))["node"]["history"]
        info = found["pageInfo"]
        return [e["cursor"] for e in found["edges"]], info["hasPreviousPage"], info["hasNextPage"]

    assert await page(first=2) == (["1", "2"], False, True)
    assert await page(first=2, after="2") == (["3", "4"], True, False)
    assert await page(last=3) == (["2", "3", "4"], True, False)
    assert await page(last=3, before="3") == (["1", "2"], False, True)
    wrong = await office.officer.errors(HISTORY, id=id_, first=1, after="model_1")
    assert [error["extensions"]["code"] for error in wrong] == ["cursor-invalid"]
    seen = (await office.reporter.ask(HISTORY, id=id_, first=9))["node"]
    assert {edge["node"]["by"] for edge in seen["history"]["edges"]} == {None}
    assert (seen["endReason"], seen["endedOn"]) == (None, "2019-03-02")
    stranger = Person(graphql, Role.OFFICER, "u450")
    assert (await stranger.ask(HISTORY, id=id_, first=9))["node"] is None


async def test_second_officer_is_refused_with_the_changes_of_the_first(graphql: GraphQL) -> None:
    office = Office(graphql)
    id_ = await office.draft(await office.organisation())
    officers = [Person(graphql, Role.OFFICER, CITY, name) for name in ("Bình", "Cúc")]
    answers = await asyncio.gather(
        *(
            officer.tries("reviseModel", model=id_, title=title, expectedVersion=1, on="2019-02-03")
            for officer, title in zip(officers, ("Ngõ của Bình", "Ngõ của Cúc"), strict=True)
        )
    )
    done = [answer for answer in answers if answer["__typename"] == "Model"]
    (refused,) = [answer for answer in answers if answer["__typename"] == "Refusal"]
    assert [answer["version"] for answer in done] == [2]
    winner = officers[answers.index(done[0])]
    name = "Bình" if winner is officers[0] else "Cúc"
    assert (refused["code"], refused["fields"]) == ("changed-meanwhile", ["expectedVersion"])
    assert f"Sửa nội dung (tên mô hình), do {name}, lúc " in refused["messageVi"]
    assert f"It is at version 2, not 1. Since then: REVISE (title), by {name}, at " in refused["messageEn"]
    # A caller who has seen the present version can continue. A version that does not exist yet is refused.
    ahead = await officers[0].tries("submitModel", model=id_, expectedVersion=3, on="2019-02-04")
    assert ahead["messageEn"] == "It is at version 2, not 3."
    assert (await officers[0].tries("submitModel", model=id_, expectedVersion=2, on="2019-02-04"))[
        "version"
    ] == 3


async def test_refused_version_is_refused_again_under_the_same_key(graphql: GraphQL) -> None:
    office = Office(graphql)
    id_ = await office.draft(await office.organisation())
    key = fresh()
    wanted = {"model": id_, "expectedVersion": 2, "on": "2019-02-04"}
    first = await office.officer.tries("submitModel", key, **wanted)
    await office.officer.does("reviseModel", model=id_, title="Ngõ khác", on="2019-02-03")
    assert await office.officer.tries("submitModel", key, **wanted) == first


async def test_unlikely_value_is_flagged_and_not_changed(graphql: GraphQL) -> None:
    office = Office(graphql)
    id_ = await office.registered(await office.organisation())

    async def give(kind: str, amount: str, **more: str) -> dict[str, Any]:
        given = {"kind": kind, "amount": amount, "on": "2019-05-01", **more}
        return await office.officer.tries("recordContribution", model=id_, **given)

    await give("WORK_DAY", "2408")
    await give("MONEY", "5000000", covers="CASH")
    await give("MONEY", "18827000000", covers="ALL")
    asked = """query($id: ID!) { node(id: $id) { ... on Model { flags { rule messageVi messageEn }
      contributions { kind amount covers flags } } }
      models(first: 100, filter: { unit: "u18073", flagged: true }) { edges { node { id flags { rule } } } } }"""
    found = await office.reporter.ask(asked, id=id_)
    (flag,) = found["node"]["flags"]
    assert flag["rule"] == "VALUE_PER_WORK_DAY"
    assert "2.408 ngày công là 7.818.521,59 đồng một ngày công, trên ngưỡng 900.000" in flag["messageVi"]
    assert "2,408 work-days are 7,818,521.59 đồng a work-day, above 900,000" in flag["messageEn"]
    assert found["node"]["contributions"] == [
        {"kind": "WORK_DAY", "amount": "2408", "covers": None, "flags": []},
        {"kind": "MONEY", "amount": "5000000", "covers": "CASH", "flags": []},
        {"kind": "MONEY", "amount": "18827000000", "covers": "ALL", "flags": ["VALUE_PER_WORK_DAY"]},
    ]
    assert {"id": id_, "flags": [{"rule": "VALUE_PER_WORK_DAY"}]} in [
        edge["node"] for edge in found["models"]["edges"]
    ]
    refused = await give("LAND_M2", "5", covers="LAND")
    assert (refused["code"], refused["fields"]) == ("covers-not-money", ["covers"])
    assert (await recount(graphql.settings)).differences == []


REVIEW = "query($id: ID!) { node(id: $id) { ... on Review { verdict closedOn closedBecause } } }"


@pytest.mark.parametrize("decided", [False, True])
async def test_review_of_a_withdrawn_model_takes_no_decision_or_nomination(
    graphql: GraphQL, decided: bool
) -> None:
    office = Office(graphql)
    id_ = await office.registered(await office.organisation())
    review = await office.review_of(id_)
    decide = {"review": review, "verdict": "NOT_MET", "reason": "Chưa triển khai", "on": "2019-04-01"}
    recognise = await office.appraiser.tries("decideReview", **decide | {"verdict": "RECOGNISED"})
    assert (recognise["code"], recognise["fields"]) == ("not-begun", ["review", "on"])
    before = await figures(office, "2019")
    if decided:
        await office.appraiser.does("decideReview", **decide)
    await office.officer.does("withdrawModel", model=id_, reason="Đăng ký nhầm", on="2019-05-02")
    await graphql.settled()
    assert more(await figures(office, "2019"), before) == {"WITHDRAWN": {"total": 1, "COMMUNE": 1}}
    shown = (await office.officer.ask(REVIEW, id=review))["node"]
    assert shown == {
        "verdict": "NOT_MET" if decided else None,
        "closedOn": "2019-05-02",
        "closedBecause": "WITHDRAWN",
    }
    refused = await office.appraiser.tries("decideReview", **decide)
    code = "already-decided" if decided else "review-closed"
    assert (refused["code"], refused["fields"]) == (code, ["review"])
    assert (await recount(graphql.settings)).differences == []


async def test_former_and_present_owner_cannot_judge_a_model(graphql: GraphQL) -> None:
    office = Office(graphql)
    before, after = await office.organisation(), await office.organisation()
    id_ = await office.begun(before)
    review = await office.review_of(id_)
    change = {"model": id_, "owner": after, "reason": "Sáp nhập hội", "document": "NQ 1", "on": "2019-04-01"}
    await office.officer.does("changeModelOwner", **change)
    await graphql.settled()
    decide = DecideReview(review=review, verdict=Verdict.RECOGNISED, reason="Tốt", on=date(2019, 5, 1))
    async with asking(graphql.settings) as services:
        for organisation in (before, after):
            grant = Grant(role=Role.APPRAISER, unit=CITY, organisation=organisation)
            judge = Caller(id=f"judge of {organisation}", name="", grants=(grant,))
            with pytest.raises(Refused) as refused:
                await services.ask(decide, judge, dict[str, Any], key=fresh())
            assert refused.value.refusal.code == "own-work"
        other = Caller(id="judge", name="", grants=(Grant(role=Role.APPRAISER, unit=CITY),))
        assert await services.ask(decide, other, dict[str, Any], key=fresh())


async def test_review_is_counted_on_the_level_of_its_model_at_the_decision(
    graphql: GraphQL,
) -> None:
    office = Office(graphql)
    id_ = await office.begun(await office.organisation())
    review = await office.review_of(id_)
    before = await figures(office, "2019")
    change = {"model": id_, "level": "CITY", "reason": "Nâng cấp", "document": "QĐ 2", "on": "2019-04-01"}
    await office.appraiser.does("changeModelLevel", **change)
    await graphql.settled()
    decide = {"review": review, "verdict": "RECOGNISED", "reason": "Thiết thực", "on": "2019-05-01"}
    await office.appraiser.does("decideReview", **decide)
    added = more(await figures(office, "2019"), before)
    assert added == {"RECOGNISED": {"total": 1, "CITY": 1}}
    # A model that is carried over is judged again in its next year.
    before = await figures(office, "2020")
    await office.officer.does("carryOverModel", model=id_, on="2020-01-10")
    await graphql.settled()
    decide |= {"verdict": "NOT_MET", "on": "2020-11-01"}
    await office.appraiser.does("decideReview", **decide)
    asked = "query($id: ID!) { node(id: $id) { ... on Review { year verdict earlier { year verdict } } } }"
    assert (await office.officer.ask(asked, id=review))["node"] == {
        "year": 2020,
        "verdict": "NOT_MET",
        "earlier": [{"year": 2019, "verdict": "RECOGNISED"}],
    }
    added = more(await figures(office, "2020"), before)
    assert added["NOT_MET"] == {"total": 1, "CITY": 1}
    assert "RECOGNISED" not in added
    assert (await recount(graphql.settings)).differences == []
