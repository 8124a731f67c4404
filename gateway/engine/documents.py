"""Documents of clients: read, measured and validated once, and kept as long as they are asked for."""

import hashlib
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from functools import cache
from time import perf_counter
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from graphql.validation import recommended_rules
from graphql.validation.rules import overlapping_fields_can_be_merged
from graphql.validation.validate import ValidationAbortedError
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from gateway.engine.limits import CHARACTERS, COMMENTS, TOKENS, Limits, Measured, too_deep
from gateway.fields.errors import refused

RULES = (*specified_rules, *recommended_rules, MaybeNullValidationRule, OneOfInputValidationRule)
KEPT = 1_000_000
"""Characters of all documents that are kept; trees take about fifty times as much memory."""

HASH = 16
"""Digits of the hash that a document is known by in logs and metrics."""
COUNTED = 15
"""Errors that are counted in one document; then nobody looks for more."""

# Whether fields can be merged is compared pair by pair. By default that may take a third of a second.
overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = 3_000


class Document:
    """What has `errors`, which say why nothing can be asked with it, has no `tree`."""

    def __init__(self, text: str, limits: Limits, schema: GraphQLSchema) -> None:
        self.hash = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:HASH]
        self.tree: DocumentNode | None = None
        self.measured: Measured | None = None
        self.operations: dict[str, OperationDefinitionNode] = {}
        """By their names, that of an unnamed one ``""``."""
        self.plans: dict[Hashable, Any] = {}
        """What the plan executor has made of it."""
        self.errors: Sequence[GraphQLError]
        begun = perf_counter()
        self._read(text, limits, schema)
        self.validating = perf_counter() - begun - self.parsing
        """Seconds, measuring included."""

    def _read(self, text: str, limits: Limits, schema: GraphQLSchema) -> None:
        begun = perf_counter()
        tree, self.errors = _parsed(text)
        self.parsing = perf_counter() - begun
        if tree is None:
            return
        measured = limits.measure(tree)
        # What is too large is not validated: some rules take the square of its size.
        errors = measured.errors or _invalid(schema, tree)
        # They need the text to say where they are; its tree, fifty times as large, goes.
        self.errors = [_without_nodes(error) for error in errors]
        if not errors:
            self.tree, self.measured = tree, measured
            self.operations = {
                definition.name.value if definition.name else "": definition
                for definition in tree.definitions
                if isinstance(definition, OperationDefinitionNode)
            }

    def operation(self, name: str) -> OperationDefinitionNode | None:
        """The one of this name, or the only one where none is named."""
        if name or len(self.operations) != 1:
            return self.operations.get(name) if name else None
        return next(iter(self.operations.values()))


@cache
def documents(schema: GraphQLSchema) -> "Documents":
    return Documents(schema)


class Documents:
    """Of one schema, by their text. What was asked for twice is not pushed out by what is asked for once."""

    def __init__(self, schema: GraphQLSchema, kept: int = KEPT) -> None:
        self._schema = schema
        self._limits = Limits(schema)
        self._new = _Shelf(kept // 4)
        self._known = _Shelf(kept - kept // 4)

    def find(self, text: str) -> Document | None:
        found = self._known.find(text)
        if found is None:
            found = self._new.take(text)
            if found:
                (self._known if not found.errors else self._new).put(text, found)
        return found

    def made(self, text: str) -> Document:
        """Newly read, in any thread."""
        return Document(text, self._limits, self._schema)

    def keep(self, text: str, document: Document) -> Document:
        self._new.put(text, document)
        return document


class _Shelf:
    """The documents that were asked for last, as many as have room."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._used = 0
        self._documents: OrderedDict[str, Document] = OrderedDict()

    def find(self, text: str) -> Document | None:
        found = self._documents.get(text)
        if found:
            self._documents.move_to_end(text)
        return found

    def take(self, text: str) -> Document | None:
        found = self._documents.pop(text, None)
        if found:
            self._used -= len(text)
        return found

    def put(self, text: str, document: Document) -> None:
        self.take(text)
        self._documents[text] = document
        self._used += len(text)
        while self._used > self._room:
            oldest, _ = self._documents.popitem(last=False)
            self._used -= len(oldest)


def _parsed(text: str) -> tuple[DocumentNode | None, Sequence[GraphQLError]]:
    if len(text) > CHARACTERS:
        return None, [_too_long()]
    try:
        return parse(text, max_lexical_tokens=TOKENS, max_comments=COMMENTS), ()
    except RecursionError:
        return None, [too_deep()]
    except GraphQLSyntaxError as error:
        if "Document contains more than" in error.message:
            return None, [_too_long()]
        if "nested too deeply" in error.message:
            return None, [too_deep()]
        return None, [error.with_traceback(None)]


def _without_nodes(error: GraphQLError) -> GraphQLError:
    return GraphQLError(
        error.message,
        source=error.source,
        positions=error.positions,
        path=error.path,
        original_error=error.original_error,
        extensions=error.extensions,
    )


def _invalid(schema: GraphQLSchema, tree: DocumentNode) -> list[GraphQLError]:
    found = validate(schema, tree, RULES, max_errors=COUNTED)
    if any(isinstance(error, ValidationAbortedError) for error in found) and len(found) <= COUNTED:
        vi, en = "Tài liệu quá phức tạp để kiểm tra.", "The document is too complex to be validated."
        return [refused(code="document-too-complex", vi=vi, en=en)]
    return found


def _too_long() -> GraphQLError:
    return refused(
        code="document-too-long",
        vi=f"Tài liệu có quá {CHARACTERS} ký tự, {TOKENS} từ hoặc {COMMENTS} chú thích; hãy dùng biến cho dữ liệu.",
        en=f"The document has over {CHARACTERS} characters, {TOKENS} tokens or {COMMENTS} comments; "
        "put data into variables.",
    )
