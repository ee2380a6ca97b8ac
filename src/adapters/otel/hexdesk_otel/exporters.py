"""The SDK's exporters, made as a plan says; none connects before it is used."""

import sys
from typing import Any

from opentelemetry.sdk._logs.export import ConsoleLogRecordExporter, LogRecordExporter
from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, MetricExporter
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SpanExporter

from hexdesk_otel.settings import Plan

CHANNEL_OPTIONS: Any = (("grpc.max_reconnect_backoff_ms", 1_000),)
"""A receiver that was away is looked for every second; gRPC alone waits up to two minutes."""


def span_exporters(plan: Plan) -> list[SpanExporter]:
    """Return where spans go."""
    found: list[SpanExporter] = []
    if "traces" in plan.otlp and plan.protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

        found.append(OTLPSpanExporter(**_grpc(plan)))
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

        found.append(OTLPMetricExporter(**_grpc(plan)))
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

        return [OTLPLogExporter(**_grpc(plan))]
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpExporter

    return [HttpExporter(endpoint=_url(plan, "logs"), timeout=plan.timeout_s)]


def _grpc(plan: Plan) -> dict[str, Any]:
    """Return how an exporter speaks gRPC; no endpoint leaves it to the variables."""
    return {
        "endpoint": plan.endpoint or None,
        "timeout": plan.timeout_s,
        "channel_options": CHANNEL_OPTIONS,
    }


def _url(plan: Plan, signal: str) -> str | None:
    """Return a signal's URL; None leaves it to the variables."""
    return f"{plan.endpoint.rstrip('/')}/v1/{signal}" if plan.endpoint else None
