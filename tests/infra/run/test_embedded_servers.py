"""The embedded servers, started for real."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from infra.run.child import CannotStart
from infra.run.embedded import EmbeddedServer, MongoServer, NatsServer
from infra.run.ports import EPHEMERAL, LOOPBACK, free_port
from services.kernel.config import Settings
from services.kernel.messaging.client import connect
from tests.conftest import TESTER

SERVERS = (NatsServer, MongoServer)


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_served(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def a_script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def nats_server(tmp_path: Path, secrets: Path) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path / "nats", secrets)
    yield server
    server.stop()


@pytest.fixture
def mongo_server(tmp_path: Path, secrets: Path) -> Iterator[MongoServer]:
    server = MongoServer(tmp_path / "mongo", secrets)
    yield server
    server.stop()


@pytest.mark.parametrize("server_class", SERVERS)
def test_server_stops_in_order_and_restarts_on_its_port(
    server_class: type[EmbeddedServer], tmp_path: Path, secrets: Path
) -> None:
    server = server_class(tmp_path, secrets)
    try:
        server.start()
        first, port = server.pid, server.port
        assert port < EPHEMERAL
        server.stop()
        assert (server.alive, server.returncode) == (False, 0)
        server.start()
        assert server.port == port
        assert server.pid != first
        server.start()  # has no effect on a running server
    finally:
        server.stop()


async def test_nats_keeps_its_messages_after_kill_9(nats_server: NatsServer, secrets: Path) -> None:
    nats_server.start()
    port = nats_server.port
    client = await connect(Settings(nats_url=nats_server.url, secrets=secrets), TESTER)
    await client.jetstream().add_stream(name="kept", subjects=["kept.>"])
    await client.jetstream().publish("kept.one", b"one")
    nats_server.kill()
    nats_server.start()
    await client.close()
    assert nats_server.port == port
    client = await connect(Settings(nats_url=nats_server.url, secrets=secrets), TESTER)
    assert (await client.jetstream().get_msg("kept", 1)).data == b"one"
    await client.close()


def test_mongo_keeps_its_documents_after_kill_9_and_runs_transactions(mongo_server: MongoServer) -> None:
    mongo_server.start()
    port = mongo_server.port
    with (
        mongo_server.client() as client,
        client.start_session() as session,
        session.start_transaction(),
    ):
        client["kept"]["things"].insert_one({"_id": 1}, session=session)
    mongo_server.kill()
    mongo_server.start()
    assert mongo_server.port == port
    with mongo_server.client() as client:
        assert client["kept"]["things"].count_documents({}) == 1


def test_mongo_finds_its_documents_on_another_port(mongo_server: MongoServer) -> None:
    mongo_server.start()
    with mongo_server.client() as client:
        client["kept"]["things"].insert_one({"_id": 1})
    mongo_server.stop()
    moved = MongoServer(mongo_server.folder, mongo_server.secrets, free_port())
    assert moved.port != mongo_server.port
    try:
        moved.start()
        with moved.client() as client:
            client["kept"]["things"].insert_one({"_id": 2})
            assert client["kept"]["things"].count_documents({}) == 2
    finally:
        moved.stop()


def test_server_moves_from_a_taken_port_to_a_free_one(tmp_path: Path, secrets: Path) -> None:
    wish = free_port()
    with socket.socket() as holder:
        holder.bind((LOOPBACK, wish))
        holder.listen()
        server = NatsServer(tmp_path, secrets, wish)
        try:
            server.start()
            assert server.port != wish
            assert server.port < EPHEMERAL
        finally:
            server.stop()
    assert free_port(wish) == wish


def test_folder_in_use_is_refused(nats_server: NatsServer) -> None:
    nats_server.start()
    with pytest.raises(CannotStart, match=f"is in use: process {os.getpid()} runs nats-server on it"):
        NatsServer(nats_server.folder, nats_server.secrets).start()
    assert nats_server.alive


def test_old_nats_server_is_refused(
    nats_server: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = a_script(tmp_path / "old-nats-server", 'echo "nats-server: v2.10.29"')
    monkeypatch.setenv("DANVAN_NATS_SERVER", old)
    with pytest.raises(CannotStart, match=r"v2\.10\.29; 2\.11 or newer is needed"):
        nats_server.start()
    assert nats_server.pid is None


def test_message_about_a_missing_library_names_the_command_that_installs_it(
    mongo_server: MongoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "mongod: error while loading shared libraries: libcurl.so.4: cannot open shared object file"
    monkeypatch.setenv("DANVAN_MONGOD", a_script(tmp_path / "mongod", f"echo '{said}' >&2; exit 127"))
    with pytest.raises(
        CannotStart, match=r"needs the library libcurl\.so\.4.*apt-get install -y libcurl4 libssl3"
    ):
        mongo_server.start()
    assert not mongo_server.alive


def test_message_contains_the_log_of_a_failing_server(
    mongo_server: MongoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DANVAN_MONGOD", a_script(tmp_path / "mongod", "echo no room left; exit 14"))
    with pytest.raises(CannotStart, match=r"ended at once with 14(.|\n)*no room left"):
        mongo_server.start()


def test_message_names_a_path_that_is_no_program(
    mongo_server: MongoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DANVAN_MONGOD", "/nowhere/mongod")
    with pytest.raises(CannotStart, match="DANVAN_MONGOD names /nowhere/mongod"):
        mongo_server.start()


@pytest.mark.parametrize("server_class", SERVERS)
def test_server_ends_when_its_parent_is_killed(
    server_class: type[EmbeddedServer], tmp_path: Path, secrets: Path
) -> None:
    script = (
        "import pathlib, sys, signal; from infra.run.embedded import *\n"
        f"server = {server_class.__name__}(*map(pathlib.Path, sys.argv[1:])); server.start()\n"
        "print(server.port, flush=True); signal.pause()"
    )
    command = [sys.executable, "-c", script, str(tmp_path), str(secrets)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        port = int(parent.stdout.readline())
        assert is_served(port)
        parent.kill()
    until(lambda: not is_served(port))
    server = server_class(tmp_path, secrets, port)
    try:
        server.start()
        assert server.port == port
    finally:
        server.stop()


def test_next_start_ends_an_orphan_on_the_folder(nats_server: NatsServer) -> None:
    nats_server.start()
    nats_server.stop()
    binary = Path(sys.executable).parent / "nats-server"
    configuration = str(nats_server.folder / "nats.conf")
    with subprocess.Popen([binary, "--config", configuration], stderr=subprocess.DEVNULL) as orphan:
        until(lambda: is_served(nats_server.port))
        no_longer_its_parent = os.getppid()
        (nats_server.folder / "nats-server.pid").write_text(f"{orphan.pid} {no_longer_its_parent}\n")
        next_one = NatsServer(nats_server.folder, nats_server.secrets, nats_server.port)
        try:
            next_one.start()
            assert orphan.wait() == 0
            assert next_one.port == nats_server.port
        finally:
            next_one.stop()
            orphan.kill()


def test_process_that_reuses_the_pid_is_not_ended(nats_server: NatsServer) -> None:
    nats_server.folder.mkdir()
    with subprocess.Popen(["sleep", "60"]) as bystander:
        (nats_server.folder / "nats-server.pid").write_text(f"{bystander.pid} {os.getppid()}\n")
        nats_server.start()
        assert bystander.poll() is None
        bystander.kill()


def test_database_without_users_keeps_its_data_and_then_needs_a_login(
    mongo_server: MongoServer,
) -> None:
    mongo_server.folder.mkdir()
    command = mongo_server._command()
    keyed = command.index("--keyFile")
    with subprocess.Popen(command[:keyed] + command[keyed + 2 :], stdout=subprocess.DEVNULL) as before:
        until(lambda: is_served(mongo_server.port))
        with MongoClient[dict[str, Any]](mongo_server.url) as anybody:
            member = {"_id": 0, "host": f"{LOOPBACK}:{mongo_server.port}"}
            anybody.admin.command("replSetInitiate", {"_id": "danvan", "members": [member]})
            until(lambda: bool(anybody.admin.command("hello")["isWritablePrimary"]))
            anybody["kept"]["things"].insert_one({"_id": 1})
        before.terminate()
    mongo_server.start()
    with mongo_server.client() as client:
        assert client["kept"]["things"].count_documents({}) == 1
    with (
        MongoClient[dict[str, Any]](mongo_server.url) as anybody,
        pytest.raises(OperationFailure, match="requires authentication"),
    ):
        anybody["kept"]["things"].find_one()
