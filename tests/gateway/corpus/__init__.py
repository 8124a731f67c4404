"""Requests that try to be expensive, each with the code of its refusal.

Small ones are files: `bombs/<code>/<name>.graphql` is a document, `.json` a whole body. `large` generates the others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from tests.gateway.corpus.large import LARGE

FOLDER = Path(__file__).with_name("bombs")


@dataclass(frozen=True)
class Bomb:
    name: str
    code: str
    body: bytes

    @property
    def anonymous(self) -> bool:
        """Whether it is sent without a token. It is then refused because it has none."""
        return self.code == "unauthenticated"


def bombs() -> list[Bomb]:
    return sorted([*_files(), *_large()], key=lambda bomb: (bomb.code, bomb.name))


def _files() -> Iterator[Bomb]:
    for path in FOLDER.glob("*/*"):
        content = path.read_bytes()
        is_document = path.suffix == ".graphql"
        body = orjson.dumps({"query": content.decode()}) if is_document else content
        yield Bomb(path.stem, path.parent.name, body)


def _large() -> Iterator[Bomb]:
    for code, made in LARGE.items():
        for name, content in made.items():
            body = content if isinstance(content, bytes) else orjson.dumps({"query": content})
            yield Bomb(name, code, body)
