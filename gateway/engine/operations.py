"""Runs one operation in its caller's name, for whichever transport brought it."""

import hashlib
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from nats.aio.client import Client as Nats
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from gateway.callers.delegating import Delegating
from gateway.engine.documents import Document
from gateway.engine.persisted import Manifest
from gateway.engine.policy import Policy
from gateway.fields.door import Door
from gateway.fields.errors import INVALID
from gateway.schema import schema
from gateway.transport.guard import Asked, Bad
from services.kernel.caller import Caller
from services.kernel.config import Settings

QUERIES = (OperationType.QUERY,)
ANSWERED_ONCE = (OperationType.QUERY, OperationType.MUTATION)


@dataclass
class Context:
    """What resolvers see of their request."""

    client: Delegating
    nats: Nats
    caller: Caller | None
    address: str
    policy: Policy
    document: Document | None = None
    """What is asked, once it is read."""
    resume: str | None = None
    """The cursor after which a client that lost its connection wants to go on, whatever its document says."""
    cursor: str | None = None
    """That of the event being shown."""
    versioned: bool = False
    """Whether the client may keep the answer, and ask whether it is still the same."""
    door: Door = field(init=False)

    def __post_init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """What was loaded for one answer is loaded again for the next."""
        self.door = Door(self.client, self.caller, versioned=self.versioned)


class Operations:
    """`nats` and `client` are there while the process serves."""

    nats: Nats
    client: Delegating

    def __init__(self, settings: Settings) -> None:
        self._manifest = Manifest(settings.persisted_only)
        self.policy = Policy(settings, self._manifest.hashes)
        self._most = settings.subscriptions_per_caller
        self._listening: Counter[str] = Counter()

    def context(
        self,
        caller: Caller | None,
        address: str,
        *,
        resume: str | None = None,
        versioned: bool = False,
    ) -> Context:
        return Context(
            self.client, self.nats, caller, address, self.policy, resume=resume, versioned=versioned
        )

    def refused(self, bad: Bad, caller: Caller | None, address: str) -> dict[str, Any]:
        """The answer to what is not run; found again by its trace, as any other."""
        return {"errors": [bad.error], "extensions": {"traceId": self.policy.refused(bad, caller, address)}}

    async def once(
        self, asked: Asked, caller: Caller | None, address: str, *, reading: bool
    ) -> tuple[ExecutionResult, str]:
        """The answer of a query or mutation, `reading` of a query alone. `Bad` for what cannot be run at all.

        With an answer that was read comes its version, if it has one.
        """
        context = self.context(caller, address, versioned=reading)
        query = self._manifest.document(asked, caller)
        result = await self._execute(query, asked, context, reading)
        if result is None:
            raise Bad(
                400,
                INVALID,
                legacy=200,
                vi="Theo dõi sự kiện (subscription) cần WebSocket với giao thức graphql-transport-ws, "
                "hoặc Accept: text/event-stream.",
                en="A subscription needs a WebSocket that speaks graphql-transport-ws, "
                "or Accept: text/event-stream.",
            )
        version = await context.door.version() if reading and not result.errors else ""
        return result, _tag(query, asked, version) if version else ""

    async def many(
        self, asked: Asked, context: Context, *, reading: bool = False
    ) -> AsyncGenerator[ExecutionResult, None]:
        """The answers of a subscription, or the one of anything else."""
        query = self._manifest.document(asked, context.caller)
        if answer := await self._execute(query, asked, context, reading):
            yield answer
            return
        with self._seat(context.caller):
            results = await schema.subscribe(
                query,
                variable_values=asked.variables,
                context_value=context,
                operation_name=asked.operation,
            )
            async with aclosing(results):
                async for result in results:
                    yield result

    async def _execute(
        self, query: str, asked: Asked, context: Context, reading: bool
    ) -> ExecutionResult | None:
        """None for a subscription, which has not one answer."""
        try:
            return await schema.execute(
                query,
                variable_values=asked.variables,
                context_value=context,
                operation_name=asked.operation,
                allowed_operation_types=QUERIES if reading else ANSWERED_ONCE,
            )
        except CannotGetOperationTypeError:
            name = f" “{asked.operation[:60]}”" if asked.operation else ""
            vi, en = f"Yêu cầu không có thao tác{name}.", f"The request has no operation{name}."
            raise Bad(400, INVALID, vi=vi, en=en, legacy=200) from None
        except InvalidOperationTypeError as wrong:
            if wrong.operation_type is OperationType.SUBSCRIPTION:
                return None
            vi, en = "Qua GET chỉ được truy vấn; hãy gửi bằng POST.", "GET is for queries; send it with POST."
            raise Bad(405, "method-not-allowed", vi=vi, en=en, allow=b"POST") from None

    @contextmanager
    def _seat(self, caller: Caller | None) -> Iterator[None]:
        """One of the subscriptions that a caller may have at a time."""
        who = caller.id if caller else ""
        if self._listening[who] >= self._most:
            raise too_many_subscriptions(self._most)
        self._listening[who] += 1
        try:
            yield
        finally:
            self._listening[who] -= 1
            if not self._listening[who]:
                del self._listening[who]


def _tag(query: str, asked: Asked, version: str) -> str:
    """Weak: what it stands for is the data; the trace and the costs in an answer are new each time."""
    whole = orjson.dumps([query, asked.operation, asked.variables, version], option=orjson.OPT_SORT_KEYS)
    return f'W/"{hashlib.blake2b(whole, digest_size=16).hexdigest()}"'


def too_many_subscriptions(most: int) -> Bad:
    vi, en = f"Mỗi lúc nhiều nhất {most} lượt theo dõi.", f"At most {most} subscriptions at a time."
    return Bad(429, "too-many-subscriptions", vi=vi, en=en)


def is_request_error(result: ExecutionResult) -> bool:
    """Whether it was refused before any field was run; variables of the wrong kind count too."""
    if isinstance(result, PreExecutionError):
        return True
    return (
        result.data is None and bool(result.errors) and not any(error.path for error in result.errors or ())
    )


def response(result: ExecutionResult) -> dict[str, Any]:
    """As GraphQL wants it: without `data` where nothing was run."""
    shown: dict[str, Any] = {}
    if result.errors:
        shown["errors"] = [error.formatted for error in result.errors]
    if not is_request_error(result):
        shown["data"] = result.data
    if result.extensions:
        shown["extensions"] = result.extensions
    return shown


def encoded(message: object) -> bytes:
    """The one place where answers become JSON."""
    return orjson.dumps(message, default=str)
