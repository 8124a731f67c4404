"""Handlers of relations: one function for each message, and the event handler that suggests relations."""

import asyncio
from collections.abc import Sequence
from functools import partial

from services.directory.unit_names import Names
from services.kernel.log.inbox import Heard
from services.kernel.mongo.access import Access
from services.kernel.mongo.pages import by_keys
from services.kernel.mongo.repository import new_id
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Row, Rows
from services.kernel.search.index import Index
from services.registration.models.repository import Models
from services.registration.relations import domain, repository
from services.registration.relations.candidates import candidates
from services.registration.relations.domain import Suggestion
from services.registration.relations.likeness import Corpus
from services.registration.relations.messages import (
    RELATION,
    AssertRelation,
    ConfirmRelation,
    DismissRelation,
    LookalikesOfModels,
    RelationKind,
    RelationsById,
    RelationsOfModels,
    RelationsPage,
    RelationState,
)
from services.registration.relations.repository import OtherModels, Relations, Sides

MOST_HERE, MOST_ELSEWHERE = 5, 3
"""Most suggestions for a model: of duplicates and continuations together, and of replications. When more replications
match, only the oldest is suggested."""
COMMONPLACE = 20
"""With so many replications none is suggested: nobody can say where so common a method comes from."""


async def suggest(heard: Sequence[Heard], tx: Transaction, index: Index, names: Names) -> None:
    """Compares each model of these events with similar models, and suggests the best of its relations."""
    changed = {one.event.key: one for one in heard}
    sides = Sides(tx, names)
    subjects = dict(await sides.read(changed))
    found_alike = {key: candidates(side, index) for key, side in subjects.items()}
    relations = Relations(tx)
    known = await relations.of(changed)
    related = {model for relation in known.values() for model in relation.models}
    others = await sides.read(related.union(*found_alike.values()))
    corpus = Corpus(index.frequency, index.documents)
    compare = partial(domain.compare, corpus=corpus)
    for key, side in subjects.items():
        found = [
            suggestion
            for other in found_alike[key]
            if other in others and (suggestion := compare(side, others[other]))
        ]
        act = tx.act()
        with tx.because(changed[key].recorded):
            for suggestion in best(found):
                pair = domain.pair_of(suggestion.model, suggestion.other)
                newer, older = others[suggestion.model], others[suggestion.other]
                if suggested := domain.suggest(
                    known.get(pair),
                    suggestion,
                    # Of the few that are suggested: the phrases take longer than the comparison.
                    because=domain.grounds(newer, older, corpus),
                    key=new_id(RELATION),
                    unit=domain.shared_unit(newer.unit, older.unit),
                    act=act,
                ):
                    known[pair] = suggested[0]
                    await relations.put_later(*suggested)
            for relation in [one for one in known.values() if key in one.models]:
                if relation.state is RelationState.SUGGESTED and not compare(
                    *(others[model] for model in relation.models)
                ):
                    lapsed = domain.lapse(relation, act=act)
                    known[relation.pair] = lapsed[0]
                    await relations.put_later(*lapsed)
        await asyncio.sleep(0)  # lets the process answer searches between two models
    await relations.flush()


def best(found: Sequence[Suggestion]) -> list[Suggestion]:
    ranked = sorted(found, key=lambda one: (-one.score, one.model, one.other))
    here = [one for one in ranked if one.kind is not RelationKind.REPLICATION]
    elsewhere = [one for one in ranked if one.kind is RelationKind.REPLICATION]
    if len(elsewhere) >= COMMONPLACE:
        elsewhere = []
    elif len(elsewhere) > MOST_ELSEWHERE:
        elsewhere = [min(elsewhere, key=lambda one: one.other)]
    return [*here[:MOST_HERE], *elsewhere]


async def confirm_relation(command: ConfirmRelation, tx: Transaction) -> Row:
    relations = Relations(tx)
    relation = await relations.load(command.relation)
    confirmed = domain.confirm(relation, kind=command.kind, reason=command.reason, act=tx.act())
    return await relations.save(*confirmed)


async def dismiss_relation(command: DismissRelation, tx: Transaction) -> Row:
    relations = Relations(tx)
    relation = await relations.load(command.relation)
    return await relations.save(*domain.dismiss(relation, reason=command.reason, act=tx.act()))


async def assert_relation(command: AssertRelation, tx: Transaction) -> Row:
    model = await Models(tx).load(command.model)
    other = await OtherModels(tx).load(command.other)
    relations = Relations(tx)
    asserted = domain.declare(
        await relations.between(model.id, other.id),
        key=new_id(RELATION),
        model=model,
        other=other,
        kind=command.kind,
        reason=command.reason,
        act=tx.act(),
    )
    return await relations.put(*asserted)


async def relations_page(query: RelationsPage, access: Access) -> Rows:
    return await repository.page(access, query)


async def relations_by_id(query: RelationsById, access: Access) -> Rows:
    return await by_keys(Relations.seen(access), Relations.columns, query)


async def relations_of_models(query: RelationsOfModels, access: Access) -> Rows:
    return await repository.page_of_each(access, query, RelationState.CONFIRMED)


async def lookalikes_of_models(query: LookalikesOfModels, access: Access) -> Rows:
    return await repository.page_of_each(access, query, RelationState.SUGGESTED)
