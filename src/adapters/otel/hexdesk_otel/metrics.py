"""From `Readings` to OpenTelemetry's metric data. Pure.

Instruments and views of the SDK are left out: the desk keeps plain integers and buckets of its
own, and an SDK histogram cannot be filled from buckets.
"""

from collections.abc import Sequence
from typing import cast

from opentelemetry.sdk.metrics import Exemplar
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.metrics.export import Metric as OtelMetric
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from hexdesk.domain.metrics import EXPORTED_BOUNDS, SCALE, Distribution, Metric, MetricKind
from hexdesk.ports.telemetry import Reading, Readings

CUMULATIVE = AggregationTemporality.CUMULATIVE
_UNKNOWN = cast("float", None)
"""Smallest and largest value: buckets do not tell; OTLP may leave them out."""


def metrics_data(
    readings: Readings, resource: Resource, scope: InstrumentationScope
) -> MetricsData:
    """Return all readings, grouped by metric; those of unknown metrics are left out."""
    metrics = [_metric(metric, values, readings) for metric, values in grouped(readings)]
    return MetricsData([ResourceMetrics(resource, [ScopeMetrics(scope, metrics, "")], "")])


def grouped(readings: Readings) -> list[tuple[Metric, list[Reading]]]:
    """Return readings by metric, in the catalogue's order."""
    found: dict[str, list[Reading]] = {}
    for reading in readings.values:
        found.setdefault(reading.metric, []).append(reading)
    return [(metric, found[name]) for name, metric in readings.metrics.items() if name in found]


def _metric(metric: Metric, values: Sequence[Reading], readings: Readings) -> OtelMetric:
    if metric.kind is MetricKind.HISTOGRAM:
        points = [_distribution(metric, each, readings) for each in values]
        return OtelMetric(metric.name, metric.text, metric.unit, Histogram(points, CUMULATIVE))
    numbers = [
        NumberDataPoint(
            dict(zip(metric.labels, each.labels, strict=True)),
            readings.start_ns,
            readings.ts_ns,
            each.value,
        )
        for each in values
        if not isinstance(each.value, Distribution)
    ]
    data = Sum(numbers, CUMULATIVE, is_monotonic=True)
    if metric.kind is MetricKind.GAUGE:
        return OtelMetric(metric.name, metric.text, metric.unit, Gauge(numbers))
    return OtelMetric(metric.name, metric.text, metric.unit, data)


def _distribution(metric: Metric, reading: Reading, readings: Readings) -> HistogramDataPoint:
    found, scale = reading.value, SCALE[metric.unit]
    if not isinstance(found, Distribution):
        message = f"{metric.name} is a histogram"
        raise TypeError(message)
    exemplars = (
        [
            Exemplar({}, each.value * scale, each.ts_ns, each.span_id, each.trace_id)
            for each in (found.exemplar,)
            if each is not None
        ]
    )  # fmt: skip
    return HistogramDataPoint(
        attributes=dict(zip(metric.labels, reading.labels, strict=True)),
        start_time_unix_nano=readings.start_ns,
        time_unix_nano=readings.ts_ns,
        count=found.count,
        sum=found.total * scale,
        bucket_counts=found.counts,
        explicit_bounds=[bound * scale for bound in EXPORTED_BOUNDS],
        min=_UNKNOWN,
        max=_UNKNOWN,
        exemplars=exemplars,
    )
