"""Asks services for the caller. Like any DataLoader it batches: one request for all keys of one turn of the loop."""

import asyncio
import hashlib
from collections.abc import Mapping
from itertools import islice
from typing import Any

import msgspec

from gateway.callers.delegating import Delegating
from gateway.fields.declare import PARTS, RootQuery, node_of, shown
from gateway.fields.merging import merged
from services.kernel.calendar import today
from services.kernel.caller import ANYBODY, Caller
from services.kernel.inputs import key_of_once
from services.kernel.messages import Command, Query, Refusal, Refused
from services.kernel.rows import ByFilter, ByKeys, ByOwners, Fields, Head, Part, Row, Rows, Shows, covers

MOST_KEYS = 500
"""Keys in one request to a service. More keys go into several requests, sent at once."""


class Loader:
    """One for each operation."""

    def __init__(self, client: Delegating, caller: Caller | None, *, versioned: bool = False) -> None:
        """`versioned`: whether requests ask for the version of each answer."""
        self._versioned = versioned
        self._versions: list[str] = []
        self._client = client
        self._caller = caller or ANYBODY
        self._batches: dict[Any, _Batch] = {}
        self._failed: list[tuple[Shows, Exception]] = []
        self.needed: dict[tuple[Any, ...], Fields] = {}
        """Columns by selection, filled by `declare.needed`."""

    async def caller(self) -> Caller:
        """The caller with the grants delegated to them now. Delegations can end during a subscription."""
        return await self._client.effective(self._caller)

    def _admitted(self, asked: Command | Query) -> Caller:
        """The caller, refused here if they have no rights at all. Services judge the rest."""
        if self._caller is ANYBODY:
            ANYBODY.scope(asked.roles, today())
        return self._caller

    async def ask(self, query: Shows) -> Rows:
        """A query that failed once in an operation is not asked again in it: it raises the same error.

        If several services have a part of a list, all of them are asked, and their pages are merged.
        """
        if isinstance(query, ByFilter) and (kinds := PARTS.get(type(query))):
            asked = msgspec.structs.asdict(query)
            return merged(query, await asyncio.gather(*(self._ask(kind(**asked)) for kind in kinds)))
        return await self._ask(query)

    async def _ask(self, query: Shows) -> Rows:
        for failed, error in self._failed:
            if failed == (wanted := _bare(query)) and type(failed) is type(wanted):
                raise error
        try:
            if not self._versioned:
                return await self._client.ask(query, self._admitted(query), Rows)
            rows = await self._client.ask(
                msgspec.structs.replace(query, versioned=True), self._admitted(query), Rows
            )
            self._versions.append(rows.head.version)
            return rows
        except Exception as error:
            self._failed.append((_bare(query), error))
            raise

    async def version(self) -> str:
        """The version of all answers of the operation, for this caller and this day; empty if one answer has none."""
        if not (self._versions and all(self._versions)):
            return ""
        # Simultaneous requests are answered in any order.
        made = [*sorted(self._versions), str((await self.caller()).grants), str(today())]
        return hashlib.blake2b("\n".join(made).encode(), digest_size=12).hexdigest()

    async def do(self, command: Command, key: str, fields: Fields, *, preview: bool = False) -> Row:
        """The new state. Its service keeps only `fields` of it: a repeat that needs others gets the state of now.

        `preview`: the state that the command would lead to; nothing is written.
        """
        caller = self._admitted(command)
        # The key travels in a header. A key that a header would change is refused.
        row: Row = await self._client.ask(
            command, caller, dict, key=key_of_once(key), fields=fields, preview=preview
        )
        if covers(row, fields):
            return row
        now = await self.row(node_of(row["id"]), row["id"], fields)
        if now is None:
            raise Refused(
                "key-reused",
                "idempotencyKey",
                vi="Khóa này đã dùng cho một yêu cầu chọn các trường khác.",
                en="This key was used for a request that selected other fields.",
            )
        return now

    async def do_each(
        self, commands: Mapping[str, Command], fields: Fields, *, preview: bool
    ) -> list[Row | Refusal]:
        """The new state, or the refusal, of each command, in their order. `commands`: one type, by key."""
        caller = self._admitted(next(iter(commands.values())))
        return await self._client.ask_each(commands, caller, fields=fields, preview=preview)

    async def rows(self, message: type[ByKeys], keys: tuple[str, ...], fields: Fields) -> Rows:
        """One row for each key, in the order of the keys."""
        if len(keys) <= MOST_KEYS:
            return await self.ask(message(keys=keys, fields=fields))
        parts = [keys[start : start + MOST_KEYS] for start in range(0, len(keys), MOST_KEYS)]
        answers = await asyncio.gather(*(self.rows(message, part, fields) for part in parts))
        nulls = {null for answer in answers for null in answer.head.nulls}
        return Rows(
            Head(sorted(nulls), [key for answer in answers for key in answer.head.keys]),
            b"".join([answer.text for answer in answers]),
        )

    async def root(self, wanted: RootQuery, fields: Fields, *, counted: bool = False) -> Row | None:
        """The row, or the row of a connection, that a root field shows. `counted`: with the number of all its rows."""
        more = {"counted": True} if counted else {}
        query = msgspec.structs.replace(wanted.message, fields=fields, **more)
        answer = await self.ask(query)
        if isinstance(query, ByFilter):
            return shown(answer.head.pages[0], answer.read())
        return answer.read()[0]

    async def row(self, message: type[ByKeys], key: str, fields: Fields) -> Row | None:
        """The row for the key, requested together with the others of this turn of the loop."""
        batch = self._batch(message, key, fields)
        if batch.answer is None:
            batch.answer = asyncio.ensure_future(self._rows_of(message, batch))
        row: Row | None = (await batch.answer)[key]
        return row

    async def page(self, message: type[ByOwners], key: str, window: dict[str, Any], fields: Fields) -> Row:
        """The row of a connection: a page, requested in the same way."""
        batch = self._batch((message, *window.values()), key, fields)
        if batch.answer is None:
            batch.answer = asyncio.ensure_future(self._pages_of(message, window, batch))
        row: Row = (await batch.answer)[key]
        return row

    def _batch(self, what: Any, key: str, fields: Fields) -> "_Batch":
        batch = self._batches.setdefault(what, _Batch())
        batch.keys[key] = None
        _merge(batch.fields, fields)
        return batch

    async def _rows_of(self, message: type[ByKeys], batch: "_Batch") -> dict[str, Any]:
        del self._batches[message]
        keys = tuple(batch.keys)
        return dict(zip(keys, (await self.rows(message, keys, batch.fields)).read(), strict=True))

    async def _pages_of(
        self, message: type[ByOwners], window: dict[str, Any], batch: "_Batch"
    ) -> dict[str, Any]:
        del self._batches[(message, *window.values())]
        keys = tuple(batch.keys)
        answer = await self.ask(message(keys=keys, fields=batch.fields, **window))
        rows = iter(answer.read())
        pages = ((page, list(islice(rows, len(page.cursors)))) for page in answer.head.pages)
        return {key: shown(page, found) for key, (page, found) in zip(keys, pages, strict=True)}


class _Batch:
    """Keys of one turn of the loop. The request starts in the next turn, when all resolvers have added theirs."""

    def __init__(self) -> None:
        self.keys: dict[str, None] = {}
        self.fields: Fields = {}
        self.answer: asyncio.Future[dict[str, Any]] | None = None


def _merge(into: Fields, more: Fields) -> None:
    for name, source in more.items():
        known = into.get(name)
        if isinstance(known, Part) and isinstance(source, Part):
            both = dict(known.fields)
            _merge(both, source.fields)
            into[name] = Part(known.column, both)
        else:
            into[name] = source


def _bare(query: Shows) -> Shows:
    """The query without the fields to show and without its count. Neither changes whether it fails."""
    uncounted = {"counted": False} if isinstance(query, ByFilter) else {}
    return msgspec.structs.replace(query, fields={}, **uncounted)
