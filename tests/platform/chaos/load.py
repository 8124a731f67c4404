"""Clients that change records through GraphQL all the time, and keep every success.

A client that gets no answer sends the same mutation again under the same key until it has one.
"""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx

from tests.conftest import GraphQL
from tests.waiting import until

TOWN = "u437"
PLACES = [TOWN, "u18115", "u18118", "u18121", "u18124", "u18127", "u18130"]
CLIENTS = 3
WAITING = 6
"""Most models that wait for a decision. Above it, clients register no more."""
THINKING = 0.1
"""Seconds between the mutations of a client: processes that start again need the processor too."""
ATTEMPT = 4.0
"""Seconds that a client waits for an answer at first. The gateway waits longer, so attempts overlap.

Each later attempt waits twice as long: on a slow machine, no answer may come as soon as the first attempt expects it.
"""

MUTATION = """
mutation Do($key: String!, $input: {input}!) {{
  {name}(idempotencyKey: $key, input: $input) {{
    __typename
    ... on Node {{ id }}
    ... on Refusal {{ code fields messageEn }}
  }}
}}
"""
REVIEW = "query Review($id: ID!) { node(id: $id) { ... on Model { review { id begunOn } } } }"
ROLES = {
    "registerOrganisation": "officer",
    "draftModel": "officer",
    "submitModel": "officer",
    "acceptModel": "appraiser",
    "recordContribution": "officer",
    "beginModel": "officer",
    "decideReview": "appraiser",
    "recordActivity": "supervisor",
}


@dataclass(frozen=True)
class Done:
    """A successful mutation."""

    name: str
    key: str
    input: dict[str, Any]
    id: str


@dataclass
class Load:
    graphql: GraphQL
    done: list[Done] = field(default_factory=list)
    sent_again: int = 0
    _organisations: list[str] = field(default_factory=list)
    _tokens: dict[str, str] = field(default_factory=dict)
    _sent: int = 0
    _stopping: bool = False

    def of(self, name: str) -> list[Done]:
        return [done for done in self.done if done.name == name]

    async def prepare(self) -> None:
        self._tokens = {name: self.graphql.token(role) for name, role in ROLES.items()}
        for unit in PLACES:
            name = f"Hội Nông dân {unit}"
            done = await self.do(
                "registerOrganisation", name=name, kind="FARMERS_UNION", unit=unit, on="2018-01-02"
            )
            self._organisations.append(done.id)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        """Runs the clients until the block ends. Each then repeats its last mutation until it succeeds."""
        self._stopping = False
        registered: asyncio.Queue[str | None] = asyncio.Queue(WAITING)
        async with asyncio.TaskGroup() as group:
            clients = [group.create_task(self._register(registered)) for _ in range(CLIENTS)]
            deciders = [group.create_task(self._decide(registered)) for _ in range(CLIENTS)]
            group.create_task(self._supervise())
            try:
                yield
            finally:
                self._stopping = True
            await asyncio.gather(*clients)
            for _ in deciders:
                await registered.put(None)

    async def more(self, count: int) -> None:
        """Waits for so many more successes."""
        wanted = len(self.done) + count

        async def enough() -> bool:
            return len(self.done) >= wanted

        await until(enough)

    async def do(self, name: str, /, **input_: Any) -> Done:
        self._sent += 1
        done = Done(name, f"load/{self._sent}", input_, "")
        done = Done(name, done.key, input_, await self.send(done))
        self.done.append(done)
        await asyncio.sleep(THINKING)
        return done

    async def send(self, wanted: Done) -> str:
        """The id in the answer. Any answer but success is an error of the product."""
        input_ = f"{wanted.name[0].upper()}{wanted.name[1:]}Input"
        query = MUTATION.format(name=wanted.name, input=input_)
        result = await self._ask(query, self._tokens[wanted.name], key=wanted.key, input=wanted.input)
        assert result[wanted.name]["__typename"] != "Refusal", (wanted, result)
        return str(result[wanted.name]["id"])

    async def _ask(self, query: str, token: str, **variables: Any) -> dict[str, Any]:
        body = {"query": query, "variables": variables}
        patience = ATTEMPT
        while True:
            try:
                response = await self.graphql.post(body, token, timeout=patience)
            except httpx.TransportError:  # refused, cut off or too late
                reply = None
            else:
                reply = response.json()
                errors = reply.get("errors")
                if not errors:
                    data: dict[str, Any] = reply["data"]
                    return data
                assert {error.get("extensions", {}).get("code") for error in errors} == {"unavailable"}, reply
            self.sent_again += 1
            patience *= 2
            await asyncio.sleep(0.05)

    async def _register(self, registered: "asyncio.Queue[str | None]") -> None:
        while not self._stopping:
            model = await self.do(
                "draftModel",
                owner=random.choice(self._organisations),
                title=f"Vận động nhân dân {self._sent}",
                field="ECONOMY",
                subjectKind=random.choice(["COLLECTIVE", "INDIVIDUAL"]),
                on="2018-02-01",
            )
            await self.do("submitModel", model=model.id, on="2018-03-01")
            await self.do("acceptModel", model=model.id, on="2018-04-01")
            await self.do("beginModel", model=model.id, on="2018-04-02")
            amount = Decimal(random.randrange(1, 100_000)) / 100
            await self.do(
                "recordContribution", model=model.id, kind="LAND_M2", amount=str(amount), on="2018-05-01"
            )
            await registered.put(model.id)

    async def _decide(self, registered: "asyncio.Queue[str | None]") -> None:
        while (model := await registered.get()) is not None:
            await self.do(
                "decideReview",
                review=await self._review_of(model),
                verdict=random.choice(["RECOGNISED", "NOT_MET"]),
                reason="Kết quả thẩm định.",
                on="2018-09-03",
            )

    async def _review_of(self, model: str) -> str:
        """The review that opens when its service has processed the acceptance."""
        while True:
            found = (await self._ask(REVIEW, self._tokens["decideReview"], id=model))["node"]
            if found["review"] and found["review"]["begunOn"]:
                return str(found["review"]["id"])
            await asyncio.sleep(0.05)

    async def _supervise(self) -> None:
        while not self._stopping:
            await self.do(
                "recordActivity",
                kind="SUPERVISION",
                bodies=[random.choice(self._organisations)],
                unit=random.choice(PLACES),
                title=f"Giám sát {self._sent}",
                heldOn="2018-06-01",
            )
