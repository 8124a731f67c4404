"""Spans that are not exported carry the ids by which an answer, its logs and its events are found."""

import pytest

from services.kernel import telemetry

ABOVE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"


def test_unrecorded_span_shares_its_trace_with_spans_inside() -> None:
    with telemetry.span("one"):
        trace, here = telemetry.trace_id(), telemetry.traceparent()
        with telemetry.span("two"):
            assert (telemetry.trace_id(), telemetry.traceparent()) == (trace, here)
    assert here is not None
    assert int(trace, 16)
    assert here.split("-")[1] == trace
    with telemetry.span("three"):
        assert telemetry.trace_id() != trace


def test_span_continues_the_trace_of_another_process() -> None:
    with telemetry.span("one", parent=ABOVE):
        _, trace, span, _ = (telemetry.traceparent() or "").split("-")
    assert trace == ABOVE.split("-")[1]
    assert span != ABOVE.split("-")[2]


@pytest.mark.parametrize("parent", ["", "nonsense", "00-0-0-00"])
def test_span_without_a_parent_begins_a_trace(parent: str) -> None:
    with telemetry.span("one", parent=parent):
        assert int(telemetry.trace_id(), 16)


def test_no_span_is_current_after_an_error_inside() -> None:
    with pytest.raises(LookupError), telemetry.span("one"):
        raise LookupError
    assert telemetry.traceparent() is None
