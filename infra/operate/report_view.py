"""A report as tables, with numbers in Vietnamese notation and each total beside the sum of its rows."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from babel.numbers import format_decimal
from rich.console import Console
from rich.table import Table

REPORT = """
fragment Whole on Report {
  unitId unitName period since until complete incompleteBecause
  positions { producer applied head parked }
  bridges { to sum gap rows { step name value } }
  figures { measure name total flags { rule messageVi } breakdowns { by sum gap rows { code name value } } }
}
query Report($unit: ID!, $period: String!) {
  report(unit: $unit, period: $period) { __typename ...Whole ... on Refusal { code messageVi messageEn } }
}
"""

ASK = Callable[..., Any]


class ReportRefused(Exception):  # noqa: N818
    """The system refused this report."""


async def ask_report(ask: ASK, unit: str, period: str) -> dict[str, Any]:
    """The report. `below` holds the reports of the units directly below."""
    report = await _one(ask, unit, period)
    places = breakdown(figure(report, "REGISTERED"), "PLACE")["rows"]
    below = [await _one(ask, row["code"], period) for row in places if row["code"] != report["unitId"]]
    return {**report, "below": below}


async def _one(ask: ASK, unit: str, period: str) -> dict[str, Any]:
    report: dict[str, Any] = (await ask(REPORT, unit=unit, period=period))["report"]
    if report.pop("__typename") == "Refusal":
        raise ReportRefused(report["messageVi"])
    return report


def figure(report: Mapping[str, Any], measure: str) -> dict[str, Any]:
    return next(f for f in report["figures"] if f["measure"] == measure)


def breakdown(of: Mapping[str, Any], by: str) -> dict[str, Any]:
    return next(b for b in of["breakdowns"] if b["by"] == by)


def total(report: Mapping[str, Any], measure: str) -> Decimal:
    return Decimal(figure(report, measure)["total"])


def number(value: Decimal | str | int) -> str:
    """`1155.3` → `1.155,3`."""
    return format_decimal(Decimal(value), format="#,##0.###", locale="vi")


def show(report: Mapping[str, Any], console: Console) -> None:
    console.print(
        f"\n[bold]BÁO CÁO PHONG TRÀO “DÂN VẬN KHÉO” - {report['unitName']}, kỳ {report['period']}[/bold]"
    )
    for why in report["incompleteBecause"]:
        console.print(f"[yellow]Chưa đầy đủ: {why}[/yellow]")
    registered = figure(report, "REGISTERED")
    console.print(_parts("Mô hình đăng ký theo lĩnh vực", registered, "FIELD"))
    console.print(_parts("Mô hình đăng ký theo cấp", registered, "LEVEL"))
    console.print(_measures(report))
    for of in report["figures"]:
        for flag in of["flags"]:
            console.print(f"[yellow]⚑ {of['name']}: {flag['messageVi']}[/yellow] ({flag['rule']})")
    for bridge in report["bridges"]:
        console.print(_bridge(bridge, figure(report, bridge["to"])))
    console.print(_places(report))


def _parts(title: str, of: Mapping[str, Any], by: str) -> Table:
    parts = breakdown(of, by)
    table = _table(title, "", "Số lượng")
    for row in parts["rows"]:
        table.add_row(row["name"], number(row["value"]))
    table.add_section()
    table.add_row("Tổng số", f"{number(of['total'])} {_agrees(parts['gap'])}")
    return table


def _measures(report: Mapping[str, Any]) -> Table:
    table = _table("Các chỉ số", "", "Tổng số", "Đối chiếu các phân tổ")
    for of in report["figures"]:
        agreed = " ".join(_agrees(parts["gap"]) for parts in of["breakdowns"])
        table.add_row(
            f"{of['name']} [yellow]⚑[/yellow]" if of["flags"] else of["name"], number(of["total"]), agreed
        )
    return table


def _bridge(bridge: Mapping[str, Any], to: Mapping[str, Any]) -> Table:
    table = _table(f"Từ đăng ký đến {to['name'].lower()}", "", "Số mô hình")
    for row in bridge["rows"]:
        table.add_row(row["name"], number(row["value"]))
    table.add_section()
    table.add_row(to["name"], f"{number(to['total'])} {_agrees(bridge['gap'])}")
    return table


SHOWN = {
    "REGISTERED": "Đăng ký",
    "RECOGNISED": "Công nhận",
    "NOT_MET": "Chưa đạt",
    "NOMINATED": "Đề nghị",
    "LAND_M2": "Đất (m²)",
    "WORK_DAY": "Ngày công",
}


def _places(report: Mapping[str, Any]) -> Table:
    """A row for each unit below, from its own report, and one for the unit itself: together they must be its totals."""
    table = _table("Cộng theo đơn vị", "", *SHOWN.values())
    for below in report["below"]:
        table.add_row(below["unitName"], *(number(total(below, measure)) for measure in SHOWN))
    own = {measure: own_part(report, measure) for measure in SHOWN}
    table.add_row(f"{report['unitName']} (trực tiếp)", *(number(own[measure]) for measure in SHOWN))
    table.add_section()
    table.add_row(
        "Tổng số",
        *(f"{number(total(report, m))} {_agrees(total(report, m) - added(report, m))}" for m in SHOWN),
    )
    return table


def own_part(report: Mapping[str, Any], measure: str) -> Decimal:
    """The share of the unit's own organisations, without the units below."""
    rows = breakdown(figure(report, measure), "PLACE")["rows"]
    return next(Decimal(row["value"]) for row in rows if row["code"] == report["unitId"])


def added(report: Mapping[str, Any], measure: str) -> Decimal:
    """The sum of the reports of the units below and the unit's own part."""
    return sum((total(below, measure) for below in report["below"]), own_part(report, measure))


def _agrees(gap: Decimal | str) -> str:
    return "[green]✓[/green]" if Decimal(gap) == 0 else f"[red]lệch {number(gap)}[/red]"


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left")
    return table


Figures = Mapping[tuple[str, str, str], Decimal]
"""(measure, dimension or "", code or "") → value."""


def show_published(report: Mapping[str, Any], published: Figures, source_says: str, console: Console) -> None:
    """The published figures beside those of the report. `source_says`: where the source contradicts itself."""
    table = _table("Bên cạnh số liệu đã công bố", "", "Đã công bố", "Đếm được", "Chênh lệch")
    for (measure, by, code), want in published.items():
        of = figure(report, measure)
        rows = breakdown(of, by)["rows"] if by else []
        name = next((row["name"] for row in rows if row["code"] == code), code)
        shown = computed(report, measure, by, code)
        more = shown - want
        table.add_row(
            f"{of['name']}: {name}" if by else of["name"],
            number(want),
            number(shown),
            "[green]✓[/green]" if not more else f"[yellow]{'+' if more > 0 else ''}{number(more)}[/yellow]",
        )
    console.print(table)
    if source_says:
        console.print(f"[yellow]{source_says}[/yellow]")


def computed(report: Mapping[str, Any], measure: str, by: str, code: str) -> Decimal:
    of = figure(report, measure)
    return _row(breakdown(of, by)["rows"], code) if by else Decimal(of["total"])


def differences(
    report: Mapping[str, Any], published: Figures, gaps: Figures = MappingProxyType({})
) -> list[str]:
    """Differences from the published figures, and rows that do not add up.

    `gaps`: how much more than published the report must have, where the source does not add up by itself.
    """
    found: list[str] = []
    for (measure, by, code), said in published.items():
        want = said + gaps.get((measure, by, code), Decimal(0))
        shown = computed(report, measure, by, code)
        if shown != want:
            where = " ".join(part for part in (measure, by, code) if part)
            found.append(f"{where}: published {number(want)}, computed {number(shown)}")
    for of in report["figures"]:
        found += [
            f"{of['measure']} by {parts['by']}: rows add up to {number(parts['sum'])}, total {number(of['total'])}"
            for parts in of["breakdowns"]
            if Decimal(parts["gap"]) != 0
        ]
        if added(report, of["measure"]) != Decimal(of["total"]):
            found.append(f"{of['measure']}: the reports of the units below do not add up to the total")
    found += [
        f"from REGISTERED to {bridge['to']}: the steps add up to {number(bridge['sum'])}"
        for bridge in report["bridges"]
        if Decimal(bridge["gap"]) != 0
    ]
    found += [f"incomplete: {why}" for why in report["incompleteBecause"]]
    return found


def _row(rows: Sequence[Mapping[str, Any]], code: str) -> Decimal:
    return next((Decimal(row["value"]) for row in rows if row["code"] == code), Decimal(0))
