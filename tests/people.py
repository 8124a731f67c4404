"""Callers with a role in a unit, for tests of the running gateway; and the number of documents that commands change."""

from typing import Any
from uuid import uuid4

from services.kernel.messages import Role
from tests.conftest import GraphQL

TOWN = "u437"
CITY = "u436"
"""Tests register their records here, so that the sample's figures do not change."""
WARD = "u18073"
DISTRICT, MOUNTAIN = "u439", "u18196"
"""A district, and one of its communes. The district ended on 2025-07-01; the commune then came under the province."""

CHANGED = {
    "registration": ("units", "organisations", "models", "log"),
    "review": ("reviews", "log"),
    "supervision": ("activities", "log"),
    "reporting": ("facts_1", "counters_1"),
}

_OF_MODELS = {
    *(
        "draftModel",
        "reviseModel",
        "submitModel",
        "returnModel",
        "acceptModel",
        "withdrawModel",
        "beginModel",
    ),
    *("noteProgress", "recordContribution", "selfAssessModel", "carryOverModel", "changeModelLevel"),
    *("changeModelOwner", "discontinueModel"),
}
_HANDED = " ... on HandedOver { unit { id } to { id } since document records left }"
_DO = """
mutation Do($key: String!, $input: {input}!) {{
  {name}(idempotencyKey: $key, input: $input) {{
    __typename
    {more}
    ... on Refusal {{ code fields messageVi messageEn }}
  }}
}}
"""


def fresh() -> str:
    return uuid4().hex


_EACH = """
mutation Do($key: String!, $input: {input}!) {{
  {name}(idempotencyKey: $key, input: $input) {{
    __typename
    ... on Batch {{ preview done refused items {{ id refusal {{ code fields messageVi }} }} }}
    ... on Refusal {{ code fields messageVi messageEn }}
  }}
}}
"""
_BATCHES = {
    "acceptModels",
    "returnModels",
    "beginModels",
    "carryOverModels",
    "changeModelOwners",
    "decideReviews",
}


def mutation(name: str) -> str:
    if name in _BATCHES:
        return _EACH.format(name=name, input=f"{name[0].upper()}{name[1:]}Input")
    more = "... on Model { title state version }" if name in _OF_MODELS else ""
    more += _HANDED if name in ("handOver", "handOverAll") else " ... on Node { id }"
    return _DO.format(name=name, more=more, input=f"{name[0].upper()}{name[1:]}Input")


class Person:
    def __init__(self, graphql: GraphQL, role: Role | str, unit: str = CITY, name: str = "") -> None:
        self.graphql = graphql
        self.token = graphql.token(role, unit, name=name)

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        return await self.graphql.ask(query, self.token, **variables)

    async def errors(self, query: str, **variables: Any) -> list[dict[str, Any]]:
        reply = await self.graphql.post({"query": query, "variables": variables}, self.token)
        assert reply.status_code == 200
        found: list[dict[str, Any]] = reply.json()["errors"]
        return found

    async def tries(self, name: str, /, key: str = "", **input_: Any) -> dict[str, Any]:
        """The result of the mutation: the new state or a refusal."""
        made: dict[str, Any] = (await self.ask(mutation(name), key=key or fresh(), input=input_))[name]
        return made

    async def does(self, name: str, /, key: str = "", **input_: Any) -> str:
        made = await self.tries(name, key, **input_)
        assert made["__typename"] != "Refusal", made
        return str(made["id"])


class Office:
    """The callers of one unit. They bring a model into the state that a test needs."""

    def __init__(self, graphql: GraphQL, unit: str = CITY) -> None:
        self.graphql = graphql
        self.unit = unit
        self.officer = Person(graphql, Role.OFFICER, unit)
        self.appraiser = Person(graphql, Role.APPRAISER, unit)
        self.supervisor = Person(graphql, Role.SUPERVISOR, unit)
        self.reporter = Person(graphql, Role.REPORTER, unit)

    async def organisation(self, unit: str = WARD, on: str = "2019-01-02") -> str:
        return await self.officer.does(
            "registerOrganisation",
            name="Hội Phụ nữ phường",
            kind="WOMENS_UNION",
            unit=unit,
            on=on,
            insist=True,
        )

    async def draft(self, owner: str, on: str = "2019-02-01", **more: Any) -> str:
        wanted = {"title": "Ngõ xóm sạch đẹp", "field": "ECONOMY", "subjectKind": "COLLECTIVE", **more}
        return await self.officer.does("draftModel", owner=owner, on=on, **wanted)

    async def submitted(self, owner: str) -> str:
        model = await self.draft(owner)
        return await self.officer.does("submitModel", model=model, on="2019-02-10")

    async def registered(self, owner: str) -> str:
        model = await self.submitted(owner)
        return await self.appraiser.does("acceptModel", model=model, on="2019-03-01")

    async def begun(self, owner: str) -> str:
        """A model that can be recognised."""
        return await self.officer.does("beginModel", model=await self.registered(owner), on="2019-03-02")

    async def review_of(self, model: str) -> str:
        """The id of the model's review, after review has read all events of the model."""
        await self.graphql.settled()
        found = await self.appraiser.ask(
            "query($id: ID!) { node(id: $id) { ... on Model { review { id } } } }", id=model
        )
        return str(found["node"]["review"]["id"])

    async def decided(self, owner: str, verdict: str = "RECOGNISED") -> str:
        review = await self.review_of(await self.begun(owner))
        return await self.appraiser.does(
            "decideReview", review=review, verdict=verdict, reason="Thiết thực", on="2019-11-01"
        )


async def counts(graphql: GraphQL) -> dict[str, int]:
    """Number of documents in each collection that a command can change, after all readers have read all events."""
    await graphql.settled()
    return {
        f"{service}.{name}": await graphql.watch.stores[service].db[name].estimated_document_count()
        for service, names in CHANGED.items()
        for name in names
    }
