"""The examples of the contract read the public stream of a real server: in order, once each."""

import ast
import asyncio
import inspect
import re
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import nats
import pytest_asyncio
from nats.aio.client import Client

from infra.run.embedded import NatsServer
from infra.secure.accounts import PLACES
from infra.secure.credentials import SUBSCRIBERS, add_subscriber, make_secrets
from services.kernel.config import Settings
from services.kernel.credentials import NATS_SEED, OPERATOR_USER, nats_login
from services.kernel.public import cloudevents, stream
from services.kernel.public.published import Published
from services.review.contract import samples
from tests import ROOT, npm
from tests.waiting import DEADLINE

CONTRACT = ROOT / "services" / "review" / "contract"
STREAM = stream.name("review")
EXAMPLES = ("python_nats.py", "faststream_app.py", "node.mjs")
COUNT, MORE = 100, 20


def name_of(example: str) -> str:
    return example.partition(".")[0].replace("_", "-")


def events(first: int, last: int) -> list[Published]:
    """Invented events of all types with the numbers from `first` to `last`."""
    kinds = list(samples.published())
    return [
        msgspec.structs.replace(kinds[number % len(kinds)], id=number, event=f"{number:024x}")
        for number in range(first, last + 1)
    ]


def line_of(event: Published) -> str:
    return f"{event.event} {event.type} {cloudevents.body(event).decode()}"


@dataclass(frozen=True)
class Public:
    """A server with the public stream, and a key for each example and each way to replay."""

    server: NatsServer
    secrets: Path
    folder: Path
    service: Client

    def key(self, name: str) -> Path:
        return self.secrets / SUBSCRIBERS / name / NATS_SEED

    def filled(self, program: str, name: str) -> str:
        """The program with the address, the key and the name, as an outsider fills them in."""
        given = {
            "nats://127.0.0.1:4222": self.server.url,
            "nats.seed": str(self.key(name)),
            "example": name,
        }
        for shown, meant in given.items():
            assert f'"{shown}"' in program
            program = program.replace(f'"{shown}"', f'"{meant}"', 1)
        return program

    async def publish(self, told: Sequence[Published]) -> None:
        js = stream.reached(self.service)
        for event in told:
            headers = cloudevents.headers(event, "review")
            headers["Nats-Expected-Last-Sequence"] = str(event.id - 1)
            await js.publish(event.type, cloudevents.body(event), headers=headers)

    async def make_stream(self) -> None:
        await stream.last(stream.reached(self.service), "review")

    async def lose_stream(self) -> None:
        settings = Settings(nats_url=self.server.url, secrets=self.secrets)
        operator = await nats.connect(self.server.url, **nats_login(settings, OPERATOR_USER))
        await stream.reached(operator).delete_stream(STREAM)
        await operator.close()

    async def redeliver_soon(self, name: str) -> None:
        """An event that was not confirmed comes again after half a second, and not after 30 seconds."""
        async with self.subscriber(name) as connection:
            js = connection.jetstream()
            config = (await js.consumer_info(STREAM, name)).config
            await js.add_consumer(STREAM, config.evolve(ack_wait=0.5))

    @asynccontextmanager
    async def subscriber(self, name: str) -> AsyncGenerator[Client, None]:
        connection = await nats.connect(self.server.url, nkeys_seed=str(self.key(name)))
        try:
            yield connection
        finally:
            await connection.close()

    @asynccontextmanager
    async def running(self, file: Path) -> AsyncGenerator["Running", None]:
        """The program. It is killed at the end, if it was not before."""
        command = npm.NODE if file.suffix == ".mjs" else sys.executable
        process = await asyncio.create_subprocess_exec(
            command,
            file,
            cwd=self.folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=1024 * 1024,
        )
        assert process.stdout
        try:
            yield Running(process, process.stdout)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


@dataclass(frozen=True)
class Running:
    """A program of a subscriber."""

    process: asyncio.subprocess.Process
    printed: asyncio.StreamReader

    async def lines(self, last: int) -> list[str]:
        """The lines up to that of the event with the number `last`."""
        (event,) = events(last, last)
        found: list[str] = []
        async with asyncio.timeout(DEADLINE):
            while not found or found[-1] != line_of(event):
                line = (await self.printed.readline()).decode()
                assert line, "the program ended"
                found.append(line.rstrip("\n"))
        return found

    async def rest(self) -> list[str]:
        """The whole lines until it ends."""
        async with asyncio.timeout(DEADLINE):
            rest = (await self.printed.read()).decode(errors="ignore")
            await self.process.wait()
        return rest.split("\n")[:-1]

    async def kill(self) -> list[str]:
        """The whole lines that it has printed."""
        self.process.kill()
        return await self.rest()


@pytest_asyncio.fixture
async def public(tmp_path: Path, node_packages: None) -> AsyncGenerator[Public, None]:
    secrets = tmp_path / "secrets"
    for place, name in zip(PLACES, (*map(name_of, EXAMPLES), "replay"), strict=False):
        add_subscriber(secrets, name, place)
    make_secrets(secrets)
    server = NatsServer(tmp_path / "nats", secrets)
    server.start()
    (tmp_path / "node_modules").symlink_to(npm.FOLDER / "node_modules")
    settings = Settings(nats_url=server.url, secrets=secrets)
    service = await nats.connect(server.url, **nats_login(settings, "review"))
    try:
        made = Public(server, secrets, tmp_path, service)
        await made.make_stream()
        yield made
    finally:
        await service.close()
        server.stop()


async def survives(public: Public, example: str, step: asyncio.Barrier) -> None:
    """All events once and in order, over a kill of the program and a loss of the stream."""
    name, file = name_of(example), public.folder / example
    file.write_text(public.filled((CONTRACT / "examples" / example).read_text(), name))
    printed: list[str] = []
    async with public.running(file) as program:
        printed += await program.lines(COUNT // 2)
        printed += await program.kill()
    await public.redeliver_soon(name)
    async with public.running(file) as program:
        printed += await program.lines(COUNT)
        await step.wait()
        printed += await program.lines(COUNT + MORE)
        await step.wait()
        printed += await program.rest()
    await step.wait()
    await step.wait()
    async with public.running(file) as program:
        printed += await program.lines(COUNT + 2 * MORE)
    assert list(dict.fromkeys(printed)) == [line_of(event) for event in events(1, COUNT + 2 * MORE)]


async def test_examples_print_each_event_once_and_in_order_over_a_kill_and_a_loss(public: Public) -> None:
    await public.publish(events(1, COUNT))
    step = asyncio.Barrier(len(EXAMPLES) + 1)
    async with asyncio.TaskGroup() as tasks:
        for example in EXAMPLES:
            tasks.create_task(survives(public, example, step))
        await step.wait()  # all have read the events
        await public.publish(events(COUNT + 1, COUNT + MORE))
        await step.wait()  # all have read these, too
        await public.lose_stream()
        await step.wait()  # all have ended
        await public.make_stream()
        await public.publish(events(1, COUNT + 2 * MORE))
        await step.wait()


START, MOMENT = 61, "2026-01-31T17:00:00Z"
"""The number and the moment in the fragments of the README."""
FRAGMENTS = [
    (language, code)
    for language, code in re.findall(
        r"```(python|js)\n(.*?)```", (CONTRACT / "v1" / "README.md").read_text(), re.DOTALL
    )
    if "delete_consumer" in code or "consumers.delete" in code
]
FOR_NODE = """
import { readFileSync } from "node:fs";
import { connect, nkeyAuthenticator } from "@nats-io/transport-node";
const [SERVER, KEY, NAME] = ["nats://127.0.0.1:4222", "nats.seed", "example"];
const connection = await connect({ servers: SERVER, authenticator: nkeyAuthenticator(readFileSync(KEY)) });
"""


async def run_in_python(code: str, connection: Client, name: str) -> None:
    compiled = compile(code, "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    done = eval(compiled, {"connection": connection, "NAME": name})  # noqa: S307 - our own text
    if inspect.isawaitable(done):
        await done


async def run_in_node(code: str, public: Public, name: str) -> None:
    file = public.folder / "replay.mjs"
    file.write_text(public.filled(FOR_NODE, name) + code + "await connection.close();\n")
    process = await asyncio.create_subprocess_exec(npm.NODE, file)
    async with asyncio.timeout(DEADLINE):
        assert await process.wait() == 0


async def test_fragments_of_the_page_replay_from_a_number_and_from_a_moment(public: Public) -> None:
    await public.publish(events(1, COUNT))
    assert len(FRAGMENTS) == 4
    name = "replay"
    async with public.subscriber(name) as connection:
        js = connection.jetstream()
        everything = await js.pull_subscribe("", name, STREAM)
        received = [(await everything.fetch(1, timeout=DEADLINE))[0].metadata.timestamp for _ in range(START)]
        between = received[-2] + (received[-1] - received[-2]) / 2
        moment = between.isoformat().replace("+00:00", "Z")
        for place, (language, code) in enumerate(FRAGMENTS):
            if place % 2:  # there may be no consumer, as after the loss of a stream
                await js.delete_consumer(STREAM, name)
            if language == "python":
                await run_in_python(code.replace(MOMENT, moment), connection, name)
            else:
                await run_in_node(code.replace(MOMENT, moment), public, name)
            config = (await js.consumer_info(STREAM, name)).config
            assert (config.opt_start_seq == START) == (MOMENT not in code)
            replayed = await js.pull_subscribe_bind(durable=name, stream=STREAM)
            for number in range(START, COUNT + 1):
                (message,) = await replayed.fetch(1, timeout=DEADLINE)
                assert message.metadata.sequence.stream == number
                await message.ack()
