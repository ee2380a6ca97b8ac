"""What `plugins.toml` may say about telemetry, and what the OTEL_* variables add.

What the configuration leaves open is read from OpenTelemetry's standard variables.
"""

from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from hexdesk_otel.variables import SIGNALS, Variables, wrong

INTERVAL_DEFAULT_S = 10.0
INTERVAL_MIN_S = 0.05
TIMEOUT_DEFAULT_S = 10.0
PORT_MAX = 65_535


class OtelSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of `[telemetry]` with `plugin = "otel"`.

    Attributes:
        endpoint: URL of an OTLP receiver; empty means `OTEL_EXPORTER_OTLP_ENDPOINT`, and where
            that is not set either, nothing is sent.
        protocol: How it is spoken to; auto means `OTEL_EXPORTER_OTLP_PROTOCOL`, else grpc.
        console: Whether all of it is printed to stderr as well.
        prometheus_listen: `host:port` that shows the metrics to Prometheus; empty for none.
        sample_ratio: Part of the orders whose trace is kept, 0 to 1; troubled and slow ones always
            are. -1 means `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`, else 0.01.
        slow_ms: Milliseconds from order to acknowledgement that make an order slow; 0 means more
            than 99 of 100 took.
        metrics_interval_s: Seconds between two exports of metrics; 0 means
            `OTEL_METRIC_EXPORT_INTERVAL`, else 10.
        timeout_s: Seconds that a receiver may take; 0 means `OTEL_EXPORTER_OTLP_TIMEOUT`, else 10.
        queue_max: Orders, and log lines, that may wait; beyond it they are dropped and counted.
        logs: Whether log lines are sent as well.
        log_level: Least severity of a log line that is sent.
        attributes: More resource attributes, as `{ "deployment.environment.name" = "test" }`.
    """

    endpoint: Annotated[str, Meta(pattern=r"^(https?://[^\s]+)?$")] = ""
    protocol: Literal["auto", "grpc", "http/protobuf"] = "auto"
    console: bool = False
    prometheus_listen: str = "127.0.0.1:9090"
    sample_ratio: Annotated[float, Meta(ge=-1.0, le=1.0)] = -1.0
    slow_ms: Annotated[float, Meta(ge=0.0, le=600_000.0)] = 0.0
    metrics_interval_s: Annotated[float, Meta(ge=0.0, le=3_600.0)] = 0.0
    timeout_s: Annotated[float, Meta(ge=0.0, le=60.0)] = 0.0
    queue_max: Annotated[int, Meta(ge=16, le=1_000_000)] = 2_048
    logs: bool = True
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    attributes: dict[str, str] = msgspec.field(default_factory=dict[str, str])


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is exported where, after settings and variables.

    Attributes:
        endpoint: Base URL of the receiver; empty where variables of single signals name theirs.
        protocol: grpc or http/protobuf.
        otlp: Signals sent by OTLP: traces, metrics, logs.
        console: Signals printed.
        prometheus: Host and port of the endpoint; None for none.
        ratio: Part of the orders whose trace is kept.
        slow_ns: What makes an order slow; 0 for the slowest hundredth.
        interval_s: Between two exports of metrics.
        timeout_s: For one export.
    """

    endpoint: str
    protocol: str
    otlp: frozenset[str]
    console: frozenset[str]
    prometheus: tuple[str, int] | None
    ratio: float
    slow_ns: int
    interval_s: float
    timeout_s: float

    @property
    def receiver(self) -> str:
        """Who takes what is sent, for messages: without what an URL may hold beside the place."""
        place = urlsplit(self.endpoint)
        if not place.netloc:
            return "the receiver"
        return f"{place.scheme}://{place.netloc.rpartition('@')[2]}"


def make_plan(settings: OtelSettings, environ: Mapping[str, str]) -> Plan:
    """Return what to do.

    Raises:
        ConfigError: A variable or an address makes no sense.
    """
    variables = Variables(environ)
    protocol = variables.protocol(settings.protocol)
    wanted = SIGNALS if settings.logs else SIGNALS[:2]
    otlp: set[str] = set()
    console: set[str] = set()
    for signal in () if variables.is_disabled else wanted:
        names = variables.exporters(signal)
        if "otlp" in names and (settings.endpoint or variables.has_endpoint(signal, protocol)):
            otlp.add(signal)
        if settings.console or "console" in names:
            console.add(signal)
    interval_ms = variables.positive("OTEL_METRIC_EXPORT_INTERVAL", INTERVAL_DEFAULT_S * 1e3)
    # OpenTelemetry's Python takes seconds here, unlike the specification; so do we
    timeout_s = variables.positive("OTEL_EXPORTER_OTLP_TIMEOUT", TIMEOUT_DEFAULT_S)
    return Plan(
        endpoint=settings.endpoint,
        protocol=protocol,
        otlp=frozenset(otlp),
        console=frozenset(console),
        prometheus=_address(settings.prometheus_listen),
        ratio=settings.sample_ratio if settings.sample_ratio >= 0 else variables.ratio,
        slow_ns=int(settings.slow_ms * 1e6),
        interval_s=settings.metrics_interval_s or max(interval_ms / 1e3, INTERVAL_MIN_S),
        timeout_s=settings.timeout_s or timeout_s,
    )


def _address(text: str) -> tuple[str, int] | None:
    if not text:
        return None
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > PORT_MAX:
        raise wrong("prometheus_listen", "host:port", text)
    return host.strip("[]"), int(port)
