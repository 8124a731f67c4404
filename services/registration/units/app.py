"""Administrative units: who hears what."""

from services.kernel import directory
from services.kernel.service import Service
from services.registration.units import events, handlers

INDEXES = directory.INDEXES


def wire(service: Service) -> None:
    service.does(events.RecordUnits, handlers.record_units)
    service.tells(events.UnitsOnDay, handlers.units_on_day)
    service.tells(events.UnitWithCode, handlers.unit_with_code)
    service.tells(events.ChildUnits, handlers.child_units)
