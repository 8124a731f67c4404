"""Logs, traces and metrics of a process.

Logs are JSON lines with trace ids. Traces and metrics go out by OTLP if an endpoint is set.
"""

import logging
import os
import sys
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import structlog
from opentelemetry import context, metrics, propagate, trace
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind

from services.kernel.config import Settings

log: structlog.stdlib.BoundLogger = structlog.get_logger()
tracer = trace.get_tracer("danvan")
meter = metrics.get_meter("danvan")
"""Without an endpoint its measurements go nowhere."""
_ids = RandomIdGenerator()
recording = False
"""Whether spans are exported. If not, events get no spans."""


def start(service: str, settings: Settings) -> None:
    """To be called once per process, before a MongoDB client exists: clients take listeners only when created."""
    _log_as_json(service, settings.log_level)
    provider = TracerProvider(
        resource=Resource.create({"service.name": service}),
        # Without an endpoint spans only carry their ids, at a tenth of the cost.
        sampler=ALWAYS_ON if settings.otlp_endpoint else ALWAYS_OFF,
        shutdown_on_exit=False,
    )
    if settings.otlp_endpoint:
        _export(provider, settings.otlp_endpoint)
        _export_metrics(provider.resource, settings.otlp_endpoint)
    trace.set_tracer_provider(provider)


def stop() -> None:
    """Exports the remaining spans and metrics. Takes two seconds at most, even if the collector is gone."""
    provider = trace.get_tracer_provider()
    if recording and isinstance(provider, TracerProvider):
        provider.force_flush(2000)
    measured = metrics.get_meter_provider()
    if recording and isinstance(measured, MeterProvider):
        measured.shutdown(2000)


def traceparent() -> str | None:
    """The W3C header of the current span. The propagator would take ten times as long."""
    here = trace.get_current_span().get_span_context()
    return f"00-{here.trace_id:032x}-{here.span_id:016x}-{here.trace_flags:02x}" if here.is_valid else None


def trace_id() -> str:
    return format(trace.get_current_span().get_span_context().trace_id, "032x")


def span(
    name: str, *, parent: str | None = None, kind: SpanKind = SpanKind.INTERNAL, **attributes: str | int
) -> AbstractContextManager[Span]:
    """A span below `parent`, a traceparent of another process, or below the current span."""
    if recording:
        above = propagate.extract({"traceparent": parent}) if parent else context.get_current()
        return tracer.start_as_current_span(name, context=above, kind=kind, attributes=attributes)
    current = trace.get_current_span()
    if parent is None and current.get_span_context().is_valid:
        return nullcontext(current)  # without an exporter one span is enough to carry the trace
    if parent:
        current = trace.get_current_span(propagate.extract({"traceparent": parent}))
    return _carried(current.get_span_context())


@contextmanager
def _carried(above: SpanContext) -> Iterator[Span]:
    """A span without export: only ids. The SDK would take five times as long."""
    trace_id = above.trace_id if above.is_valid else _ids.generate_trace_id()
    here = SpanContext(trace_id, _ids.generate_span_id(), is_remote=False, trace_state=above.trace_state)
    carrier = NonRecordingSpan(here)
    token = context.attach(trace.set_span_in_context(carrier))
    try:
        yield carrier
    finally:
        context.detach(token)


@contextmanager
def resumed(parent: str | None) -> Iterator[None]:
    """The block belongs to the trace of `parent`, the traceparent of an event."""
    token = context.attach(propagate.extract({"traceparent": parent or ""}))
    try:
        yield
    finally:
        context.detach(token)


@contextmanager
def heard(events: Iterable[tuple[str, int, str | None]], reader: str) -> Iterator[None]:
    """A span in each event's own trace while `reader` handles them. Events: (type, number, traceparent)."""
    spans = [
        tracer.start_span(
            f"{reader} hears {type_}",
            context=propagate.extract({"traceparent": parent or ""}),
            kind=SpanKind.CONSUMER,
            attributes={"seq": seq},
        )
        for type_, seq, parent in (events if recording else ())
    ]
    try:
        yield
    finally:
        for made in spans:
            made.end()


@contextmanager
def unrecorded() -> Iterator[None]:
    """No spans are recorded inside the block: a loop that polls for work records only the work."""
    token = context.attach(context.set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))
    try:
        yield
    finally:
        context.detach(token)


def _export(provider: TracerProvider, endpoint: str) -> None:
    # Imported here: the exporter takes 12 MB, which a process without an endpoint saves.
    os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "database")
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.pymongo import PymongoInstrumentor
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    global recording
    recording = True
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=2)
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=500))
    PymongoInstrumentor().instrument(tracer_provider=provider)


def _export_metrics(resource: Resource, endpoint: str) -> None:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    exporter = OTLPMetricExporter(endpoint=f"{endpoint.rstrip('/')}/v1/metrics", timeout=2)
    reader = PeriodicExportingMetricReader(
        exporter, export_interval_millis=10_000, export_timeout_millis=2000
    )
    metrics.set_meter_provider(MeterProvider([reader], resource, shutdown_on_exit=False))


def _with_trace(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    current = trace.get_current_span().get_span_context()
    if current.is_valid:
        event["trace_id"] = format(current.trace_id, "032x")
    return event


def _log_as_json(service: str, level: str) -> None:
    def with_service(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["service"] = service
        return event

    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        with_service,
        _with_trace,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for quiet in ("pymongo", "faststream", "nats", "asyncio", "uvicorn", "opentelemetry"):
        logging.getLogger(quiet).handlers.clear()
        logging.getLogger(quiet).setLevel(max(logging.WARNING, root.level))
        logging.getLogger(quiet).propagate = True
