"""Query documents: each is parsed, measured and validated once, and kept while clients send it."""

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
"""Characters of all documents in the cache. A tree takes about fifty times the memory of its text."""

HASH = 16
"""Digits of the hash that stands for a document in logs and metrics."""
MOST_ERRORS = 15
"""Errors after which the validation of a document stops."""

# The rule compares fields pair by pair. The worst document within our limits takes 47 ms by default, and 9 ms here.
overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = 3_000


class QueryDocument:
    """A document that clients send: GraphQL text with operations and fragments. With `errors` it has no `tree`."""

    def __init__(self, text: str, limits: Limits, schema: GraphQLSchema) -> None:
        self.hash = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:HASH]
        self.tree: DocumentNode | None = None
        self.measured: Measured | None = None
        self.operations: dict[str, OperationDefinitionNode] = {}
        """Name → operation. An operation without a name has the name ``""``."""
        self.plans: dict[Hashable, Any] = {}
        """Written by the executor."""
        self.errors: Sequence[GraphQLError]
        begun = perf_counter()
        self._read(text, limits, schema)
        self.validating = perf_counter() - begun - self.parsing
        """Seconds spent on measuring and validation."""

    def _read(self, text: str, limits: Limits, schema: GraphQLSchema) -> None:
        begun = perf_counter()
        tree, self.errors = _parse(text)
        self.parsing = perf_counter() - begun
        if tree is None:
            return
        measured = limits.measure(tree)
        # A document over a limit is not validated: the time of some rules grows with the square of its size.
        errors = measured.errors or _validation_errors(schema, tree)
        # An error keeps the text, to show its place. It does not keep the tree, which is fifty times as large.
        self.errors = [_without_nodes(error) for error in errors]
        if not errors:
            self.tree, self.measured = tree, measured
            self.operations = {
                definition.name.value if definition.name else "": definition
                for definition in tree.definitions
                if isinstance(definition, OperationDefinitionNode)
            }

    def operation(self, name: str) -> OperationDefinitionNode | None:
        """The operation of this name; without a name, the only operation."""
        if name or len(self.operations) != 1:
            return self.operations.get(name) if name else None
        return next(iter(self.operations.values()))


@cache
def query_cache(schema: GraphQLSchema) -> "QueryCache":
    return QueryCache(schema)


class QueryCache:
    """Documents of one schema, by text.

    A segmented LRU cache: documents sent once cannot push out documents sent twice. Refused documents stay in the
    first segment.
    """

    def __init__(self, schema: GraphQLSchema, kept: int = KEPT) -> None:
        self._schema = schema
        self._limits = Limits(schema)
        self._new = _Segment(kept // 4)
        self._known = _Segment(kept - kept // 4)

    def find(self, text: str) -> QueryDocument | None:
        document = self._known.find(text)
        if document is None:
            document = self._new.take(text)
            if document:
                (self._known if not document.errors else self._new).put(text, document)
        return document

    def parse(self, text: str) -> QueryDocument:
        """Can run in any thread."""
        return QueryDocument(text, self._limits, self._schema)

    def add(self, text: str, document: QueryDocument) -> QueryDocument:
        self._new.put(text, document)
        return document


class _Segment:
    """The most recently used documents, up to `room` characters in all."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._used = 0
        self._documents: OrderedDict[str, QueryDocument] = OrderedDict()

    def find(self, text: str) -> QueryDocument | None:
        document = self._documents.get(text)
        if document:
            self._documents.move_to_end(text)
        return document

    def take(self, text: str) -> QueryDocument | None:
        """Finds the document and removes it."""
        document = self._documents.pop(text, None)
        if document:
            self._used -= len(text)
        return document

    def put(self, text: str, document: QueryDocument) -> None:
        self.take(text)
        self._documents[text] = document
        self._used += len(text)
        while self._used > self._room:
            oldest, _ = self._documents.popitem(last=False)
            self._used -= len(oldest)


def _parse(text: str) -> tuple[DocumentNode | None, Sequence[GraphQLError]]:
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


def _validation_errors(schema: GraphQLSchema, tree: DocumentNode) -> list[GraphQLError]:
    errors = validate(schema, tree, RULES, max_errors=MOST_ERRORS)
    if any(isinstance(error, ValidationAbortedError) for error in errors) and len(errors) <= MOST_ERRORS:
        vi, en = "Tài liệu quá phức tạp để kiểm tra.", "The document is too complex to be validated."
        return [refused(code="document-too-complex", vi=vi, en=en)]
    return errors


def _too_long() -> GraphQLError:
    return refused(
        code="document-too-long",
        vi=f"Tài liệu có quá {CHARACTERS} ký tự, {TOKENS} từ hoặc {COMMENTS} chú thích; hãy dùng biến cho dữ liệu.",
        en=f"The document has over {CHARACTERS} characters, {TOKENS} tokens or {COMMENTS} comments; "
        "put data into variables.",
    )
