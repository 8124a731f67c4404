"""Corrections of models and of their contributions."""

import asyncio
from collections.abc import Mapping
from datetime import date
from uuid import uuid4

from services.corrections.messages import CorrectionsFilter
from services.registration.corrections.messages import (
    CORRECTIONS,
    CorrectContribution,
    CorrectModel,
    CorrectModelStep,
    ReverseContribution,
    ReverseMerge,
)
from services.registration.organisations.messages import MergeOrganisations
from tests.access.people import PLACE
from tests.access.tries import ID, NODE, PAGE, Try, newer_than
from tests.access.world import LEADER, OFFICER, Making, World, organisation


def _title(t: Try) -> CorrectModel:
    return CorrectModel(model=t.thing, title=f"Tên đúng {uuid4().hex}", reason="Gõ nhầm")


async def _proposed(world: World, made: Making) -> str:
    """A correction that waits, of a model of its own."""
    model = await made.model(world.owner, "registered")
    return await made.id(CorrectModel(model=model, field="VHXH", reason="Ghi nhầm lĩnh vực"), OFFICER)


async def build(world: World, made: Making, spare: Mapping[str, int]) -> None:
    many = spare.get("proposed", 0) + 1
    first, *others = await asyncio.gather(*(_proposed(world, made) for _ in range(many)))
    mended = await made.model(world.owner, "registered")
    applied = await made.id(CorrectModel(model=mended, title="Ngõ xóm sạch, đẹp", reason="Gõ nhầm"), OFFICER)
    kept, entry = [await made.id(organisation(), OFFICER) for _ in range(2)]
    await made.id(MergeOrganisations(organisation=entry, into=kept, reason="Ghi hai lần"), OFFICER)
    world.things["unmerging"] = await made.id(ReverseMerge(organisation=entry, reason="Là hai"), OFFICER)
    declined = await _proposed(world, made)
    await made.id(CORRECTIONS.DeclineCorrection(correction=declined, reason="Đúng rồi"), LEADER)
    world.things |= {"proposed": first, "mended": mended, "applied": applied, "declined": declined}
    world.spare["proposed"] = others


MESSAGES = {
    "registration.correct-model": _title,
    "registration.correct-model-step": lambda t: CorrectModelStep(
        model=t.thing, step=99, on=date(2019, 3, 1), reason="x"
    ),
    "registration.correct-contribution": lambda t: CorrectContribution(
        model=t.thing, contribution=99, amount="1", reason="x"
    ),
    "registration.reverse-contribution": lambda t: ReverseContribution(
        model=t.thing, contribution=99, reason="x"
    ),
    "registration.reverse-merge": lambda t: ReverseMerge(organisation=t.thing, reason="x"),
    "registration.approve-correction": lambda t: CORRECTIONS.ApproveCorrection(correction=t.thing),
    "registration.decline-correction": lambda t: CORRECTIONS.DeclineCorrection(
        correction=t.thing, reason="x"
    ),
    "registration.recall-correction": lambda t: CORRECTIONS.RecallCorrection(correction=t.thing),
    "registration.corrections-by-id": lambda t: CORRECTIONS.CorrectionsById(keys=(t.thing,), fields=ID),
    "registration.corrections-page": lambda t: CORRECTIONS.CorrectionsPage(
        first=1, after=newer_than(t.thing), fields=ID, filter=CorrectionsFilter(unit=PLACE)
    ),
    "registration.corrections-of-records": lambda t: CORRECTIONS.CorrectionsOfRecords(
        keys=(t.thing,), first=1, fields={"id": "record"}
    ),
    "registration.correction-counts": lambda t: CORRECTIONS.CorrectionCounts(
        unit=t.thing, fields={"waiting": "waiting"}
    ),
}
INPUTS = {
    "correctModelStep": lambda t: {"model": t.thing, "step": 99, "on": "2019-03-01", "reason": "x"},
    "correctModel": lambda t: {"model": t.thing, "title": _title(t).title, "reason": "Gõ nhầm"},
    "correctContribution": lambda t: {"model": t.thing, "contribution": 99, "amount": "1", "reason": "x"},
    "reverseContribution": lambda t: {"model": t.thing, "contribution": 99, "reason": "x"},
    "reverseMerge": lambda t: {"organisation": t.thing, "reason": "x"},
    "approveCorrection": lambda t: {"correction": t.thing},
    "declineCorrection": lambda t: {"correction": t.thing, "reason": "x"},
    "recallCorrection": lambda t: {"correction": t.thing},
}
QUERIES = {
    "Query.corrections": PAGE % ("corrections", ', filter: { unit: "u080" }'),
    "Query.correctionCounts": "query($id: ID!) { correctionCounts(unit: $id) { waiting } }",
    "Model.corrections": NODE % ("Model", "corrections(first: 1) { edges { node { id } } }"),
    **{
        f"Correction.{name}": NODE % ("Correction", name)
        for name in ("reason", "proposedBy", "decidedBy", "declineReason")
    },
    "Correction.model": NODE % ("Correction", "model { id }"),
    "Correction.organisation": NODE % ("Correction", "organisation { id }"),
    "Correction.unit": NODE % ("Correction", "unit { id }"),
}
CHANGING = {"approve-correction", "decline-correction", "approveCorrection", "declineCorrection"}
