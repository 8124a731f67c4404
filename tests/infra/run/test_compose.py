"""docker-compose.yml: it cannot run here, so the tests check what can be known without Docker."""

import importlib.util
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.run.stack import CONNECTIONS, PROCESSES
from infra.secure.credentials import MONGO_KEY, NATS_USERS, make_secrets
from infra.secure.rights import RIGHTS
from services.kernel.config import Settings
from tests import ROOT

SECRETS = "/var/lib/danvan/secrets"
ONCE = {"secrets", "provision", "operator"}
"""Containers that do one task and end."""


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return parsed


def _mounts(service: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Path in the container → the volume or file, and the folder in it."""
    found = {}
    for volume in service.get("volumes", ()):
        if isinstance(volume, str):
            source, target = volume.split(":")[:2]
            found[target] = (source, "")
        else:
            found[volume["target"]] = (volume["source"], volume.get("volume", {}).get("subpath", ""))
    return found


def test_containers_run_the_processes_of_the_stack(compose: dict[str, Any]) -> None:
    ours = {
        name: service["command"]
        for name, service in compose["services"].items()
        if service["image"] == "danvan" and "entrypoint" not in service
    }
    limits = {"gateway": ["--http", CONNECTIONS]}
    assert ours == {
        name: [*limits.get(name, []), f"{module}:create_app"] for name, module in PROCESSES.items()
    }


@pytest.mark.parametrize("module", PROCESSES.values())
def test_module_of_each_process_exists(module: str) -> None:
    assert importlib.util.find_spec(module)


def test_every_serving_container_has_a_health_check(compose: dict[str, Any]) -> None:
    without = {name for name, service in compose["services"].items() if "healthcheck" not in service}
    assert without == {*ONCE, "jaeger"}


def test_dependencies_and_mounts_of_containers_are_declared(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert set(service.get("depends_on", {})) <= set(compose["services"])
        for source, _ in _mounts(service).values():
            assert source in compose["volumes"] or (ROOT / source).is_file()
    assert (ROOT / compose["services"]["gateway"]["build"]["dockerfile"]).is_file()


def test_each_process_sees_only_its_own_secrets(compose: dict[str, Any]) -> None:
    for name, module in PROCESSES.items():
        user = module.split(".")[-2]
        assert name.removesuffix("-readers") == user
        assert _mounts(compose["services"][name]) == {f"{SECRETS}/{user}": ("secrets", user)}
    assert Settings(var=Path("/var/lib/danvan")).secrets_of("review") == Path(f"{SECRETS}/review")
    all_of_them = {
        name
        for name, service in compose["services"].items()
        if _mounts(service).get(SECRETS) == ("secrets", "")
    }
    assert all_of_them == ONCE


def test_only_the_container_that_creates_secrets_may_write_them(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for volume in service.get("volumes", ()):
            if "secrets" in volume:
                assert name == "secrets"
            elif isinstance(volume, dict):
                assert volume["read_only"]


def test_gateway_does_not_get_the_address_of_mongodb(compose: dict[str, Any]) -> None:
    told = {name for name in PROCESSES if "DANVAN_MONGO_URL" in compose["services"][name]["environment"]}
    assert told == set(PROCESSES) - {"gateway"}
    settings = {
        variable for service in compose["services"].values() for variable in service.get("environment", {})
    }
    assert settings <= {f"DANVAN_{name.upper()}" for name in Settings.model_fields}


def test_file_contains_no_secret(compose: dict[str, Any]) -> None:
    text = (ROOT / "docker-compose.yml").read_text().lower()
    assert "password" not in text
    assert "@" not in "".join(line for line in text.splitlines() if "_url" in line)


def test_servers_start_after_the_secrets_and_processes_after_the_users(
    compose: dict[str, Any],
) -> None:
    services = compose["services"]
    for server in ("nats", "mongo"):
        assert services[server]["depends_on"] == {"secrets": {"condition": "service_completed_successfully"}}
    assert services["provision"]["entrypoint"] == ["danvan", "provision", "--users"]
    assert set(services["provision"]["depends_on"]) == {"nats", "mongo"}
    for name in PROCESSES:
        assert services[name]["depends_on"] == {"provision": {"condition": "service_completed_successfully"}}


def test_mongodb_requires_authentication_and_finds_its_key(compose: dict[str, Any]) -> None:
    mongo = compose["services"]["mongo"]
    key = mongo["command"][mongo["command"].index("--keyFile") + 1]
    volume, folder = _mounts(mongo)[str(Path(key).parent)]
    assert (volume, Path(folder, Path(key).name)) == ("secrets", MONGO_KEY)


def test_nats_accepts_its_configuration_and_knows_its_users(compose: dict[str, Any], tmp_path: Path) -> None:
    """A real nats-server checks the files of the container, in the layout that it sees."""
    make_secrets(tmp_path / "secrets")
    inside = tmp_path / "etc" / "danvan"
    for target, (source, folder) in _mounts(compose["services"]["nats"]).items():
        if target.startswith("/etc/danvan"):
            place = tmp_path / target.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            if source == "secrets":
                shutil.copytree(tmp_path / "secrets" / folder, place)
            else:
                shutil.copy(ROOT / source, place)
    assert (inside / "users" / NATS_USERS.name).read_text().count("nkey") == len(RIGHTS)
    assert _takes(inside / "nats.conf")
    (inside / "users" / NATS_USERS.name).unlink()
    assert not _takes(inside / "nats.conf"), "it must not start without its users"


def _takes(configuration: Path) -> bool:
    command = [f"{sysconfig.get_path('scripts')}/nats-server", "-t", "--config", str(configuration)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
