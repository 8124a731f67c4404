"""Organisations through GraphQL: one that is known is not entered again, and two entries of one are merged."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from infra.operate.operator import user_token
from services.kernel.caller import Caller, Grant
from services.kernel.messages import Role
from tests.conftest import GraphQL
from tests.people import CITY, WARD, Office, Person, fresh
from tests.platform.kernel.sheets.malformed import HEADINGS, csv
from tests.registration.search.test_graphql import found, titles, until_found
from tests.registration.sheets.test_graphql import done, rows

pytestmark = pytest.mark.asyncio(loop_scope="session")

ON = {"on": "2019-01-02"}
NODE = "query($id: ID!) { node(id: $id) { id ... on Organisation { name merged { organisation name reason } } } }"
WAITING = "{ toDo(last: 100, filter: { kinds: [CORRECTION_TO_APPROVE] }) { edges { node { id title } } } }"
UNDONE = """query($id: ID!) { node(id: $id) { ... on Correction { state fact organisation { id } model { id }
  values { field before after } } } }"""
MODELS = """query($owner: ID!) { models(first: 20, filter: { owner: $owner }) {
  edges { node { id owner { id } } } } }"""


def front(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "kind": "FATHERLAND_FRONT", "unit": WARD, **ON, **more}


@pytest.mark.lists
async def test_known_organisation_is_not_registered_again_unless_the_sender_insists(graphql: GraphQL) -> None:
    officer, mark = Office(graphql).officer, uuid4().hex[:8]
    known = await officer.does("registerOrganisation", **front(f"Ủy ban MTTQ {mark}"))
    again = front(f"UB  Mặt trận Tổ quốc {mark}".replace("UB ", "Uỷ ban"))
    refused = await officer.tries("registerOrganisation", **again)
    assert (refused["code"], refused["fields"]) == ("organisation-known", ["name", "insist"])
    assert known in refused["messageVi"]
    other = await officer.does("registerOrganisation", **{**again, "kind": "TRADE_UNION"})
    renaming = {"organisation": other, "name": again["name"], "kind": "FATHERLAND_FRONT", "document": "QĐ 1"}
    renaming["on"] = "2019-02-01"
    assert (await officer.tries("renameOrganisation", **renaming))["code"] == "organisation-known"
    assert await officer.does("renameOrganisation", **renaming, insist=True) == other
    assert await officer.does("registerOrganisation", **again, insist=True) not in (known, other)


async def test_two_entries_of_an_organisation_go_on_as_one_under_both_ids(graphql: GraphQL) -> None:
    office, mark = Office(graphql), f"q{uuid4().hex[:8]}"
    officer = office.officer
    kept = await officer.does("registerOrganisation", **front(f"Mặt trận {mark}x"))
    entry = await officer.does("registerOrganisation", **front(f"MT {mark}y"))
    before = [await office.draft(owner, title=f"Ngõ xanh {n}") for n, owner in enumerate((kept, entry))]
    merging = {"organisation": entry, "into": kept, "reason": "Ghi hai lần"}
    assert await officer.does("mergeOrganisations", **merging) == kept
    assert (await officer.tries("mergeOrganisations", **merging))["code"] == "merged-already"

    merged = {"organisation": entry, "name": f"MT {mark}y", "reason": "Ghi hai lần"}
    shown = {"id": kept, "name": f"Mặt trận {mark}x", "merged": [merged]}
    for id_ in (kept, entry):
        assert (await officer.ask(NODE, id=id_))["node"] == shown
    # New work under either id or name belongs to the one that is kept.
    drafted = await office.draft(entry, title="Ngõ xanh 2")
    data = csv((*HEADINGS, "Ngày lập"), (f"MT {mark}y", "Ngõ xanh 3", "Kinh tế", "Tập thể", "05/03/2019"))
    (row,) = await rows(officer, (await done(officer, data, check=False))["id"])
    for id_ in (kept, entry):
        edges = (await officer.ask(MODELS, owner=id_))["models"]["edges"]
        assert {edge["node"]["id"] for edge in edges} == {*before, drafted, row["model"]}
        assert {edge["node"]["owner"]["id"] for edge in edges} == {kept}
    # Each model is found by both names, and under both ids.
    await until_found(officer, f"mặt trận {mark}x", 4)
    for text, id_ in ((f"mặt trận {mark}x", entry), (f"MT {mark}y", kept)):
        assert len(titles(await found(officer, text, filter={"owner": id_}))) == 4
    await graphql.settled()
    activity: dict[str, Any] = {
        "kind": "SUPERVISION",
        "bodies": [kept, entry],
        "unit": WARD,
        "title": "x",
        "heldOn": "2019-03-01",
    }
    assert (await office.supervisor.tries("recordActivity", **activity))["code"] == "body-twice"

    # They were two organisations. Older models stay with their entry, later ones with the kept organisation.
    undo = {"organisation": entry, "reason": "Là hai tổ chức"}
    assert (await officer.tries("reverseMerge", **undo | {"organisation": kept}))["code"] == "not-merged"
    asked = await officer.does("reverseMerge", **undo)
    assert (await officer.ask(NODE, id=entry))["node"]["id"] == kept
    leader = Person(graphql, Role.LEADER)
    waiting = [edge["node"] for edge in (await leader.ask(WAITING))["toDo"]["edges"]]
    assert {"id": asked, "title": f"MT {mark}y"} in waiting
    await leader.does("approveCorrection", correction=asked)
    assert (await officer.tries("reverseMerge", **undo))["code"] == "not-merged"
    correction = (await leader.ask(UNDONE, id=asked))["node"]
    assert correction == {
        "state": "APPLIED",
        "fact": "MERGE",
        "organisation": {"id": entry},
        "model": None,
        "values": [{"field": "mergedInto", "before": kept, "after": None}],
    }
    for id_, name, models in (
        (kept, f"Mặt trận {mark}x", {before[0], drafted, row["model"]}),
        (entry, f"MT {mark}y", {before[1]}),
    ):
        assert (await officer.ask(NODE, id=id_))["node"] == {"id": id_, "name": name, "merged": []}
        edges = (await officer.ask(MODELS, owner=id_))["models"]["edges"]
        assert {edge["node"]["id"] for edge in edges} == models
        await until_found(officer, name, len(models))
    await graphql.settled()
    await office.supervisor.does("recordActivity", **activity)


async def test_person_of_either_entry_judges_no_model_of_the_other(graphql: GraphQL) -> None:
    office, mark = Office(graphql), uuid4().hex[:8]
    kept, entry = [
        await office.officer.does("registerOrganisation", **front(f"Mặt trận {mark}{n}")) for n in "ab"
    ]
    model = await office.submitted(kept)
    await office.officer.does("mergeOrganisations", organisation=entry, into=kept, reason="Ghi hai lần")
    member = Person(graphql, Role.APPRAISER)
    grant = Grant(role=Role.APPRAISER, unit=CITY, organisation=entry)
    caller = Caller(id=fresh(), name="", grants=(grant,))
    member.token = user_token(graphql.settings, caller, timedelta(hours=1))
    assert (await member.tries("acceptModel", model=model, on="2019-03-01"))["code"] == "own-work"
