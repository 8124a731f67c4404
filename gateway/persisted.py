"""Persisted operations: documents that a client may send by the hash of their text."""

import hashlib
from collections.abc import Collection
from importlib import resources
from typing import Literal

import orjson

from gateway.request import GraphQLRequest, RequestRefused
from services.kernel.caller import Caller

FILE = resources.files("gateway") / "operations.json"


class Manifest:
    """The documents of the repository's own clients.

    Clients cannot add documents, because a hash does not show who sent it.
    """

    def __init__(self, only: Literal["nobody", "anonymous", "everyone"]) -> None:
        self._only = only
        self._documents: dict[str, str] = orjson.loads(FILE.read_bytes())
        self._texts = frozenset(self._documents.values())

    @property
    def hashes(self) -> Collection[str]:
        return self._documents.keys()

    def document(self, asked: GraphQLRequest, caller: Caller | None) -> str:
        """The document to run.

        Refuses an unknown hash, a text with another hash, and a text that the caller may not run.
        """
        query = asked.query
        if asked.persisted:
            query = query or self._known(asked.persisted)
            if asked.query and hashlib.sha256(query.encode()).hexdigest() != asked.persisted:
                vi = "Mã băm không phải của “query”."
                raise RequestRefused(400, "persisted-mismatch", vi=vi, en="The hash is not that of “query”.")
        if self._only == "nobody" or (self._only == "anonymous" and caller) or query in self._texts:
            return query
        if self._only == "anonymous":
            raise RequestRefused(
                401,
                "unauthenticated",
                vi="Không có mã truy cập thì chỉ chạy được các thao tác đã đăng ký; "
                "cần Authorization: Bearer <mã>.",
                en="Without a token you can run only registered operations; send Authorization: Bearer <token>.",
                fields=("Authorization",),
            )
        raise RequestRefused(
            403,
            "persisted-only",
            vi="Chỉ chạy các thao tác đã đăng ký trong gateway/operations.json.",
            en="You can run only the operations registered in gateway/operations.json.",
        )

    def _known(self, hash_: str) -> str:
        try:
            return self._documents[hash_]
        except KeyError:
            # Clients that speak Apollo's protocol know this message, and send the document.
            raise RequestRefused(
                400,
                "persisted-not-found",
                legacy=200,
                message="PersistedQueryNotFound",
                vi="Không có thao tác đã đăng ký nào mang mã băm ấy; hãy gửi “query”.",
                en="No registered operation has this hash; send the “query”.",
            ) from None
