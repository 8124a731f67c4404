"""The version of an answer: from the versions of its documents, or from the content of those without one."""

from typing import Any

import msgspec
import pytest

from services.kernel.rows import ByKeys, Columns


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    many: int


def version(**document: Any) -> str:
    query = ByKeys(keys=("x",), fields={"many": "many"}, versioned=True)
    view = Columns(Counted).view(query, lambda _: True)
    view.add(document)
    return view.rows().head.version


def test_version_of_an_answer_follows_from_versions_of_documents() -> None:
    assert version(_id="x", version=1, many=1) != version(_id="x", version=2, many=1)
    assert version(_id="x", version=1, many=1) == version(_id="x", version=1, many=2)


@pytest.mark.parametrize("changed", [{"many": 2}, {"_id": "y"}])
def test_version_of_an_answer_follows_from_content_without_versions(changed: dict[str, Any]) -> None:
    document = {"_id": "x", "many": 1}
    assert version(**document) == version(**document)
    assert version(**document) != version(**(document | changed))


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    names: tuple[str, ...]
    parts: tuple[Counted, ...]


def test_list_that_a_document_lacks_is_empty() -> None:
    assert Columns(Listed).whole({"_id": "x"}, lambda _: True) == {"names": [], "parts": []}
