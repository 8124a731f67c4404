"""Fetches the files of GraphiQL that the gateway serves: `python -m tests.npm.vendor`. Each package is pinned.

To take a newer version, change it here with its `integrity` from `npm view <name>@<version> dist.integrity`. Then run
this module, look at the page in a browser, and commit the files.
"""

import base64
import hashlib
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple

from gateway.app import GRAPHIQL
from tests.npm import npm


class Package(NamedTuple):
    name: str
    version: str
    integrity: str
    files: tuple[str, ...]


PACKAGES = (
    # The last version that is built as one script. Later versions have hundreds of modules and five workers.
    Package(
        "graphiql",
        "3.9.0",
        "sha512-rJYFlHdBbug9+YbFSwRVvgfPjCayC7wHecZkx/qB4XLuQPFQZw/yB9pmHFtOJV6RiNBBHro3u1GdocKa3YcGRA==",
        ("graphiql.min.js", "graphiql.min.css"),
    ),
    # The last version with a build for the browser.
    Package(
        "react",
        "18.3.1",
        "sha512-wS+hAgJShR0KhEvPJArfuPVN1+Hz1t0Y6n5jLrGQbkb4urgPE/0Rve+1kMB1v/oWgHgm4WIcV+i7F2pTVj+2iQ==",
        ("umd/react.production.min.js",),
    ),
    Package(
        "react-dom",
        "18.3.1",
        "sha512-5m4nQKp+rZRb09LNH59GM4BxTh9251/ylbKIbpe7TpGxfJ+9kv6BLkLBXIjjspbgbnIBNqlI23tRnTWT0snUIw==",
        ("umd/react-dom.production.min.js",),
    ),
)


def fetch(package: Package, into: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        packed = npm("pack", f"{package.name}@{package.version}", "--silent", cwd=Path(folder)).strip()
        archive = Path(folder) / packed
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        assert package.integrity == f"sha512-{digest}", f"{package.name} is not what was looked at: {digest}"
        with tarfile.open(archive) as files:
            for name in (*package.files, "LICENSE"):
                found = files.extractfile(f"package/{name}")
                assert found, name
                own = f"LICENSE.{package.name}" if name == "LICENSE" else Path(name).name
                (into / own).write_bytes(found.read())


if __name__ == "__main__":
    for package in PACKAGES:
        fetch(package, GRAPHIQL / "vendor")
