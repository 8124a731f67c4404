"""`danvan demo`, as a new user runs it: it succeeds at first, and reports a document that was changed by hand."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from infra.run.embedded import MongoServer, NatsServer
from tests.ports import stack_port
from tests.waiting import DEADLINE

DANVAN = [sys.executable, "-c", "from infra.cli import main; main()"]


class Demo:
    """Runs on servers of the test, so that documents can be changed between two runs."""

    def __init__(self, var: Path, secrets: Path, mongo: MongoServer, nats: NatsServer) -> None:
        self._var = var
        self._secrets = secrets
        self._mongo = mongo
        self._nats = nats

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*DANVAN, *command],
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=DEADLINE,
        )

    def serve(self, **settings: str) -> str:
        """What `danvan run` says on stderr until it serves. It is stopped then."""
        said = ""
        running = subprocess.Popen(
            [*DANVAN, "run"], env=self._environment() | settings, stderr=subprocess.PIPE, text=True
        )
        with running:
            assert running.stderr
            for line in running.stderr:
                said += line
                if "Ctrl-C" in line:
                    running.send_signal(signal.SIGINT)
        assert running.returncode == 0, said
        return said

    def _environment(self) -> dict[str, str]:
        settings = {
            "DANVAN_VAR": str(self._var),
            "DANVAN_SECRETS": str(self._secrets),
            "DANVAN_PORT": str(stack_port()),
            "DANVAN_NATS_URL": self._nats.url,
            "DANVAN_MONGO_URL": self._mongo.url,
            "DANVAN_MONGO_PREFIX": "demo",
        }
        return {**os.environ, **settings}

    def change_a_field(self) -> str:
        """Moves a model to another field; returns its id."""
        with self._mongo.client() as client:
            model = client.demo_registration.models.find_one_and_update(
                {"field": "ECONOMY", "contributions": []}, {"$set": {"field": "DEFENCE_SECURITY"}}
            )
            assert model is not None
            return str(model["_id"])


def test_demo_succeeds_and_then_reports_a_document_that_was_changed_by_hand(
    tmp_path: Path, secrets: Path, mongo: MongoServer, nats_server: NatsServer
) -> None:
    # A start writes the users of its servers, and would drop the users of all other tests.
    ours = Path(shutil.copytree(secrets, tmp_path / "secrets"))
    demo = Demo(tmp_path, ours, mongo, nats_server)
    unknown = demo.run("demo")
    assert unknown.returncode == 1
    assert "MongoDB does not know our users: create them with `danvan provision --users`." in unknown.stderr
    assert demo.run("provision", "--users").returncode == 0

    first = demo.run("demo", "--format", "json")
    assert first.returncode == 0, first.stderr
    made = json.loads(first.stdout)
    assert made["differences"] == []
    totals = {figure["measure"]: figure["total"] for figure in made["report"]["figures"]}
    shown = [totals[measure] for measure in ("REGISTERED", "RECOGNISED", "NOT_MET", "NOMINATED", "MONEY")]
    assert shown == ["112", "65", "47", "8", "18827000000"]

    model = demo.change_a_field()

    again = demo.run("demo")
    assert again.returncode == 1
    lines = [line for line in again.stdout.splitlines() if model in line]
    assert lines
    for line in lines:
        assert "FIELD DEFENCE_SECURITY in the document and FIELD ECONOMY as counted" in line
        assert "registration event " in line
    assert f"{model}/3/REGISTERED" in "".join(lines)
    # The differences name the figures of the report as well.
    assert "2018/u437/REGISTERED FIELD.ECONOMY: the documents give 18, the counter shows 19" in again.stdout
    # The second start did not load the data again.
    assert "112 ✓" in again.stdout
    assert "279" not in again.stderr

    # A start goes on when the report is not answered in time.
    assert "No report at this start" in demo.serve(DANVAN_OPERATION_TIMEOUT="0.001")
