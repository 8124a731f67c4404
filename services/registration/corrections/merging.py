"""Proposals to undo a merger of organisations that was a mistake. An approved proposal is written."""

from dataclasses import dataclass

from services.corrections.domain import Correction
from services.corrections.messages import CorrectedFact
from services.kernel.act import Act
from services.kernel.messages import Refused
from services.kernel.mongo.transaction import Transaction
from services.movement.changes import Change, changes
from services.registration.organisations import domain
from services.registration.organisations.domain import Organisation
from services.registration.organisations.repository import Kept, Organisations

NAMES = {"merged_into": ("mergedInto", "Được gộp vào tổ chức")}


@dataclass(frozen=True, slots=True)
class MergeDraft:
    """`record`: the entry that was merged into `kept`. `entries` has loaded the first, `others` the second."""

    record: Organisation
    kept: Organisation
    entries: Organisations
    others: Kept

    @property
    def authors(self) -> frozenset[str | None]:
        return frozenset()

    @property
    def fact(self) -> CorrectedFact:
        return CorrectedFact.MERGE

    @property
    def fact_version(self) -> int:
        return self.record.version

    @property
    def reverses(self) -> bool:
        return True

    @property
    def changes(self) -> tuple[Change, ...]:
        return changes(self.record, None, NAMES)

    @property
    def figures(self) -> bool:
        return True

    async def write(self, correction: Correction, act: Act) -> None:
        proposal = {
            "correction": correction.id,
            "reason": correction.reason,
            "basis": correction.document or "",
            "proposed_by": correction.proposed_by,
            "approved_by": correction.decided_by,
        }
        unmerged, released = domain.unmerge(self.record, self.kept, proposal=proposal, act=act)
        await self.entries.save(*unmerged)
        await self.others.save(*released)


async def merged(organisation: str, tx: Transaction) -> MergeDraft:
    """The proposal to undo the merger of this organisation. Refused if it is not merged, or if `kept` is."""
    entries, others = Organisations(tx), Kept(tx)
    entry = await entries.entry(organisation)
    if entry.merged_into is None:
        raise Refused(
            "not-merged",
            "organisation",
            vi=f"“{entry.name}” không được gộp vào tổ chức nào.",
            en=f"“{entry.name}” is not merged into another organisation.",
        )
    kept = await others.entry(entry.merged_into)
    domain.released(entry, kept)
    return MergeDraft(entry, kept, entries, others)
