"""A span of days by which a list is narrowed."""

from datetime import date
from typing import Annotated, Any, ClassVar

import msgspec

from services.kernel.messages import Refused, described


class Days(msgspec.Struct, frozen=True, kw_only=True):
    """Both days are included. A day that is left out leaves that end open."""

    vi: ClassVar[str] = "Một khoảng ngày, kể cả hai đầu; bỏ trống đầu nào thì đầu ấy không giới hạn."

    since: Annotated[date | None, described("Từ ngày này.")] = None
    until: Annotated[date | None, described("Đến hết ngày này.")] = None

    def stored(self, field: str) -> dict[str, Any] | None:
        """The condition on a stored day; None for any day or none. `field`: the input that a refusal names."""
        if self.since and self.until and self.since > self.until:
            raise Refused(
                "days-reversed",
                field,
                vi=f"Ngày đầu {self.since:%d/%m/%Y} sau ngày cuối {self.until:%d/%m/%Y}.",
                en=f"The first day, {self.since}, is after the last day, {self.until}.",
            )
        ends = {"$gte": self.since, "$lte": self.until}
        return {end: day.isoformat() for end, day in ends.items() if day} or None
