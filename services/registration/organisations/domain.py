"""The rules of organisations, which own models and issue documents: their names and their end."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from services.kernel.act import Act
from services.kernel.aggregate import about, changed
from services.kernel.inputs import happened, nothing_changed, optional, required
from services.kernel.messages import Refused
from services.kernel.units import DatedUnit
from services.movement.homes import Homed, Step, handed_over
from services.movement.organisations import in_being as in_being
from services.movement.words import BodyKind
from services.registration.organisations.messages import (
    FormerName,
    MergedEntry,
    OrganisationAbsorbed,
    OrganisationEnded,
    OrganisationHandedOver,
    OrganisationMerged,
    OrganisationRegistered,
    OrganisationReleased,
    OrganisationRenamed,
    OrganisationUnmerged,
)

LONGEST_NAME = 200
LONGEST_DOCUMENT = 300
LONGEST_REASON = 4000
MOST_NAMES = 50


class Organisation(Homed, frozen=True, kw_only=True):
    """`since`: first day of the present name; None if unknown. `ended_on`: first day without the organisation."""

    name: str
    kind: BodyKind
    since: date | None = None
    former: tuple[FormerName, ...] = ()
    ended: bool = False
    ended_on: date | None = None
    end_document: str | None = None
    successor: str | None = None
    merged_into: str | None = None
    merged: tuple[MergedEntry, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Its id, and those of its second entries."""
        return (self.id, *(one.organisation for one in self.merged))

    def named_on(self, day: date) -> tuple[str, BodyKind]:
        """Name and kind of body on `day`; before the first known name, that name."""
        for one in self.former:
            if day < one.until:
                return one.name, one.kind
        return self.name, self.kind

    @property
    def began_on(self) -> date | None:
        return self.former[0].since if self.former else self.since


def register(
    *,
    key: str,
    name: str,
    kind: BodyKind,
    unit: DatedUnit,
    since: date | None = None,
    act: Act,
) -> tuple[Organisation, OrganisationRegistered]:
    path = unit.in_force(act.on).path
    name = _name(name)
    happened(act.on, act.today)
    if since:
        happened(since, act.today, "since")
    organisation = Organisation(id=key, version=1, unit=path, name=name, kind=kind, since=since)
    return organisation, OrganisationRegistered(**about(organisation, act), name=name, kind=kind, since=since)


def organisation_known(known: Organisation) -> Refused:
    return Refused(
        "organisation-known",
        "name",
        "insist",
        vi=f"Đơn vị đã có “{known.name}” cùng loại, đang hoạt động: {known.id}. Nếu là tổ chức khác, hãy xác nhận.",
        en=f"The unit has “{known.name}” of this kind already: {known.id}. If yours is another one, send insist: true.",
    )


def merge(
    organisation: Organisation, *, into: Organisation, reason: str, document: str, act: Act
) -> tuple[tuple[Organisation, OrganisationMerged], tuple[Organisation, OrganisationAbsorbed]]:
    """The second entry and the organisation into which it is merged, both changed."""
    if organisation.id == into.id:
        raise Refused(
            "merged-already",
            "organisation",
            vi="Hai mã này đã là một tổ chức.",
            en="These two ids are one organisation already.",
        )
    if organisation.home.unit != into.home.unit:
        raise Refused(
            "units-differ",
            "organisation",
            "into",
            vi="Hai tổ chức thuộc hai đơn vị khác nhau; chỉ gộp được khi cùng một đơn vị.",
            en="The two organisations belong to different units; only entries in one unit can be merged.",
        )
    told: dict[str, Any] = {
        "reason": required(
            reason,
            "reason",
            longest=LONGEST_REASON,
            vi="Lý do gộp",
            en="The reason for merging them",
            lines=True,
        ),
        "basis": optional(
            document, "document", longest=LONGEST_DOCUMENT, vi="Văn bản căn cứ", en="The document"
        ),
        "on": act.today,
    }
    entry = MergedEntry(
        organisation=organisation.id,
        into=into.id,
        name=organisation.name,
        kind=organisation.kind,
        on=act.today,
        reason=told["reason"],
        document=told["basis"],
    )
    merged = changed(organisation, merged_into=into.id, merged=())
    kept = changed(into, merged=(*into.merged, *organisation.merged, entry))
    return (
        (
            merged,
            OrganisationMerged(
                **about(merged, act), name=merged.name, into=kept.id, into_name=kept.name, **told
            ),
        ),
        (
            kept,
            OrganisationAbsorbed(
                **about(kept, act), name=kept.name, merged=merged.id, merged_name=merged.name, **told
            ),
        ),
    )


def released(entry: Organisation, kept: Organisation) -> tuple[Organisation, Organisation]:
    """Both organisations after their merger is undone. Entries that had been merged into `entry` go back to it.

    `entry`: the organisation that was merged. `kept`: the organisation into which it was merged. Refused if `kept` was
    itself merged later.
    """
    if kept.merged_into:
        raise Refused(
            "merged-onward",
            "organisation",
            vi=f"{kept.id} sau đó đã được gộp vào {kept.merged_into}; hãy hủy lần gộp ấy trước.",
            en=f"{kept.id} has been merged into {kept.merged_into} since then: undo that merger first.",
        )
    own = {entry.id}
    for one in reversed(kept.merged):
        own |= {one.organisation} if one.into in own else set()
    back = tuple(one for one in kept.merged if one.organisation in own and one.organisation != entry.id)
    stay = tuple(one for one in kept.merged if one.organisation not in own)
    return changed(entry, merged_into=None, merged=back), changed(kept, merged=stay)


def unmerge(
    entry: Organisation, kept: Organisation, *, proposal: Mapping[str, Any], act: Act
) -> tuple[tuple[Organisation, OrganisationUnmerged], tuple[Organisation, OrganisationReleased]]:
    """Undoes the merger. `proposal`: fields of both events: the id of the proposal, its reason and the persons."""
    entry, kept = released(entry, kept)
    told = {**proposal, "on": act.today}
    return (
        (
            entry,
            OrganisationUnmerged(
                **about(entry, act), name=entry.name, kept=kept.id, kept_name=kept.name, **told
            ),
        ),
        (
            kept,
            OrganisationReleased(
                **about(kept, act), name=kept.name, released=entry.id, released_name=entry.name, **told
            ),
        ),
    )


def rename(
    organisation: Organisation, *, name: str, kind: BodyKind | None, document: str, act: Act
) -> tuple[Organisation, OrganisationRenamed]:
    _require_open(organisation, act)
    name, kind = _name(name), kind or organisation.kind
    if (name, kind) == (organisation.name, organisation.kind):
        raise nothing_changed("name", "kind")
    if len(organisation.former) >= MOST_NAMES:
        raise Refused(
            "too-many-names",
            "organisation",
            vi=f"Một tổ chức có tối đa {MOST_NAMES} lần đổi tên.",
            en=f"An organisation can be renamed {MOST_NAMES} times at most.",
        )
    former = FormerName(
        name=organisation.name,
        kind=organisation.kind,
        since=organisation.since,
        until=act.on,
        document=_document(document),
    )
    renamed = changed(organisation, name=name, kind=kind, since=act.on, former=(*organisation.former, former))
    return renamed, OrganisationRenamed(
        **about(renamed, act), before=former.name, name=name, kind=kind, basis=former.document, on=act.on
    )


def end(
    organisation: Organisation, *, successor: Organisation | None, document: str, act: Act
) -> tuple[Organisation, OrganisationEnded]:
    _require_open(organisation, act)
    if successor:
        if successor.id == organisation.id:
            raise Refused(
                "successor-itself",
                "successor",
                vi="Một tổ chức không kế thừa chính mình; nếu chỉ đổi tên, hãy đổi tên.",
                en="An organisation cannot succeed itself; if only the name changes, rename it.",
            )
        in_being(successor, act.on, "successor", "on")
    ended = changed(
        organisation,
        ended=True,
        ended_on=act.on,
        end_document=_document(document),
        successor=successor.id if successor else None,
    )
    return ended, OrganisationEnded(
        **about(ended, act), basis=_document(document), successor=ended.successor, on=act.on
    )


def hand_over(
    organisation: Organisation, *, steps: Sequence[Step], document: str, act: Act
) -> tuple[Organisation, OrganisationHandedOver]:
    """The organisation lives in the units of these steps, each from its day on. Its models stay where they are."""
    handed, told = handed_over(organisation, steps, document=document, act=act)
    return handed, OrganisationHandedOver(**told)


def _require_open(organisation: Organisation, act: Act) -> None:
    """Refused if the organisation cannot change from the day of the act on."""
    on = act.on
    happened(on, act.today)
    in_being(organisation, on, "organisation", "on")
    if organisation.ended:
        raise Refused(
            "organisation-ended",
            "organisation",
            vi=f"“{organisation.name}” đã kết thúc hoạt động từ ngày {organisation.ended_on:%d/%m/%Y}.",
            en=f"“{organisation.name}” ended on {organisation.ended_on}.",
        )
    if organisation.since and on <= organisation.since:
        raise Refused(
            "date-too-early",
            "on",
            vi=f"Ngày {on:%d/%m/%Y} không sau ngày bắt đầu tên hiện tại ({organisation.since:%d/%m/%Y}).",
            en=f"{on} is not after the first day of its present name ({organisation.since}).",
        )


def _name(text: str) -> str:
    return required(text, "name", longest=LONGEST_NAME, vi="Tên tổ chức", en="The organisation's name")


def _document(text: str) -> str:
    return required(text, "document", longest=LONGEST_DOCUMENT, vi="Văn bản căn cứ", en="The document")
