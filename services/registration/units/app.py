"""Administrative units: who hears what."""

from services.kernel.service import Service
from services.registration.units import events, handlers, repository

INDEXES = repository.INDEXES


def wire(service: Service) -> None:
    service.does(events.RecordUnits, handlers.record_units)
    service.tells(events.UnitsOnDay, handlers.units_on_day)
    service.tells(events.UnitWithCode, handlers.unit_with_code)
    service.tells(events.ChildUnits, handlers.child_units)
    service.tells(events.UnitAncestors, handlers.unit_ancestors)
    service.tells(events.UnitsBelow, handlers.units_below)
    service.tells(events.UnitsNamed, handlers.units_named)
    service.tells(events.UnitSuccession, handlers.unit_succession)
