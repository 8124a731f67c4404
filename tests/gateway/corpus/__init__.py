"""Requests that are made to hurt, each with the code that it is refused with: `bombs/<code>/<name>`, and larger ones.

A `.graphql` is a document, a `.json` a whole body. What would be huge as a file is written by `large`.
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
        """Sent without a token, for the lack of which it is refused."""
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
