"""`danvan demo`, as a new user runs it: right at first, and telling when something was changed behind its back."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from infra.embedded import MongoServer

DANVAN = [sys.executable, "-c", "from infra.cli import main; main()"]


def _demo(var: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*DANVAN, "demo", *options],
        env={**os.environ, "DANVAN_VAR": str(var), "DANVAN_PORT": "18200"},
        capture_output=True,
        text=True,
        timeout=180,
    )


def test_demo_is_right_at_first_and_says_where_a_registration_was_changed_behind_its_back(
    tmp_path: Path,
) -> None:
    first = _demo(tmp_path, "--format", "json")
    assert first.returncode == 0, first.stderr
    made = json.loads(first.stdout)
    assert made["differences"] == []
    assert [figure["total"] for figure in made["report"]["figures"][:4]] == ["112", "65", "47", "8"]

    model = _change_a_field(tmp_path)

    again = _demo(tmp_path)
    assert again.returncode == 1
    lines = [line for line in again.stdout.splitlines() if model in line]
    assert len(lines) == 1
    assert "FIELD DEFENCE_SECURITY in the document and FIELD ECONOMY as counted" in lines[0]
    assert "registration event " in lines[0]
    # the places in the report where it shows are named too
    assert "2018/u437/REGISTERED FIELD.ECONOMY: the documents give 18, the counter shows 19" in again.stdout
    # and what was loaded on the first start was not loaded again
    assert "112 ✓" in again.stdout


def _change_a_field(var: Path) -> str:
    server = MongoServer(var / "mongo")
    server.start()
    client: MongoClient[dict[str, Any]] = MongoClient(server.url)
    try:
        models = client.danvan_registration.models
        model = models.find_one_and_update(
            {"field": "ECONOMY", "contributions": []}, {"$set": {"field": "DEFENCE_SECURITY"}}
        )
        assert model is not None
        return str(model["_id"])
    finally:
        client.close()
        server.stop()
