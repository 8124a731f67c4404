"""A caller that reads reports all the time, and what the logs say about those that were complete."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from infra.operate.operator import OPERATOR
from services.kernel.messages import Unavailable
from services.kernel.messaging.client import Client
from services.kernel.mongo.driver import Document
from services.kernel.rows import Part, Rows
from services.reporting.messages import ReportOf

MEASURES = ("REGISTERED", "RECOGNISED", "NOT_MET", "SUPERVISION_ACTIVITY")


@dataclass
class Witness:
    """`complete`: the positions and figures of reports that say that they count all events."""

    services: Client
    unit: str
    period: str
    complete: list[tuple[Mapping[str, int], Mapping[str, Decimal]]] = field(default_factory=list)

    async def look(self) -> None:
        report = await self.report()
        if self._counts_all_events(report):
            positions = {one["producer"]: int(one["applied"]) for one in report["positions"]}
            figures = {one["measure"]: Decimal(one["total"]) for one in report["figures"]}
            self.complete.append((positions, figures))

    async def is_incomplete(self) -> bool:
        return not self._counts_all_events(await self.report())

    def _counts_all_events(self, report: Mapping[str, Any]) -> bool:
        """A period that is not over is no reason: it says nothing of events."""
        reasons = [why for why in report["incomplete_because"] if not why.startswith(f"kỳ {self.period} ")]
        assert report["complete"] == (not report["incomplete_because"])
        return not reasons

    async def report(self) -> dict[str, Any]:
        query = ReportOf(
            unit=self.unit,
            period=self.period,
            fields={
                "complete": "complete",
                "incomplete_because": "incomplete_because",
                "figures": Part("figures", {"measure": "measure", "total": "total"}),
                "positions": Part("positions", {"producer": "producer", "applied": "applied"}),
            },
        )
        while True:
            try:
                (row,) = (await self.services.ask(query, OPERATOR, Rows)).read()
            except Unavailable:
                continue
            assert row is not None
            return row

    def check(self, logs: Mapping[str, Sequence[Document]]) -> None:
        """The figures of each complete report are those of the logs up to the report's positions.

        `logs`: producer → the events with a number, in order.
        """
        for positions, figures in self.complete:
            expected: Counter[str] = Counter()
            for producer, events in logs.items():
                assert positions[producer] <= len(events), (positions, len(events))
                for event in events[: positions[producer]]:
                    expected.update(_counted(event))
            found = {measure: figures[measure] for measure in MEASURES}
            assert found == {measure: expected[measure] for measure in MEASURES}, positions


def _counted(event: Document) -> Mapping[str, int]:
    match event["type"].split(".")[2], event["data"].get("verdict"):
        case "model-accepted", _:
            return {"REGISTERED": 1}
        case "review-decided", verdict:
            return {verdict: 1}
        case "review-closed", str(verdict):
            return {verdict: -1}
        case "activity-recorded", _:
            return {"SUPERVISION_ACTIVITY": 1}
    return {}
