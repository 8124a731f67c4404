"""A client of the gateway with one role in one unit, for data sets that are loaded through the public interface."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from typing import Any

import httpx

from infra.operate.operator import gateway_url, user_token
from services.kernel.caller import Caller, Grant
from services.kernel.config import Settings
from services.kernel.messages import Role

AT_ONCE = 16

_MUTATION = """
mutation Do($key: String!, $input: {input}!) {{
  {name}(idempotencyKey: $key, input: $input) {{
    __typename
    {shown}
    ... on Refusal {{ code fields messageVi }}
  }}
}}
"""


def text_of(mutation: str, shown: str = "... on Node { id }") -> str:
    """The document of a mutation. `shown`: selections of its result's type."""
    return _MUTATION.format(name=mutation, input=f"{mutation[0].upper()}{mutation[1:]}Input", shown=shown)


class SampleRefused(Exception):  # noqa: N818
    """The system refused a part of the sample."""


class Person:
    """`set_`: name of the data set, of the office, and the beginning of the idempotency keys."""

    def __init__(self, http: httpx.AsyncClient, settings: Settings, role: Role, unit: str, set_: str) -> None:
        caller = Caller(id=f"{set_}-{role}", name=f"{set_} ({role})", grants=(Grant(role=role, unit=unit),))
        self._set = set_
        self._gateway = gateway_url(settings)
        self._headers = {"Authorization": f"Bearer {user_token(settings, caller, timedelta(hours=1))}"}
        self._http = http

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """Asks again while the answer takes longer than the gateway waits: each time more of a batch is done."""
        body = {"query": query, "variables": variables}
        while True:
            reply = (await self._http.post(self._gateway, json=body, headers=self._headers)).json()
            errors = reply.get("errors")
            if not errors:
                data: dict[str, Any] = reply["data"]
                return data
            if errors[0].get("extensions", {}).get("code") != "timeout":
                raise SampleRefused(errors[0]["message"])

    async def do(self, mutation: str, ref: str, /, **input_: Any) -> str:
        """Returns the id of the record. The same `ref` always gives the same id."""
        return str((await self.result(text_of(mutation), mutation, ref, **input_))["id"])

    async def result(self, text: str, mutation: str, ref: str, /, **input_: Any) -> dict[str, Any]:
        """The result of the mutation. `text`: its document."""
        key = f"{self._set}/{ref}/{mutation}"
        result: dict[str, Any] = (await self.ask(text, key=key, input=input_))[mutation]
        if result["__typename"] == "Refusal":
            raise SampleRefused(f"{mutation} {ref}: {result['messageVi']} ({result['code']})")
        return result

    async def send_file(self, name: str, unit: str, content: bytes) -> str:
        """Returns the id of the file."""
        url = self._gateway.removesuffix("/graphql") + "/files"
        reply = await self._http.post(
            url, params={"unit": unit, "name": name}, content=content, headers=self._headers
        )
        answer = reply.json()
        if reply.status_code != httpx.codes.CREATED:
            raise SampleRefused(f"{name}: {answer}")
        return str(answer["file"])


async def each(
    work: Callable[[Any], Awaitable[None]],
    items: Iterable[Any],
    progress: Callable[[], None],
    at_once: int = AT_ONCE,
) -> None:
    """Does the work for each item, a few at once. Calls `progress` after each. Raises the first error alone."""
    slots = asyncio.Semaphore(at_once)

    async def one(item: Any) -> None:
        async with slots:
            await work(item)
        progress()

    try:
        async with asyncio.TaskGroup() as group:
            for item in items:
                group.create_task(one(item))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from errors
