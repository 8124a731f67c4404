"""The query of the search beside its index: the documents of a page of hits."""

from collections.abc import Iterator
from dataclasses import replace

from services.registration.models.messages import MODEL
from services.registration.search.messages import SearchHits
from tests.platform.explain.lists import Listed, by_ids


def lists() -> Iterator[Listed]:
    yield replace(by_ids("registration.models", MODEL), what="a page of hits", message=SearchHits)
