"""A formal registration through GraphQL: it is accepted, questioned, answered, marked and counted."""

from typing import Any

import pytest

from infra.operate.recount import recount
from services.kernel.calendar import today
from services.kernel.messages import Role
from tests.conftest import GraphQL
from tests.people import CITY, WARD, Office, Person

pytestmark = pytest.mark.asyncio(loop_scope="session")

PROVINCE = "u42"
"""Its city has ended, so questions that are opened today about registrations of the city count in the province."""
QUESTION = """id rule state whyVi whyEn words others askedOn answer answeredOn answeredBy settledOn settledBy reason
  model { id state } unit { id }"""
OF_MODEL = f"""
query OfModel($id: ID!) {{ node(id: $id) {{ ... on Model {{
  state questions(first: 10) {{ edges {{ node {{ {QUESTION} }} }} }} }} }} }}
"""
PAGE = f"""
query Questions($unit: ID, $state: QuestionState, $rule: FormalityRule) {{
  questions(first: 100, filter: {{ unit: $unit, state: $state, rule: $rule }}) {{
    edges {{ node {{ {QUESTION} }} }} }} }}
"""
REPORT = """
query Report($period: String!, $unit: ID!) { report(unit: $unit, period: $period) { ... on Report {
  figures { measure total } } } }
"""


async def _asked(office: Office, model: str) -> dict[str, dict[str, Any]]:
    """Number of models by rule."""
    await office.graphql.settled()
    found = (await office.officer.ask(OF_MODEL, id=model))["node"]
    return {edge["node"]["rule"]: edge["node"] for edge in found["questions"]["edges"]}


async def _counted(office: Office) -> dict[str, int]:
    await office.graphql.settled()
    reporter = Person(office.graphql, Role.REPORTER, PROVINCE)
    report = (await reporter.ask(REPORT, unit=PROVINCE, period=f"{today().year}"))["report"]
    return {
        figure["measure"]: int(float(figure["total"]))
        for figure in report["figures"]
        if figure["measure"].startswith("FORMALITY")
    }


async def test_formal_registration_is_questioned_answered_marked_and_counted(
    graphql: GraphQL,
) -> None:
    office = Office(graphql)
    before = await _counted(office)
    owner = await office.organisation()
    year = today().year
    model = await office.draft(owner, title="Dân vận khéo", year=year)
    plain = await office.draft(owner, title="Hũ gạo tình thương", place="Tổ 5", target="40 suất", year=year)
    for one in (model, plain):
        await office.officer.does("submitModel", model=one, on="2019-02-10")
        await office.appraiser.does("acceptModel", model=one, on="2019-03-01")

    asked = await _asked(office, model)
    assert set(asked) == {"BOILERPLATE", "NOTHING_CONCRETE"}
    assert await _asked(office, plain) == {}
    question = asked["BOILERPLATE"]
    assert question["state"] == "ASKED"
    assert "câu chữ chung" in question["whyVi"]
    assert question["askedOn"] == today().isoformat()
    # Nothing was refused: the model is registered like any other.
    assert question["model"] == {"id": model, "state": "REGISTERED"}
    assert question["unit"]["id"] == WARD

    # The ward has ended: the question goes on with its model.
    late = await office.officer.tries("answerQuestion", question=question["id"], answer="x")
    assert (late["code"], late["fields"]) == ("unit-not-in-force", ["question"])
    office = Office(graphql, PROVINCE)
    await office.officer.tries("handOver", record=model)

    early = await office.appraiser.tries(
        "settleQuestion", question=question["id"], suspected=True, reason="x"
    )
    assert (early["__typename"], early["code"]) == ("Refusal", "answer-awaited")
    await office.officer.does("answerQuestion", question=question["id"], answer="Sẽ bổ sung cách làm")
    own = Person(graphql, Role.APPRAISER, PROVINCE, name=f"officer@{CITY}")
    refused = await own.tries(
        "settleQuestion", question=question["id"], suspected=False, reason="Tôi biết rõ"
    )
    assert refused["code"] == "own-work"
    await office.appraiser.does(
        "settleQuestion", question=question["id"], suspected=True, reason="Không nêu được việc làm"
    )
    marked = (await office.reporter.ask(PAGE, unit=WARD, state="SUSPECTED", rule="BOILERPLATE"))["questions"]
    (found,) = [edge["node"] for edge in marked["edges"] if edge["node"]["model"]["id"] == model]
    assert found["reason"] == "Không nêu được việc làm"
    assert found["answer"] == "Sẽ bổ sung cách làm"
    assert found["answeredBy"] == f"officer@{PROVINCE}"
    assert found["settledBy"] == f"appraiser@{PROVINCE}"
    assert found["model"]["state"] == "REGISTERED"

    after = await _counted(office)
    added = {measure: many - before[measure] for measure, many in after.items()}
    assert added == {"FORMALITY_ASKED": 2, "FORMALITY_ANSWERED": 1, "FORMALITY_SUSPECTED": 1}
    assert (await recount(graphql.settings)).differences == []


async def test_question_lapses_when_the_text_is_completed_and_comes_back_with_its_ground(
    graphql: GraphQL,
) -> None:
    office, before = Office(graphql, PROVINCE), await _counted(Office(graphql))
    year = today().year
    model = await office.draft(await office.organisation(unit=PROVINCE), title="Dân vận khéo", year=year)

    async def submitted(**contents: str) -> dict[str, str]:
        if contents:
            await office.appraiser.does("returnModel", model=model, reason="Bổ sung", on="2019-02-10")
            await office.officer.does("reviseModel", model=model, on="2019-02-10", **contents)
        await office.officer.does("submitModel", model=model, on="2019-02-10")
        return {rule: question["state"] for rule, question in (await _asked(office, model)).items()}

    assert await submitted() == {"BOILERPLATE": "ASKED", "NOTHING_CONCRETE": "ASKED"}
    assert await submitted(title="Hũ gạo tình thương") == {
        "BOILERPLATE": "LAPSED",
        "NOTHING_CONCRETE": "ASKED",
    }
    assert await submitted(place="Tổ 5") == {"BOILERPLATE": "LAPSED", "NOTHING_CONCRETE": "LAPSED"}
    lapsed = (await _asked(office, model))["NOTHING_CONCRETE"]
    assert (lapsed["settledOn"], lapsed["settledBy"]) == (today().isoformat(), None)
    late = await office.officer.tries("answerQuestion", question=lapsed["id"], answer="x")
    assert late["code"] == "already-settled"
    assert await submitted(place="") == {"BOILERPLATE": "LAPSED", "NOTHING_CONCRETE": "ASKED"}
    await office.officer.does("withdrawModel", model=model, reason="Trùng", on="2019-02-10")
    assert {one["state"] for one in (await _asked(office, model)).values()} == {"LAPSED"}
    added = {measure: many - before[measure] for measure, many in (await _counted(office)).items()}
    assert added == {"FORMALITY_ASKED": 2, "FORMALITY_ANSWERED": 0, "FORMALITY_SUSPECTED": 0}
    assert (await recount(graphql.settings)).differences == []
