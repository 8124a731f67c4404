"""`danvan demo`, as a new user runs it: it succeeds at first, and reports a document that was changed by hand."""

import json
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.run.embedded import MongoServer, NatsServer
from tests.commands import DANVAN, danvan, danvan_process, environment
from tests.template import Template


@contextmanager
def servers_of(var: Path) -> Iterator[tuple[MongoServer, dict[str, str]]]:
    """The servers with the data in the folder, which the test runs, and the settings that name them."""
    mongo, nats = MongoServer(var / "mongo", var / "secrets"), NatsServer(var / "nats", var / "secrets")
    try:
        mongo.start()
        nats.start()
        yield mongo, {"DANVAN_MONGO_URL": mongo.url, "DANVAN_NATS_URL": nats.url}
    finally:
        nats.stop()
        mongo.stop()


def change_a_field(mongo: MongoServer) -> str:
    """Moves a model to another field; returns its id."""
    with mongo.client() as client:
        model = client.danvan_registration.models.find_one_and_update(
            {"field": "ECONOMY", "contributions": []}, {"$set": {"field": "DEFENCE_SECURITY"}}
        )
        assert model is not None
        return str(model["_id"])


def serve(var: Path, **settings: str) -> str:
    """The messages of `danvan run` on stderr until it serves. It is stopped then."""
    said = ""
    running = subprocess.Popen(
        [*DANVAN, "run"], env=environment(var, **settings), stderr=subprocess.PIPE, text=True
    )
    with running:
        assert running.stderr
        for line in running.stderr:
            said += line
            if "Ctrl-C" in line:
                running.send_signal(signal.SIGINT)
    assert running.returncode == 0, said
    return said


def test_demo_succeeds_and_then_reports_a_document_that_was_changed_by_hand(
    template: Template, tmp_path: Path
) -> None:
    made = json.loads(template.demo.stdout)
    assert made["differences"] == []
    totals = {figure["measure"]: figure["total"] for figure in made["report"]["figures"]}
    shown = [totals[measure] for measure in ("REGISTERED", "RECOGNISED", "NOT_MET", "NOMINATED", "MONEY")]
    assert shown == ["112", "65", "47", "8", "18827000000"]

    var = template.copied(tmp_path)
    with servers_of(var) as (mongo, settings):
        model = change_a_field(mongo)
        again = danvan_process(var, "demo", **settings)
        assert again.returncode == 1, again.stderr
        lines = [line for line in again.stdout.splitlines() if model in line]
        assert lines
        for line in lines:
            assert "FIELD DEFENCE_SECURITY in the document and FIELD ECONOMY as counted" in line
            assert "registration event " in line
        assert f"{model}/3/REGISTERED" in "".join(lines)
        # The differences name the figures of the report as well.
        assert (
            "2018/u437/REGISTERED FIELD.ECONOMY: the documents give 18, the counter shows 19" in again.stdout
        )
        # The second start did not load the data again.
        assert "112 ✓" in again.stdout
        assert "279" not in again.stderr

        # A start goes on when the report is not answered in time.
        assert "No report at this start" in serve(var, DANVAN_OPERATION_TIMEOUT="0.001", **settings)


def test_start_on_servers_without_our_users_names_the_command_that_creates_them(
    tmp_path: Path, secrets: Path, mongo: MongoServer, nats_server: NatsServer
) -> None:
    # A start writes the users of its servers, and would drop the users of all other tests.
    settings = {
        "DANVAN_SECRETS": str(shutil.copytree(secrets, tmp_path / "secrets")),
        "DANVAN_MONGO_URL": mongo.url,
        "DANVAN_NATS_URL": nats_server.url,
        "DANVAN_MONGO_PREFIX": "demo",
    }
    refused = danvan(tmp_path, "demo", **settings)
    assert refused.returncode == 1
    assert "MongoDB does not know our users: create them with `danvan provision --users`." in refused.stderr
    assert danvan(tmp_path, "provision", "--users", **settings).returncode == 0
