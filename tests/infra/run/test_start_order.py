"""A service may start before the servers that it needs."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from infra.run.embedded import MongoServer, NatsServer
from infra.run.ports import free_port
from infra.run.provision import provision
from services.kernel.config import Settings
from tests.waiting import DEADLINE


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


async def _until_it_says(log: Path, words: str) -> None:
    async with asyncio.timeout(DEADLINE):
        while words not in log.read_text():
            await asyncio.sleep(0.05)


async def test_service_that_starts_first_waits_for_nats_and_then_for_mongodb(
    tmp_path: Path, secrets: Path
) -> None:
    nats = NatsServer(tmp_path / "nats", secrets, free_port())
    mongo = MongoServer(tmp_path / "mongo", secrets, free_port())
    port = free_port()
    # It has only its own secrets, as in its container.
    shutil.copytree(secrets / "review", tmp_path / "secrets" / "review")
    settings = {"DANVAN_NATS_URL": nats.url, "DANVAN_MONGO_URL": mongo.url, "DANVAN_VAR": str(tmp_path)}
    command = "-m uvicorn --factory services.review.app:create_app --no-access-log --log-level warning --port"
    log = tmp_path / "review.log"
    with log.open("w") as out:
        service = subprocess.Popen(
            [sys.executable, *command.split(), str(port)],
            env={**os.environ, **settings},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        await _until_it_says(log, "Connection refused")
        nats.start()
        await _until_it_says(log, "waits")
        mongo.start()
        operators = Settings(nats_url=nats.url, mongo_url=mongo.url, secrets=secrets)
        await provision(operators, users=True)
        async with asyncio.timeout(DEADLINE):
            while not await asyncio.to_thread(_answers, f"http://127.0.0.1:{port}/readyz"):
                await asyncio.sleep(0.05)
        await _until_it_says(log, "sequencer took the lease")
    finally:
        service.terminate()
        ended = await asyncio.to_thread(service.wait, DEADLINE)
        nats.stop()
        mongo.stop()
    assert ended in (0, -signal.SIGTERM)
    assert "Traceback" not in log.read_text()
