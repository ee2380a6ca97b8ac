"""The exporter as a whole: three outlets, an endpoint, and nothing that the desk waits for."""

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult
from opentelemetry.sdk.metrics.export import MetricExporter, MetricExportResult
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from hexdesk.domain.timeline import OrderTimeline
from hexdesk.plugin import TelemetryContext
from hexdesk.ports.telemetry import LatestReadings, Readings, SignalStats, VenueRequest
from hexdesk_otel.exporters import log_exporters, metric_exporters, span_exporters
from hexdesk_otel.keeper import Keeper
from hexdesk_otel.logs import LogLine, OutletHandler, log_record
from hexdesk_otel.metrics import metrics_data
from hexdesk_otel.outlet import Outlet
from hexdesk_otel.prometheus import PrometheusEndpoint
from hexdesk_otel.settings import OtelSettings, make_plan
from hexdesk_otel.spans import SCOPE, SpanMaker

METRICS_WAITING_MAX = 2
"""Collections of metrics that may wait; each holds all values, so that the newest is enough."""
NOISY = "opentelemetry"
"""Logger of the SDK: it says at every failure what our own logger says once."""


class OtelTelemetry:
    """Implements `Telemetry` with OpenTelemetry's exporters and a Prometheus endpoint."""

    def __init__(self, context: TelemetryContext, settings: OtelSettings) -> None:
        """Prepare; nothing connects or listens yet.

        Raises:
            ConfigError: Settings or OTEL_* variables make no sense.
        """
        self._plan = plan = make_plan(settings, os.environ)
        self._logger = context.logger
        self._resource = make_resource(context, settings)
        self._scope = InstrumentationScope(SCOPE, context.version)
        self._keeper = Keeper(plan.ratio, plan.slow_ns)
        self._maker = SpanMaker(self._resource, context.version)
        self._latest: LatestReadings | None = None
        self._spans = self._span_outlet(span_exporters(plan), settings.queue_max)
        self._metrics = self._metric_outlet(metric_exporters(plan))
        self._logs = self._log_outlet(log_exporters(plan), settings.queue_max)
        self._handler = (
            OutletHandler(self._logs.put, getattr(logging, settings.log_level.upper()))
            if self._logs is not None
            else None
        )
        self._endpoint = (
            PrometheusEndpoint(*plan.prometheus, _target(self._resource))
            if plan.prometheus is not None
            else None
        )
        self._stop = threading.Event()
        self._pump = threading.Thread(target=self._collect, name="otel-collect", daemon=True)
        self._noise = logging.getLogger(NOISY).level

    @property
    def is_on(self) -> bool:
        """Whether anything leaves."""
        return self._endpoint is not None or bool(self.stats)

    def start(self, latest: LatestReadings) -> None:
        """Begin to export."""
        self._latest = latest
        if self._endpoint is not None:
            self._endpoint.start(latest)
        logging.getLogger(NOISY).setLevel(logging.CRITICAL)
        for outlet in self._outlets():
            outlet.start()
        if self._metrics is not None:
            self._pump.start()
        if self._handler is not None:
            logging.getLogger().addHandler(self._handler)

    def order(self, timeline: OrderTimeline) -> bool:
        """Take an order that has ended; its spans are built in the outlet's thread."""
        if self._spans is None or not self._keeper.keeps(timeline):
            return False
        return self._spans.put(timeline)

    def request(self, request: VenueRequest) -> None:
        """Take a request whose trace is kept."""
        if self._spans is not None:
            self._spans.put(request)

    @property
    def stats(self) -> dict[str, SignalStats]:
        """How each signal is doing."""
        outlets = {"traces": self._spans, "metrics": self._metrics, "logs": self._logs}
        return {signal: each.stats for signal, each in outlets.items() if each is not None}

    @property
    def prometheus_port(self) -> int | None:
        """Where the endpoint listens; None without one."""
        return self._endpoint.port if self._endpoint is not None else None

    def close(self, timeout_s: float) -> None:
        """Export what waits, within a time."""
        if self._stop.is_set():
            return
        self._stop.set()
        deadline = time.monotonic() + timeout_s
        if self._handler is not None:
            logging.getLogger().removeHandler(self._handler)
        readings = self._latest() if self._latest is not None else None
        if self._metrics is not None and readings is not None:
            self._metrics.put(readings)
        for outlet in self._outlets():
            outlet.close(max(deadline - time.monotonic(), 0.0))
        if self._endpoint is not None:
            self._endpoint.close()
        if not any(each.is_busy for each in self._outlets()):
            logging.getLogger(NOISY).setLevel(self._noise)

    # --- inside ----------------------------------------------------------------------------------

    def _outlets(self) -> list[Outlet[Any]]:
        return [each for each in (self._spans, self._metrics, self._logs) if each is not None]

    def _collect(self) -> None:
        while not self._stop.wait(self._plan.interval_s):
            readings = self._latest() if self._latest is not None else None
            if readings is not None and self._metrics is not None:
                self._metrics.put(readings)

    def _spans_of(self, item: OrderTimeline | VenueRequest) -> Sequence[ReadableSpan]:
        if isinstance(item, VenueRequest):
            return (self._maker.request(item),)
        return self._maker.spans(item)

    def _span_outlet(
        self, exporters: Sequence[SpanExporter], queue_max: int
    ) -> Outlet[OrderTimeline | VenueRequest] | None:
        def export(batch: Sequence[OrderTimeline | VenueRequest]) -> bool:
            spans = [span for item in batch for span in self._spans_of(item)]
            results = [each.export(spans) for each in exporters]
            return all(result is SpanExportResult.SUCCESS for result in results)

        if not exporters:
            return None
        return Outlet(
            "traces",
            export,
            self._logger,
            queue_max=queue_max,
            shutdown=lambda: _shut_down(exporters),
            receiver=self._plan.receiver,
        )

    def _metric_outlet(self, exporters: Sequence[MetricExporter]) -> Outlet[Readings] | None:
        sends: list[Callable[..., MetricExportResult]] = [
            each.export  # pyright: ignore[reportUnknownMemberType] - the SDK's own gap
            for each in exporters
        ]

        def export(batch: Sequence[Readings]) -> bool:
            data = metrics_data(batch[-1], self._resource, self._scope)
            timeout_ms = self._plan.timeout_s * 1e3
            results = [send(data, timeout_millis=timeout_ms) for send in sends]
            return all(result is MetricExportResult.SUCCESS for result in results)

        if not exporters:
            return None
        return Outlet(
            "metrics",
            export,
            self._logger,
            queue_max=METRICS_WAITING_MAX,
            shutdown=lambda: _shut_down(exporters),
            receiver=self._plan.receiver,
        )

    def _log_outlet(
        self, exporters: Sequence[LogRecordExporter], queue_max: int
    ) -> Outlet[LogLine] | None:
        def export(batch: Sequence[LogLine]) -> bool:
            records = [log_record(line, self._resource, self._scope) for line in batch]
            results = [each.export(records) for each in exporters]
            return all(result is LogRecordExportResult.SUCCESS for result in results)

        if not exporters:
            return None
        return Outlet(
            "logs",
            export,
            self._logger,
            queue_max=queue_max,
            shutdown=lambda: _shut_down(exporters),
            receiver=self._plan.receiver,
        )


def _shut_down(exporters: Sequence[Any]) -> None:
    """Free exporters, whose methods the SDK types in part only."""
    for each in exporters:
        each.shutdown()


def make_resource(context: TelemetryContext, settings: OtelSettings) -> Resource:
    """Return what describes this process; `OTEL_RESOURCE_ATTRIBUTES` and settings win."""
    own = {
        "service.namespace": "hexdesk",
        "service.name": "hexdesk",
        "service.version": context.version,
        "service.instance.id": context.run_id,
        "hexdesk.desk": context.desk,
        "hexdesk.mode": context.mode,
    }
    detected = OTELResourceDetector().detect()
    return Resource.create(own).merge(detected).merge(Resource(dict(settings.attributes)))


def _target(resource: Resource) -> dict[str, str]:
    """Return the resource as labels of `target_info`."""
    return {name.replace(".", "_"): str(value) for name, value in resource.attributes.items()}
