"""Secrets: created once, readable only by their owner, and written nowhere else."""

import asyncio
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra.run.embedded import NatsServer
from infra.run.ports import free_port
from infra.run.stack import environment, tellable
from infra.secure.credentials import make_secrets
from infra.secure.rights import RIGHTS
from services.catalogue import SERVICES
from services.kernel.config import Settings
from tests.waiting import DEADLINE

PASSWORD = "hunter2-of-the-address"


def contents(folder: Path) -> dict[str, str]:
    return {str(f.relative_to(folder)): f.read_text() for f in folder.rglob("*") if f.is_file()}


def test_each_user_has_exactly_its_own_secrets(tmp_path: Path) -> None:
    make_secrets(tmp_path / "secrets")
    assert set(contents(tmp_path / "secrets")) == {
        "gateway/nats.seed",
        "gateway/caller.private.json",
        "gateway/issuer.public.json",
        "operator/nats.seed",
        "operator/mongo.password",
        "operator/mongod.key",
        "operator/issuer.private.json",
        *(f"{service}/nats.seed" for service in SERVICES),
        *(f"{service}/mongo.password" for service in SERVICES),
        *(f"{service}/caller.public.json" for service in SERVICES),
        "mongod/key",
        "nats-server/users.conf",
    }


def test_only_the_owner_can_read_secrets(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_secrets(tmp_path / "secrets")
    finally:
        os.umask(before)
    for path in (tmp_path / "secrets", *(tmp_path / "secrets").rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_secrets_differ_and_are_too_long_to_guess(tmp_path: Path) -> None:
    for folder in ("one", "other"):
        make_secrets(tmp_path / folder)
    drawn = [
        text
        for folder in ("one", "other")
        for name, text in contents(tmp_path / folder).items()
        if name.endswith(("seed", "password", ".key", "private.json"))
    ]
    assert len(set(drawn)) == len(drawn)
    assert min(map(len, drawn)) >= 58  # at least 256 bits


def test_second_start_changes_no_secret(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    before = contents(tmp_path)
    make_secrets(tmp_path)
    assert contents(tmp_path) == before


def test_deleted_secret_is_created_anew_with_its_derived_files(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    before = contents(tmp_path)
    for name in ("gateway/caller.private.json", "review/nats.seed"):
        (tmp_path / name).unlink()
    make_secrets(tmp_path)
    after = contents(tmp_path)
    assert {name for name in after if after[name] != before[name]} == {
        "gateway/caller.private.json",
        *(f"{service}/caller.public.json" for service in SERVICES),
        "review/nats.seed",
        "nats-server/users.conf",
    }


def test_simultaneous_starts_get_the_same_secrets(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(make_secrets, [tmp_path] * 8))
    made = contents(tmp_path)
    private, public = (
        json.loads(made[f"{name}.json"]) for name in ("gateway/caller.private", "review/caller.public")
    )
    assert private["x"] == public["x"]
    assert not [name for name in made if Path(name).name.startswith(".")]


def test_files_of_the_nats_server_hold_no_secret(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    made = contents(tmp_path)
    told = made["nats-server/users.conf"]
    assert told.count("nkey") == len(RIGHTS)
    assert [name for name, text in made.items() if name.endswith("seed") and text in told] == []
    assert "d" not in json.loads(made["review/caller.public.json"])
    assert "d" not in json.loads(made["gateway/issuer.public.json"])


def test_address_with_a_password_is_not_written_down() -> None:
    named = Settings(nats_url=f"nats://ann:{PASSWORD}@h", mongo_url=f"mongodb://ann:{PASSWORD}@h,i/?x=@")
    assert PASSWORD not in repr(named)
    assert tellable(nats=named.nats, mongo=named.mongo) == {}
    assert tellable(nats="nats://h:1", mongo="mongodb://h,i/?x=@") == {
        "nats": "nats://h:1",
        "mongo": "mongodb://h,i/?x=@",
    }


def test_gateway_does_not_get_the_address_of_mongodb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANVAN_MONGO_URL", f"mongodb://ann:{PASSWORD}@h")
    settings = Settings()
    assert "DANVAN_MONGO_URL" not in environment(settings, "gateway")
    assert environment(settings, "review")["DANVAN_MONGO_URL"] == settings.mongo_url


async def test_password_in_an_address_is_in_no_log_or_message(
    nats_server: NatsServer, secrets: Path, tmp_path: Path
) -> None:
    nowhere = free_port()
    variables = {
        **os.environ,
        "DANVAN_NATS_URL": nats_server.url.replace("//", f"//ann:{PASSWORD}@"),
        "DANVAN_MONGO_URL": f"mongodb://ann:{PASSWORD}@127.0.0.1:{nowhere}/?serverSelectionTimeoutMS=500",
        "DANVAN_SECRETS": str(secrets),
        "DANVAN_VAR": str(tmp_path),
        "DANVAN_LOG_LEVEL": "DEBUG",
    }
    service = [
        sys.executable,
        "-m",
        "uvicorn",
        "--factory",
        "services.review.app:create_app",
        "--port",
        str(nowhere),
    ]
    log = tmp_path / "review.log"
    with log.open("w") as out, subprocess.Popen(service, env=variables, stdout=out, stderr=out) as running:
        try:
            async with asyncio.timeout(DEADLINE):
                while "Authorization Violation" not in log.read_text():
                    await asyncio.sleep(0.05)
        finally:
            running.kill()
    danvan = [sys.executable, "-c", "from infra.cli import main; main()", "provision"]
    for more in ([], ["--users"]):
        ended = await asyncio.to_thread(
            subprocess.run, [*danvan, *more], env=variables, capture_output=True, text=True
        )
        assert ended.returncode == 1
        assert "Traceback" not in ended.stderr
        assert PASSWORD not in ended.stderr + ended.stdout
    assert PASSWORD not in log.read_text()
