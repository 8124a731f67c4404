"""What stands around each operation: who may ask how much and for how long, and what is told of it afterwards."""

import asyncio
from collections.abc import Iterable, Iterator
from enum import StrEnum
from math import ceil
from time import monotonic, perf_counter
from typing import Any

from graphql import GraphQLError, parse
from starlette.datastructures import Headers
from starlette.types import Scope
from strawberry.extensions import SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner

from gateway import rates
from gateway.documents import HASH, Document, documents
from gateway.errors import INVALID, SHOWN, refused, shown
from gateway.guard import Bad
from gateway.limits import NODES, Price
from gateway.metrics import Metrics
from gateway.rates import Rates, Taken
from services.kernel import telemetry
from services.kernel.calendar import today
from services.kernel.caller import Caller
from services.kernel.config import Settings
from services.kernel.messages import Role

READING = 4
"""Characters of a new document that are read for a cost of 1: about what it takes, compared with answering."""
REFUSING = 500
"""What it costs, besides, to be refused for what was sent: about as much as answering a page."""
LATE = 1.0
"""Seconds that who has overdrawn waits for an answer, at most: then asking all the time does not pay."""
MALFORMED = (400, 413)
UNREADABLE = parse("{ __typename }")
"""Stands where a document cannot be read: Strawberry would read it once more, and over a WebSocket tell nobody why."""


class Kind(StrEnum):
    """Of callers, each with budgets of its own."""

    ANONYMOUS = "anonymous"
    PERSON = "person"
    SERVICE = "service"


def kind_of(caller: Caller | None) -> Kind:
    if caller is None:
        return Kind.ANONYMOUS
    operates = any(g.role is Role.OPERATOR and g.holds(today()) for g in caller.grants)
    return Kind.SERVICE if operates else Kind.PERSON


class Policy:
    """The settings, what was taken of the budgets, and what is counted: one per process."""

    def __init__(self, settings: Settings, known: Iterable[str] = ()) -> None:
        """`known`: hashes of documents that are counted one by one."""
        self.budgets = {
            Kind.ANONYMOUS: settings.cost_anonymous,
            Kind.PERSON: settings.cost_person,
            Kind.SERVICE: settings.cost_service,
        }
        self.time = settings.operation_timeout
        self.slow = settings.slow
        self.introspection = settings.introspection
        self.metrics = Metrics(hash_[:HASH] for hash_ in known)
        self._per_minute = {
            Kind.ANONYMOUS: settings.rate_anonymous,
            Kind.PERSON: settings.rate_person,
            Kind.SERVICE: settings.rate_service,
        }
        self._rates = Rates(settings.rate_address)
        self._trusted = rates.networks(settings.trusted_proxies)

    def address(self, scope: Scope) -> str:
        peer = (scope.get("client") or ("", 0))[0]
        if not self._trusted:
            return str(peer)
        return rates.address(peer, Headers(scope=scope).getlist("x-forwarded-for"), self._trusted)

    def take(self, caller: Caller | None, kind: Kind, address: str, cost: float) -> Taken:
        name = caller.id if caller else f"anonymous/{rates.network(address)}"
        return self._rates.take(name, address, self._per_minute[kind], cost, monotonic())

    async def admit(self, caller: Caller | None, address: str) -> None:
        """Refuses who has overdrawn, before anything of the request is read."""
        taken = self.take(caller, kind_of(caller), address, 0)
        if taken.retry_after:
            await asyncio.sleep(min(taken.retry_after, LATE))
            raise _overdrawn(taken)

    def refused(self, bad: Bad, caller: Caller | None, address: str) -> str:
        """Counts and logs a request that never became an operation; the trace id that it is found by."""
        self.metrics.refused([bad.code])
        self.take(caller, kind_of(caller), address, REFUSING if bad.status in MALFORMED else 1)
        with telemetry.span("graphql"):
            telemetry.log.info("refused request", code=bad.code)
            return telemetry.trace_id()

    def sees_schema(self, kind: Kind) -> bool:
        return self.introspection or kind is not Kind.ANONYMOUS


class Policed(SchemaExtension):
    """The one extension: each costs every operation some microseconds for every phase.

    Nothing is raised before an operation is executed: over a WebSocket nobody would be told.
    """

    def on_operation(self) -> Iterator[None]:
        self._context = self.execution_context.context
        self._policy: Policy = self._context.policy
        self._kind = kind_of(self._context.caller)
        self._document: Document | None = None
        self._dry: Taken | None = None
        self._cost: dict[str, int | None] | None = None
        self._more = 0
        self._executed = False
        self._seen: Any = None
        self._begun = perf_counter()
        self._seconds = 0.0
        with telemetry.span("graphql"):
            self._trace = telemetry.trace_id()
            try:
                yield
            except BaseException:
                if self._executed:
                    self._tell()
                raise  # otherwise it was nothing that can be run this way, and is told elsewhere
            self._show(self.execution_context.result)
            self._tell()

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        text = context.query or ""
        shelves = documents(context.schema._schema)
        found = shelves.find(text)
        if found is None:
            taken = self._take(1 + len(text) / READING)
            if taken.retry_after:
                self._dry = taken
            else:
                found = shelves.read(text)
                self._policy.metrics.took("parse", found.parsing)
                self._policy.metrics.took("validate", found.validating)
        self._document = self._context.document = found
        if found and found.tree:
            context.graphql_document = found.tree
        else:
            context.graphql_document = UNREADABLE
            context._provided_operation_name = None
        yield

    def on_validate(self) -> Iterator[None]:
        errors = self._refusals()
        if errors and not self._dry:
            taken = self._take(REFUSING)
            if taken.retry_after:
                errors = [_rate_limited(taken)]
        self.execution_context.pre_execution_errors = errors
        yield

    def on_execute(self) -> Iterator[None]:
        self._executed = True
        begun = perf_counter()
        try:
            yield from _limited(self._policy.time)
        except TimeoutError:
            self._policy.metrics.refused(["timeout"])
            raise _timeout(self._policy.time) from None
        finally:
            done = perf_counter()
            self._seconds = done - self._begun
            self._policy.metrics.took("execute", done - begun)

    def on_stream_result(self, result: Any) -> Iterator[None]:
        """What goes out over a WebSocket is sent before the operation ends."""
        self._show(result)
        yield
        self._more = 0
        self.execution_context.pre_execution_errors = None

    def get_results(self) -> dict[str, Any]:
        found: dict[str, Any] = {"traceId": self._trace}
        if self._cost:
            found["cost"] = self._cost
        # What is refused before execution comes here before it is shown.
        more = max(self._more, len(self.execution_context.pre_execution_errors or ()) - SHOWN)
        if more > 0:
            found["moreErrors"] = more
        return found

    def _refusals(self) -> list[GraphQLError]:
        context = self.execution_context
        document = self._document
        if document is None or document.measured is None or document.errors:
            return list(document.errors) if document else [_rate_limited(self._dry)]
        name = context._provided_operation_name
        if document.operations > 1 and not name:
            return [_unnamed()]
        if not self._policy.sees_schema(self._kind) and document.measured.introspects(name):
            return [_closed()]
        price = document.measured.price(name, context.variables)
        budget = self._policy.budgets[self._kind]
        self._cost = {"requested": price.cost, "limit": budget, "remaining": None}
        if too_much := _too_much(price, budget):
            return [too_much]
        taken = self._take(price.cost)
        self._cost["remaining"] = taken.left
        if taken.retry_after:
            self._dry = taken
            return [_rate_limited(taken)]
        return []

    def _take(self, cost: float) -> Taken:
        return self._policy.take(self._context.caller, self._kind, self._context.address, cost)

    def _show(self, result: Any) -> None:
        errors = getattr(result, "errors", None)
        if not errors or result is self._seen:
            return
        self._seen = result
        self._more = max(self._more, len(errors) - SHOWN)
        result.errors = shown(errors, self._trace, suggestions=self._policy.sees_schema(self._kind))
        self._policy.metrics.refused(str((error.extensions or {})["code"]) for error in result.errors)

    def _tell(self) -> None:
        """Which operation it was, never what stood in it. Of what lasts, only its beginning can be slow."""
        hash_ = self._document.hash if self._document else ""
        cost = self._cost["requested"] if self._cost else 0
        self._policy.metrics.asked(hash_, self._kind, cost or 0)
        if self._seconds > self._policy.slow:
            telemetry.log.warning(
                "slow operation", operation=hash_, seconds=round(self._seconds, 3), cost=cost
            )
        if not self._executed:
            result = self.execution_context.result
            codes = [(error.extensions or {}).get("code") for error in getattr(result, "errors", None) or ()]
            telemetry.log.info("refused operation", operation=hash_, codes=codes, caller=self._kind)


class Phase:
    """A phase of an operation, around which our one extension stands."""

    __slots__ = ("_around",)

    def __init__(self, around: Iterator[None]) -> None:
        self._around: Any = around

    async def __aenter__(self) -> None:
        next(self._around)

    async def __aexit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        if error is None:
            next(self._around, None)
            return False
        try:
            self._around.throw(error)
        except StopIteration:
            return True
        except BaseException as raised:
            if raised is not error:
                raise
        return False


class OneExtension(SchemaExtensionsRunner):
    """Strawberry's own is for any number of extensions of any kind, and costs an operation 40 µs more."""

    def operation(self) -> Any:
        return Phase(self.extensions[0].on_operation())  # type: ignore[arg-type]

    def parsing(self) -> Any:
        return Phase(self.extensions[0].on_parse())  # type: ignore[arg-type]

    def validation(self) -> Any:
        return Phase(self.extensions[0].on_validate())  # type: ignore[arg-type]

    def executing(self) -> Any:
        return Phase(self.extensions[0].on_execute())  # type: ignore[arg-type]


def _limited(seconds: float) -> Iterator[None]:
    """`asyncio.timeout` around a generator's `yield`, at a third of its price."""
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("only inside a task")
    before = task.cancelling()
    expired = False

    def expire() -> None:
        nonlocal expired
        expired = True
        task.cancel()

    timer = asyncio.get_running_loop().call_later(seconds, expire)
    try:
        yield
    except asyncio.CancelledError:
        if expired and task.uncancel() <= before:
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()


def _too_much(price: Price, budget: int) -> GraphQLError | None:
    if price.cost > budget:
        vi = f"Yêu cầu tốn {price.cost}, quá mức {budget}; hãy hỏi ít trường hơn hoặc trang nhỏ hơn."
        en = f"The request costs {price.cost}, over the limit of {budget}; ask for fewer fields or smaller pages."
        return refused(code="cost-too-high", vi=vi, en=en)
    if price.nodes > NODES:
        vi = f"Câu trả lời có thể có {price.nodes} đối tượng, quá {NODES}; hãy hỏi trang nhỏ hơn."
        en = f"The answer may have {price.nodes} objects, over {NODES}; ask for smaller pages."
        return refused(code="too-many-nodes", vi=vi, en=en)
    return None


def _rate_limited(taken: Taken | None) -> GraphQLError:
    seconds = ceil(taken.retry_after) if taken else 1
    vi, en = _too_often(seconds)
    return refused(code="rate-limited", vi=vi, en=en, retryAfter=seconds)


def _overdrawn(taken: Taken) -> Bad:
    seconds = ceil(taken.retry_after)
    vi, en = _too_often(seconds)
    bad = Bad(429, "rate-limited", vi=vi, en=en)
    bad.error["extensions"]["retryAfter"] = seconds
    return bad


def _too_often(seconds: int) -> tuple[str, str]:
    vi = f"Bạn đã hỏi quá nhiều; xin thử lại sau {seconds} giây."
    return vi, f"You have asked for too much; ask again in {seconds} seconds."


def _unnamed() -> GraphQLError:
    vi = "Yêu cầu có nhiều thao tác: phải nêu “operationName”."
    en = "The request has several operations: name one in “operationName”."
    return refused(code=INVALID, vi=vi, en=en)


def _closed() -> GraphQLError:
    vi = "Lược đồ (__schema, __type) chỉ mở cho người có mã truy cập."
    en = "The schema (__schema, __type) is open only to callers with a token."
    return refused(code="introspection-closed", vi=vi, en=en)


def _timeout(seconds: float) -> GraphQLError:
    vi = f"Chưa xong sau {seconds:g} giây; hãy gửi lại, lệnh thì với cùng idempotencyKey: không việc gì làm hai lần."
    en = f"Not done after {seconds:g} s; send it again, a mutation with the same idempotencyKey: nothing is done twice."
    return refused(code="timeout", vi=vi, en=en)
