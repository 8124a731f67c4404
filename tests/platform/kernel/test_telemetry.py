"""Where spans go nowhere they still carry the ids by which an answer, its logs and its events are found."""

import pytest

from services.kernel import telemetry

ABOVE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"


def test_an_unrecorded_span_has_a_trace_that_all_inside_share() -> None:
    with telemetry.span("one"):
        trace, here = telemetry.trace_id(), telemetry.traceparent()
        with telemetry.span("two"):
            assert (telemetry.trace_id(), telemetry.traceparent()) == (trace, here)
    assert here is not None
    assert int(trace, 16)
    assert here.split("-")[1] == trace
    with telemetry.span("three"):
        assert telemetry.trace_id() != trace


def test_what_came_from_elsewhere_goes_on_in_its_trace_as_a_span_of_its_own() -> None:
    with telemetry.span("one", parent=ABOVE):
        _, trace, span, _ = (telemetry.traceparent() or "").split("-")
    assert trace == ABOVE.split("-")[1]
    assert span != ABOVE.split("-")[2]


@pytest.mark.parametrize("parent", ["", "nonsense", "00-0-0-00"])
def test_what_names_no_trace_begins_one(parent: str) -> None:
    with telemetry.span("one", parent=parent):
        assert int(telemetry.trace_id(), 16)


def test_outside_there_is_none_whatever_happened_inside() -> None:
    with pytest.raises(LookupError), telemetry.span("one"):
        raise LookupError
    assert telemetry.traceparent() is None
