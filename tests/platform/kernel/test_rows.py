"""What an answer's version is made of: the versions of its documents, or else all that is said of what has none."""

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


def test_a_documents_version_stands_for_all_that_it_says() -> None:
    assert version(_id="x", version=1, many=1) != version(_id="x", version=2, many=1)
    assert version(_id="x", version=1, many=1) == version(_id="x", version=1, many=2)


@pytest.mark.parametrize("changed", [{"many": 2}, {"_id": "y"}])
def test_of_what_is_counted_and_has_no_version_all_that_it_says_counts(changed: dict[str, Any]) -> None:
    document = {"_id": "x", "many": 1}
    assert version(**document) == version(**document)
    assert version(**document) != version(**(document | changed))
