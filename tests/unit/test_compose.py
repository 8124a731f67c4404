"""docker-compose.yml cannot be run here: what can be known without Docker is checked."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.stack import PROCESSES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return parsed


def test_the_containers_run_the_same_processes_as_the_stack(compose: dict[str, Any]) -> None:
    ours = {
        name: service["command"]
        for name, service in compose["services"].items()
        if service["image"] == "danvan" and "entrypoint" not in service
    }
    assert ours == {name: [f"{module}:create_app"] for name, module in PROCESSES.items()}


@pytest.mark.parametrize("module", PROCESSES.values())
def test_each_process_is_a_module_that_exists(module: str) -> None:
    assert importlib.util.find_spec(module)


def test_every_container_that_serves_has_a_health_check(compose: dict[str, Any]) -> None:
    without = {name for name, service in compose["services"].items() if "healthcheck" not in service}
    assert without == {"provision", "jaeger"}


def test_what_containers_wait_for_and_mount_is_declared(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert set(service.get("depends_on", {})) <= set(compose["services"])
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert source in compose["volumes"] or (ROOT / source).is_file()
    assert (ROOT / compose["services"]["gateway"]["build"]["dockerfile"]).is_file()
