"""The corrections of one service: the handlers that every service shares, as part of its table."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol

from services.corrections import domain, repository
from services.corrections.domain import Correction
from services.corrections.messages import (
    ApproveCorrection,
    CorrectedFact,
    CorrectionCounts,
    CorrectionMessages,
    CorrectionsById,
    CorrectionsOfRecords,
    CorrectionsPage,
    DeclineCorrection,
    RecallCorrection,
)
from services.corrections.repository import OF_HANDED_OVER, Corrections
from services.kernel.act import Act
from services.kernel.aggregate import Aggregate
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.repository import new_id
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Row, Rows
from services.kernel.table import Area, command, query
from services.movement.changes import Change
from services.movement.homes import Homed

Names = dict[str, tuple[str, str]]
"""Corrected field → its names in GraphQL and in Vietnamese."""


class Draft(Protocol):
    """A correction that was judged against the record as it is, and is not written yet.

    `changes`: the values that it replaces now. `figures`: whether it changes figures.
    """

    @property
    def record(self) -> Aggregate: ...
    @property
    def authors(self) -> frozenset[str | None]: ...
    @property
    def fact(self) -> CorrectedFact: ...
    @property
    def fact_version(self) -> int: ...
    @property
    def reverses(self) -> bool: ...
    @property
    def changes(self) -> Sequence[Change]: ...
    @property
    def figures(self) -> bool: ...

    async def write(self, correction: Correction, act: Act) -> None:
        """Writes the next version of the record, and the event that announces the correction."""


Again = Callable[[Correction, Transaction], Awaitable[Draft]]
"""Judges a correction again, against the record as it is now."""
Authors = Callable[[str, Transaction], Awaitable[frozenset[str | None]]]
"""The persons and organisations whose work a record is."""


class Desk:
    """`again`: judges a correction of a record of this service. `names`: of all fields that it corrects."""

    def __init__(self, messages: CorrectionMessages, names: Names, *, again: Again, authors: Authors) -> None:
        self._messages = messages
        self._names = names
        self._again = again
        self._authors = authors
        self._columns = repository.columns(messages.kind)

        class Own(Corrections):
            kind = messages.kind
            columns = self._columns

        self._repository = Own

    @property
    def area(self) -> Area:
        """The part of the service's table that every service shares."""
        return Area(
            messages=self._messages,
            commands=(
                command(self._messages.ApproveCorrection, self.approve),
                command(self._messages.DeclineCorrection, self.decline),
                command(self._messages.RecallCorrection, self.recall),
            ),
            queries=(
                query(self._messages.CorrectionsPage, self.page),
                query(self._messages.CorrectionsById, self.by_id),
                query(self._messages.CorrectionsOfRecords, self.of_records),
                query(self._messages.CorrectionCounts, self.counts),
            ),
            indexes=repository.INDEXES,
        )

    async def propose(
        self,
        draft: Draft,
        *,
        reason: str,
        document: str,
        shown: Sequence[Change] | None = None,
        tx: Transaction,
    ) -> Row:
        """Files the correction. It is applied at once if it changes no figures.

        `shown`: the changes as people read them, if they differ from those that are judged again.
        """
        corrections, act = self._repository(tx), tx.act()
        correction, proposed = domain.propose(
            key=new_id(self._messages.kind),
            record=draft.record,
            authors=draft.authors,
            fact=draft.fact,
            fact_version=draft.fact_version,
            changes=draft.changes,
            shown=draft.changes if shown is None else shown,
            names=self._names,
            reverses=draft.reverses,
            figures=draft.figures,
            reason=reason,
            document=document,
            waiting=await corrections.waiting(draft.record.id),
            messages=self._messages,
            act=act,
        )
        if not correction.figures:
            await draft.write(correction, act)
        return await corrections.add(correction, proposed)

    async def approve(self, command: ApproveCorrection, tx: Transaction) -> Row:
        corrections, act = self._repository(tx), tx.act()
        correction = await corrections.load(command.correction)
        domain.waits(correction)
        draft = await self._again(correction, tx)
        approved, event = domain.approve(correction, authors=draft.authors, messages=self._messages, act=act)
        domain.still_there(correction, draft.changes)
        await draft.write(approved, act)
        return await corrections.save(approved, event)

    async def decline(self, command: DeclineCorrection, tx: Transaction) -> Row:
        corrections = self._repository(tx)
        correction = await corrections.load(command.correction)
        declined = domain.decline(
            correction,
            reason=command.reason,
            authors=await self._authors(correction.record, tx),
            messages=self._messages,
            act=tx.act(),
        )
        return await corrections.save(*declined)

    async def recall(self, command: RecallCorrection, tx: Transaction) -> Row:
        corrections = self._repository(tx)
        correction = await corrections.load(command.correction)
        return await corrections.save(*domain.recall(correction, messages=self._messages, act=tx.act()))

    async def follow(self, records: Iterable[Homed], tx: Transaction) -> None:
        """Moves the corrections of these records to the units to which the records were handed over."""
        homed = {record.id: record for record in records}
        corrections = self._repository(tx, tx.unscoped(OF_HANDED_OVER))
        for one in await corrections.find({"record": {"$in": sorted(homed)}}):
            if followed := domain.follow(one, homed[one.record], messages=self._messages, act=tx.act()):
                await corrections.save(*followed)

    async def page(self, query: CorrectionsPage, access: Access) -> Rows:
        return await repository.page(access, self._columns, query)

    async def by_id(self, query: CorrectionsById, access: Access) -> Rows:
        return await pages.by_keys(Corrections.seen(access), self._columns, query)

    async def of_records(self, query: CorrectionsOfRecords, access: Access) -> Rows:
        return await pages.page_of_each(Corrections.seen(access), self._columns, query, "record")

    async def counts(self, query: CorrectionCounts, access: Access) -> Rows:
        return await repository.counts(access, query)
