"""Command handlers load, hand over to the domain and save: they decide nothing, and read each document once."""

import ast
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest_asyncio

from services.catalogue import SERVICES
from services.directory.organisations import keep_organisations
from services.directory.units import keep_units
from services.kernel.calendar import moment, today
from services.kernel.caller import LIFE, OURSELVES, Caller, Grant, Tokens, binding
from services.kernel.config import Settings
from services.kernel.messages import Command, Event, Role
from services.kernel.messaging.client import CALLER, KEY
from services.kernel.messaging.desk import Desk
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.table import Late
from services.kernel.units import DatedUnit, Predecessor, SuccessionKind, UnitLevel
from services.movement.organisations import DatedOrganisation, OrganisationName
from services.movement.words import BodyKind, ContributionKind, Field, Level, SubjectKind
from services.registration.corrections import messages as corrections
from services.registration.delegations import messages as delegations
from services.registration.documents import messages as documents
from services.registration.formality import domain as formality
from services.registration.formality import messages as questions
from services.registration.formality.repository import Questions, subject
from services.registration.handovers import messages as handovers
from services.registration.launches import messages as launches
from services.registration.models import messages as models
from services.registration.models.handlers import draft_model
from services.registration.models.repository import Models
from services.registration.organisations import messages as organisations
from services.registration.programmes import messages as programmes
from services.registration.relations import messages as relations
from services.registration.reorganisations import messages as reorganisations
from services.registration.reorganisations.file import COLUMNS
from services.registration.sheets import messages as sheets
from services.registration.units import messages as units
from services.reporting.messages import RebuildCounters
from services.review import handlers as reviewing
from services.review import messages as review
from services.review.repository import Reviews
from services.supervision import messages as supervision
from tests import ROOT, values
from tests.watch import Watch, watching

DAY, ENDED = date(2024, 2, 1), date(2024, 6, 1)
UNITS = (
    values.unit("/vn", UnitLevel.COUNTRY),
    values.unit("/vn/p", UnitLevel.PROVINCE),
    values.unit("/vn/p/c"),
)
MERGED = (
    values.unit("/vn/p/old", until=ENDED),
    msgspec.structs.replace(
        values.unit("/vn/p/new"),
        predecessors=(Predecessor(unit="old", kind=SuccessionKind.MERGE, on=ENDED),),
    ),
)
UNCOUNTED = {
    sheets.StoreFilePart,
    sheets.DiscardFile,
    sheets.StartImport,
    sheets.StartExport,
    sheets.CancelJob,
    RebuildCounters,
}
"""Commands about files, jobs and counters, which are not aggregates."""


@dataclass
class Office:
    """The command handlers of the services, without their processes. `counted`: the handled commands."""

    watch: Watch
    stores: dict[str, Store]
    counted: set[type[Command]]

    async def do(self, command: Command, caller: Caller = OURSELVES) -> Any:
        """Handles the command, and checks its reads."""
        type_ = type(command)
        (handler,) = (row.handler for row in SERVICES[type_.service].commands if row.type is type_)

        assert not isinstance(handler, Late)

        async def work(tx: Transaction) -> Any:
            self.watch.commands.clear()
            return await handler(command, tx)

        result = await self.stores[type_.service].transaction(work, caller=caller)
        reads = Counter(
            read for name, body in self.watch.commands if name == "find" for read in reads_of(body)
        )
        assert {read: times for read, times in reads.items() if times > 1} == {}, type_.__name__
        self.counted.add(type_)
        return result

    async def id_of(self, command: Command) -> str:
        return str((await self.do(command))["id"])


def reads_of(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The collection with each id in the filter; with the whole filter if it has no id."""
    ids = list(ids_of(body["filter"]))
    for one in ids or [str(body["filter"])]:
        yield body["find"], one


def ids_of(filter_: dict[str, Any]) -> Iterator[str]:
    for key, value in filter_.items():
        if key == "$and":
            for part in value:
                yield from ids_of(part)
        elif key == "_id":
            yield from [value] if isinstance(value, str) else value.get("$in", ())


@pytest_asyncio.fixture
async def office(settings: Settings) -> AsyncGenerator[Office, None]:
    with ExitStack() as clients:
        watch = clients.enter_context(watching())
        stores = {name: Store(settings, name) for name in ("registration", "review", "supervision")}
        for store in stores.values():
            clients.callback(store.close)
        yield Office(watch, stores, set())


async def organisation(office: Office, name: str, unit: str = "c") -> str:
    return await office.id_of(
        organisations.RegisterOrganisation(name=name, kind=BodyKind.POLICE, unit=unit, on=DAY)
    )


async def draft(office: Office, owner: str, **more: Any) -> str:
    given: dict[str, Any] = {"title": "Ngõ sạch", "field": "KT", "subject_kind": SubjectKind.COLLECTIVE}
    return await office.id_of(models.DraftModel(owner=owner, on=DAY, **given, **more))


async def document(office: Office, issuer: str, number: str) -> str:
    kind = documents.DocumentKind.RESOLUTION
    return await office.id_of(
        documents.RegisterDocument(kind=kind, number=number, issuer=issuer, issued_on=DAY, title="Về dân vận")
    )


async def about_programmes(office: Office, issuer: str) -> str:
    first, second = await document(office, issuer, "1"), await document(office, issuer, "2")
    programme = await office.id_of(
        programmes.StartProgramme(
            unit="vn", name="Phong trào", first_year=2024, last_year=2025, documents=(first,), on=DAY
        )
    )
    await office.do(programmes.CiteDocument(programme=programme, document=second))
    await office.do(programmes.SetTheme(programme=programme, year=2024, theme="Gần dân", document=second))
    plan = programmes.AddPlanItem(programme=programme, year=2024, task="Khảo sát", lead="", due_on=None)
    await office.do(plan)
    await office.do(programmes.DropPlanItem(programme=programme, item=4, reason="Gộp"))
    launch = await office.id_of(
        launches.LaunchProgramme(
            programme=programme,
            unit="p",
            year=2024,
            level=UnitLevel.COMMUNE,
            until=date(2024, 3, 31),
            document=first,
            on=DAY,
        )
    )
    await office.do(launches.ExtendLaunch(launch=launch, until=date(2024, 4, 30), reason="Mưa lũ"))
    await office.do(launches.RecallLaunch(launch=launch, reason="Nhầm"))
    return programme


JUDGE = Caller(id="judge", name="")


async def about_models(office: Office, owner: str, heir: str, programme: str) -> tuple[str, str]:
    model = await draft(office, owner, programme=programme)
    await office.do(models.ReviseModel(model=model, title="Ngõ đẹp", place="Tổ 2", on=DAY))
    await office.do(models.SubmitModel(model=model, on=DAY, expected_version=2))
    await office.do(models.ReturnModel(model=model, reason="Thiếu", on=DAY), JUDGE)
    await office.do(models.SubmitModel(model=model, on=DAY))
    await office.do(models.AcceptModel(model=model, on=DAY), JUDGE)
    change: dict[str, Any] = {"reason": "x", "document": "QĐ 1"}
    await office.do(models.ChangeModelLevel(model=model, level=Level.CITY, on=DAY, **change), JUDGE)
    await office.do(models.ChangeModelOwner(model=model, owner=heir, on=DAY, **change))
    await office.do(models.BeginModel(model=model, on=DAY))
    await office.do(models.NoteProgress(model=model, text="Xong", on=DAY))
    await office.do(
        models.RecordContribution(model=model, kind=ContributionKind.WORK_DAY, amount="2", on=DAY)
    )
    await office.do(models.SelfAssessModel(model=model, rating=models.SelfRating.MET, text="Đạt", on=DAY))
    await office.do(models.CarryOverModel(model=model, on=date(2026, 2, 1)))
    await office.do(models.DiscontinueModel(model=model, reason="Hết", on=date(2026, 2, 1)))
    other = await draft(office, owner)
    await office.do(models.WithdrawModel(model=other, reason="Trùng", on=DAY))
    return model, other


async def about_corrections(office: Office, owner: str) -> None:
    model = await draft(office, owner)
    await office.do(models.SubmitModel(model=model, on=DAY))
    await office.do(models.AcceptModel(model=model, on=DAY), JUDGE)
    for amount in ("2", "3", "4"):
        await office.do(
            models.RecordContribution(model=model, kind=ContributionKind.WORK_DAY, amount=amount, on=DAY)
        )
    wrong: dict[str, Any] = {"model": model, "reason": "Ghi nhầm"}
    first = await office.id_of(corrections.CorrectContribution(**wrong, contribution=4, amount="1"))
    await office.do(corrections.CORRECTIONS.ApproveCorrection(correction=first), JUDGE)
    second = await office.id_of(corrections.ReverseContribution(**wrong, contribution=5))
    await office.do(corrections.CORRECTIONS.DeclineCorrection(correction=second, reason="Đúng rồi"), JUDGE)
    third = await office.id_of(corrections.CorrectModel(**wrong, field="DEFENCE_SECURITY"))
    await office.do(corrections.CORRECTIONS.RecallCorrection(correction=third))
    begun = (await office.do(models.BeginModel(model=model, on=date(2026, 1, 10))))["version"]
    day = await office.id_of(corrections.CorrectModelStep(**wrong, step=begun, on=date(2026, 1, 5)))
    await office.do(corrections.CORRECTIONS.ApproveCorrection(correction=day), JUDGE)


async def about_relations_and_questions(office: Office, model: str, other: str) -> None:
    kind = relations.RelationKind.DUPLICATE
    asserted = await office.id_of(
        relations.AssertRelation(model=model, other=other, kind=kind, reason="Một việc")
    )
    await office.do(relations.DismissRelation(relation=asserted, reason="Nhầm"))
    await office.do(relations.ConfirmRelation(relation=asserted))

    async def ask(tx: Transaction) -> None:
        found = await Models(tx).load(model)
        suspicion = formality.not_begun(DAY, DAY)
        await Questions(tx).add(
            *formality.ask("question_1", subject(found, found.unit), suspicion, act=tx.act())
        )

    await office.stores["registration"].transaction(ask)
    await office.do(questions.AnswerQuestion(question="question_1", answer="Đã làm"), JUDGE)
    settle = questions.SettleQuestion(question="question_1", suspected=False, reason="Rõ")
    await office.do(settle, Caller(id="another", name=""))


async def about_units(office: Office) -> None:
    cells = {
        "effective_on": "2026-09-01",
        "document_kind": "Nghị quyết",
        "document_number": "80/NQ-UBTVQH16",
        "document_issuer": "Ủy ban Thường vụ Quốc hội",
        "document_date": "15/07/2026",
        "kind": "RENAME",
        "old": "c",
        "name": "Phường Mới",
    }
    rows = (COLUMNS, [cells.get(column, "") for column in COLUMNS])
    file = "\n".join(",".join(row) for row in rows)
    await office.do(reorganisations.ReorganiseUnits(file=file))


async def about_hand_overs(office: Office) -> None:
    await office.do(units.RecordUnits(units=MERGED))
    owner = await organisation(office, "Hội cũ", "old")
    await draft(office, owner)
    await office.do(handovers.HandOver(record=await draft(office, owner)))
    await office.do(handovers.HandOverAll(unit="old"))


async def _follow(event: Event, tx: Transaction) -> None:
    """As review does when it hears this event of a model."""
    reviews = Reviews(tx)
    await reviewing.follow_model(event, await reviews.of_models({"$in": [event.key]}), reviews, tx)


async def about_reviews(office: Office, model: str, owner: str) -> None:
    accepted = models.ModelAccepted(
        key=model,
        version=3,
        at=values.act("x", DAY).at,
        unit=UNITS[-1].spells[0].path,
        owner=owner,
        title="Ngõ sạch",
        field=Field.ECONOMY,
        subject_kind=SubjectKind.COLLECTIVE,
        level=Level.COMMUNE,
        written_by=("officer",),
        on=DAY,
    )
    store = office.stores["review"]
    await store.transaction(lambda tx: keep_units(UNITS, tx))
    await store.transaction(lambda tx: _follow(accepted, tx))
    begun = models.ModelBegun(
        **{name: getattr(accepted, name) for name in models.ModelBegun.__struct_fields__} | {"version": 4}
    )
    await store.transaction(lambda tx: _follow(begun, tx))
    (opened,) = [one async for one in store.ours().documents("reviews").find({})]
    verdict = review.Verdict.RECOGNISED
    await office.do(review.DecideReview(review=opened["_id"], verdict=verdict, reason="Thiết thực"))
    await office.do(review.NominateReview(review=opened["_id"]))
    taken: dict[str, Any] = {"review": opened["_id"], "reason": "Kê khai sai"}
    for command in (review.RevokeNomination(**taken), review.RevokeRecognition(**taken)):
        revoked = await office.id_of(command)
        await office.do(review.CORRECTIONS.ApproveCorrection(correction=revoked), JUDGE)
    restored = await office.id_of(review.ReverseRevocation(**taken))
    await office.do(review.CORRECTIONS.ApproveCorrection(correction=restored), JUDGE)
    wrong: dict[str, Any] = {"review": opened["_id"], "reason": "Ghi nhầm"}
    first = await office.id_of(review.CorrectVerdict(**wrong, verdict=review.Verdict.NOT_MET))
    await office.do(review.CORRECTIONS.ApproveCorrection(correction=first), JUDGE)
    second = await office.id_of(review.ReverseVerdict(**wrong))
    await office.do(review.CORRECTIONS.DeclineCorrection(correction=second, reason="Đúng rồi"), JUDGE)
    third = await office.id_of(review.ReverseVerdict(**wrong))
    await office.do(review.CORRECTIONS.RecallCorrection(correction=third))


async def about_activities(office: Office, known: tuple[DatedUnit, ...]) -> None:
    name = OrganisationName(name="Công đoàn", kind=BodyKind.TRADE_UNION)
    body = DatedOrganisation(id="body", version=1, unit=known[-1].spells[0].path, names=(name,))
    await office.stores["supervision"].transaction(lambda tx: keep_units(known, tx))
    await office.stores["supervision"].transaction(lambda tx: keep_organisations([body], tx))
    activity = supervision.RecordActivity(
        kind=supervision.ActivityKind.SURVEY,
        bodies=("body",),
        unit="c",
        title="Giám sát",
        held_on=DAY,
    )
    recorded = await office.id_of(activity)
    wrong: dict[str, Any] = {"activity": recorded, "reason": "Ghi nhầm"}
    corrections = supervision.CORRECTIONS
    first = await office.id_of(supervision.CorrectActivity(**wrong, kind=supervision.ActivityKind.INSPECTION))
    await office.do(corrections.ApproveCorrection(correction=first), JUDGE)
    second = await office.id_of(supervision.ReverseActivity(**wrong))
    await office.do(corrections.DeclineCorrection(correction=second, reason="Đúng rồi"), JUDGE)
    third = await office.id_of(supervision.ReverseActivity(**wrong))
    await office.do(corrections.RecallCorrection(correction=third))


async def about_delegations(office: Office) -> None:
    giver = Caller(id="giver", name="", grants=(Grant(role=Role.APPRAISER, unit="vn"),))
    until = today() + timedelta(days=30)
    delegate = delegations.DelegateRole(to="receiver", role=Role.APPRAISER, unit="p", until=until)
    delegation = (await office.do(delegate, giver))["id"]
    await office.do(delegations.RevokeDelegation(delegation=delegation), giver)


async def test_every_command_reads_each_document_once(office: Office) -> None:
    await office.do(units.RecordUnits(units=UNITS))
    owner, heir = await organisation(office, "Hội"), await organisation(office, "Hội mới")
    programme = await about_programmes(office, owner)
    model, other = await about_models(office, owner, heir, programme)
    await about_corrections(office, owner)
    await office.do(programmes.EndProgramme(programme=programme, reason="Thay"))
    await about_relations_and_questions(office, model, other)
    again = await organisation(office, "Hội thêm")
    await office.do(organisations.MergeOrganisations(organisation=again, into=heir, reason="Ghi hai lần"))
    unmerged = await office.id_of(corrections.ReverseMerge(organisation=again, reason="Là hai hội"))
    await office.do(corrections.CORRECTIONS.ApproveCorrection(correction=unmerged), JUDGE)
    rename = organisations.RenameOrganisation(organisation=owner, name="Hội khác", document="QĐ 1", on=DAY)
    await office.do(rename)
    end = organisations.EndOrganisation(organisation=owner, document="QĐ 2", successor=heir)
    await office.do(end)
    await about_hand_overs(office)
    await about_reviews(office, model, owner)
    await about_activities(office, UNITS)
    await about_delegations(office)
    await about_units(office)
    declared = {row.type for table in SERVICES.values() for row in table.commands}
    assert office.counted == declared - UNCOUNTED


async def test_draft_sends_six_commands_to_mongodb(office: Office, settings: Settings) -> None:
    await office.do(units.RecordUnits(units=UNITS))
    owner = await organisation(office, "Hội")
    sign = Tokens.from_file("gateway", settings.secrets_of("gateway") / "caller.private.json").sign
    verify = Tokens.from_file("gateway", settings.secrets_of("registration") / "caller.public.json")
    caller = Caller(id="ann", name="Ann", grants=(Grant(role=Role.OFFICER, unit="c"),))
    command = models.DraftModel(
        owner=owner, on=DAY, title="Ngõ sạch", field="KT", subject_kind=SubjectKind.COLLECTIVE
    )
    body = msgspec.json.encode(command)
    token = sign(caller, moment(), LIFE, **binding(command.subject, body, "draft"))

    async def committed() -> None: ...

    desk = Desk(office.stores["registration"], verify, committed)
    office.watch.commands.clear()
    await desk.command(type(command), draft_model, body, {CALLER: token, KEY: "draft"})
    assert [(name, body[name]) for name, body in office.watch.commands] == [
        ("find", "organisations"),
        ("find", "units"),
        ("insert", "models"),
        ("insert", "answers"),
        ("insert", "log"),
        ("commitTransaction", 1),
    ]


def command_handlers() -> Iterator[tuple[str, ast.AsyncFunctionDef]]:
    for path in sorted((ROOT / "services").rglob("handlers.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.AsyncFunctionDef) and "Transaction" in ast.unparse(node.args):
                yield f"{path.relative_to(ROOT)}: {node.name}", node


def test_no_command_handler_refuses_by_itself() -> None:
    refusing = [
        name
        for name, handler in command_handlers()
        for node in ast.walk(handler)
        if isinstance(node, ast.Raise)
    ]
    assert refusing == []
    assert len(list(command_handlers())) > 40
