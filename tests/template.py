"""The folder of a stack that has the whole country and the sample. `danvan demo` makes it once for all tests."""

import fcntl
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.commands import Ended, danvan_process
from tests.waiting import DEADLINE

PATIENT = {
    f"DANVAN_{setting}": str(DEADLINE) for setting in ("REQUEST_TIMEOUT", "OPERATION_TIMEOUT", "WATCHDOG")
}
"""For slow machines: every test of the shared stack needs the template."""
LEFT_OUT = ("log", "lock", "WiredTigerPreplog.*")
"""Logs, and files that each start makes anew."""


@dataclass(frozen=True)
class Template:
    """`demo`: how the command ended that made the folder."""

    var: Path
    demo: Ended

    def copied(self, to: Path) -> Path:
        """A copy below `to`, on which a stack finds the data as after a restart."""
        return Path(shutil.copytree(self.var, to / "var", ignore=shutil.ignore_patterns(*LEFT_OUT)))


def shared_template(shared: Path) -> Template:
    """`shared`: the folder of all workers. The first that needs the template makes it, the others wait for it."""
    var, ended = shared / "template", shared / "template.json"
    with (shared / "template.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ended.exists():
            made = danvan_process(var, "demo", "--format", "json", **PATIENT)
            assert made.returncode == 0, made.stderr
            ended.write_text(json.dumps(asdict(made)))
    return Template(var, Ended(**json.loads(ended.read_text())))
