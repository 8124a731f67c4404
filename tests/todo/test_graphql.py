"""The work that waits for a caller, in one list over all services."""

from typing import Any

import pytest

from gateway.schema import schema
from services.kernel.calendar import today
from services.kernel.messages import Role
from tests.conftest import GraphQL
from tests.people import Office, Person
from tests.registration.programmes.test_graphql import started

pytestmark = pytest.mark.asyncio(loop_scope="session")

PROVINCE, ENDED, WARD, NEIGHBOUR = "u38", "u14755", "u14758-2025", "u14797-2025"
"""The ended ward became a part of the ward. The neighbour has ended wards of its own."""
LIST = """
query($first: Int, $last: Int, $after: String, $before: String, $filter: ToDoFilter) {
  toDo(first: $first, last: $last, after: $after, before: $before, filter: $filter) { totalCount
    edges { cursor node { id kind name title since due acts many unit { id } } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }
"""


async def listed(person: Person, **filter_: Any) -> list[dict[str, Any]]:
    """The whole list, which every way of paging shows alike."""
    wanted = {"unit": PROVINCE, **filter_}
    whole = (await person.ask(LIST, first=100, filter=wanted))["toDo"]
    rows = [edge["node"] for edge in whole["edges"]]
    assert whole["totalCount"] == len(rows) <= 100
    dues = [row["due"] or "9999" for row in rows]
    assert dues == sorted(dues)
    for size, forwards in ((2, True), (3, False)):
        window: dict[str, Any] = {"first": size} if forwards else {"last": size}
        found: list[dict[str, Any]] = []
        while True:
            page = (await person.ask(LIST, **window, filter=wanted))["toDo"]
            assert page["totalCount"] == len(rows)
            nodes = [edge["node"] for edge in page["edges"]]
            found = [*found, *nodes] if forwards else [*nodes, *found]
            info = page["pageInfo"]
            if not info["hasNextPage" if forwards else "hasPreviousPage"]:
                break
            window |= {"after": info["endCursor"]} if forwards else {"before": info["startCursor"]}
        assert found == rows
    return rows


def kinds(rows: list[dict[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["kind"], []).append(row["id"])
    return {kind: sorted(ids) for kind, ids in found.items()}


async def test_each_caller_sees_the_work_that_they_may_do(graphql: GraphQL) -> None:
    ward, province, year = Office(graphql, WARD), Office(graphql, PROVINCE), today().year
    leader, officer, appraiser = Person(graphql, Role.LEADER, WARD), ward.officer, ward.appraiser
    end_of_year = f"{year}-12-31"
    stranded = Office(graphql, ENDED)
    left = await stranded.organisation(unit=ENDED, on="2025-01-02")
    late = await stranded.draft(left, on="2025-02-01", place="Tổ 1", target="5 km đường")
    await stranded.officer.does("submitModel", model=late, on="2025-02-02")

    owner, day = await ward.organisation(WARD, on=str(today())), str(today())
    launching: dict[str, Any] = {"unit": PROVINCE, "year": year, "level": "COMMUNE", "until": end_of_year}
    launch, named = [
        await province.officer.does(
            "launchProgramme", programme=await started(province, PROVINCE, year, year), **launching, **asked
        )
        for asked in ({"quota": 2}, {"organisations": [{"organisation": owner, "quota": 1}]})
    ]
    waiting, returned, begun, decided = [
        await ward.draft(owner, on=day, place="Tổ 5", target="40 suất", title=f"Hũ gạo {title}")
        for title in ("tình thương", "nuôi heo đất", "cho em", "của mẹ")
    ]
    for model in (waiting, returned, begun, decided):
        await officer.does("submitModel", model=model, on=day)
    await appraiser.does("returnModel", model=returned, reason="Thiếu danh sách", on=day)
    for model in (begun, decided):
        await appraiser.does("acceptModel", model=model, on=day)
        await officer.does("beginModel", model=model, on=day)
    formal = await ward.draft(owner, on=day, title="Dân vận khéo")
    await officer.does("submitModel", model=formal, on=day)
    await officer.does("recordContribution", model=begun, kind="LAND_M2", amount="10", on=day)
    land = (await officer.ask("query($id: ID!) { node(id: $id) { ... on Model { version } } }", id=begun))[
        "node"
    ]
    correction = await officer.does(
        "correctContribution", model=begun, contribution=land["version"], amount="1", reason="Gõ nhầm"
    )
    survey = await ward.supervisor.does(
        "recordActivity", kind="SURVEY", bodies=[owner], unit=WARD, title="Khảo sát quỹ", heldOn=day
    )
    miskept = await ward.supervisor.does(
        "correctActivity", activity=survey, kind="INSPECTION", reason="Ghi nhầm loại"
    )
    review, done = await ward.review_of(begun), await ward.review_of(decided)
    await appraiser.does("decideReview", review=done, verdict="RECOGNISED", reason="Thiết thực", on=day)
    wrong = await appraiser.does("correctVerdict", review=done, verdict="NOT_MET", reason="Nhầm dòng")
    await graphql.settled()

    mine = kinds(await listed(officer))
    asked = mine.pop("QUESTION_TO_ANSWER")
    relations = mine.pop("RELATION_TO_DECIDE", [])
    assert mine == {
        "LAUNCH_TO_ANSWER": sorted([launch, named]),
        "MODEL_TO_COMPLETE": [returned],
        "UNIT_TO_HAND_OVER": [ENDED],
    }
    judged = await listed(appraiser)
    found = kinds(judged)
    assert found.pop("RELATION_TO_DECIDE", []) == relations
    assert found == {
        "MODEL_TO_ACCEPT": sorted([waiting, formal]),
        "REVIEW_TO_DECIDE": [review],
        # The appraiser has proposed the third one.
        "CORRECTION_TO_APPROVE": sorted([correction, miskept]),
    }
    (one,) = [row for row in judged if row["id"] == review]
    assert one == {
        "id": review,
        "kind": "REVIEW_TO_DECIDE",
        "name": "Hồ sơ chờ kết quả thẩm định",
        "title": "Hũ gạo cho em",
        "since": day,
        "due": end_of_year,
        "acts": ["decideReview"],
        "many": 1,
        "unit": {"id": WARD},
    }
    leads = [row for row in await listed(leader) if row["kind"] == "CORRECTION_TO_APPROVE"]
    assert {row["id"]: row["title"] for row in leads} == {
        correction: "Hũ gạo cho em",
        wrong: "Hũ gạo của mẹ",
        miskept: "Khảo sát quỹ",
    }
    mutations = schema._schema.mutation_type
    assert mutations
    assert {act for row in judged for act in row["acts"]} <= set(mutations.fields)

    # Nobody judges their own work, and a neighbour does not see it.
    both = Person(graphql, Role.APPRAISER, WARD, name=f"officer@{WARD}")
    assert set(kinds(await listed(both))) <= {"CORRECTION_TO_APPROVE", "RELATION_TO_DECIDE"}
    beside = kinds(await listed(Person(graphql, Role.OFFICER, NEIGHBOUR)))
    assert beside == {"LAUNCH_TO_ANSWER": [launch]}
    above = {row["id"]: row for row in await listed(province.officer, kinds=["LAUNCH_TO_ANSWER"])}
    assert {(row["due"], row["since"]) for row in above.values()} == {(end_of_year, day)}
    assert above[launch]["many"] > 100
    assert above[named]["many"] == 1
    for person, part in ((officer, {}), (province.officer, {"unit": WARD})):
        here = await listed(person, kinds=["LAUNCH_TO_ANSWER"], **part)
        assert {row["id"]: row["many"] for row in here} == {launch: 1, named: 1}

    # A filter by deadline keeps what is due by then. An answered question waits for a verdict on it.
    assert set(kinds(await listed(officer, dueBy=str(today())))) == set()
    assert set(kinds(await listed(officer, dueBy=end_of_year))) >= {"LAUNCH_TO_ANSWER", "MODEL_TO_COMPLETE"}
    for question in asked:
        await officer.does("answerQuestion", question=question, answer="Tổ 5, mỗi tháng 40 suất")
    assert "QUESTION_TO_ANSWER" not in kinds(await listed(officer))
    assert kinds(await listed(appraiser))["QUESTION_TO_SETTLE"] == asked

    # A record that was handed over waits for its new unit.
    old, new = stranded.appraiser, Person(graphql, Role.APPRAISER, WARD, name="second")
    wanted: dict[str, Any] = {"kinds": ["MODEL_TO_ACCEPT"], "dueBy": "2025-12-31"}
    assert [[row["id"] for row in await listed(who, **wanted)] for who in (old, new)] == [[late], []]
    for record in (left, late):
        await officer.tries("handOver", record=record)
    assert [[row["id"] for row in await listed(who, **wanted)] for who in (old, new)] == [[], [late]]
    assert "UNIT_TO_HAND_OVER" not in kinds(await listed(officer))
