import pytest

from hexdesk.errors import ConfigError
from hexdesk_otel.settings import OtelSettings, make_plan


def test_without_an_endpoint_nothing_leaves() -> None:
    """B16: metrics are at port 9090 of this machine unless told otherwise."""
    plan = make_plan(OtelSettings(), {})
    assert not plan.otlp
    assert plan.prometheus == ("127.0.0.1", 9090)
    assert plan.ratio == 0.01


def test_standard_variables_fill_what_is_left_open() -> None:
    environ = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_TRACES_SAMPLER_ARG": "0.5",
        "OTEL_METRIC_EXPORT_INTERVAL": "2000",
        "OTEL_LOGS_EXPORTER": "none",
        "OTEL_METRICS_EXPORTER": "otlp,console",
    }
    plan = make_plan(OtelSettings(), environ)
    assert plan.otlp == {"traces", "metrics"}
    assert plan.console == {"metrics"}
    assert (plan.protocol, plan.ratio, plan.interval_s) == ("http/protobuf", 0.5, 2.0)
    assert make_plan(OtelSettings(sample_ratio=0.1, protocol="grpc"), environ).ratio == 0.1


def test_one_signal_may_have_an_endpoint_alone() -> None:
    plan = make_plan(OtelSettings(), {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://x:4317"})
    assert plan.otlp == {"traces"}


@pytest.mark.parametrize(
    ("sampler", "ratio"),
    [
        ("always_on", 1.0),
        ("parentbased_always_off", 0.0),
        ("parentbased_traceidratio", 0.5),
        ("traceidratio", 0.5),
    ],
)
def test_standard_samplers_are_understood(sampler: str, ratio: float) -> None:
    environ = {"OTEL_TRACES_SAMPLER": sampler, "OTEL_TRACES_SAMPLER_ARG": "0.5"}
    assert make_plan(OtelSettings(), environ).ratio == ratio
    assert make_plan(OtelSettings(sample_ratio=0.1), environ).ratio == 0.1


def test_it_can_be_switched_off() -> None:
    environ = {"OTEL_SDK_DISABLED": "true"}
    assert not make_plan(OtelSettings(endpoint="http://x:4317"), environ).otlp


@pytest.mark.parametrize(
    ("settings", "environ"),
    [
        (OtelSettings(prometheus_listen="9090"), {}),
        (OtelSettings(prometheus_listen="host:99999"), {}),
        (OtelSettings(), {"OTEL_TRACES_SAMPLER_ARG": "all"}),
        (OtelSettings(), {"OTEL_TRACES_SAMPLER_ARG": "2"}),
        (OtelSettings(), {"OTEL_TRACES_SAMPLER": "jaeger_remote"}),
        (OtelSettings(), {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}),
    ],
)
def test_what_makes_no_sense_is_refused(settings: OtelSettings, environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError):
        make_plan(settings, environ)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_SDK_DISABLED", "1"),
        ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("OTEL_LOGS_EXPORTER", "otlp,prometheus"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "often"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "-1000"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "nan"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "inf"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "hidden"),
        ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "a=1,=hidden"),
        ("OTEL_RESOURCE_ATTRIBUTES", "site"),
    ],
)
def test_a_variable_that_would_be_ignored_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"{name}: expected") as caught:
        make_plan(OtelSettings(), {name: value})
    assert "hidden" not in str(caught.value), "headers may hold keys"
    assert name in caught.value.remedy


@pytest.mark.parametrize("name", ["ENDPOINT", "METRICS_ENDPOINT"])
def test_a_receiver_over_http_has_an_url(name: str) -> None:
    variable = f"OTEL_EXPORTER_OTLP_{name}"
    with pytest.raises(ConfigError, match=variable):
        make_plan(OtelSettings(protocol="http/protobuf"), {variable: "collector:4318"})
    assert make_plan(OtelSettings(protocol="grpc"), {variable: "collector:4317"}).otlp


def test_what_others_may_have_set_is_taken() -> None:
    """Values that OpenTelemetry knows, or that say what holds anyway."""
    environ = {
        "OTEL_SDK_DISABLED": "FALSE",
        "OTEL_METRICS_EXPORTER": "prometheus",
        "OTEL_RESOURCE_ATTRIBUTES": "site=tokyo, rack=7,",
        "OTEL_EXPORTER_OTLP_HEADERS": "",
        "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL": "grpc",
    }
    plan = make_plan(OtelSettings(endpoint="http://x:4317"), environ)
    assert plan.otlp == {"traces", "logs"}


def test_a_receiver_is_named_without_what_its_url_may_hold() -> None:
    named = make_plan(OtelSettings(endpoint="https://user:word@collector:4317/x?key=1"), {})
    assert named.receiver == "https://collector:4317"
    assert make_plan(OtelSettings(), {}).receiver == "the receiver"
