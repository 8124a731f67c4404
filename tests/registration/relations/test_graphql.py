"""Look-alikes through GraphQL: suggested with reasons, decided by people, visible to those who see both models."""

from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import GraphQL
from tests.people import CITY, DISTRICT, MOUNTAIN, WARD, Office, Person, fresh

pytestmark = pytest.mark.asyncio(loop_scope="session")

RELATION = (
    "id kind state score grounds { text weight } model { id } other { id } unit { id } reason decidedBy"
)
OF_MODEL = f"""
query OfModel($id: ID!) {{
  node(id: $id) {{ ... on Model {{
    lookalikes(first: 20) {{ edges {{ node {{ {RELATION} }} }} }}
    relations(first: 20) {{ edges {{ node {{ {RELATION} }} }} }}
  }} }}
}}
"""
OPEN = f"""
query Open($unit: ID, $state: RelationState, $after: String) {{
  relations(first: 5, after: $after, filter: {{ unit: $unit, state: $state }}) {{
    edges {{ node {{ {RELATION} }} }} pageInfo {{ hasNextPage endCursor }}
  }}
}}
"""
POLICE = "Dân vận khéo trong công tác tiếp dân và giải quyết thủ tục hành chính"


def nodes(connection: dict[str, Any]) -> list[dict[str, Any]]:
    return [edge["node"] for edge in connection["edges"]]


async def lookalikes(who: Person, model: str) -> list[dict[str, Any]]:
    await who.graphql.settled()
    return nodes((await who.ask(OF_MODEL, id=model))["node"]["lookalikes"])


@pytest.fixture
def province(graphql: GraphQL) -> Office:
    return Office(graphql, "u42")


def words() -> str:
    """Three words that no other model has."""
    return " ".join(f"{start}{uuid4().hex[:8]}" for start in ("an", "bình", "khang"))


async def test_two_wordings_of_one_model_are_suggested_and_confirmed(graphql: GraphQL) -> None:
    office = Office(graphql)
    owner = await office.organisation()
    first = await office.draft(owner, "2019-03-01", title=POLICE)
    second = await office.draft(
        owner, "2019-11-15", title=f"{POLICE} tại bộ phận tiếp nhận và trả kết quả hồ sơ hành chính"
    )
    await office.draft(owner, "2019-11-16", title="Dân vận khéo trong giữ gìn an ninh trật tự nhà ga")
    (found,) = await lookalikes(office.reporter, second)
    assert (found["kind"], found["state"], found["model"]["id"], found["other"]["id"]) == (
        "CONTINUATION",
        "SUGGESTED",
        second,
        first,
    )
    assert [ground["text"] for ground in found["grounds"]] == ["tiếp dân", "giải quyết thủ tục hành chính"]
    assert found["unit"]["id"] == WARD
    assert [one["id"] for one in await lookalikes(office.reporter, first)] == [found["id"]]

    key = fresh()
    for _ in range(2):
        await office.officer.does("confirmRelation", key, relation=found["id"], reason="Cùng một việc")
    again = await office.officer.tries("confirmRelation", relation=found["id"])
    assert (again["code"], again["fields"]) == ("already-decided", ["relation"])
    assert await lookalikes(office.officer, second) == []
    (fact,) = nodes((await office.officer.ask(OF_MODEL, id=first))["node"]["relations"])
    assert (fact["state"], fact["reason"], fact["decidedBy"]) == (
        "CONFIRMED",
        "Cùng một việc",
        f"officer@{CITY}",
    )


async def test_dismissed_relation_is_not_suggested_again(graphql: GraphQL) -> None:
    office, title = Office(graphql), words()
    owner = await office.organisation()
    first, second = [await office.draft(owner, title=f"Dân vận khéo {title}") for _ in range(2)]
    (found,) = await lookalikes(office.appraiser, second)
    assert (found["kind"], found["other"]["id"]) == ("DUPLICATE", first)
    refused = await office.appraiser.tries("dismissRelation", relation=found["id"], reason=" ")
    assert (refused["code"], refused["fields"]) == ("reason-empty", ["reason"])
    await office.appraiser.does("dismissRelation", relation=found["id"], reason="Hai tổ khác nhau")
    third = await office.draft(owner, title=title)
    assert {one["other"]["id"] for one in await lookalikes(office.appraiser, third)} == {first, second}
    assert [one["model"]["id"] for one in await lookalikes(office.appraiser, second)] == [third]


async def test_suggestion_follows_a_revised_title(graphql: GraphQL) -> None:
    office, title, other = Office(graphql), words(), words()
    owner = await office.organisation()
    first, second = [await office.draft(owner, title=title) for _ in range(2)]
    (found,) = await lookalikes(office.reporter, first)
    await office.officer.does("reviseModel", model=second, title=other, on="2019-02-05")
    assert await lookalikes(office.reporter, first) == []
    node = await office.reporter.ask(
        "query($id: ID!) { node(id: $id) { ... on Relation { state } } }", id=found["id"]
    )
    assert node["node"]["state"] == "LAPSED"
    third = await office.draft(owner, title=other)
    assert [one["other"]["id"] for one in await lookalikes(office.reporter, third)] == [second]


async def test_replication_is_visible_only_to_callers_who_see_both_places(
    graphql: GraphQL, province: Office
) -> None:
    title = words()
    here = await province.draft(await province.organisation(WARD), title=f"Mô hình {title}")
    there = await province.draft(await province.organisation(MOUNTAIN), title=title)
    (found,) = await lookalikes(province.reporter, there)
    assert (found["kind"], found["other"]["id"], found["unit"]["id"]) == ("REPLICATION", here, "u42")
    for unit, model in ((CITY, here), (WARD, here), (DISTRICT, there), (MOUNTAIN, there)):
        who = Person(graphql, "officer", unit)
        assert await lookalikes(who, model) == []
        refused = await who.tries("confirmRelation", relation=found["id"])
        assert refused["code"] == "relation-not-found"
        node = (await who.ask("query($id: ID!) { node(id: $id) { id } }", id=found["id"]))["node"]
        assert node is None


async def test_undecided_suggestions_of_a_unit_come_in_pages(graphql: GraphQL) -> None:
    office, title = Office(graphql), words()
    owner = await office.organisation()
    for _ in range(4):
        await office.draft(owner, title=title)
    await graphql.settled()
    ids: list[str] = []
    after = None
    while True:
        variables = {"unit": WARD, "state": "SUGGESTED", "after": after}
        page = (await office.reporter.ask(OPEN, **variables))["relations"]
        ids += [node["id"] for node in nodes(page) if node["grounds"][0]["text"] == title]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(set(ids)) == len(ids) == 6
    assert ids == sorted(ids, reverse=True)
    elsewhere = (await office.reporter.ask(OPEN, unit=DISTRICT, state="SUGGESTED"))["relations"]
    assert not {node["id"] for node in nodes(elsewhere)} & set(ids)


async def test_person_states_a_relation_of_titles_without_common_words(province: Office) -> None:
    owner = await province.organisation()
    eye, camera = [await province.draft(owner, title=words()) for _ in range(2)]
    known = {"model": camera, "other": eye, "kind": "DUPLICATE", "reason": "Mắt thần là camera"}
    relation = await province.officer.does("assertRelation", **known)
    (fact,) = nodes((await province.officer.ask(OF_MODEL, id=eye))["node"]["relations"])
    assert (fact["id"], fact["kind"], fact["score"], fact["grounds"]) == (relation, "DUPLICATE", 0, [])
    again = await province.officer.tries("assertRelation", **known)
    assert again["code"] == "already-decided"
    for wrong, code in (
        ({"other": camera}, "same-model"),
        ({"other": "model_" + "0" * 24}, "other-not-found"),
    ):
        assert (await province.officer.tries("assertRelation", **{**known, **wrong}))["code"] == code
