"""Organisations."""

from services.registration.organisations.events import OrganisationsById
from tests.access.tries import ID, NODE, entered
from tests.access.world import organisation

MESSAGES = {
    "registration.register-organisation": lambda t: organisation(),
    "registration.organisations-by-id": lambda t: OrganisationsById(keys=(t.thing,), fields=ID),
}
INPUTS = {"registerOrganisation": lambda t: entered(organisation())}
QUERIES = {"Organisation.unit": NODE % ("Organisation", "unit { id }")}
