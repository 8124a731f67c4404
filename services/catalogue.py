"""All services as tables: which messages each answers, announces and hears, and which collections it keeps.

Rights on NATS and MongoDB, provisioning, `danvan status`, the processes and their ports derive from it. It imports the
handlers of all services, so a service or the gateway must not import it.
"""

from collections.abc import Mapping

from services.kernel.table import Table
from services.registration.app import TABLE as REGISTRATION
from services.reporting.app import TABLE as REPORTING
from services.review.app import TABLE as REVIEW
from services.supervision.app import TABLE as SUPERVISION

Catalogue = Mapping[str, Table]

SERVICES: Catalogue = {table.name: table for table in (REGISTRATION, REVIEW, SUPERVISION, REPORTING)}


def producers(services: Catalogue = SERVICES) -> tuple[str, ...]:
    """Names of the services that announce events: each has a log, a sequencer and a stream."""
    return tuple(name for name, table in services.items() if table.announces)
