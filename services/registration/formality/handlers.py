"""Handlers of formality: event handlers that apply the rules, the periodic check, and the commands on questions."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from services.corrections.messages import CorrectedFact
from services.directory.units import Directory
from services.kernel.log.inbox import Heard
from services.kernel.mongo.access import Access
from services.kernel.mongo.pages import by_keys
from services.kernel.mongo.repository import new_id
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Row, Rows
from services.registration.formality import domain, repository
from services.registration.formality.domain import Question, Subject, Suspicion
from services.registration.formality.messages import (
    QUESTION,
    AnswerQuestion,
    FormalityRule,
    QuestionsById,
    QuestionsOfModels,
    QuestionsPage,
    QuestionState,
    SettleQuestion,
)
from services.registration.formality.repository import Due, Groups, Questions, not_begun
from services.registration.launches import repository as launches
from services.registration.models.domain import Model
from services.registration.models.messages import (
    ModelAccepted,
    ModelBegun,
    ModelCorrected,
    ModelDiscontinued,
    ModelSubmitted,
    ModelWithdrawn,
)
from services.registration.models.repository import Models

AT_ONCE = 200
"""Models that one run of the check reads, at most."""
HEARD = (ModelSubmitted, ModelAccepted, ModelBegun, ModelWithdrawn, ModelDiscontinued)
HEARD_LATER = (ModelCorrected,)
"""Events with a reader of their own. The reader of `HEARD` had passed older ones before it handled this type."""


async def suspect(heard: Sequence[Heard], tx: Transaction) -> None:
    """Opens questions about submitted models, and schedules the check whether registered models have begun.

    A correction has the same effect as another submission, or as an acceptance on another day.
    """
    known = await repository.models({one.event.key for one in heard}, tx)
    judged = {
        one.event.key: one
        for one in heard
        if one.event.key in known and _changes_text(one.event, known[one.event.key], tx.today)
    }
    matches = await _ask_about(judged, known, tx)
    await _lapse(heard, known, matches, tx)
    due, done = {}, []
    for one in heard:
        model = known.get(one.event.key)
        is_registered = isinstance(one.event, ModelAccepted | ModelCorrected)
        if is_registered and model and (day := _to_check(model, tx.today)):
            due[model.id] = day
        elif not isinstance(one.event, ModelSubmitted | ModelAccepted):
            done.append(one.event.key)
    await Due(tx).change(due, done)


def _changes_text(event: Any, model: Model, today: date) -> bool:
    """Whether the event changes the text. A submission for an earlier year does not count, but a correction does."""
    if isinstance(event, ModelCorrected):
        return event.fact is CorrectedFact.MODEL
    return isinstance(event, ModelSubmitted) and domain.is_current(model.year, today)


def _to_check(model: Model, today: date) -> date | None:
    """The day on which to check whether the model has begun; None if no check is needed."""
    if model.registered_on is None or not not_begun(model) or not domain.is_current(model.year, today):
        return None
    return domain.check_by(model.year, model.registered_on)


async def _lapse(
    heard: Sequence[Heard],
    known: dict[str, Model],
    matches: dict[str, set[FormalityRule]],
    tx: Transaction,
) -> None:
    """Closes the open questions whose ground is gone. `matches`: the rules that each judged model matches."""
    questions = Questions(tx)
    last = {one.event.key: one.recorded for one in heard}
    for question in (await questions.of_models(known)).values():
        model = known[question.model]
        why = domain.ground_gone(question, model, matches.get(question.model), tx.today)
        if why and question.settled_on is None:
            with tx.because(last[question.model]):
                await questions.save(*domain.lapse(question, why, act=tx.act()))


async def _ask_about(
    judged: dict[str, Heard], known: dict[str, Model], tx: Transaction
) -> dict[str, set[FormalityRule]]:
    """Opens questions. Returns the rules that each judged model matches."""
    if not judged:
        return {}
    subjects = await repository.subjects([known[id_] for id_ in judged], tx)
    deadlines = await _deadlines(subjects, tx)
    groups = Groups(tx)
    await groups.load(
        key for id_, one in subjects.items() for key in (_text(one), _hour(one, deadlines[id_]))
    )
    matches: list[tuple[str, str, Suspicion]] = []
    """Each match: id of the model, id of the judged model that caused the match, suspicion."""
    for id_, one in subjects.items():
        matches += [(id_, id_, suspicion) for suspicion in domain.match_text(one)]
        same = groups[_text(one)]
        same.join(id_, one.unit, domain.MANY_UNITS)
        alike = {*same.members.values(), id_}
        matches += [
            (member, id_, suspicion)
            for member in alike
            if (suspicion := domain.in_many_units(sorted(alike - {member}), len(same.members)))
        ]
        deadline = deadlines[id_]
        event = judged[id_].event
        if isinstance(event, ModelSubmitted) and domain.in_the_last_hour(event.at, deadline):
            hour = groups[_hour(one, deadline)]
            hour.join(id_, id_, domain.MANY_IN_AN_HOUR)
            rush = {*hour.members, id_}
            matches += [
                (member, id_, suspicion)
                for member in rush
                if (suspicion := domain.in_a_rush(sorted(rush - {member}), deadline))
            ]
    await groups.keep()
    members = {member for member, _, _ in matches}
    everything = {**known, **await repository.models(members - known.keys(), tx)}
    asked_about = [everything[one] for one in members & everything.keys()]
    about = await repository.subjects([m for m in asked_about if domain.is_current(m.year, tx.today)], tx)
    questions = Questions(tx)
    existing = await questions.of_models(about)
    for member, cause, suspicion in matches:
        if member in about:
            with tx.because(judged[cause].recorded):
                await _ask(about[member], suspicion, existing, questions, tx)
    rules = {id_: {suspicion.rule for member, _, suspicion in matches if member == id_} for id_ in judged}
    for id_, heard in judged.items():
        # Another submission does not undo the first one in the last hour. A correction can change the deadline.
        if isinstance(heard.event, ModelSubmitted) or known[id_].submission_recorded_on == deadlines[id_]:
            rules[id_].add(FormalityRule.LAST_HOUR)
    return rules


async def _ask(
    subject: Subject,
    suspicion: Suspicion,
    existing: dict[tuple[str, FormalityRule], Question],
    questions: Questions,
    tx: Transaction,
) -> None:
    """Opens the question, unless it was opened before and has not lapsed. Updates `existing`."""
    key = (subject.id, suspicion.rule)
    question = existing.get(key)
    if question is None:
        existing[key], event = domain.ask(new_id(QUESTION), subject, suspicion, act=tx.act())
        await questions.add(existing[key], event)
    elif question.state is QuestionState.LAPSED:
        existing[key], event = domain.ask_again(question, suspicion, act=tx.act())
        await questions.save(existing[key], event)


async def ask_idle(tx: Transaction) -> int:
    """Opens questions about registered models that should have begun by today. Returns how many models it read."""
    due = Due(tx)
    ids = await due.by(tx.today, AT_ONCE)
    questions = Questions(tx)
    existing = await questions.of_models(ids)
    found = await repository.models(ids, tx)
    subjects = await repository.subjects(list(found.values()), tx)
    for id_, model in found.items():
        day = _to_check(model, tx.today)
        if model.registered_on and day and day <= tx.today:
            suspicion = domain.not_begun(model.registered_on, tx.today)
            await _ask(subjects[id_], suspicion, existing, questions, tx)
    await due.change({}, ids)
    return len(ids)


async def answer_question(command: AnswerQuestion, tx: Transaction) -> Row:
    questions = Questions(tx)
    question = await questions.load(command.question)
    unit = await Directory(tx).of(question, tx.today)
    return await questions.save(*domain.answer(question, unit=unit, text=command.answer, act=tx.act()))


async def settle_question(command: SettleQuestion, tx: Transaction) -> Row:
    questions = Questions(tx)
    question = await questions.load(command.question)
    settled = domain.settle(
        question,
        unit=await Directory(tx).of(question, tx.today),
        suspected=command.suspected,
        reason=command.reason,
        model=await Models(tx).load(question.model),
        act=tx.act(),
    )
    return await questions.save(*settled)


async def questions_page(query: QuestionsPage, access: Access) -> Rows:
    return await repository.page(access, query)


async def questions_by_id(query: QuestionsById, access: Access) -> Rows:
    return await by_keys(Questions.seen(access), Questions.columns, query)


async def questions_of_models(query: QuestionsOfModels, access: Access) -> Rows:
    return await repository.page_of_each(access, query)


def _text(one: Subject) -> str:
    return f"text/{one.year}/{domain.digest(one.title, one.summary)}"


def _hour(one: Subject, deadline: date) -> str:
    return f"hour/{deadline}/{one.year}/{one.unit}"


async def _deadlines(subjects: dict[str, Subject], tx: Transaction) -> dict[str, date]:
    """For each model the last day of its launch, or the usual one if it has none."""
    keys = {id_: (one.unit, one.programme, one.year) for id_, one in subjects.items() if one.programme}
    due = await launches.deadlines(tx, keys.values())
    launched = {id_: due[key] for id_, key in keys.items() if key in due}
    return {id_: domain.usual_deadline(one.year) for id_, one in subjects.items()} | launched
