"""Administrative units: who hears what."""

from services.kernel.service import Service
from services.registration.units import handlers, messages, repository

INDEXES = repository.INDEXES


def wire(service: Service) -> None:
    service.does(messages.RecordUnits, handlers.record_units)
    service.tells(messages.UnitsOnDay, handlers.units_on_day)
    service.tells(messages.UnitWithCode, handlers.unit_with_code)
    service.tells(messages.ChildUnits, handlers.child_units)
    service.tells(messages.UnitAncestors, handlers.unit_ancestors)
    service.tells(messages.UnitsBelow, handlers.units_below)
    service.tells(messages.UnitsNamed, handlers.units_named)
    service.tells(messages.UnitSuccession, handlers.unit_succession)
