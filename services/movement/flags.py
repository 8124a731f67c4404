"""A contribution that looks wrong, as messages carry it."""

import msgspec

from services.movement.words import OutlierRule


class Flag(msgspec.Struct, frozen=True, kw_only=True):
    """`versions`: of a model, when it recorded the contributions that the rule speaks of."""

    rule: OutlierRule
    message_vi: str
    message_en: str
    versions: tuple[int, ...] = ()
