"""Log lines on their way out, with the trace of the order or call that they are about."""

import logging
from collections.abc import Callable

import msgspec
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.context import Context
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from hexdesk.plugin.redaction import redact
from hexdesk.ports.telemetry import (
    CALL,
    ORDER_KEY,
    order_span_id,
    order_trace_id,
    parse_traceparent,
)

OWN = ("opentelemetry", "grpc", "urllib3", "requests", "hexdesk.telemetry")
"""Loggers that exporting itself writes to: sending their lines would never end."""
_SEVERITIES = (
    (logging.CRITICAL, SeverityNumber.FATAL),
    (logging.ERROR, SeverityNumber.ERROR),
    (logging.WARNING, SeverityNumber.WARN),
    (logging.INFO, SeverityNumber.INFO),
    (0, SeverityNumber.DEBUG),
)


class LogLine(msgspec.Struct, frozen=True):
    """What is kept of a log call until it is sent."""

    ts_ns: int
    level: int
    logger: str
    text: str
    traceback: str
    client_order_id: str
    origin: str


class OutletHandler(logging.Handler):
    """Hands log lines to an outlet; never waits."""

    def __init__(self, put: Callable[[LogLine], object], level: int) -> None:
        super().__init__(level)
        self._put = put
        self._formatter = logging.Formatter()

    def emit(self, record: logging.LogRecord) -> None:
        """Take a line, unless exporting itself said it."""
        if record.name.startswith(OWN):
            return
        try:
            traceback = self._formatter.formatException(record.exc_info) if record.exc_info else ""
            order_id = str(getattr(record, ORDER_KEY, ""))
            self._put(
                LogLine(
                    int(record.created * 1e9),
                    record.levelno,
                    record.name,
                    redact(record.getMessage()),
                    redact(traceback),
                    order_id,
                    CALL.get(),
                )
            )
        except Exception:  # noqa: BLE001 - logging's own way to report a broken call
            self.handleError(record)


def log_record(line: LogLine, resource: Resource, scope: InstrumentationScope) -> ReadableLogRecord:
    """Return a line as OpenTelemetry's record."""
    call = parse_traceparent(line.origin)
    order_id = line.client_order_id
    attributes: dict[str, str] = {"logger.name": line.logger}
    if line.traceback:
        attributes["exception.stacktrace"] = line.traceback
    if order_id:
        attributes["hexdesk.order.client_id"] = order_id
    trace_id = call.trace_id if call else order_trace_id(order_id) if order_id else 0
    span_id = call.span_id if call else order_span_id(order_id, "order") if order_id else 0
    flags = TraceFlags(TraceFlags.SAMPLED)
    about = SpanContext(trace_id, span_id, is_remote=False, trace_flags=flags)
    record = LogRecord(
        timestamp=line.ts_ns,
        observed_timestamp=line.ts_ns,
        context=set_span_in_context(NonRecordingSpan(about), Context()),
        severity_text=logging.getLevelName(line.level),
        severity_number=next(number for level, number in _SEVERITIES if line.level >= level),
        body=line.text,
        attributes=attributes,
    )
    return ReadableLogRecord(record, resource, scope)
