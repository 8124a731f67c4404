"""The kinds of records that are handed over. A kind joins by one line of `KINDS`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.directory.homed import HomedRepository
from services.kernel.kinds import Kind
from services.kernel.messages import Event
from services.kernel.mongo.access import Unscoped
from services.kernel.mongo.driver import Document
from services.kernel.mongo.transaction import Transaction
from services.movement.homes import Homed
from services.registration.corrections.handlers import DESK as CORRECTIONS
from services.registration.formality import domain as formality
from services.registration.formality.repository import Questions
from services.registration.handovers.messages import HandedKind
from services.registration.launches import domain as launches
from services.registration.launches.messages import LAUNCH
from services.registration.launches.repository import Launches
from services.registration.models import moving
from services.registration.models.domain import Model
from services.registration.models.messages import MODEL, ModelState
from services.registration.models.repository import Models
from services.registration.organisations import domain as organisations
from services.registration.organisations.messages import ORGANISATION
from services.registration.organisations.repository import Organisations
from services.registration.programmes import domain as programmes
from services.registration.programmes.messages import PROGRAMME
from services.registration.programmes.repository import Programmes

Record = Any
"""A `Homed` record of any kind."""
BECAUSE = (
    "records of a unit that has ended are listed for those who may take them over, and handed over by them"
)


Follow = Callable[[Sequence[Record], Transaction], Awaitable[None]]
"""After the hand-over of these records, moves the records that belong to them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """`open`: filter of the records that are open on a day. `title`: field to show. `states`: words of `state`.

    `hand_over`: the rule, called with the record, `steps`, `document` and `act`.
    """

    kind: HandedKind
    of: Kind
    repository: type[HomedRepository[Record]]
    open: Callable[[date], Document]
    title: str
    hand_over: Callable[..., tuple[Homed, Event]]
    states: Callable[[str], str] | None = None
    followers: tuple[Follow, ...] = ()

    @property
    def unscoped(self) -> Unscoped:
        return Unscoped(self.repository.collection, BECAUSE)


async def questions_follow(models: Sequence[Model], tx: Transaction) -> None:
    handed = {model.id: model for model in models}
    questions = Questions(tx, tx.unscoped(Unscoped(Questions.collection, BECAUSE)))
    for one in await questions.find({"model": {"$in": sorted(handed)}}):
        if followed := formality.follow(one, handed[one.model], act=tx.act()):
            await questions.save(*followed)


_CLOSED = (ModelState.WITHDRAWN, ModelState.DISCONTINUED)

KINDS: tuple[Handed, ...] = (
    Handed(
        kind=HandedKind.MODEL,
        of=MODEL,
        repository=Models,
        open=lambda _: {"state": {"$nin": _CLOSED}},
        title="title",
        hand_over=moving.hand_over,
        states=lambda state: ModelState(state).vi,
        followers=(questions_follow, CORRECTIONS.follow),
    ),
    Handed(
        kind=HandedKind.PROGRAMME,
        of=PROGRAMME,
        repository=Programmes,
        open=lambda today: {"ended_on": None, "last_year": {"$gte": today.year}},
        title="name",
        hand_over=programmes.hand_over,
    ),
    Handed(
        kind=HandedKind.LAUNCH,
        of=LAUNCH,
        repository=Launches,
        # A launch can be extended until its year ends.
        open=lambda today: {"recalled": False, "year": {"$gte": today.year}},
        title="message",
        hand_over=launches.hand_over,
    ),
    Handed(
        kind=HandedKind.ORGANISATION,
        of=ORGANISATION,
        repository=Organisations,
        open=lambda _: {"ended": False, "merged_into": None},
        title="name",
        hand_over=organisations.hand_over,
    ),
)
BY_KIND: Mapping[HandedKind, Handed] = {one.kind: one for one in KINDS}
UNSCOPED = tuple(one.unscoped for one in KINDS)
