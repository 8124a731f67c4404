"""The records to ask for, in every state, all in one unit. Requests that change a record get one of their own."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import uuid4

from infra.operate.operator import asking
from infra.operate.positions import settled
from services.kernel.calendar import today
from services.kernel.caller import Caller, Grant
from services.kernel.config import Settings
from services.kernel.messages import Command, Refusal, Role
from services.kernel.messaging.client import Client
from services.kernel.rows import Rows
from services.kernel.units import DatedUnit, Spell, UnitLevel
from services.movement.words import BodyKind, SubjectKind
from services.registration.delegations.messages import DelegateRole
from services.registration.models.messages import (
    AcceptModel,
    BeginModel,
    DraftModel,
    ReturnModel,
    SubmitModel,
    WithdrawModel,
)
from services.registration.organisations.messages import RegisterOrganisation
from services.review.messages import DecideReview, NominateReview, ReviewsByModel, Verdict
from services.supervision.messages import ActivityKind, RecordActivity
from tests.access.people import DRAFTER, INSIDE, PLACE, RELATIONS, Somebody

TOGETHER = 20
"""Most commands in a request."""
DRAFTED, SUBMITTED, ACCEPTED, DECIDED = date(2019, 2, 1), date(2019, 2, 2), date(2019, 3, 1), date(2019, 5, 1)
NEXT_YEAR = date(2020, 1, 15)
TITLE = "Ngõ xóm sạch đẹp"
WHY = "Còn thiếu danh sách hộ tham gia"
OFFICER, APPRAISER, SUPERVISOR, LEADER = (
    Caller(id=name, name="", grants=tuple(Grant(role=role, unit=unit) for unit in RELATIONS.values()))
    for name, role in (
        (DRAFTER, Role.OFFICER),
        ("judge", Role.APPRAISER),
        ("watch", Role.SUPERVISOR),
        ("head", Role.LEADER),
    )
)
REVIEWED = frozenset({"open", "recognised", "nominated"})
"""States of reviews. All other states are states of models, except for those below."""


REGISTERED = ("registered", "implementing", "withdrawn")
"""States of models that have been accepted."""


def draft(owner: str) -> DraftModel:
    return DraftModel(
        owner=owner, title=TITLE, field="ECONOMY", subject_kind=SubjectKind.COLLECTIVE, on=DRAFTED
    )


def organisation(unit: str = PLACE) -> RegisterOrganisation:
    return RegisterOrganisation(
        name="Hội Phụ nữ", kind=BodyKind.WOMENS_UNION, unit=unit, on=DRAFTED, insist=True
    )


def commune(since: date | None = None, until: date | None = None) -> DatedUnit:
    """A commune in the place of all records, which has ended itself."""
    name = f"{PLACE}-{uuid4().hex[:12]}"
    spell = Spell(
        name="Xã",
        code=name,
        kind="Xã",
        level=UnitLevel.COMMUNE,
        parent=PLACE,
        path=f"/vn/u10/{PLACE}/{name}",
        since=since,
        until=until,
    )
    return DatedUnit(id=name, spells=(spell,))


def activity(body: str) -> RecordActivity:
    return RecordActivity(
        kind=ActivityKind.SURVEY,
        bodies=(body,),
        unit=PLACE,
        title="Khảo sát",
        held_on=date(2019, 6, 1),
    )


def in_a_week() -> date:
    return today() + timedelta(days=7)


Builder = Callable[["World", "Making", Mapping[str, int]], Awaitable[None]]
"""Creates the records of an area after all others; `spare` of them may be changed."""


@dataclass
class World:
    """`things`: state → id of the shared record. `spare`: state → records that one request each may change."""

    settings: Settings
    section: str
    service: str
    things: dict[str, str] = field(default_factory=dict)
    spare: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    owner: str = ""
    before: str = "0"
    """The cursor of the last review event before these records."""
    heard: dict[str, str] = field(default_factory=dict)
    """Relation → the review of the first event that a caller there receives."""

    async def build(self, spare: Mapping[str, int], builders: Sequence[Builder]) -> None:
        """`spare`: number of records of each state beside the shared one. `builders`: those of the areas."""
        async with asking(self.settings) as services:
            made = Making(services)
            self.owner = await made.id(organisation(), OFFICER)
            states = ["draft", "submitted", "returned", *REGISTERED, *sorted(REVIEWED)]
            wanted = [(state, many + 1) for state in states for many in [spare.get(state, 0)]]
            # The first review event in the unit belongs to this model; those of other units follow.
            first = await made.model(self.owner, "registered")
            await settled(self.settings)
            owners = {
                relation: await made.id(organisation(unit), OFFICER)
                for relation, unit in RELATIONS.items()
                if relation not in INSIDE
            }
            others = [await made.model(owner, "registered") for owner in owners.values()]
            models = await asyncio.gather(
                *(made.model(self.owner, state) for state, many in wanted for _ in range(many))
            )
            await settled(self.settings)
            reviews = await made.reviews([first, *others, *models])
            self.heard = dict(zip(owners, reviews[1:], strict=False)) | dict.fromkeys(INSIDE, reviews[0])
            found = iter(zip(models, reviews[1 + len(others) :], strict=True))
            for state, many in wanted:
                for _ in range(many):
                    model, review = next(found)
                    self.spare[state].append(review if state in REVIEWED else model)
            for state in REVIEWED - {"open"}:
                await asyncio.gather(*(made.decided(review, state) for review in self.spare[state]))
            self.spare["another's"] = await made.delegations(spare.get("another's", 0) + 1)
            self.things = {state: self.spare[state].pop() for state in (*states, "another's")}
            self.things |= {"organisation": self.owner, "unit": PLACE}
            self.things["activity"] = await made.id(activity(self.owner), SUPERVISOR)
            await asyncio.gather(*(build(self, made, spare) for build in builders))
        await settled(self.settings)


class Making:
    """Sends commands to the services. Commands of one kind that are given at once go in one request, up to 20."""

    def __init__(self, services: Client) -> None:
        self._services = services
        self._given: dict[tuple[type[Command], str], list[tuple[Command, asyncio.Future[str]]]] = {}

    async def id(self, command: Command, caller: Caller) -> str:
        """The id of the record that the command creates or changes."""
        kind = type(command), caller.id
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        given = self._given.setdefault(kind, [])
        given.append((command, answer))
        if len(given) > 1:
            return await answer
        await asyncio.sleep(0)  # other tasks add their commands now
        together = self._given.pop(kind)
        parts = [together[at : at + TOGETHER] for at in range(0, len(together), TOGETHER)]
        await asyncio.gather(*(self._send(part, caller) for part in parts))
        return answer.result()

    async def each(self, commands: Iterable[Command], caller: Caller) -> list[str]:
        return list(await asyncio.gather(*(self.id(command, caller) for command in commands)))

    async def _send(self, together: Sequence[tuple[Command, "asyncio.Future[str]"]], caller: Caller) -> None:
        commands = {uuid4().hex: command for command, _ in together}
        replies = await self._services.ask_each(commands, caller)
        for reply, (command, answer) in zip(replies, together, strict=True):
            assert not isinstance(reply, Refusal), (command, reply)
            answer.set_result(str(reply["id"]))

    async def model(self, owner: str, state: str) -> str:
        """Creates a model. In a state of a review, it is registered for now."""
        model = await self.id(draft(owner), OFFICER)
        if state != "draft":
            await self.id(SubmitModel(model=model, on=SUBMITTED), OFFICER)
        if state == "returned":
            await self.id(ReturnModel(model=model, reason=WHY, on=SUBMITTED), APPRAISER)
        elif state in REGISTERED or state in REVIEWED:
            await self.id(AcceptModel(model=model, on=ACCEPTED), APPRAISER)
        if state == "implementing" or state in REVIEWED:
            await self.id(BeginModel(model=model, on=ACCEPTED), OFFICER)
        elif state == "withdrawn":
            await self.id(WithdrawModel(model=model, reason=WHY, on=ACCEPTED), OFFICER)
        return model

    async def reviews(self, models: list[str]) -> list[str]:
        """The review of each model; empty when there is none."""
        query = ReviewsByModel(keys=tuple(models), fields={"id": "id"})
        rows = (await self._services.ask(query, APPRAISER, Rows)).read()
        return [str(row["id"]) if row else "" for row in rows]

    async def decided(self, review: str, state: str) -> None:
        verdict = DecideReview(review=review, verdict=Verdict.RECOGNISED, reason=WHY, on=DECIDED)
        await self.id(verdict, APPRAISER)
        if state == "nominated":
            await self.id(NominateReview(review=review, on=DECIDED), APPRAISER)

    async def delegations(self, many: int) -> list[str]:
        given = DelegateRole(to="somebody", role=Role.OFFICER, unit=PLACE, until=in_a_week())
        return await self.each([given] * many, OFFICER)

    async def deputise(self, somebody: Somebody) -> None:
        assert somebody.giver
        (grant,) = somebody.giver.grants
        given = DelegateRole(to=somebody.caller.id, role=grant.role, unit=grant.unit, until=in_a_week())
        await self.id(given, somebody.giver)
