"""What `plugins.toml` may say about telemetry, and what the OTEL_* variables add.

What the configuration leaves open is read from OpenTelemetry's standard variables.
"""

from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from hexdesk.errors import ConfigError

RATIO_DEFAULT = 0.01
INTERVAL_DEFAULT_S = 10.0
TIMEOUT_DEFAULT_S = 10.0
PORT_MAX = 65_535
ALWAYS = {"always_on": 1.0, "always_off": 0.0}
"""Samplers that take no argument."""


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


SIGNALS = ("traces", "metrics", "logs")


def make_plan(settings: OtelSettings, environ: Mapping[str, str]) -> Plan:
    """Return what to do.

    Raises:
        ConfigError: A variable or an address makes no sense.
    """
    wanted: set[str] = set(SIGNALS if settings.logs else SIGNALS[:2])
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        wanted.clear()
    otlp: set[str] = set()
    console: set[str] = set()
    for signal in wanted:
        chosen = environ.get(f"OTEL_{signal.upper()}_EXPORTER", "").strip()
        names = {each.strip() for each in chosen.split(",")} if chosen else {"otlp"}
        own = environ.get(f"OTEL_EXPORTER_OTLP_{signal.upper()}_ENDPOINT", "")
        endpoint = settings.endpoint or environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "") or own
        if "otlp" in names and endpoint:
            otlp.add(signal)
        if settings.console or "console" in names:
            console.add(signal)
    ratio = settings.sample_ratio
    if ratio < 0:
        ratio = _ratio(environ)
    if not 0 <= ratio <= 1:
        raise _wrong("OTEL_TRACES_SAMPLER_ARG", "a ratio from 0 to 1", str(ratio))
    interval_ms = _number(environ, "OTEL_METRIC_EXPORT_INTERVAL", INTERVAL_DEFAULT_S * 1e3)
    # OpenTelemetry's Python takes seconds here, unlike the specification; so do we
    timeout_s = _number(environ, "OTEL_EXPORTER_OTLP_TIMEOUT", TIMEOUT_DEFAULT_S)
    protocol: str = settings.protocol
    if protocol == "auto":
        protocol = environ.get("OTEL_EXPORTER_OTLP_PROTOCOL", "") or "grpc"
    if protocol not in {"grpc", "http/protobuf"}:
        raise _wrong("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc or http/protobuf", protocol)
    return Plan(
        endpoint=settings.endpoint,
        protocol=protocol,
        otlp=frozenset(otlp),
        console=frozenset(console),
        prometheus=_address(settings.prometheus_listen),
        ratio=ratio,
        slow_ns=int(settings.slow_ms * 1e6),
        interval_s=settings.metrics_interval_s or max(interval_ms / 1e3, 0.05),
        timeout_s=settings.timeout_s or timeout_s,
    )


def _address(text: str) -> tuple[str, int] | None:
    if not text:
        return None
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > PORT_MAX:
        raise _wrong("prometheus_listen", "host:port", text)
    return host.strip("[]"), int(port)


def _ratio(environ: Mapping[str, str]) -> float:
    """Return the part that the variables ask for; a call's own decision holds for its order."""
    sampler = environ.get("OTEL_TRACES_SAMPLER", "").strip().removeprefix("parentbased_")
    if sampler in ALWAYS:
        return ALWAYS[sampler]
    if sampler not in {"", "traceidratio"}:
        raise _wrong("OTEL_TRACES_SAMPLER", "always_on, always_off or traceidratio", sampler)
    return _number(environ, "OTEL_TRACES_SAMPLER_ARG", RATIO_DEFAULT)


def _number(environ: Mapping[str, str], name: str, default: float) -> float:
    text = environ.get(name, "").strip()
    if not text:
        return default
    try:
        return float(text)
    except ValueError as error:
        raise _wrong(name, "a number", text) from error


def _wrong(name: str, expected: str, found: str) -> ConfigError:
    return ConfigError(
        f"{name}: expected {expected}, was {found!r}",
        code="CONFIG_VALUE",
        remedy=f"correct or unset {name}",
    )
