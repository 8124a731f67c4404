"""Runs operations of all transports, in the names of their callers."""

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
from gateway.engine.policy import Policy
from gateway.engine.query_cache import QueryDocument
from gateway.fields.errors import INVALID
from gateway.fields.loader import Loader
from gateway.persisted import Manifest
from gateway.request import GraphQLRequest, RequestRefused
from gateway.schema import schema
from services.kernel.caller import Caller
from services.kernel.config import Settings

QUERIES = (OperationType.QUERY,)
ANSWERED_ONCE = (OperationType.QUERY, OperationType.MUTATION)


@dataclass
class Context:
    """The request as resolvers see it."""

    client: Delegating
    nats: Nats
    caller: Caller | None
    address: str
    policy: Policy
    document: QueryDocument | None = None
    """Set when the document is parsed."""
    resume: str | None = None
    """The cursor after which a client resumes a subscription. It wins over the cursor in the document."""
    cursor: str | None = None
    """The cursor of the current event."""
    versioned: bool = False
    """Whether the answer gets an entity tag."""
    loader: Loader = field(init=False)

    def __post_init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Each event of a subscription loads its rows again."""
        self.loader = Loader(self.client, self.caller, versioned=self.versioned)


class Operations:
    """`nats` and `client` are set while the process serves."""

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

    def refused(self, bad: RequestRefused, caller: Caller | None, address: str) -> dict[str, Any]:
        """The answer to a request that is not run, with its trace id."""
        return {"errors": [bad.error], "extensions": {"traceId": self.policy.refused(bad, caller, address)}}

    async def once(
        self, asked: GraphQLRequest, caller: Caller | None, address: str, *, reading: bool
    ) -> tuple[ExecutionResult, str]:
        """The result of a query or mutation, and its entity tag if it has one. `reading`: only queries are allowed.

        `RequestRefused` if nothing can be run.
        """
        context = self.context(caller, address, versioned=reading)
        query = self._manifest.document(asked, caller)
        result = await self._execute(query, asked, context, reading)
        if result is None:
            raise RequestRefused(
                400,
                INVALID,
                legacy=200,
                vi="Theo dõi sự kiện (subscription) cần WebSocket với giao thức graphql-transport-ws, "
                "hoặc Accept: text/event-stream.",
                en="A subscription needs a WebSocket that speaks graphql-transport-ws, "
                "or Accept: text/event-stream.",
            )
        version = await context.loader.version() if reading and not result.errors else ""
        return result, _tag(query, asked, version) if version else ""

    async def many(
        self, asked: GraphQLRequest, context: Context, *, reading: bool = False
    ) -> AsyncGenerator[ExecutionResult, None]:
        """The results of a subscription, or the one result of any other operation."""
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
        self, query: str, asked: GraphQLRequest, context: Context, reading: bool
    ) -> ExecutionResult | None:
        """None for a subscription."""
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
            raise RequestRefused(400, INVALID, vi=vi, en=en, legacy=200) from None
        except InvalidOperationTypeError as wrong:
            if wrong.operation_type is OperationType.SUBSCRIPTION:
                return None
            vi, en = "Qua GET chỉ được truy vấn; hãy gửi bằng POST.", "GET is for queries; send it with POST."
            raise RequestRefused(405, "method-not-allowed", vi=vi, en=en, allow=b"POST") from None

    @contextmanager
    def _seat(self, caller: Caller | None) -> Iterator[None]:
        """Counts a subscription of the caller while it lasts. Refuses it if the caller has too many."""
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


def _tag(query: str, asked: GraphQLRequest, version: str) -> str:
    """A weak entity tag: it identifies the data. Trace id and cost in an answer are new each time."""
    whole = orjson.dumps([query, asked.operation, asked.variables, version], option=orjson.OPT_SORT_KEYS)
    return f'W/"{hashlib.blake2b(whole, digest_size=16).hexdigest()}"'


def too_many_subscriptions(most: int) -> RequestRefused:
    vi, en = f"Mỗi lúc nhiều nhất {most} lượt theo dõi.", f"At most {most} subscriptions at a time."
    return RequestRefused(429, "too-many-subscriptions", vi=vi, en=en)


def is_request_error(result: ExecutionResult) -> bool:
    """Whether the operation was refused before any field ran, for example for a variable of the wrong type."""
    if isinstance(result, PreExecutionError):
        return True
    return (
        result.data is None and bool(result.errors) and not any(error.path for error in result.errors or ())
    )


def response(result: ExecutionResult) -> dict[str, Any]:
    """The response as the specification requires it: without `data` if no field ran."""
    shown: dict[str, Any] = {}
    if result.errors:
        shown["errors"] = [error.formatted for error in result.errors]
    if not is_request_error(result):
        shown["data"] = result.data
    if result.extensions:
        shown["extensions"] = result.extensions
    return shown


def encoded(message: object) -> bytes:
    """The JSON of a message."""
    return orjson.dumps(message, default=str)
