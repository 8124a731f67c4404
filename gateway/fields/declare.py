"""How a field of the schema is declared: as a column of its row, or by what a whole level of rows asks of a service.

A type of the schema is never made: it says what there is to select, and its values are rows, as services answer them.
Both executors read the declarations: the reference asks through the door, field by field, batched in a tick; the plan
asks level by level.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import strawberry
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    SelectionSetNode,
    get_named_type,
    is_leaf_type,
    is_object_type,
    is_union_type,
)
from strawberry import Info
from strawberry.types.field import StrawberryField

from gateway.fields.inputs import input_of, shown_as
from gateway.fields.relay import After, Before, First, Last, described, refusal_row
from services.kernel.messages import Command, Refused, Role
from services.kernel.rows import ByKeys, ByOwners, Fields, Page, Part, Row, Shows
from services.kernel.units import UnitOnDay

AnyInfo = Info[Any, None]
Key = Annotated[
    str,
    described(
        "Khóa do bên gửi đặt cho lần gửi này, từ 1 đến 200 ký tự: gửi lại cùng khóa không làm gì thêm "
        "và nhận lại cùng câu trả lời; cùng khóa với nội dung khác thì bị từ chối."
    ),
]
ASKS = "asks"
DEFINITION = "strawberry-definition"


@dataclass(frozen=True, slots=True)
class Follows:
    """A relation: the rows, or pages, that `message` finds under the keys in the column `by` of the rows above."""

    message: type[ByKeys] | type[ByOwners]
    by: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What a root field asks for. `type` names the type of the row where the field's own type leaves it open."""

    message: Shows
    type: str = ""


@dataclass(frozen=True, slots=True)
class Starts:
    """A root field: its arguments make the wish, for one of `messages`; None is answered with null, without asking."""

    wish: Callable[..., Wish | None]
    messages: tuple[type[Shows], ...]


@dataclass(frozen=True, slots=True)
class Hears:
    """A subscription: for holders of these roles."""

    roles: frozenset[Role]


def found(message: type[ByKeys], id_: str, type_: str = "", on: date | None = None) -> Wish | None:
    """The wish for the one of this id, as of a day where it has days; None where no id looks like that."""
    if UnitOnDay(id_).unit != id_:
        return None
    return Wish(message(keys=(f"{id_}={on}" if on else id_,)), type_)


def one(message: type[ByKeys], by: str, description: str, *, weight: float | None = None) -> Any:
    """The object that `message` finds under the key in the column `by`. `weight`: what one costs, if not as usual."""

    async def resolve(self: Row, info: AnyInfo):  # type: ignore[no-untyped-def] # the class says what it shows
        key = self[by]
        return await info.context.door.row(message, key, needed(info)) if key is not None else None

    return strawberry.field(
        resolver=resolve,
        description=description,
        metadata={ASKS: Follows(message, by), **_weighing(weight)},
    )


def pages(message: type[ByOwners], by: str, description: str) -> Any:
    """A connection: the page that `message` finds for the owner whose key is in the column `by`."""

    async def resolve(  # type: ignore[no-untyped-def]
        self: Row,
        info: AnyInfo,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ):
        window = {"first": first, "after": after, "last": last, "before": before}
        return await info.context.door.page(message, self[by], window, needed(info))

    return strawberry.field(resolver=resolve, description=description, metadata={ASKS: Follows(message, by)})


def root(
    wish: Callable[..., Wish | None],
    description: str,
    *messages: type[Shows],
    weight: float | None = None,
) -> Any:
    """A field of `Query`, with the arguments of `wish`, which wishes for one of `messages`. `weight`: as of `one`."""

    async def resolve(info: AnyInfo, **arguments: Any) -> Any:
        wanted = wish(**arguments)
        if wanted is None:
            return None
        try:
            return await info.context.door.wished(wanted, needed(info, wanted.type))
        except Refused as refused:
            return refusal(refused, info._raw_info.return_type)

    info = inspect.Parameter("info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=AnyInfo)
    parameters = [
        parameter.replace(annotation=shown_as(parameter.annotation))
        for parameter in inspect.signature(wish).parameters.values()
    ]
    resolve.__signature__ = inspect.Signature([info, *parameters])  # type: ignore[attr-defined]
    return strawberry.field(
        resolver=resolve,
        description=description,
        metadata={ASKS: Starts(wish, messages), **_weighing(weight)},
    )


def does(command: type[Command], shows: type, description: str) -> Any:
    """A mutation: its input is derived from the command, and the answer is the new state or a refusal."""

    async def resolve(info: AnyInfo, **arguments: Any) -> Any:
        try:
            row = await info.context.door.do(arguments["input"], arguments["idempotency_key"])
        except Refused as refused:
            return refusal(refused, info._raw_info.return_type)
        return {"__typename": shows.__name__, **row}

    input_: Any = Annotated[input_of(command), described("Nội dung của lệnh.")]
    parameters = [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=annotation)
        for name, annotation in (("info", AnyInfo), ("input", input_), ("idempotency_key", Key))
    ]
    resolve.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return strawberry.mutation(resolver=resolve, description=description, metadata={ASKS: command})


def refusal(refused: Refused, type_: Any) -> Row:
    """As a member of the field's union; raised where the field has none, or where nobody has been recognised."""
    union = get_named_type(type_)
    members = [member.name for member in union.types] if is_union_type(union) else []
    # Who asks without a valid token gets an error: a refusal would say something of the thing asked for.
    if "Refusal" not in members or refused.refusal.code == "unauthenticated":
        raise refused
    return refusal_row(refused.refusal)


def shown(page: Page, rows: Sequence[Row | None]) -> Row:
    """A page as the row of a connection."""
    return {
        "edges": [{"cursor": cursor, "node": row} for cursor, row in zip(page.cursors, rows, strict=True)],
        "page_info": page_info(page),
    }


def page_info(page: Page) -> Row:
    return {
        "has_next_page": page.has_next,
        "has_previous_page": page.has_previous,
        "start_cursor": page.cursors[0] if page.cursors else None,
        "end_cursor": page.cursors[-1] if page.cursors else None,
    }


def asks(field: Any) -> Follows | Starts | None:
    """What a field of the graphql-core schema was declared with."""
    definition = field.extensions.get(DEFINITION)
    found = definition.metadata.get(ASKS) if isinstance(definition, StrawberryField) else None
    return found if isinstance(found, Follows | Starts) else None


def column_of(field: Any) -> str:
    name: str = field.extensions[DEFINITION].python_name
    return name


def is_connection(type_: GraphQLNamedType) -> bool:
    return is_object_type(type_) and type_.name.endswith("Connection")


def needed(info: AnyInfo, type_: str = "") -> Fields:
    """The columns that anything selected below this field may need, each under its own name."""
    raw = info._raw_info
    known: dict[tuple[Any, ...], Fields] = info.context.door.needed
    # By all of them: a field of a fragment may be selected alone in one place, and together with others in another.
    key = (*map(id, raw.field_nodes), type_)
    if key not in known:
        returned = raw.schema.type_map[type_] if type_ else get_named_type(raw.return_type)
        found = _columns(raw.schema, raw.fragments, returned, _below(raw.field_nodes))
        known[key] = {"__typename": f"={type_}", **found} if type_ else found
    return known[key]


def _columns(
    schema: GraphQLSchema,
    fragments: Mapping[str, FragmentDefinitionNode],
    type_: Any,
    sets: Iterable[SelectionSetNode],
) -> Fields:
    selected = _selected(schema, fragments, type_, sets)
    if is_connection(type_):
        for name in ("edges", "node"):
            type_ = get_named_type(type_.fields[name].type)
            selected = _selected(schema, fragments, type_, _below(selected.get(name, ())))
    found: Fields = {}
    for name, nodes in selected.items():
        field = type_.fields[name]
        asked = asks(field)
        if isinstance(asked, Follows):
            found[asked.by] = asked.by
            continue
        column, named = column_of(field), get_named_type(field.type)
        found[column] = (
            column if is_leaf_type(named) else Part(column, _columns(schema, fragments, named, _below(nodes)))
        )
    return found


def _selected(
    schema: GraphQLSchema,
    fragments: Mapping[str, FragmentDefinitionNode],
    type_: Any,
    sets: Iterable[SelectionSetNode],
) -> dict[str, list[FieldNode]]:
    """All selections of each field, through fragments, whether or not a directive leaves them out."""
    found: dict[str, list[FieldNode]] = {}
    waiting, passed = list(sets), set[str]()
    while waiting:
        for selection in waiting.pop().selections:
            if isinstance(selection, FieldNode):
                if selection.name.value in type_.fields:
                    found.setdefault(selection.name.value, []).append(selection)
                continue
            fragment: Any = selection
            if isinstance(selection, FragmentSpreadNode):
                if selection.name.value in passed:
                    continue
                passed.add(selection.name.value)
                fragment = fragments[selection.name.value]
            condition = fragment.type_condition
            on: Any = schema.type_map[condition.name.value] if condition else type_
            if on is type_ or (not is_object_type(on) and schema.is_sub_type(on, type_)):
                waiting.append(fragment.selection_set)
    return found


def _below(nodes: Iterable[FieldNode]) -> list[SelectionSetNode]:
    return [node.selection_set for node in nodes if node.selection_set]


def _weighing(weight: float | None) -> dict[str, float]:
    return {} if weight is None else {"weight": weight}
