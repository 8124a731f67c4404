"""Administrative units: the table of messages and their handlers."""

from services.directory.units import MARKS, UNITS
from services.kernel.table import Area, command, query
from services.registration.units import handlers, messages, repository

AREA = Area(
    messages=messages,
    commands=(command(messages.RecordUnits, handlers.record_units),),
    queries=(
        query(messages.UnitsOnDay, handlers.units_on_day),
        query(messages.UnitWithCode, handlers.unit_with_code),
        query(messages.ChildUnits, handlers.child_units),
        query(messages.UnitAncestors, handlers.unit_ancestors),
        query(messages.UnitsBelow, handlers.units_below),
        query(messages.UnitsNamed, handlers.units_named),
        query(messages.UnitSuccession, handlers.unit_succession),
    ),
    indexes=repository.INDEXES,
    unscoped=(UNITS, MARKS),
)
