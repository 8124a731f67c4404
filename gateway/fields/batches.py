"""Mutations over many records: one command for each record, under a key that follows from the key of the batch.

Each record gets the outcome of the single command, with its rights, rules, event and stored answer, whatever happens to
the others. So a batch that was cut off is sent again under its key and goes on. A preview runs the same commands, and
takes their effects back. The service gets some commands at a time, and carries out in one transaction what it can.

Strawberry resolves annotations at run time.
"""

import asyncio
import hashlib
import inspect
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
import strawberry
from strawberry import ID

from gateway.fields.columns import ASKS
from gateway.fields.declare import AnyInfo, Key
from gateway.fields.inputs import input_of
from gateway.fields.relay import Refusal, described, refusal_row
from services.kernel.inputs import key_of_once
from services.kernel.messages import Command, Id, Refused
from services.kernel.messages import Refusal as Told
from services.kernel.messages import described as told
from services.kernel.rows import Row

LARGEST = 100
PART, AT_ONCE = 20, 2
"""Commands in a request to the service, and requests of a batch at once."""
COST = 10.0
"""Cost of each command, taken before it is sent: a caller over budget waits."""


@strawberry.type(description="Kết quả với một mục của lệnh hàng loạt.")
class BatchItem:
    id: ID = strawberry.field(description="Mã đã gửi.")
    refusal: Refusal | None = strawberry.field(description="Vì sao không thực hiện; null khi đã thực hiện.")


@strawberry.type(description="Kết quả của lệnh hàng loạt, từng mục một.")
class Batch:
    preview: bool = strawberry.field(description="Chỉ xem trước: chưa ghi gì.")
    done: int = strawberry.field(description="Số mục được thực hiện, hoặc sẽ được thực hiện khi xem trước.")
    refused: int = strawberry.field(description="Số mục không được thực hiện.")
    items: list[BatchItem] = strawberry.field(
        description=f"Từng mục, theo thứ tự đã gửi; tối đa {LARGEST}.", metadata={"size": LARGEST}
    )


BatchResult = Annotated[
    Batch | Refusal,
    strawberry.union("BatchResult", description="Kết quả từng mục, hoặc vì sao không mục nào được xét."),
]


def does_each(command: type[Command], one: str, many: str, description: str) -> Any:
    """A mutation that gives the command for each id in `many`, in the place of the command's field `one`."""
    input_type = _input(command, one, many)

    async def resolve(info: AnyInfo, **arguments: Any) -> Any:
        given: dict[str, Any] = msgspec.structs.asdict(arguments["input"])
        key = key_of_once(arguments["idempotency_key"])
        ids, preview = tuple(dict.fromkeys(given.pop(many))), given.pop("preview")
        if not 1 <= len(ids) <= LARGEST:
            return refusal_row(_wrong_size(many).refusal)
        places = asyncio.Semaphore(AT_ONCE)

        async def do(part: Sequence[str]) -> list[Row]:
            async with places:
                context = info.context
                await context.policy.pay(context.caller, context.address, COST * len(part))
                commands = {_key(key, id_): command(**{one: id_, **given}) for id_ in part}
                return await _outcomes(context, commands, part, preview=preview)

        parts = [ids[start : start + PART] for start in range(0, len(ids), PART)]
        items = [item for some in await asyncio.gather(*map(do, parts)) for item in some]
        refused = sum(item["refusal"] is not None for item in items)
        shown = {"preview": preview, "done": len(items) - refused, "refused": refused, "items": items}
        return {"__typename": Batch.__name__, **shown}

    parameters = [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=annotation)
        for name, annotation in (
            ("info", AnyInfo),
            ("input", Annotated[input_of(input_type), described("Nội dung chung và mã của từng mục.")]),
            ("idempotency_key", Key),
        )
    ]
    resolve.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return strawberry.mutation(resolver=resolve, description=description, metadata={ASKS: command})


def _key(key: str, id_: str) -> str:
    return hashlib.blake2b(f"{key}\0{id_}".encode(), digest_size=24).hexdigest()


async def _outcomes(
    context: Any, commands: Mapping[str, Command], ids: Sequence[str], *, preview: bool
) -> list[Row]:
    try:
        outcomes = await context.loader.do_each(commands, {"id": "id"}, preview=preview)
    except Refused as refused:
        # A caller without a valid token gets an error, as with the single command.
        if refused.refusal.code == "unauthenticated":
            raise
        outcomes = [refused.refusal] * len(ids)
    return [
        {"id": id_, "refusal": refusal_row(one) if isinstance(one, Told) else None}
        for id_, one in zip(ids, outcomes, strict=True)
    ]


def _input(command: type[Command], one: str, many: str) -> type[msgspec.Struct]:
    """The fields of the command, with many ids in the place of one."""
    ids = Annotated[
        tuple[Id, ...], told(f"Mã của từng mục, từ 1 đến {LARGEST}; mã lặp lại chỉ tính một lần.")
    ]
    preview = Annotated[bool, told("Chỉ cho biết kết quả của từng mục, chưa ghi gì.")]
    shared = [
        (field.name, field.type, *(() if field.required else (field.default,)))
        for field in msgspec.structs.fields(command)
        if field.name not in (one, "expected_version")
    ]
    fields: list[Any] = [(many, ids), *shared, ("preview", preview, False)]
    name = f"{command.__name__}sInput"
    return msgspec.defstruct(name, fields, namespace={"vi": command.vi}, frozen=True, kw_only=True)


def _wrong_size(many: str) -> Refused:
    return Refused(
        "batch-size",
        many,
        vi=f"Một lần gửi có từ 1 đến {LARGEST} mục.",
        en=f"A batch has 1 to {LARGEST} items.",
    )
