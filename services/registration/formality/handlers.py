"""Handlers of formality: event handlers that apply the rules, the periodic check, and the commands on questions."""

from collections.abc import Sequence
from datetime import date

from services.directory.units import Directory
from services.kernel.log.inbox import Heard
from services.kernel.mongo.access import Access
from services.kernel.mongo.pages import by_keys
from services.kernel.mongo.repository import new_id
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Row, Rows
from services.registration.formality import domain, repository
from services.registration.formality.domain import Subject, Suspicion
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
    ModelDiscontinued,
    ModelSubmitted,
    ModelWithdrawn,
)
from services.registration.models.repository import Models

AT_ONCE = 200
"""Models that one run of the check reads, at most."""
HEARD = (ModelSubmitted, ModelAccepted, ModelBegun, ModelWithdrawn, ModelDiscontinued)


async def suspect(heard: Sequence[Heard], tx: Transaction) -> None:
    """Opens questions about submitted models, and schedules the check whether registered models have begun."""
    known = await repository.models({one.event.key for one in heard}, tx)
    current = {id_: m for id_, m in known.items() if domain.is_current(m.year, tx.today)}
    submitted = {
        one.event.key: one
        for one in heard
        if isinstance(one.event, ModelSubmitted) and one.event.key in current
    }
    matches = await _ask_about(submitted, current, tx)
    await _lapse(heard, known, matches, tx)
    due, done = {}, []
    for one in heard:
        model = current.get(one.event.key)
        if isinstance(one.event, ModelAccepted) and model:
            day = domain.check_by(model.year, one.event.on)
            if day and not_begun(model):
                due[model.id] = day
        elif not isinstance(one.event, ModelSubmitted):
            done.append(one.event.key)
    await Due(tx).change(due, done)


async def _lapse(
    heard: Sequence[Heard],
    known: dict[str, Model],
    matches: dict[str, set[FormalityRule]],
    tx: Transaction,
) -> None:
    """Closes the open questions whose ground is gone. `matches`: the rules that each submitted model matches."""
    questions = Questions(tx)
    last = {one.event.key: one.recorded for one in heard}
    for question in (await questions.of_models(known)).values():
        why = domain.ground_gone(question, known[question.model], matches.get(question.model))
        if why and question.settled_on is None:
            with tx.because(last[question.model]):
                await questions.save(*domain.lapse(question, why, act=tx.act()))


async def _ask_about(
    submitted: dict[str, Heard], current: dict[str, Model], tx: Transaction
) -> dict[str, set[FormalityRule]]:
    """Opens questions. Returns the rules that each submitted model matches."""
    if not submitted:
        return {}
    subjects = await repository.subjects([current[id_] for id_ in submitted], tx)
    deadlines = await _deadlines(subjects, tx)
    groups = Groups(tx)
    await groups.load(
        key for id_, one in subjects.items() for key in (_text(one), _hour(one, deadlines[id_]))
    )
    matches: list[tuple[str, str, Suspicion]] = []
    """Each match: the model, the submitted model that caused it, the suspicion."""
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
        if domain.in_the_last_hour(submitted[id_].event.at, deadline):
            hour = groups[_hour(one, deadline)]
            hour.join(id_, id_, domain.MANY_IN_AN_HOUR)
            rush = {*hour.members, id_}
            matches += [
                (member, id_, suspicion)
                for member in rush
                if (suspicion := domain.in_a_rush(sorted(rush - {member}), deadline))
            ]
    await groups.keep()
    others = {member for member, _, _ in matches} - current.keys()
    everything = {**current, **await repository.models(others, tx)}
    about = await repository.subjects(
        [everything[one] for one in {m for m, _, _ in matches} & everything.keys()], tx
    )
    questions = Questions(tx)
    existing = await questions.of_models({member for member, _, _ in matches})
    for member, cause, suspicion in matches:
        if member not in about:
            continue
        known = existing.get((member, suspicion.rule))
        with tx.because(submitted[cause].recorded):
            if known is None:
                asked, event = domain.ask(new_id(QUESTION), about[member], suspicion, act=tx.act())
                await questions.add(asked, event)
            elif known.state is QuestionState.LAPSED:
                asked, event = domain.ask_again(known, suspicion, act=tx.act())
                await questions.save(asked, event)
            else:
                continue
        existing[member, suspicion.rule] = asked
    return {id_: {suspicion.rule for member, _, suspicion in matches if member == id_} for id_ in submitted}


async def ask_idle(tx: Transaction) -> int:
    """Opens questions about registered models that should have begun by today. Returns how many models it read."""
    due = Due(tx)
    ids = await due.by(tx.today, AT_ONCE)
    questions = Questions(tx)
    existing = await questions.of_models(ids)
    found = await repository.models(ids, tx)
    subjects = await repository.subjects(list(found.values()), tx)
    for id_, model in found.items():
        if model.registered_on is None or not not_begun(model) or not domain.is_current(model.year, tx.today):
            continue
        suspicion = domain.not_begun(model.registered_on, tx.today)
        if (id_, suspicion.rule) not in existing:
            await questions.add(*domain.ask(new_id(QUESTION), subjects[id_], suspicion, act=tx.act()))
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
