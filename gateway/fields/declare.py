"""How a field of the schema is declared: as a column of its row, or by the message that finds its rows.

No instance of a type of the schema is ever made. A type declares the fields that can be selected; its values are the
rows of services. The reference executor resolves one field after the other, through the loader, which batches requests.
A query plan reads the same declarations, and sends the requests of one level together.

Strawberry resolves annotations at run time, so no module here has `from __future__ import annotations`.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import strawberry
from graphql import get_named_type, is_union_type
from strawberry import Info

from gateway.fields import columns
from gateway.fields.columns import ASKS, Link
from gateway.fields.inputs import input_of, shown_as
from gateway.fields.relay import After, Before, First, Last, described, refusal_row
from services.kernel.messages import Command, Refused, Role
from services.kernel.rows import ByFilter, ByKeys, ByOwners, Fields, Page, Row, Shows
from services.kernel.units import UnitOnDay

AnyInfo = Info[Any, None]
Key = Annotated[
    str,
    described(
        "Khóa do bên gửi đặt cho lần gửi này, từ 1 đến 200 ký tự: gửi lại cùng khóa không làm gì thêm "
        "và nhận lại cùng câu trả lời; cùng khóa với nội dung khác thì bị từ chối."
    ),
]


@dataclass(frozen=True, slots=True)
class RootQuery:
    """The query that a root field sends. `type`: name of the row's type, if the field's own type leaves it open."""

    message: Shows
    type: str = ""


@dataclass(frozen=True, slots=True)
class RootField:
    """A field of `Query`. `query` turns its arguments into a query, one of `messages`, or None for the answer null."""

    query: Callable[..., RootQuery | None]
    messages: tuple[type[Shows], ...]


@dataclass(frozen=True, slots=True)
class SubscriptionField:
    """A field of `Subscription`, for holders of these roles."""

    roles: frozenset[Role]


PARTS: dict[type[ByFilter], tuple[type[ByFilter], ...]] = {}
"""Query for a list of which several services have a part → the query of each service. The schema fills it.

All parts have the same order, and cursors that sort as their rows do. The loader merges the parts.
"""

NODES: dict[str, type[ByKeys]] = {}
"""First part of an id → the query that finds the record. The schema fills it."""


def node_of(id_: str) -> type[ByKeys]:
    return NODES[id_[: id_.find("_") + 1]]


def by_id(message: type[ByKeys], id_: str, type_: str = "", on: date | None = None) -> RootQuery | None:
    """The query for the row with this id, as of the day `on` if given; None if it cannot be an id."""
    if UnitOnDay(id_).unit != id_:
        return None
    return RootQuery(message(keys=(f"{id_}={on}" if on else id_,)), type_)


def one(message: type[ByKeys], by: str, description: str, *, weight: float | None = None) -> Any:
    """The row that `message` finds by the key in the column `by`. `weight`: cost of each row, unless the usual one."""

    async def resolve(self: Row, info: AnyInfo):  # type: ignore[no-untyped-def] # the class declares the type
        key = self[by]
        return await info.context.loader.row(message, key, needed(info)) if key is not None else None

    return strawberry.field(
        resolver=resolve,
        description=description,
        metadata={ASKS: Link(message, by), **_weighing(weight)},
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
        window = {
            "first": first,
            "after": after,
            "last": last,
            "before": before,
            "counted": columns.counts(info._raw_info),
        }
        return await info.context.loader.page(message, self[by], window, needed(info))

    return strawberry.field(resolver=resolve, description=description, metadata={ASKS: Link(message, by)})


def root(
    query: Callable[..., RootQuery | None],
    description: str,
    *messages: type[Shows],
    weight: float | None = None,
) -> Any:
    """A field of `Query`, with the arguments of `query`. `messages`: all that it may send. `weight`: as in `one`."""

    async def resolve(info: AnyInfo, **arguments: Any) -> Any:
        wanted = query(**arguments)
        if wanted is None:
            return None
        try:
            counted = columns.counts(info._raw_info)
            return await info.context.loader.root(wanted, needed(info, wanted.type), counted=counted)
        except Refused as refused:
            return refusal(refused, info._raw_info.return_type)

    info = inspect.Parameter("info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=AnyInfo)
    parameters = [
        parameter.replace(annotation=shown_as(parameter.annotation))
        for parameter in inspect.signature(query).parameters.values()
    ]
    resolve.__signature__ = inspect.Signature([info, *parameters])  # type: ignore[attr-defined]
    return strawberry.field(
        resolver=resolve,
        description=description,
        metadata={ASKS: RootField(query, messages), **_weighing(weight)},
    )


def does(
    command: type[Command],
    shows: type,
    description: str,
    owned: Callable[[Any], Command] | None = None,
) -> Any:
    """A mutation. Its input is derived from the command; its result is the new state, or a refusal.

    `owned`: the same command for the service that owns the record, if several services have such records.
    """

    async def resolve(info: AnyInfo, **arguments: Any) -> Any:
        fields = needed(info, shows.__name__)
        wanted = owned(arguments["input"]) if owned else arguments["input"]
        try:
            row = await info.context.loader.do(wanted, arguments["idempotency_key"], fields)
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


def needed(info: AnyInfo, type_: str = "") -> Fields:
    """`columns.needed`, found once for each selection of an operation."""
    raw = info._raw_info
    known: dict[tuple[Any, ...], Fields] = info.context.loader.needed
    # The key has all nodes: a field of a fragment may be selected alone in one place, with others in another place.
    key = (*map(id, raw.field_nodes), type_)
    if key not in known:
        known[key] = columns.needed(raw, type_)
    return known[key]


def refusal(refused: Refused, type_: Any) -> Row:
    """The refusal as a member of the field's union; raised again if the union has none."""
    union = get_named_type(type_)
    members = [member.name for member in union.types] if is_union_type(union) else []
    # A caller without a valid token gets an error: a refusal would tell something about the record.
    if "Refusal" not in members or refused.refusal.code == "unauthenticated":
        raise refused
    return refusal_row(refused.refusal)


def shown(page: Page, rows: Sequence[Row | None]) -> Row:
    """A page as the row of a connection."""
    return {
        "total_count": page.total,
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


def _weighing(weight: float | None) -> dict[str, float]:
    return {} if weight is None else {"weight": weight}
