"""The manifest has the documents that the clients in this repository send, and they fit the schema."""

import pytest
from graphql import parse, validate

from gateway.persisted import FILE
from gateway.schema import schema
from infra.operate.manifest import documents, manifest


def test_committed_manifest_has_the_documents_of_our_clients() -> None:
    assert FILE.read_text(encoding="utf-8") == manifest() + "\n", "`make operations` writes it"


@pytest.mark.parametrize("document", list(documents()))
def test_documents_of_our_clients_are_valid(document: str) -> None:
    assert validate(schema._schema, parse(document)) == []
