"""Hand-overs: the table of messages and their handlers."""

from functools import partial

from services.kernel.table import Area, command, query
from services.registration.handovers import handlers, messages, repository
from services.registration.handovers.kinds import UNSCOPED
from services.registration.handovers.repository import Families

FAMILIES = Families()

AREA = Area(
    messages=messages,
    commands=(
        command(messages.HandOver, handlers.hand_over),
        command(messages.HandOverAll, handlers.hand_over_all),
    ),
    queries=(
        query(messages.HandOverPreview, handlers.hand_over_preview),
        query(messages.WaitingUnits, partial(handlers.waiting_units, FAMILIES)),
        query(messages.WaitingTotals, partial(handlers.waiting_totals, FAMILIES)),
        query(messages.WaitingRecords, handlers.waiting_records),
    ),
    fills=repository.FILLS,
    unscoped=UNSCOPED,
)
