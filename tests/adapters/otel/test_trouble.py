"""A collector that is killed, restarted, hangs or refuses: the desk does not notice.

Memory stays flat, what is lost is counted, and exporting goes on by itself.
"""

import time
import tracemalloc
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager

import pytest

from hexdesk.ports.telemetry import SignalStats
from hexdesk_otel.settings import OtelSettings
from hexdesk_otel.telemetry import OtelTelemetry
from tests.adapters.otel.receiver import Received, grpc_receiver, http_receiver
from tests.adapters.otel.samples import CONTEXT, timeline
from tests.adapters.otel.test_export import free_port

QUEUE_MAX = 64
PATIENCE_S = 20.0
Receiver = Callable[[Received], AbstractContextManager[int]]
RECEIVERS = pytest.mark.parametrize(
    ("protocol", "receiver"), [("grpc", grpc_receiver), ("http/protobuf", http_receiver)]
)


@contextmanager
def exporting(port: int, protocol: str = "grpc") -> Generator[OtelTelemetry]:
    settings = {"protocol": protocol, "endpoint": f"http://127.0.0.1:{port}"}
    telemetry = OtelTelemetry(
        CONTEXT,
        OtelSettings(
            **settings,  # type: ignore[arg-type]
            prometheus_listen="",
            sample_ratio=1.0,
            queue_max=QUEUE_MAX,
            timeout_s=0.5,
        ),
    )
    telemetry.start(lambda: None)
    try:
        yield telemetry
    finally:
        telemetry.close(1.0)


def until(telemetry: OtelTelemetry, is_so: Callable[[SignalStats], bool]) -> SignalStats:
    """Trace orders until something holds of what became of them."""
    deadline = time.monotonic() + PATIENCE_S
    number = 0
    while not is_so(telemetry.stats["traces"]):
        assert time.monotonic() < deadline, telemetry.stats["traces"]
        telemetry.order(timeline(f"o{number}"))
        number += 1
        time.sleep(0.01)
    return telemetry.stats["traces"]


def test_a_collector_that_is_killed_and_started_again_is_used_again() -> None:
    received, port = Received(), free_port()
    with grpc_receiver(received, port):
        context = exporting(port)
        telemetry = context.__enter__()
        until(telemetry, lambda each: each.exported > 0)
    gone = until(telemetry, lambda each: each.failures > 0)
    assert gone.problem
    before = len(received.spans)
    with grpc_receiver(received, port):
        back = until(telemetry, lambda each: not each.problem and each.exported > gone.exported)
        context.__exit__(None, None, None)
    assert len(received.spans) > before
    assert back.dropped > 0, "what was traced meanwhile is lost, and counted"


@RECEIVERS
def test_a_collector_that_refuses_is_asked_again_and_again(
    protocol: str, receiver: Receiver
) -> None:
    received = Received()
    received.is_refusing = True
    with receiver(received) as port, exporting(port, protocol) as telemetry:
        refused = until(telemetry, lambda each: each.failures > 1)
        assert (refused.exported, received.spans) == (0, [])
        assert refused.dropped > 0
        received.is_refusing = False
        assert not until(telemetry, lambda each: each.exported > 0).problem
    assert received.spans


def test_memory_stays_flat_while_a_collector_hangs() -> None:
    received = Received()
    received.is_hanging = True
    with grpc_receiver(received) as port, exporting(port) as telemetry:
        for number in range(5 * QUEUE_MAX):
            telemetry.order(timeline(f"a{number}"))
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        for number in range(5_000):
            telemetry.order(timeline(f"b{number}"))
        grown = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        stats = telemetry.stats["traces"]
        assert stats.waiting <= QUEUE_MAX
        assert stats.dropped >= 4_900
    assert grown < 500_000, "5,000 timelines would take ten times as much"
