"""Three processes, one trace: a client asks for an order, a desk sends it, a venue fills it."""

import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc

from tests.adapters.otel.receiver import Received, grpc_receiver
from tests.child import Child
from tests.e2e.service import command, environment, free_port

TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
DESK = """
[desk]
name = "traced"

[brokers.venue]
plugin = "sim_venue"
url = "http://{venue}"

[feeds.venue]
plugin = "sim_venue"
url = "http://{venue}"

[strategies.trend]
plugin = "ema_cross"
instruments = ["BTCUSDT-PERP.BINANCE"]
settings = {{ quantity = "0.01", fast_period = 300, slow_period = 800 }}

[servers.control]
plugin = "grpc"
listen = "{control}"

[journal]
plugin = "journal"

[telemetry]
plugin = "otel"
endpoint = "http://127.0.0.1:{otlp}"
prometheus_listen = "127.0.0.1:{metrics}"
sample_ratio = 0.0
"""
CLIENT = """
import sys
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from hexdesk_api.v1 import common_pb2, orders_pb2
from hexdesk_client import Client, Target

provider = TracerProvider(resource=Resource.create({"service.name": "a-client"}))
exporter = OTLPSpanExporter(endpoint=f"http://127.0.0.1:{sys.argv[2]}", insecure=True)
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
order = orders_pb2.Order(
    instrument="instruments/BTCUSDT-PERP.BINANCE",
    side=common_pb2.SIDE_BUY,
    order_type=orders_pb2.ORDER_TYPE_MARKET,
    quantity="0.01",
)
with Client(Target(sys.argv[1])) as desk:
    print(desk.call(desk.orders.CreateOrder, orders_pb2.CreateOrderRequest(order=order)).name)
provider.shutdown()
"""
WANTED = {
    "hexdesk_api.v1.OrderService/CreateOrder", "order", "signal", "risk", "submit",
    "POST /v1/orders", "fill", "position",
}  # fmt: skip


@contextmanager
def running(folder: Path, *arguments: str) -> Generator[subprocess.Popen[str]]:
    with Child[str](
        [*command(), *arguments],
        cwd=folder,
        env=environment(folder, PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_TIMEOUT_S)


def attributes(span: Any) -> dict[str, Any]:
    return {
        each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes
    }


def scraped(port: int, wanted: str) -> str:
    """Return what the metrics' address shows, once something stands there."""
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            text: str = answer.read().decode()
        if wanted in text or time.monotonic() > deadline:
            return text
        time.sleep(0.1)


def span_of(spans: list[Any], name: str) -> Any:
    return next(span for span in spans if span.name == name)


def trace_of(received: Received, name: str) -> list[Any]:
    """Return every span of the trace in which one has that name."""
    found = {span.trace_id for span in received.spans if span.name == name}
    return [span for span in received.spans if span.trace_id in found]


def test_one_trace_from_the_clients_call_to_the_position(tmp_path: Path) -> None:
    received, control = Received(), f"127.0.0.1:{free_port()}"
    with (
        grpc_receiver(received) as otlp,
        running(
            tmp_path, "sim", "serve", "--listen", "127.0.0.1:0", "--speed", "20",
            "--otlp", f"http://127.0.0.1:{otlp}",
        ) as venue,
    ):  # fmt: skip
        assert venue.stdout
        address = re.search(r"127\.0\.0\.1:\d+", venue.stdout.readline())
        assert address
        metrics = free_port()
        text = DESK.format(venue=address[0], control=control, otlp=otlp, metrics=metrics)
        (tmp_path / "plugins.toml").write_text(text)
        with running(tmp_path, "run", "--no-table"):
            with grpc.insecure_channel(control) as channel:
                grpc.channel_ready_future(channel).result(timeout=TIMEOUT_S)
            called = subprocess.run(
                [sys.executable, "-c", CLIENT, control, str(otlp)],
                env=environment(tmp_path),
                capture_output=True,
                text=True,
                timeout=TIMEOUT_S,
                check=False,
            )
            assert called.returncode == 0, called.stderr
            deadline = time.monotonic() + TIMEOUT_S
            spans: list[Any] = []
            while time.monotonic() < deadline:
                spans = trace_of(received, "hexdesk_api.v1.OrderService/CreateOrder")
                sides = [span for span in spans if span.name == "POST /v1/orders"]
                if {span.name for span in spans} >= WANTED and len(sides) == 2:
                    break
                time.sleep(0.05)
            shown = scraped(metrics, "hexdesk_order_order_to_ack_seconds_bucket")
    assert 'hexdesk_link_up{kind="broker",link="venue"} 1.0' in shown
    assert 'hexdesk_link_up{kind="feed",link="venue"} 1.0' in shown
    assert "hexdesk_journal_sync_seconds_bucket" in shown
    assert {span.name for span in spans} >= WANTED
    assert len({span.trace_id for span in spans}) == 1
    by_id = {span.span_id: span for span in spans}
    parents = {
        (span.name, span.kind): by_id[span.parent_span_id].name if span.parent_span_id else ""
        for span in spans
    }
    client, server, internal = 3, 2, 1
    assert parents == {
        ("hexdesk_api.v1.OrderService/CreateOrder", client): "",
        ("order", internal): "hexdesk_api.v1.OrderService/CreateOrder",
        ("signal", internal): "order",
        ("risk", internal): "order",
        ("submit", client): "order",
        ("POST /v1/orders", client): "submit",
        ("POST /v1/orders", server): "POST /v1/orders",
        ("fill", internal): "order",
        ("position", internal): "fill",
    }
    found = {span.name: attributes(span) for span in spans}
    assert found["submit"]["hexdesk.order.answer"] == "accepted"
    assert found["position"]["hexdesk.position.quantity"] == "0.01"
    assert found["order"]["hexdesk.order.client_id"] == called.stdout.strip().partition("/")[2]
    assert found["POST /v1/orders"]["http.response.status_code"] == 200
    assert found["hexdesk_api.v1.OrderService/CreateOrder"]["rpc.response.status_code"] == "OK"
    assert {"accepted", "filled"} <= {each.name for each in span_of(spans, "order").events}
    processes = {(each["service.name"], each.get("hexdesk.desk")) for each in received.resources}
    assert processes == {("a-client", None), ("hexdesk", "traced"), ("hexdesk", "sim_venue")}
