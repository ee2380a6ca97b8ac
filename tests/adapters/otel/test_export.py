import logging
import socket
import time
import urllib.request
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from hexdesk.errors import HexdeskError
from hexdesk.ports.telemetry import Readings, order_trace_id
from hexdesk_otel.settings import OtelSettings
from hexdesk_otel.telemetry import OtelTelemetry
from tests.adapters.otel.receiver import Received, grpc_receiver, http_receiver
from tests.adapters.otel.samples import CONTEXT, ID, readings, timeline


@contextmanager
def running(latest: Readings | None = None, **settings: Any) -> Generator[OtelTelemetry]:
    settings = {"prometheus_listen": "", "metrics_interval_s": 0.05, "timeout_s": 1.0, **settings}
    telemetry = OtelTelemetry(CONTEXT, OtelSettings(**settings))
    telemetry.start(lambda: latest)
    try:
        yield telemetry
    finally:
        telemetry.close(5.0)


@pytest.mark.parametrize(
    ("protocol", "receiver"), [("grpc", grpc_receiver), ("http/protobuf", http_receiver)]
)
def test_all_three_signals_arrive(
    protocol: str, receiver: Callable[[Received], AbstractContextManager[int]]
) -> None:
    received = Received()
    with receiver(received) as port:
        endpoint = f"http://127.0.0.1:{port}"
        with running(
            readings(), endpoint=endpoint, protocol=protocol, sample_ratio=1.0
        ) as telemetry:
            assert telemetry.order(timeline())
            logging.getLogger("hexdesk.test").warning("hello", extra={"client_order_id": "a1"})
            spans = received.wait("spans", 5)
            received.wait("metrics", 4)
            logs = received.wait("logs")
    assert {span.name for span in spans} == {"order", "signal", "risk", "submit", "fill"}
    trace_id = order_trace_id("a1").to_bytes(16)
    assert {span.trace_id for span in spans} == {trace_id}
    assert logs[0].body.string_value == "hello"
    assert logs[0].trace_id == trace_id
    acks = next(each for each in received.metrics if each.name == "hexdesk.order.order_to_ack")
    point = acks.histogram.data_points[0]
    assert acks.unit == "s"
    assert (point.count, sum(point.bucket_counts)) == (3, 3)
    assert not point.HasField("min")
    assert point.exemplars[0].trace_id == (0xABC).to_bytes(16)
    denials = next(each for each in received.metrics if each.name == "hexdesk.order.denials")
    assert denials.sum.is_monotonic
    assert "hexdesk.unknown" not in {each.name for each in received.metrics}
    resource = received.resources[0]
    assert resource["service.name"] == "hexdesk"
    assert resource["service.instance.id"] == "run1"
    assert (resource["service.version"], resource["hexdesk.mode"]) == ("1.2", "paper")


def test_resource_attributes_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.name=desk7,site=tokyo")
    received = Received()
    with (
        grpc_receiver(received) as port,
        running(readings(), endpoint=f"http://127.0.0.1:{port}", attributes={"a": "b"}),
    ):
        received.wait("metrics", 4)
    assert received.resources[0]["service.name"] == "desk7"
    assert received.resources[0]["site"] == "tokyo"
    assert received.resources[0]["a"] == "b"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def test_a_receiver_that_is_down_costs_orders_nothing_and_is_used_once_it_is_back() -> None:
    port = free_port()
    with running(
        endpoint=f"http://127.0.0.1:{port}", sample_ratio=1.0, queue_max=16, timeout_s=0.3
    ) as telemetry:
        for number in range(500):
            telemetry.order(timeline(f"a{number}"))
        stats = wait_for(telemetry, "traces", lambda each: each.failures > 0)
        assert stats.dropped >= 500 - 16
        assert stats.waiting <= 16
        assert stats.problem
        received = Received()
        with grpc_receiver(received, port):
            deadline = time.monotonic() + 60
            while not received.spans and time.monotonic() < deadline:
                telemetry.order(timeline("late"))
                time.sleep(0.05)
        assert received.spans
        assert not wait_for(telemetry, "traces", lambda each: each.exported > 0).problem


def test_a_receiver_that_hangs_fills_the_queue_and_no_more() -> None:
    received = Received()
    received.is_hanging = True
    with (
        grpc_receiver(received) as port,
        running(
            endpoint=f"http://127.0.0.1:{port}", sample_ratio=1.0, queue_max=32, timeout_s=0.3
        ) as telemetry,
    ):
        for number in range(1_000):
            telemetry.order(timeline(f"a{number}"))
        stats = wait_for(telemetry, "traces", lambda each: each.failures > 0)
        assert stats.waiting <= 32
        assert stats.dropped > 900
        begun = time.monotonic()
        telemetry.close(1.0)
        assert time.monotonic() - begun < 5.0


def wait_for(telemetry: OtelTelemetry, signal: str, is_so: Callable[[Any], bool]) -> Any:
    deadline = time.monotonic() + 60
    while not is_so(telemetry.stats[signal]) and time.monotonic() < deadline:
        time.sleep(0.01)
    return telemetry.stats[signal]


def scrape(port: int | None, accept: str) -> str:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - our own address
        text: str = answer.read().decode()
        return text


def test_prometheus_reads_the_same_numbers() -> None:
    with running(readings(), prometheus_listen="127.0.0.1:0") as telemetry:
        plain = scrape(telemetry.prometheus_port, "text/plain")
        rich = scrape(telemetry.prometheus_port, "application/openmetrics-text; version=1.0.0")
    assert 'hexdesk_order_denials_total{code="COLLAR"} 3.0' in plain
    assert f'hexdesk_market_age_seconds{{instrument="{ID}"}} 0.25' in plain
    assert 'hexdesk_mode="paper"' in plain
    last = f'hexdesk_order_order_to_ack_seconds_bucket{{instrument="{ID}",le="+Inf",strategy="mm"}}'
    assert f"{last} 3.0" in plain
    assert 'trace_id="00000000000000000000000000000abc"' in rich


def test_a_taken_port_is_said_at_the_start() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        telemetry = OtelTelemetry(CONTEXT, OtelSettings(prometheus_listen=address))
        with pytest.raises(HexdeskError, match="cannot be shown"):
            telemetry.start(lambda: None)
        telemetry.close(1.0)
