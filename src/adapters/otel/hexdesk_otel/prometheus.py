"""The metrics as Prometheus reads them, over HTTP; exemplars where it asks for OpenMetrics."""

from collections.abc import Iterable
from itertools import accumulate
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar

from hexdesk.domain.metrics import EXPORTED_BOUNDS, SCALE, Distribution, Metric, MetricKind
from hexdesk.errors import HexdeskError
from hexdesk.ports.telemetry import LatestReadings, Reading
from hexdesk_otel.metrics import grouped

Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily | InfoMetricFamily
Bucket = tuple[str, float] | tuple[str, float, Exemplar]


class PrometheusEndpoint(Collector):
    """Serves the latest readings at `/metrics`, in threads of its own."""

    def __init__(self, host: str, port: int, target: dict[str, str]) -> None:
        self._host = host
        self._port = port
        self._target = target
        self._latest: LatestReadings | None = None
        self._server: WSGIServer | None = None

    def start(self, latest: LatestReadings) -> None:
        """Begin to listen.

        Raises:
            HexdeskError: The address is taken or not ours.
        """
        self._latest = latest
        registry = CollectorRegistry()
        registry.register(self)
        try:
            self._server, _ = start_http_server(self._port, self._host, registry)
        except OSError as error:
            raise HexdeskError(
                f"metrics cannot be shown at {self._host}:{self._port}: {error.strerror or error}",
                remedy='set telemetry.prometheus_listen to a free address, or to "" for none',
            ) from error

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.server_port if self._server is not None else self._port

    def close(self) -> None:
        """Stop listening; idempotent."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def collect(self) -> Iterable[Family]:
        """Return all families; called for each scrape."""
        yield InfoMetricFamily("target", "Target metadata", value=self._target)
        readings = self._latest() if self._latest is not None else None
        if readings is not None:
            for metric, values in grouped(readings):
                yield _family(metric, values)


def _family(metric: Metric, values: Iterable[Reading]) -> Family:
    name = metric.prometheus_name
    if metric.kind is MetricKind.HISTOGRAM:
        histograms = HistogramMetricFamily(name, metric.text, labels=metric.labels)
        for each in values:
            if isinstance(each.value, Distribution):
                scale = SCALE[metric.unit]
                histograms.add_metric(
                    each.labels, list(_buckets(each.value, scale)), each.value.total * scale
                )
        return histograms
    kind = CounterMetricFamily if metric.kind is MetricKind.COUNTER else GaugeMetricFamily
    family = kind(name, metric.text, labels=metric.labels)
    for each in values:
        if not isinstance(each.value, Distribution):
            family.add_metric(each.labels, each.value)
    return family


def _buckets(found: Distribution, scale: float) -> Iterable[Bucket]:
    exemplar = found.exemplar
    is_due = exemplar is not None
    totals = list(accumulate(found.counts))
    for index, total in enumerate(totals):
        is_last = index == len(EXPORTED_BOUNDS)
        bound = "+Inf" if is_last else repr(EXPORTED_BOUNDS[index] * scale)
        if is_due and exemplar is not None and (
            is_last or exemplar.value <= EXPORTED_BOUNDS[index]
        ):  # fmt: skip
            is_due = False
            labels = {"trace_id": f"{exemplar.trace_id:032x}"}
            yield bound, total, Exemplar(labels, exemplar.value * scale, exemplar.ts_ns / 1e9)
        else:
            yield bound, total
