"""The SDK's exporters, made as a plan says; none connects before it is used."""

import sys

from opentelemetry.sdk._logs.export import ConsoleLogRecordExporter, LogRecordExporter
from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, MetricExporter
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SpanExporter

from hexdesk_otel.settings import Plan


def span_exporters(plan: Plan) -> list[SpanExporter]:
    """Return where spans go."""
    found: list[SpanExporter] = []
    if "traces" in plan.otlp and plan.protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

        found.append(OTLPSpanExporter(endpoint=plan.endpoint or None, timeout=plan.timeout_s))
    elif "traces" in plan.otlp:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (
            OTLPSpanExporter as HttpExporter,
        )

        found.append(HttpExporter(endpoint=_url(plan, "traces"), timeout=plan.timeout_s))
    if "traces" in plan.console:
        found.append(ConsoleSpanExporter(out=sys.stderr))
    return found


def metric_exporters(plan: Plan) -> list[MetricExporter]:
    """Return where metrics go."""
    found: list[MetricExporter] = []
    if "metrics" in plan.otlp and plan.protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter

        found.append(OTLPMetricExporter(endpoint=plan.endpoint or None, timeout=plan.timeout_s))
    elif "metrics" in plan.otlp:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import (
            OTLPMetricExporter as HttpExporter,
        )

        found.append(HttpExporter(endpoint=_url(plan, "metrics"), timeout=plan.timeout_s))
    if "metrics" in plan.console:
        found.append(ConsoleMetricExporter(out=sys.stderr))
    return found


def log_exporters(plan: Plan) -> list[LogRecordExporter]:
    """Return where log lines go; the console has them anyway."""
    if "logs" not in plan.otlp:
        return [ConsoleLogRecordExporter(out=sys.stderr)] if "logs" in plan.console else []
    if plan.protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter

        return [OTLPLogExporter(endpoint=plan.endpoint or None, timeout=plan.timeout_s)]
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpExporter

    return [HttpExporter(endpoint=_url(plan, "logs"), timeout=plan.timeout_s)]


def _url(plan: Plan, signal: str) -> str | None:
    """Return a signal's URL; None leaves it to the variables."""
    return f"{plan.endpoint.rstrip('/')}/v1/{signal}" if plan.endpoint else None
