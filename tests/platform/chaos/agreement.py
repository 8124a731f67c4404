"""Compares the copies of each reader with the documents of its producer, which it reads from MongoDB itself."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from infra.operate.operator import OPERATOR
from services.kernel.messaging.client import Client
from services.kernel.mongo.driver import Database, Document
from services.kernel.rows import Rows
from services.registration.formality.domain import MANY_UNITS, digest
from services.registration.search.messages import Search

Databases = Mapping[str, Database]
ASKED = 8
"""Searches, so that each of two processes answers some of them."""


async def _all(database: Database, collection: str) -> dict[str, Document]:
    return {document["_id"]: document async for document in database[collection].find()}


async def each_registered_model_has_one_review(databases: Databases) -> None:
    models = await _all(databases["registration"], "models")
    registered = {id_ for id_, model in models.items() if model["registered_version"]}
    reviews = (await _all(databases["review"], "reviews")).values()
    current = [review["model"] for review in reviews if review["closed_because"] != "RECORD_LOST"]
    assert sorted(current) == sorted(registered)
    assert {review["verdict"] for review in reviews if review["model"] not in registered} <= {None}


async def copies_are_the_register(databases: Databases) -> None:
    """Supervision's copies of organisations and units."""
    organisations = await _all(databases["registration"], "organisations")
    copies = await _all(databases["supervision"], "organisations")
    assert {id_: (one["version"], one["names"][-1]["name"]) for id_, one in copies.items()} == {
        id_: (one["version"], one["name"]) for id_, one in organisations.items()
    }
    units = await _all(databases["registration"], "units")
    assert (await _all(databases["supervision"], "units")).keys() == units.keys()


async def models_of_one_title_and_owner_are_related(databases: Databases) -> None:
    models = await _all(databases["registration"], "models")
    relations = (await _all(databases["registration"], "relations")).values()
    related = {model for relation in relations for model in relation["models"]}
    assert related <= models.keys()
    assert len({relation["pair"] for relation in relations}) == len(relations)
    alike: dict[Any, list[str]] = defaultdict(list)
    for id_, model in models.items():
        alike[model["owner"], model["title"]].append(id_)
    assert {id_ for ids in alike.values() for id_ in ids if len(ids) > 1} <= related


async def submitted_texts_are_known(databases: Databases) -> None:
    """Formality notes for each text the units that sent it, up to the number that raises a question."""
    units: dict[str, set[str]] = defaultdict(set)
    models = await _all(databases["registration"], "models")
    for model in models.values():
        if model["state"] != "DRAFT":
            text = digest(model["title"], model["summary"])
            units[f"text/{model['year']}/{text}"].add(model["unit"])
    groups = await _all(databases["registration"], "formality_groups")
    known = {id_: len(group["members"]) for id_, group in groups.items() if id_.startswith("text/")}
    expected = {id_: min(len(found), MANY_UNITS) for id_, found in units.items()}
    assert known == expected, (known, expected)
    questions = (await _all(databases["registration"], "questions")).values()
    assert {question["model"] for question in questions} <= models.keys()


async def search_finds_each_model(databases: Databases, services: Client, title: str) -> None:
    models = (await _all(databases["registration"], "models")).values()
    expected = sum(model["title"] == title for model in models)
    for _ in range(ASKED):
        (row,) = (await services.ask(Search(text=title, fields={"total": "total"}), OPERATOR, Rows)).read()
        assert row
        assert row["total"] == expected
