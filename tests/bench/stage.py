"""The base of every section: a stack in a temporary folder, and callers with tokens."""

import os
import tempfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from infra.operate.operator import OPERATOR, asking, user_token
from infra.operate.positions import settled
from infra.run.ports import LOOPBACK, listening, port_of
from infra.run.stack import PROCESSES, READY_TIMEOUT, Stack, environment, process
from infra.run.supervisor import Supervisor
from services.kernel.caller import Caller, Grant
from services.kernel.config import Settings
from services.kernel.messages import Role
from services.registration.units.messages import RecordUnits
from services.registration.units.national import national_units
from tests.http import Connection

TOWN = "u437"
DAY = "2018-03-05"
"""The day of all acts. In that year the town is a district with communes."""
TITLE = "Đoạn đường nông thôn mới kiểu mẫu tổ dân phố 7"
METHODS = (
    "giữ gìn vệ sinh môi trường",
    "hiến đất mở đường giao thông nông thôn",
    "cải cách thủ tục hành chính",
    "camera an ninh",
    "dòng họ tự quản",
    "tiếng trống học bài",
    "thu gom rác thải nhựa",
    "nuôi heo đất tiết kiệm",
    "đường hoa phụ nữ",
    "cổng trường an toàn giao thông",
    "giúp nhau phát triển kinh tế",
    "tổ liên gia phòng cháy chữa cháy",
    "hòa giải ở cơ sở",
    "chuyển đổi số cộng đồng",
)
PORT = 19000 + os.getpid() % 500 * 20
"""The first port of the stack. Two benches that choose a free port at the same moment must not choose the same."""
RATES = ("rate_anonymous", "rate_person", "rate_service", "rate_address")
BACKDATED = ("backdated_years", "backdated_years_above")
"""The sections record acts of 2018, as the sample does."""

MUTATION = """
mutation Do($key: String!, $input: %s!) {
  %s(idempotencyKey: $key, input: $input) { __typename ... on Node { id } ... on Refusal { code messageEn } }
}
"""

out = Console(highlight=False)


class Http:
    """A caller with a connection."""

    def __init__(self, url: str, token: str) -> None:
        self._connection = Connection(url)
        self._token = token

    async def ask(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        reply = orjson.loads(await self.send(orjson.dumps({"query": query, "variables": variables})))
        if reply.get("errors"):
            raise RuntimeError(reply["errors"][0]["message"])
        data: dict[str, Any] = reply["data"]
        return data

    async def send(self, body: bytes) -> bytes:
        return await self._connection.send(body, self._token)

    async def do(self, mutation: str, key: str, **input_: Any) -> str:
        """Sends a mutation and returns the id of the record that it created or changed."""
        query = MUTATION % (f"{mutation[0].upper()}{mutation[1:]}Input", mutation)
        result = (await self.ask(query, {"key": key, "input": input_}))[mutation]
        if result["__typename"] == "Refusal":
            raise RuntimeError(f"{mutation}: {result['messageEn']}")
        return str(result["id"])

    def close(self) -> None:
        self._connection.close()


@dataclass
class Stage:
    """A running stack with one town, the units above it, and one organisation in it."""

    stack: Stack
    settings: Settings
    url: str
    """The address of the gateway under load."""
    owner: str = ""
    _keys: "count[int]" = field(default_factory=count)

    def key(self) -> str:
        return f"bench/{next(self._keys)}"

    def token(self, role: Role, name: str = "bench", unit: str = TOWN) -> str:
        caller = Caller(id=f"{name}-{role}", name="Bench", grants=(Grant(role=role, unit=unit),))
        return user_token(self.settings, caller, timedelta(hours=1))

    def person(self, role: Role, name: str = "bench") -> Http:
        return Http(self.url, self.token(role, name))

    async def draft(self, officer: Http, title: str = TITLE) -> str:
        return await officer.do(
            "draftModel",
            self.key(),
            owner=self.owner,
            title=title,
            summary="Hiến đất mở đường, trồng hoa hai bên, mỗi hộ giữ sạch đoạn trước nhà mình.",
            field="Văn hóa - xã hội",
            subjectKind="COLLECTIVE",
            on=DAY,
        )


_shared: ContextVar[dict[str, Stage] | None] = ContextVar("shared", default=None)
"""The stages that sections use one after another, by their settings. None: each section starts its own."""
_lasting: ContextVar[AsyncExitStack] = ContextVar("lasting")


@asynccontextmanager
async def sharing() -> AsyncGenerator[None, None]:
    """Inside the block, sections with the same settings use the same stack."""
    async with AsyncExitStack() as lasting:
        _shared.set({})
        _lasting.set(lasting)
        yield
        _shared.set(None)


@asynccontextmanager
async def stage(**more: Any) -> AsyncGenerator[Stage, None]:
    """A stack without rate limits. `more`: further settings."""
    shared = _shared.get()
    if shared is None:
        async with _started(more) as made:
            yield made
    else:
        key = repr(
            {name: value for name, value in more.items() if value != Settings.model_fields[name].default}
        )
        if key not in shared:
            shared[key] = await _lasting.get().enter_async_context(_started(more))
        yield shared[key]


@asynccontextmanager
async def limited(made: Stage) -> AsyncGenerator[Stage, None]:
    """The same stage behind a second gateway, which has the default rate limits."""
    defaults = Settings().model_dump(include=set(RATES))
    settings = made.settings.model_copy(update=defaults)
    with listening() as listener:
        address = f"http://{LOOPBACK}:{port_of(listener)}"
        log = made.stack.var / "log" / "limited-gateway.log"
        limits = process(
            "limited gateway", PROCESSES["gateway"], environment(settings, "gateway"), log, listener
        )
        supervisor = Supervisor([limits], out.print)
        await supervisor.start()
        try:
            await supervisor.wait_ready(READY_TIMEOUT)
            yield replace(made, url=f"{address}/graphql")
        finally:
            await supervisor.stop()


@asynccontextmanager
async def _started(more: dict[str, Any]) -> AsyncGenerator[Stage, None]:
    with tempfile.TemporaryDirectory(prefix="danvan-bench-") as folder:
        settings = Settings(var=Path(folder), port=PORT, nats_url=None, mongo_url=None, **more)
        settings = settings.model_copy(update=dict.fromkeys(RATES, 0) | dict.fromkeys(BACKDATED, 200))
        async with Stack(settings, lambda _: None) as stack:
            located = settings.model_copy(update={"nats_url": stack.nats_url, "mongo_url": stack.mongo_url})
            made = Stage(stack, located, stack.gateway_url)
            await _set_up(made)
            yield made


async def _set_up(made: Stage) -> None:
    units = {unit.id: unit for unit in national_units()}
    path = units[TOWN].spells[0].path.strip("/").split("/")
    async with asking(made.settings) as services:
        command = RecordUnits(units=tuple(units[id_] for id_ in path))
        await services.ask(command, OPERATOR, int, key="bench/units")
    officer = made.person(Role.OFFICER)
    made.owner = await officer.do(
        "registerOrganisation",
        made.key(),
        name="Hội Nông dân phường Bắc Hồng",
        kind="FARMERS_UNION",
        unit=TOWN,
        on=DAY,
        insist=True,
    )
    officer.close()
    await settled(made.settings)


def warn(text: str) -> None:
    """Prints why figures of this run cannot be compared."""
    out.print(f"[red]Warning: {text}[/red]")


def table(title: str, *columns: str) -> Table:
    """A table with a column of names and columns of figures."""
    made = Table(title=title, title_justify="left", title_style="bold")
    made.add_column(columns[0])
    for column in columns[1:]:
        made.add_column(column, justify="right")
    return made


def quantile(values: list[float], share: float) -> float:
    """The smallest value that a `share` of all values do not exceed; 0 without values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f}"
