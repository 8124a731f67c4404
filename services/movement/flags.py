"""Flags on contributions that look wrong, as messages carry them."""

import msgspec

from services.movement.words import OutlierRule


class Flag(msgspec.Struct, frozen=True, kw_only=True):
    """`versions`: versions of the model that recorded the flagged contributions."""

    rule: OutlierRule
    message_vi: str
    message_en: str
    versions: tuple[int, ...] = ()
