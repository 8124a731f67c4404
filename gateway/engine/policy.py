"""Budgets, rates, time limits, logs and counters of operations."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from enum import StrEnum
from math import ceil
from time import monotonic, perf_counter
from typing import Any

from graphql import GraphQLError, parse
from starlette.datastructures import Headers
from starlette.types import Scope
from strawberry.extensions import SchemaExtension

from gateway.callers import rates
from gateway.callers.rates import Rates, Taken
from gateway.engine.limits import NODES, Price
from gateway.engine.metrics import Metrics
from gateway.engine.query_cache import HASH, QueryCache, QueryDocument, query_cache
from gateway.fields.errors import INVALID, SHOWN, refused, shown
from gateway.request import RequestRefused
from services.kernel import telemetry
from services.kernel.calendar import today
from services.kernel.caller import Caller
from services.kernel.config import Settings
from services.kernel.messages import Role

READING = 4
"""Characters of a new document that cost 1. Parsing takes about that much, compared with answering."""
REFUSING = 500
"""Cost of a refused document: about as much as a page."""
LATE = 1.0
"""Longest wait, in seconds, imposed on a caller over budget."""
BRIEF = 0.001
"""Seconds. Parsing a document that takes less is followed by no pause."""
SWITCH = 0.0001
"""Seconds that the loop waits for the parsing thread each time it needs the interpreter. The default is 0.005."""
PAUSES = 3
"""Length of the pause after parsing a document, as a multiple of the time it took."""
MALFORMED = (400, 413)
UNREADABLE = parse("{ __typename }")
"""Given to Strawberry in place of a refused document. Strawberry would parse it again, and hide the reason."""


class Kind(StrEnum):
    """Kinds of callers. Each kind has its own budgets."""

    ANONYMOUS = "anonymous"
    PERSON = "person"
    SERVICE = "service"


def kind_of(caller: Caller | None) -> Kind:
    if caller is None:
        return Kind.ANONYMOUS
    operates = any(g.role is Role.OPERATOR and g.holds(today()) for g in caller.grants)
    return Kind.SERVICE if operates else Kind.PERSON


class Turns:
    """Parses new documents in a thread, one after the other, with pauses, so that other requests hardly wait.

    A document made to be slow takes some milliseconds to refuse.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._lock = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, "reader")

    async def read(self, cache: QueryCache, text: str) -> QueryDocument:
        """The parsed document. `TimeoutError` after `patience` seconds in the queue."""
        async with asyncio.timeout(self._patience):
            await self._lock.acquire()
        loop = asyncio.get_running_loop()
        before, begun = sys.getswitchinterval(), perf_counter()
        sys.setswitchinterval(SWITCH)
        try:
            found = cache.find(text)  # another request may have brought the same document
            return found or cache.add(text, await loop.run_in_executor(self._thread, cache.parse, text))
        finally:
            took = perf_counter() - begun
            sys.setswitchinterval(before)
            if took > BRIEF:  # this request does not wait for the pause
                loop.call_later(PAUSES * took, self._lock.release)
            else:
                self._lock.release()


class Policy:
    """The settings, the state of the budgets, and the counters of this process."""

    def __init__(self, settings: Settings, known: Iterable[str] = ()) -> None:
        """`known`: hashes of documents with a label of their own in the metrics."""
        self.budgets = {
            Kind.ANONYMOUS: settings.cost_anonymous,
            Kind.PERSON: settings.cost_person,
            Kind.SERVICE: settings.cost_service,
        }
        self.time = settings.operation_timeout
        self.slow = settings.slow
        self.introspection = settings.introspection
        self.metrics = Metrics(hash_[:HASH] for hash_ in known)
        self.turns = Turns(self.time)
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
        name = f"caller/{caller.id}" if caller else f"address/{rates.network(address)}"
        return self._rates.take(name, address, self._per_minute[kind], cost, monotonic())

    async def admit(self, caller: Caller | None, address: str) -> None:
        """Refuses a caller over budget before the request is read."""
        taken = self.take(caller, kind_of(caller), address, 0)
        if taken.retry_after:
            await asyncio.sleep(min(taken.retry_after, LATE))
            raise _overdrawn(taken)

    async def pay(self, caller: Caller | None, address: str, cost: float) -> None:
        """Takes the cost of a step of a longer request. A caller over budget waits, so the request gets slower."""
        while True:
            taken = self.take(caller, kind_of(caller), address, cost)
            if not taken.retry_after:
                return
            await asyncio.sleep(taken.retry_after)

    def refused(self, bad: RequestRefused, caller: Caller | None, address: str) -> str:
        """Counts and logs a request that is no operation. Returns its trace id."""
        self.metrics.refused([bad.code])
        self.take(caller, kind_of(caller), address, REFUSING if bad.status in MALFORMED else 1)
        with telemetry.span("graphql"):
            telemetry.log.info("refused request", code=bad.code)
            return telemetry.trace_id()

    def sees_schema(self, kind: Kind) -> bool:
        return self.introspection or kind is not Kind.ANONYMOUS


class Watch:
    """Applies the policy to one operation, whichever way it runs. To be created inside the operation's span."""

    def __init__(self, context: Any, document: QueryDocument | None = None) -> None:
        self.executed = False
        self._context = context
        self._policy: Policy = context.policy
        self._kind = kind_of(context.caller)
        self._document = document
        self._dry: Taken | None = None
        self._cost: dict[str, int | None] | None = None
        self._more = 0
        self._seen: Any = None
        self._begun = perf_counter()
        self._seconds = 0.0
        self._trace = telemetry.trace_id()

    async def read(self, cache: QueryCache, text: str) -> QueryDocument | None:
        """The document, from the cache or parsed now. None if the caller is over budget."""
        found = cache.find(text)
        if found is None:
            taken = self._take(1 + len(text) / READING)
            if taken.retry_after:
                self._dry = taken
            else:
                found = await self._anew(cache, text)
        self._document = found
        return found

    async def _anew(self, cache: QueryCache, text: str) -> QueryDocument | None:
        try:
            found = await self._policy.turns.read(cache, text)
        except TimeoutError:
            self._dry = Taken(0, 1.0)
            return None
        self._policy.metrics.took("parse", found.parsing)
        self._policy.metrics.took("validate", found.validating)
        return found

    def refusals(self, name: str | None, variables: Mapping[str, Any] | None) -> list[GraphQLError]:
        """The reasons for which the operation is not run. Without any, its cost is taken from the budget."""
        errors = self._refusals(name, variables)
        if errors and not self._dry:
            taken = self._take(REFUSING)
            if taken.retry_after:
                errors = [_rate_limited(taken)]
        return errors

    @asynccontextmanager
    async def executing(self) -> AsyncIterator[None]:
        """Wraps the execution: limits its time, and measures it."""
        self.executed = True
        begun = perf_counter()
        try:
            async with asyncio.timeout(self._policy.time) as limit:
                yield
        except TimeoutError:
            if limit.expired():
                raise _timeout(self._policy.time) from None
            raise
        finally:
            self._note(begun)

    def show(self, result: Any) -> None:
        """Replaces the errors of the result by errors that callers may see."""
        errors = getattr(result, "errors", None)
        if not errors or result is self._seen:
            return
        self._seen = result
        self._more = max(self._more, len(errors) - SHOWN)
        result.errors = shown(errors, self._trace, suggestions=self._policy.sees_schema(self._kind))
        self._policy.metrics.refused(str((error.extensions or {})["code"]) for error in result.errors)

    def shown_again(self) -> None:
        """To be called between two results of a subscription."""
        self._more = 0

    def extensions(self, refused: int = 0) -> dict[str, Any]:
        """The extensions of the answer. `refused`: number of errors that are not shown yet."""
        found: dict[str, Any] = {"traceId": self._trace}
        if self._cost:
            found["cost"] = self._cost
        more = max(self._more, refused - SHOWN)
        if more > 0:
            found["moreErrors"] = more
        return found

    def tell(self, result: Any) -> None:
        """Logs and counts the operation, by the hash of its document. Of a subscription only the start is measured."""
        hash_ = self._document.hash if self._document else ""
        cost = self._cost["requested"] if self._cost else 0
        self._policy.metrics.asked(hash_, self._kind, cost or 0)
        if self._seconds > self._policy.slow:
            telemetry.log.warning(
                "slow operation", operation=hash_, seconds=round(self._seconds, 3), cost=cost
            )
        if not self.executed:
            codes = [(error.extensions or {}).get("code") for error in getattr(result, "errors", None) or ()]
            telemetry.log.info("refused operation", operation=hash_, codes=codes, caller=self._kind)

    def ended(self, error: BaseException) -> None:
        """To be called when the operation ends with an error that Strawberry turns into the answer."""
        if isinstance(error, GraphQLError):
            self._policy.metrics.refused([str((error.extensions or {}).get("code"))])
        self.tell(None)

    def _refusals(self, name: str | None, variables: Mapping[str, Any] | None) -> list[GraphQLError]:
        document = self._document
        if document is None or document.measured is None or document.errors:
            return list(document.errors) if document else [_rate_limited(self._dry)]
        if len(document.operations) > 1 and not name:
            return [_unnamed()]
        if not self._policy.sees_schema(self._kind) and document.measured.introspects(name):
            return [_closed()]
        price = document.measured.price(name, variables)
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

    def _note(self, begun: float) -> None:
        done = perf_counter()
        self._seconds = done - self._begun
        self._policy.metrics.took("execute", done - begun)


class Policed(SchemaExtension):
    """Strawberry's hooks around an operation.

    They raise nothing before the execution: over a WebSocket the client would not get the reason.
    """

    _watch: Watch

    def on_operation(self) -> Iterator[None]:
        with telemetry.span("graphql"):
            watch = self._watch = Watch(self.execution_context.context)
            try:
                yield
            except BaseException as error:
                if watch.executed:
                    watch.ended(error)
                raise  # `Operations` answers what cannot be run this way
            watch.show(self.execution_context.result)
            watch.tell(self.execution_context.result)

    async def on_parse(self) -> AsyncIterator[None]:
        context = self.execution_context
        found = await self._watch.read(query_cache(context.schema._schema), context.query or "")
        context.context.document = found
        if found and found.tree:
            context.graphql_document = found.tree
        else:
            context.graphql_document = UNREADABLE
            context._provided_operation_name = None
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        errors = self._watch.refusals(context._provided_operation_name, context.variables)
        context.pre_execution_errors = errors
        yield

    async def on_execute(self) -> AsyncIterator[None]:
        async with self._watch.executing():
            yield

    def on_stream_result(self, result: Any) -> Iterator[None]:
        """Over a WebSocket a result is sent before the operation ends."""
        self._watch.show(result)
        yield
        self._watch.shown_again()
        self.execution_context.pre_execution_errors = None

    def get_results(self) -> dict[str, Any]:
        # A refusal before the execution comes here before `show`.
        return self._watch.extensions(len(self.execution_context.pre_execution_errors or ()))


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


def _overdrawn(taken: Taken) -> RequestRefused:
    seconds = ceil(taken.retry_after)
    vi, en = _too_often(seconds)
    bad = RequestRefused(429, "rate-limited", vi=vi, en=en)
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
