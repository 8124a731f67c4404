"""The services that own files and jobs. The id of a file or job begins with the name of its owner."""

from services.kernel.sheets.messages import SheetMessages
from services.registration.sheets import messages as registration

OWNERS: tuple[SheetMessages, ...] = (registration,)
_BY_SERVICE = {messages.JOB.service: messages for messages in OWNERS}
_BY_PREFIX = {kind.prefix: messages for messages in OWNERS for kind in (messages.FILE, messages.JOB)}


def named(service: str) -> SheetMessages | None:
    """The messages of this service, if it owns files and jobs."""
    return _BY_SERVICE.get(service)


def owner_of(id_: str) -> SheetMessages:
    """The messages of the file's or job's owner; of the first owner for any other id, which it does not find."""
    return _BY_PREFIX.get(id_[: id_.find("_") + 1], OWNERS[0])
