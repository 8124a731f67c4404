"""The search over models."""

from collections.abc import Mapping

import msgspec

from services.registration.models.messages import ModelsFilter
from services.registration.search.messages import Search, SearchHits, SearchKey
from tests.access.world import OFFICER, Making, World, draft

TITLE = "Loa phóng thanh trên đồi chè"
KEY = SearchKey(text=TITLE, filter=ModelsFilter()).written()


async def build(world: World, made: Making, spare: Mapping[str, int]) -> None:
    searched = msgspec.structs.replace(draft(world.owner), title=TITLE)
    world.things["searched"] = await made.id(searched, OFFICER)


MESSAGES = {
    "registration.search": lambda t: Search(text=TITLE, fields={"id": "total"}),
    "registration.search-hits": lambda t: SearchHits(keys=(KEY,), first=1, fields={"id": "model"}),
}
_SEARCH = f'query {{ search(text: "{TITLE}") {{ %s }} }}'
QUERIES = {
    "Query.search": _SEARCH % "asOf",
    "SearchResult.hits": _SEARCH % "hits(first: 1) { edges { node { model { id } } } }",
    "SearchHit.model": _SEARCH % "hits(first: 1) { edges { node { model { id } } } }",
}
