"""Supervision activities."""

from collections.abc import Mapping

from services.supervision.messages import (
    CORRECTIONS,
    ActivitiesById,
    ActivitiesPage,
    CorrectActivity,
    ReverseActivity,
    ToDoPage,
)
from services.todo.positions import NEVER
from tests.access.tries import ID, NODE, PAGE, entered, newer_than, waits_after
from tests.access.world import LEADER, SUPERVISOR, Making, World, activity


async def build(world: World, made: Making, spare: Mapping[str, int]) -> None:
    """Adds a declined correction to an activity, a correction that waits, and a reversed activity."""
    mended = await made.id(activity(world.owner), SUPERVISOR)
    wrong = await made.id(ReverseActivity(activity=mended, reason="x"), SUPERVISOR)
    await made.id(CORRECTIONS.DeclineCorrection(correction=wrong, reason="x"), LEADER)
    kept = await made.id(activity(world.owner), SUPERVISOR)
    waiting = await made.id(ReverseActivity(activity=kept, reason="x"), SUPERVISOR)
    gone = await made.id(activity(world.owner), SUPERVISOR)
    reversal = await made.id(ReverseActivity(activity=gone, reason="x"), SUPERVISOR)
    await made.id(CORRECTIONS.ApproveCorrection(correction=reversal), LEADER)
    world.things |= {"mended-activity": mended, "activity-correction": wrong, "reversed-activity": gone}
    world.things["waiting-correction"] = waiting


MESSAGES = {
    "supervision.record-activity": lambda t: activity(t.thing),
    "supervision.correct-activity": lambda t: CorrectActivity(activity=t.thing, title="x", reason="x"),
    "supervision.reverse-activity": lambda t: ReverseActivity(activity=t.thing, reason="x"),
    "supervision.activities-by-id": lambda t: ActivitiesById(keys=(t.thing,), fields=ID),
    "supervision.activities-page": lambda t: ActivitiesPage(first=1, after=newer_than(t.thing), fields=ID),
    "supervision.to-do-page": lambda t: ToDoPage(first=1, after=waits_after(t.thing, NEVER), fields=ID),
    "supervision.approve-correction": lambda t: CORRECTIONS.ApproveCorrection(correction=t.thing),
    "supervision.decline-correction": lambda t: CORRECTIONS.DeclineCorrection(correction=t.thing, reason="x"),
    "supervision.recall-correction": lambda t: CORRECTIONS.RecallCorrection(correction=t.thing),
    "supervision.corrections-by-id": lambda t: CORRECTIONS.CorrectionsById(keys=(t.thing,), fields=ID),
    "supervision.corrections-page": lambda t: CORRECTIONS.CorrectionsPage(
        first=1, after=newer_than(t.thing), fields=ID
    ),
    "supervision.corrections-of-records": lambda t: CORRECTIONS.CorrectionsOfRecords(
        keys=(t.thing,), first=1, fields={"id": "record"}
    ),
    "supervision.correction-counts": lambda t: CORRECTIONS.CorrectionCounts(
        unit=t.thing, fields={"waiting": "waiting"}
    ),
}
INPUTS = {
    "recordActivity": lambda t: entered(activity(t.thing)),
    "correctActivity": lambda t: {"activity": t.thing, "title": "x", "reason": "x"},
    "reverseActivity": lambda t: {"activity": t.thing, "reason": "x"},
}
QUERIES = {
    "Query.activities": PAGE % ("activities", ""),
    "Query.activityCorrections": PAGE % ("activityCorrections", ""),
    "Query.activityCorrectionCounts": "query($id: ID!) { activityCorrectionCounts(unit: $id) { waiting } }",
    "Activity.unit": NODE % ("Activity", "unit { id }"),
    "Activity.corrections": NODE % ("Activity", "corrections(first: 1) { edges { node { id } } }"),
    "Correction.activity": NODE % ("Correction", "activity { id }"),
    "ActivityBody.organisation": NODE % ("Activity", "bodies { organisation { id } }"),
}
