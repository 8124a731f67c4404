"""How far back a person may date an act that is recorded today."""

from dataclasses import dataclass
from datetime import date

from services.kernel.caller import Scope
from services.kernel.inputs import EARLIEST
from services.kernel.messages import Refused
from services.kernel.units import UnitPath


@dataclass(frozen=True, slots=True)
class Backdating:
    """Calendar years before the present one into which a person may date an act.

    `own`: with a role in the record's own unit. `above`: with a role in a unit above it.
    """

    own: int
    above: int

    def check(self, on: date, today: date, scope: Scope, unit: str) -> None:
        """Refused if `on` is too far back. `unit`: the path of the record's unit. Our own processes have no limit.

        A day before all reports is left to the rule that refuses it for everybody.
        """
        if scope.units is None or on < EARLIEST:
            return
        is_above = not scope.units.isdisjoint(UnitPath(unit).segments[:-1])
        earliest = date(max(1, today.year - (self.above if is_above else self.own)), 1, 1)
        if on < earliest:
            raise Refused(
                "dated-too-far-back",
                "on",
                vi=f"Ngày {on:%d/%m/%Y} sớm hơn {earliest:%d/%m/%Y}, ngày sớm nhất bạn được ghi lại: "
                + ("" if is_above else "hãy nhờ cán bộ của đơn vị cấp trên, ")
                + "hãy nhập bằng tệp danh sách, hoặc đính chính hồ sơ đã có.",
                en=f"{on} is before {earliest}, the earliest day that you may enter afterwards; "
                + ("" if is_above else "ask an officer of a unit above, ")
                + "import a list as a file, or correct the existing record.",
            )


UNLIMITED = Backdating(own=9999, above=9999)
