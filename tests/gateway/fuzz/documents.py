"""Valid GraphQL documents with values for their variables, for any schema: for fuzzing and differential tests."""

import json
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from graphql import (
    DirectiveLocation,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    OperationType,
    Undefined,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_input_object_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)
from hypothesis import strategies as st

Json = Any
RECURSIVE = {"fields", "interfaces", "possibleTypes", "inputFields"}
Words = Callable[[Random], Json]
"""Makes one value, as it would stand in the JSON of variables."""

SEEDS = st.integers(0, 2**32 - 1)
TEXTS = (
    "",
    "x",
    "Ngõ xóm sạch đẹp",
    'a "quoted" \\ text',
    "two\nlines",
    "đ" * 40,
    "\U0001f33e",
    "null",
    "$x",
    "#",
)

SCALARS: Mapping[str, Words] = {
    "Int": lambda r: r.choice((0, 1, 2, 5, -1, 100, 2**31 - 1, -(2**31))),
    "Float": lambda r: r.choice((0, 1, -1.5, 3.25, 1e10)),
    "Boolean": lambda r: r.random() < 0.5,
    "String": lambda r: r.choice(TEXTS),
    "ID": lambda r: r.choice(("1", "vn", "u437", "x")),
    "Date": lambda r: f"{r.randint(1990, 2030)}-{r.randint(1, 12):02}-{r.randint(1, 28):02}",
    "DateTime": lambda r: f"{r.randint(1990, 2030)}-01-0{r.randint(1, 9)}T00:00:00+00:00",
    "Decimal": lambda r: r.choice(("1", "0.5", "1155.3")),
}


@dataclass(frozen=True)
class Written:
    """A request: a valid document, and valid values for its variables."""

    query: str
    variables: dict[str, Json]
    operation: str | None


@dataclass(frozen=True)
class Style:
    """Sets what may occur in a document, how large it becomes, and which values it has.

    `arguments`: name of an argument or input field (`first`, or more exactly `Query.models.first`) → maker of its
    values. `scalars`: name of a type → maker of all other values of the type.
    """

    size: int = 60
    """About the largest number of selections. A fragment counts where it is written and at each spread."""
    depth: int = 7
    operations: tuple[OperationType, ...] = (OperationType.QUERY,)
    several: bool = True
    """Whether some documents have several operations. The request then names one of them."""
    introspection: bool = False
    incremental: bool = True
    arguments: Mapping[str, Words] = field(default_factory=dict)
    scalars: Mapping[str, Words] = field(default_factory=dict)
    avoid: frozenset[str] = frozenset()
    """Fields that are never selected, as `Type.field`."""


def document(schema: GraphQLSchema, random: Random, style: Style = Style()) -> Written:
    """The same state of `random` gives the same document."""
    many = random.choice((2, 3)) if style.several and random.random() < 0.1 else 1
    offered = [kind for kind in style.operations if schema.get_root_type(kind)]
    writers = [_Operation(schema, random, style, number, named=many > 1) for number in range(many)]
    parts = [part for writer in writers for part in writer.write(random.choice(offered))]
    random.shuffle(parts)
    chosen = random.choice(writers)
    name = chosen.name if many > 1 or (chosen.name and random.random() < 0.5) else None
    return Written("\n".join(parts), chosen.values, name)


def documents(schema: GraphQLSchema, style: Style = Style()) -> st.SearchStrategy[Written]:
    """A strategy of documents. Hypothesis makes a failing document smaller."""
    # Hypothesis chooses only a seed and a size. To let it make each choice costs forty times as much.
    sizes = st.integers(1, style.size)
    return st.builds(
        lambda seed, size: document(schema, Random(seed), replace(style, size=size)), SEEDS, sizes
    )


class Literal(str):
    """Text that is written into the document without quotes: a variable, or a value of an enum."""

    __slots__ = ()


def written(value: Json, random: Random) -> str:
    """A value as GraphQL text. Some strings become block strings, and some lists have no commas."""
    match value:
        case Literal():
            return str(value)
        case str():
            return _text(value, random)
        case dict():
            return "{" + ", ".join(f"{name}: {written(item, random)}" for name, item in value.items()) + "}"
        case list() | tuple():
            return "[" + random.choice((", ", " ")).join(written(item, random) for item in value) + "]"
        case _:
            return json.dumps(value)


def _text(value: str, random: Random) -> str:
    plain = (
        value and value.isprintable() and '"' not in value and "\\" not in value and value == value.strip()
    )
    if plain and random.random() < 0.2:
        return f'"""{value}"""'
    return json.dumps(value, ensure_ascii=random.random() < 0.5)


def _defaulted(place: GraphQLArgument | GraphQLInputField) -> bool:
    return place.default is not None or place.default_value is not Undefined


@dataclass(frozen=True)
class _Fragment:
    name: str
    type: GraphQLNamedType
    depth: int
    size: int


class _Operation:
    """One operation, with fragments and variables of its own.

    A response name always means the same field with the same arguments, so that all selections can be merged.
    """

    def __init__(
        self, schema: GraphQLSchema, random: Random, style: Style, number: int, *, named: bool
    ) -> None:
        self._schema = schema
        self._random = random
        self._style = style
        self._number = number
        self.name = f"Operation{number}" if named or random.random() < 0.5 else None
        self.values: dict[str, Json] = {}
        self._declared: dict[str, str] = {}
        """Name of a variable → its declaration."""
        self._types: dict[str, str] = {}
        self._meanings: dict[str, tuple[str, ...]] = {}
        """Response name → name, arguments and type of its field."""
        self._fragments: list[_Fragment] = []
        self._definitions: list[str] = []
        self._left = style.size

    def write(self, kind: OperationType) -> list[str]:
        root = self._schema.get_root_type(kind)
        assert root is not None
        only_one = kind is OperationType.SUBSCRIPTION
        selections = self._one_field(root) if only_one else self._selections(root, 1)[0]
        declared = f"({', '.join(self._declared.values())})" if self._declared else ""
        if kind is OperationType.QUERY and not (self.name or declared) and self._chance(0.5):
            return [selections, *self._definitions]
        head = f"{kind.value} {self.name or ''}{declared}"
        return [f"{head} {selections}", *self._definitions]

    def _one_field(self, root: GraphQLObjectType) -> str:
        """A subscription has one field, without conditions."""
        name, definition = self._random.choice(list(self._fields(root).items()))
        return "{ " + self._field(root, name, definition, 1, conditions=False)[0] + " }"

    # Selections. Each method returns the text and its depth in levels.

    def _selections(self, type_: GraphQLNamedType, level: int) -> tuple[str, int]:
        parts: list[tuple[str, int]] = []
        for _ in range(self._random.choice((1, 2, 3, 4, 6))):
            if parts and self._left <= 0:
                break
            part = self._selection(type_, level)
            parts.append(part)
            if self._chance(0.04):
                parts.append(part)
        text = self._random.choice((" ", " ", ", ", "\n")).join(text for text, _ in parts)
        return "{ " + text + " }", max(depth for _, depth in parts)

    def _selection(self, type_: GraphQLNamedType, level: int) -> tuple[str, int]:
        self._left -= 1
        fields = self._fields(type_, level)
        inner = level < self._style.depth and self._left > 0
        if inner and self._chance(0.22 if fields else 0.8):
            fragments = (self._inline, self._inline, self._new_fragment, self._old_fragment)
            chosen = self._inline if type_.name.startswith("__") else self._random.choice(fragments)
            return chosen(type_, level)
        if not fields or self._chance(0.08):
            return self._typename(), 0
        leaves = {name: f for name, f in fields.items() if is_leaf_type(get_named_type(f.type))}
        offered = fields if inner and (not leaves or self._chance(0.6)) else leaves
        if not offered:
            return self._typename(), 0
        name = self._random.choice(list(offered))
        return self._field(type_, name, offered[name], level)

    def _fields(self, type_: GraphQLNamedType, level: int = 1) -> dict[str, GraphQLField]:
        found: dict[str, GraphQLField] = dict(getattr(type_, "fields", {}))
        if type_.name == "__Type" and level > 3:
            # A rule of graphql-core refuses three of these inside one another.
            found = {name: f for name, f in found.items() if name not in RECURSIVE}
        if type_ is self._schema.query_type and self._style.introspection:
            found |= {name: self._meta(name) for name in ("__schema", "__type")}
        avoided = self._style.avoid
        return {name: f for name, f in found.items() if f"{type_.name}.{name}" not in avoided}

    def _meta(self, name: str) -> GraphQLField:
        assert self._schema.query_type is not None
        found = self._schema.get_field(self._schema.query_type, name)
        assert found is not None
        return found

    def _typename(self) -> str:
        return self._as(("__typename", "", "String!"), "__typename") + self._conditions("FIELD")

    def _field(
        self,
        parent: GraphQLNamedType,
        name: str,
        definition: GraphQLField,
        level: int,
        *,
        conditions: bool = True,
    ) -> tuple[str, int]:
        arguments = self._arguments(definition.args, f"{parent.name}.{name}")
        head = self._as((name, arguments, str(definition.type)), name) + arguments
        if conditions:
            head += self._conditions("FIELD")
        named = get_named_type(definition.type)
        if not is_composite_type(named):
            return head, 0
        inner, depth = self._selections(named, level + 1)
        return f"{head} {inner}", depth + 1

    def _as(self, meaning: tuple[str, ...], name: str) -> str:
        """`alias: name`; or the name alone, if no other field has it as its response name."""
        known = [key for key, other in self._meanings.items() if other == meaning]
        if known and self._chance(0.8):
            key = self._random.choice(known)
        elif name not in self._meanings and self._chance(0.8):
            key = name
        else:
            key = f"{self._random.choice(string.ascii_lowercase)}{len(self._meanings)}"
        self._meanings[key] = meaning
        return name if key == name else f"{key}: {name}"

    def _inline(self, type_: GraphQLNamedType, level: int) -> tuple[str, int]:
        condition = self._random.choice([None, *self._overlapping(type_)])
        inner, depth = self._selections(condition or type_, level + 1)
        on = f" on {condition.name}" if condition else ""
        return f"...{on}{self._conditions('INLINE_FRAGMENT')} {inner}", depth + 1

    def _new_fragment(self, type_: GraphQLNamedType, level: int) -> tuple[str, int]:
        on = self._random.choice(self._overlapping(type_))
        before = self._left
        inner, depth = self._selections(on, level + 1)
        # A fragment gets its name when it is complete. It can only spread complete fragments, so there are no cycles.
        fragment = _Fragment(f"F{self._number}_{len(self._fragments)}", on, depth + 1, before - self._left)
        self._fragments.append(fragment)
        self._definitions.append(f"fragment {fragment.name} on {on.name} {inner}")
        return self._spread(fragment)

    def _old_fragment(self, type_: GraphQLNamedType, level: int) -> tuple[str, int]:
        types = self._overlapping(type_)
        fits = [
            f
            for f in self._fragments
            if f.type in types and level + f.depth <= self._style.depth and f.size <= self._left
        ]
        if not fits:
            return self._new_fragment(type_, level)
        fragment = self._random.choice(fits)
        self._left -= fragment.size
        return self._spread(fragment)

    def _spread(self, fragment: _Fragment) -> tuple[str, int]:
        return f"...{fragment.name}{self._conditions('FRAGMENT_SPREAD')}", fragment.depth

    def _overlapping(self, type_: GraphQLNamedType) -> list[GraphQLNamedType]:
        """Types that share a possible object type with this one, itself included."""
        own = self._possible(type_)
        return [
            other
            for name, other in self._schema.type_map.items()
            if is_composite_type(other)
            and (name.startswith("__") == type_.name.startswith("__"))
            and own & self._possible(other)
        ]

    def _possible(self, type_: GraphQLNamedType) -> frozenset[str]:
        if is_abstract_type(type_):
            return frozenset(t.name for t in self._schema.get_possible_types(type_))
        return frozenset((type_.name,))

    # Conditions, arguments, variables

    def _conditions(self, where: str) -> str:
        """@skip and @include. Never @defer or @stream: the schema has neither."""
        found = ""
        for name in ("skip", "include"):
            if self._chance(0.06):
                directive = self._schema.get_directive(name)
                if directive and DirectiveLocation[where] in directive.locations:
                    found += f" @{name}{self._arguments(directive.args, f'@{name}')}"
        return found

    def _arguments(self, args: Mapping[str, GraphQLArgument], path: str) -> str:
        given = {
            name: self._value(arg.type, f"{path}.{name}", _defaulted(arg))
            for name, arg in args.items()
            if is_required_argument(arg) or self._chance(0.4)
        }
        names = list(given)
        self._random.shuffle(names)
        return f"({', '.join(f'{name}: {given[name]}' for name in names)})" if names else ""

    def _value(self, type_: GraphQLInputType, path: str, defaulted: bool, depth: int = 0) -> str:
        """A literal or a variable, or a literal with variables inside."""
        if self._chance(0.4):
            return f"${self._variable(type_, path, defaulted)}"
        if not isinstance(type_, GraphQLNonNull) and self._chance(0.1):
            return "null"
        inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if is_input_object_type(inner) and not inner.is_one_of and path not in self._style.arguments:
            fields = {
                name: self._value(f.type, f"{inner.name}.{name}", _defaulted(f), depth + 1)
                for name, f in inner.fields.items()
                if is_required_input_field(f) or (depth < 3 and self._chance(0.4))
            }
            return "{" + ", ".join(f"{name}: {value}" for name, value in fields.items()) + "}"
        if isinstance(inner, GraphQLList) and path not in self._style.arguments and self._chance(0.5):
            items = [
                self._value(inner.of_type, f"{path}.", False, depth + 1)
                for _ in range(self._random.randint(0, 3))
            ]
            return f"[{' '.join(items)}]"
        return written(self._json(type_, path, literal=True), self._random)

    def _variable(self, type_: GraphQLInputType, path: str, defaulted: bool) -> str:
        """A known variable of exactly that type; or a new one, whose type may be stricter or have a default."""
        wanted = str(type_)
        known = [name for name, declared in self._types.items() if declared == f"{wanted} {path}"]
        if known and self._chance(0.5):
            return self._random.choice(known)
        name = f"v{self._number}_{len(self._declared)}"
        required = isinstance(type_, GraphQLNonNull)
        given: GraphQLInputType = type_
        if not isinstance(type_, GraphQLNonNull):
            given = GraphQLNonNull(type_) if self._chance(0.3) else type_
        elif defaulted and self._chance(0.3):
            given = type_.of_type  # allowed because the argument has a default
        default = ""
        if self._chance(0.3):
            value = self._json(type_ if required else given, path, literal=True)
            default = f" = {written(value, self._random)}"
        if isinstance(type_, GraphQLNonNull) and default and value is not None and self._chance(0.5):
            given = type_.of_type  # allowed because the variable has a default
        self._declared[name] = f"${name}: {given}{default}"
        self._types[name] = f"{wanted} {path}"
        optional = default or not isinstance(given, GraphQLNonNull)
        if not (optional and self._chance(0.3)):
            # A valid request never gives null to a place that must not be null.
            self.values[name] = self._json(type_ if required else given, path)
        return name

    def _json(self, type_: GraphQLInputType, path: str, depth: int = 0, *, literal: bool = False) -> Json:
        if not isinstance(type_, GraphQLNonNull):
            if self._chance(0.1):
                return None
        else:
            type_ = type_.of_type
        own = self._style.arguments.get(path) or self._style.arguments.get(path.rpartition(".")[2])
        if own:
            return own(self._random)
        if isinstance(type_, GraphQLList):
            return [
                self._json(type_.of_type, f"{path}.", depth + 1, literal=literal)
                for _ in range(self._random.randint(0, 3))
            ]
        if isinstance(type_, GraphQLInputObjectType):
            return self._object(type_, depth, literal)
        if isinstance(type_, GraphQLEnumType):
            value = self._random.choice(list(type_.values))
            return Literal(value) if literal else value
        assert isinstance(type_, GraphQLScalarType)
        words = self._style.scalars.get(type_.name) or SCALARS.get(type_.name) or SCALARS["String"]
        return words(self._random)

    def _object(self, type_: GraphQLInputObjectType, depth: int, literal: bool) -> dict[str, Json]:
        def value(name: str, field_: GraphQLInputField) -> Json:
            return self._json(field_.type, f"{type_.name}.{name}", depth + 1, literal=literal)

        if type_.is_one_of:
            name, field_ = self._random.choice(list(type_.fields.items()))
            return {name: self._json(GraphQLNonNull(field_.type), f"{type_.name}.{name}", literal=literal)}
        return {
            name: value(name, field_)
            for name, field_ in type_.fields.items()
            if is_required_input_field(field_) or (depth < 3 and self._chance(0.4))
        }

    def _chance(self, share: float) -> bool:
        return self._random.random() < share
