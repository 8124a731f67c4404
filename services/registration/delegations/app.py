"""Delegations: the table of messages and their handlers."""

from functools import partial

from services.directory.inheritance import Inheritances
from services.kernel.table import Area, command, query
from services.registration.delegations import handlers, messages, repository

AREA = Area(
    messages=messages,
    commands=(
        command(messages.DelegateRole, handlers.delegate_role),
        command(messages.RevokeDelegation, handlers.revoke_delegation),
    ),
    queries=(
        query(messages.DelegationsPage, handlers.delegations_page),
        query(messages.DelegationsById, handlers.delegations_by_id),
        query(messages.EffectiveGrants, partial(handlers.effective_grants, Inheritances())),
    ),
    indexes=repository.INDEXES,
)
