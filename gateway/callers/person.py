"""Rules for the callers in tokens of any issuer: ids and names of callers get into logs, events and keys."""

from collections.abc import Iterator

import msgspec

from services.kernel.caller import OURS, Caller, unauthenticated
from services.kernel.text import unseen

LONGEST = 255
LONGEST_NAME = 200


def person(caller: Caller) -> Caller:
    """The caller with a name that can be shown. `Refused` for one of our own ids, or an id that cannot be shown."""
    if not _is_plain(caller.id):
        raise unauthenticated("Mã truy cập không nói rõ của ai.", "The token does not say whose it is.")
    if caller.id.casefold() in OURS:
        raise unauthenticated(
            "Mã truy cập mang tên dành riêng cho hệ thống.", "The token has a name that is reserved."
        )
    if not all(map(_is_plain, _ids(caller))):
        raise unauthenticated(
            "Mã truy cập có phạm vi không hợp lệ.", "The token has a grant that is not valid."
        )
    if any(grant.inherited for grant in caller.grants):
        grants = tuple(msgspec.structs.replace(grant, inherited=()) for grant in caller.grants)
        caller = msgspec.structs.replace(caller, grants=grants)
    hidden = set(unseen(caller.name))
    name = "".join(one for one in caller.name if one not in hidden).strip()[:LONGEST_NAME]
    return caller if name == caller.name else msgspec.structs.replace(caller, name=name or caller.id)


def _ids(caller: Caller) -> Iterator[str]:
    for grant in caller.grants:
        yield grant.unit
        yield from (each for each in (grant.organisation, grant.giver) if each is not None)


def _is_plain(id_: str) -> bool:
    return 0 < len(id_) <= LONGEST and id_ == id_.strip() and not unseen(id_)
