"""Size limits of a query document, and the cost of its operations, measured before validation.

Each fragment is measured once, however often it is spread, so the time grows linearly with the document.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FloatValueNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_introspection_type,
    is_leaf_type,
)
from graphql.utilities.coerce_input_value import coerce_default_value

from gateway.fields.errors import refused
from services.kernel.rows import LARGEST_PAGE

CHARACTERS = 32_768
"""Characters of a document. Long values belong into variables."""
TOKENS = 1_000
COMMENTS = 100
DEPTH = 20
"""Levels of selections, those of fragments included."""
ALIASES = 30
DIRECTIVES = 50
DIRECTIVES_HERE = 4
ARGUMENTS = 20
"""Arguments of one field."""
ROOT_FIELDS = 20
FIELDS = 500
"""Fields of an operation. Those of a fragment count as often as it is spread."""
OPERATIONS = 10
FRAGMENTS = 50
VARIABLES = 50
ITEMS = 100
"""Items of a list or object in the document."""
VALUE_DEPTH = 10
TEXT = 10_000
NUMBER = 100
"""Characters of a text (TEXT) or a number (NUMBER) in the document."""
NODES = 20_000
"""Objects of an answer, by the estimate."""

PAGE = ("first", "last")
SIZE = 10
"""Estimated length of a list that is no page. A field can declare another `size`."""
ASKS, CHANGES = 2, 10
"""Cost of an object requested from a service, and of a mutation. A field can declare another `weight`."""
INTROSPECTION = {"__schema": 100.0, "__type": 20.0}
INTROSPECTION_SIZES = {"types": 60.0, "args": 2.0, "interfaces": 1.0, "ofType": 0.5, "directives": 6.0}
_REMEMBERED = 256


class Price(NamedTuple):
    cost: int
    nodes: int


class _Facts(NamedTuple):
    """The declaration of a field: weight of each object, number of objects, and the arguments that set the number."""

    type: GraphQLNamedType
    leaf: bool
    lists: int
    weight: float
    size: float
    pages: tuple[tuple[str, Any], ...]


@dataclass
class _Part:
    """Measures of an operation or fragment, without those of the fragments that it spreads."""

    fields: int = 0
    depth: int = 1
    roots: int = 0
    introspects: bool = False
    spreads: list[tuple[str, int, bool]] = field(default_factory=list)
    """Fragments that it spreads: name, level, and whether the level is the root."""


class _Whole(NamedTuple):
    """Measures of an operation or fragment, with all fragments."""

    fields: int
    depth: int
    roots: int
    introspects: bool


NOTHING = _Whole(0, 0, 0, False)


class Limits:
    """Measures documents against one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self.facts = cache(self._facts)

    def measure(self, document: DocumentNode) -> "Measured":
        return Measured(self, document)

    def root(self, operation: OperationDefinitionNode) -> GraphQLNamedType:
        found = self._schema.get_root_type(operation.operation)
        if found is None:
            raise LookupError(operation.operation)  # validation has let it pass
        return found

    def type(self, name: str) -> GraphQLNamedType:
        return self._schema.type_map[name]

    def _facts(self, type_name: str, name: str) -> _Facts | None:
        """None for `__typename`, which is free."""
        parent: Any = self._schema.type_map[type_name]
        found = self._schema.get_field(parent, name)
        if found is None or name == "__typename":
            return None
        definition = found.extensions.get("strawberry-definition")
        metadata: Mapping[Any, Any] = getattr(definition, "metadata", None) or {}
        named = get_named_type(found.type)
        declared = metadata.get("weight")
        return _Facts(
            type=named,
            leaf=is_leaf_type(named),
            lists=_lists(found),
            weight=self._weight(parent, name, named, definition) if declared is None else float(declared),
            size=float(metadata.get("size", SIZE))
            if not is_introspection_type(named)
            else _introspected(name),
            pages=tuple((a, coerce_default_value(found.args[a])) for a in PAGE if a in found.args),
        )

    def _weight(self, parent: Any, name: str, named: GraphQLNamedType, definition: Any) -> float:
        if is_introspection_type(named) and not is_leaf_type(named):
            return INTROSPECTION.get(name, 0.0)
        if parent is self._schema.mutation_type:
            return CHANGES
        if is_leaf_type(named):
            return 0
        resolver = getattr(definition, "base_resolver", None)
        return ASKS if resolver is not None and resolver.is_async else 1


class Measured:
    """Measures of a document. `errors` names the limits it exceeds. The methods are for valid documents."""

    def __init__(self, limits: Limits, document: DocumentNode) -> None:
        self._limits = limits
        self._operations: dict[str | None, OperationDefinitionNode] = {}
        self._fragments: dict[str, FragmentDefinitionNode] = {}
        self._sizes: dict[str, Any] = {}
        """Variables that set the size of a page, with their defaults."""
        self._prices: dict[tuple[Any, ...], Price] = {}
        self._parts: dict[str, _Part] = {}
        self._wholes: dict[str, _Whole] = {}
        self._of: dict[str | None, _Whole] = {}
        self.errors = list(self._measure(document))

    def introspects(self, operation: str | None) -> bool:
        return self._of[operation if operation in self._of else next(iter(self._of))].introspects

    def price(self, operation: str | None, variables: Mapping[str, Any] | None) -> Price:
        """Upper estimate of the cost of an operation with these variables."""
        given = variables or {}
        sizes = {name: _size(given.get(name, default), None) for name, default in self._sizes.items()}
        key = (operation, *sizes.values())
        found = self._prices.get(key)
        if found is None:
            if len(self._prices) >= _REMEMBERED:
                self._prices.clear()
            found = self._prices[key] = self._price(operation, sizes)
        return found

    # Without the schema

    def _measure(self, document: DocumentNode) -> Iterator[GraphQLError]:
        aliases = directives = variables = arguments = 0
        crowded = oversized = False
        operations: list[tuple[OperationDefinitionNode, _Part]] = []
        for definition in document.definitions:
            if isinstance(definition, FragmentDefinitionNode):
                self._fragments[definition.name.value] = definition
            elif isinstance(definition, OperationDefinitionNode):
                self._operations[definition.name.value if definition.name else None] = definition
            else:
                continue  # such as a type: validation refuses it
            part = _Part()
            for node in _nodes(definition, part):
                if isinstance(node, FieldNode):
                    aliases += node.alias is not None
                    oversized |= any(_oversized(a.value) for a in node.arguments or ())
                    arguments = max(arguments, len(node.arguments or ()))
                    self._note_pages(node)
                here: Sequence[DirectiveNode] = node.directives or ()
                directives += len(here)
                crowded |= len(here) > DIRECTIVES_HERE
                oversized |= any(_oversized(a.value) for d in here for a in d.arguments or ())
            if isinstance(definition, FragmentDefinitionNode):
                self._parts[definition.name.value] = part
            else:
                declared = definition.variable_definitions or ()
                variables += len(declared)
                oversized |= any(_oversized(v.default_value) for v in declared if v.default_value)
                operations.append((definition, part))
        self._note_defaults(operation for operation, _ in operations)
        wholes = [self._whole(part, ()) for _, part in operations]
        self._of = {
            definition.name.value if definition.name else None: whole
            for (definition, _), whole in zip(operations, wholes, strict=True)
        }
        # Validation also reads fragments that nothing spreads.
        everything = [*wholes, *(self._fragment(name, ()) for name in self._parts)]
        if len(operations) > OPERATIONS:
            yield _over(OPERATIONS, "thao tác", "operations", code="too-many-operations")
        if len(self._parts) > FRAGMENTS:
            yield _over(FRAGMENTS, "phân đoạn (fragment)", "fragments", code="too-many-fragments")
        if variables > VARIABLES:
            yield _over(VARIABLES, "biến", "variables", code="too-many-variables")
        if aliases > ALIASES:
            yield _over(ALIASES, "bí danh (alias)", "aliases", code="too-many-aliases")
        if directives > DIRECTIVES:
            yield _over(DIRECTIVES, "chỉ thị (directive)", "directives", code="too-many-directives")
        elif crowded:
            yield _over(
                DIRECTIVES_HERE, "chỉ thị ở một chỗ", "directives in a place", code="too-many-directives"
            )
        if arguments > ARGUMENTS:
            yield _over(ARGUMENTS, "đối số ở một trường", "arguments of one field", code="too-many-arguments")
        if oversized:
            vi = "Một giá trị viết thẳng trong tài liệu quá lớn; hãy đưa vào biến."
            en = "A value that stands in the document is too large; put it into a variable."
            yield refused(code="literal-too-large", vi=vi, en=en)
        if any(whole.depth > DEPTH for whole in everything):
            yield too_deep()
        if any(whole.roots > ROOT_FIELDS for whole in wholes):
            yield _over(ROOT_FIELDS, "trường gốc", "root fields", code="too-many-root-fields")
        if any(whole.fields > FIELDS for whole in everything):
            yield _over(FIELDS, "trường", "fields", code="too-many-fields")

    def _whole(self, part: _Part, above: tuple[str, ...]) -> _Whole:
        fields, depth, roots, introspects = part.fields, part.depth, part.roots, part.introspects
        for name, level, root in part.spreads:
            inner = self._fragment(name, above)
            fields += inner.fields
            depth = max(depth, level + inner.depth)
            roots += inner.roots if root else 0
            introspects |= inner.introspects
        return _Whole(fields, depth, roots, introspects)

    def _fragment(self, name: str, above: tuple[str, ...]) -> _Whole:
        """A cycle and an unknown name count as nothing: validation refuses both."""
        if name in self._wholes:
            return self._wholes[name]
        if name not in self._parts or name in above or len(above) > FRAGMENTS:
            return NOTHING
        whole = self._whole(self._parts[name], (*above, name))
        self._wholes[name] = whole
        return whole

    def _note_pages(self, node: FieldNode) -> None:
        for argument in node.arguments or ():
            if argument.name.value in PAGE and isinstance(argument.value, VariableNode):
                self._sizes.setdefault(argument.value.name.value, None)

    def _note_defaults(self, operations: Iterable[OperationDefinitionNode]) -> None:
        for operation in operations:
            for declared in operation.variable_definitions or ():
                name = declared.variable.name.value
                if name in self._sizes and isinstance(declared.default_value, IntValueNode):
                    self._sizes[name] = _literal(declared.default_value, {})

    # With the schema

    def _price(self, operation: str | None, sizes: Mapping[str, int | None]) -> Price:
        chosen = self._operations.get(operation) or next(iter(self._operations.values()))
        cost, nodes = _Pricing(self._limits, self._fragments, sizes).of(
            self._limits.root(chosen), chosen.selection_set, None
        )
        return Price(int(cost) + 1, int(nodes))


class _Pricing:
    """Adds up the cost of a document, with the sizes of its pages."""

    def __init__(
        self, limits: Limits, fragments: Mapping[str, FragmentDefinitionNode], sizes: Mapping[str, int | None]
    ) -> None:
        self._limits = limits
        self._fragments = fragments
        self._sizes = sizes
        self._known: dict[tuple[str, int | None], tuple[float, float]] = {}

    def of(
        self, type_: GraphQLNamedType, selections: SelectionSetNode, page: int | None
    ) -> tuple[float, float]:
        """Cost and number of objects below one object. `page`: length of each of its lists, if known."""
        cost = nodes = 0.0
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                more = self._field(type_, selection, page)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                inner = self._limits.type(condition.name.value) if condition else type_
                more = self.of(inner, selection.selection_set, page)
            elif isinstance(selection, FragmentSpreadNode):
                more = self._fragment(selection.name.value, page)
            cost += more[0]
            nodes += more[1]
        return cost, nodes

    def _field(self, type_: GraphQLNamedType, node: FieldNode, page: int | None) -> tuple[float, float]:
        facts = self._limits.facts(type_.name, node.name.value)
        if facts is None:
            return 0.0, 0.0
        own = self._page(facts, node)
        count = 1.0
        if facts.lists:
            size = own if own is not None else page
            count = facts.size if size is None else float(size)
            count *= facts.size ** (facts.lists - 1)
        elif node.name.value == "ofType":
            count = facts.size
        if facts.leaf or node.selection_set is None:
            return count * facts.weight, 0.0
        cost, nodes = self.of(facts.type, node.selection_set, None if facts.lists else own)
        return count * (facts.weight + cost), count * (1 + nodes)

    def _fragment(self, name: str, page: int | None) -> tuple[float, float]:
        known = self._known.get((name, page))
        if known is None:
            fragment = self._fragments[name]
            type_ = self._limits.type(fragment.type_condition.name.value)
            known = self._known[name, page] = self.of(type_, fragment.selection_set, page)
        return known

    def _page(self, facts: _Facts, node: FieldNode) -> int | None:
        """The requested size of the page; without `first` and `last`, the default of the schema."""
        if not facts.pages:
            return None
        given = {a.name.value: a.value for a in node.arguments or ()}
        found = [
            _literal(given[name], self._sizes) if name in given else _size(default, None)
            for name, default in facts.pages
        ]
        return max((size for size in found if size is not None), default=LARGEST_PAGE)


def _nodes(definition: OperationDefinitionNode | FragmentDefinitionNode, part: _Part) -> Iterator[Any]:
    """All nodes that can have directives. Fills `part` on the way. Not recursive, because a document may be deep."""
    yield definition
    yield from getattr(definition, "variable_definitions", None) or ()
    stack = [(definition.selection_set, 1, True)]
    while stack:
        selections, level, root = stack.pop()
        part.depth = max(part.depth, level)
        for node in selections.selections:
            yield node
            if isinstance(node, FragmentSpreadNode):
                part.spreads.append((node.name.value, level, root))
            elif isinstance(node, InlineFragmentNode):
                stack.append((node.selection_set, level + 1, root))
            elif isinstance(node, FieldNode):
                part.fields += 1
                part.roots += root
                part.introspects |= node.name.value in INTROSPECTION
                if node.selection_set:
                    stack.append((node.selection_set, level + 1, False))


def _oversized(value: ValueNode) -> bool:
    stack = [(value, 1)]
    while stack:
        node, level = stack.pop()
        if level > VALUE_DEPTH:
            return True
        if isinstance(node, ListValueNode):
            inner: Sequence[ValueNode] = node.values
        elif isinstance(node, ObjectValueNode):
            inner = [f.value for f in node.fields]
        else:
            if isinstance(node, StringValueNode) and len(node.value) > TEXT:
                return True
            if isinstance(node, IntValueNode | FloatValueNode) and len(node.value) > NUMBER:
                return True
            continue
        if len(inner) > ITEMS:
            return True
        stack.extend((item, level + 1) for item in inner)
    return False


def _literal(value: ValueNode, sizes: Mapping[str, int | None]) -> int | None:
    if isinstance(value, VariableNode):
        return sizes.get(value.name.value)
    if isinstance(value, IntValueNode) and len(value.value) <= NUMBER:
        return _size(int(value.value), None)
    return None


def _size(value: Any, otherwise: int | None) -> int | None:
    """Counts the largest page at most: the field itself refuses a larger one, with a better message."""
    if isinstance(value, int) and not isinstance(value, bool):
        return min(max(value, 0), LARGEST_PAGE)
    return otherwise


def _lists(field_: GraphQLField) -> int:
    found, type_ = 0, field_.type
    while isinstance(type_, GraphQLNonNull | GraphQLList):
        found += isinstance(type_, GraphQLList)
        type_ = type_.of_type
    return found


def _introspected(name: str) -> float:
    return INTROSPECTION_SIZES.get(name, 8.0)


def too_deep() -> GraphQLError:
    vi, en = f"Tài liệu lồng quá {DEPTH} tầng.", f"The document is over {DEPTH} levels deep."
    return refused(code="document-too-deep", vi=vi, en=en)


def _over(limit: int, vi: str, en: str, *, code: str) -> GraphQLError:
    return refused(code=code, vi=f"Tài liệu có quá {limit} {vi}.", en=f"The document has over {limit} {en}.")
