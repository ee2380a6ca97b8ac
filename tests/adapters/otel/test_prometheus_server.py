"""A real Prometheus scrapes every kind of metric; needs Debian's package."""

import json
import shutil
import socket
import time
import urllib.parse
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hexdesk.domain.metrics import METRICS, Exemplar, Log2Histogram, MetricKind
from hexdesk.ports.telemetry import Reading, Readings
from hexdesk_otel.settings import OtelSettings
from hexdesk_otel.telemetry import OtelTelemetry
from tests.adapters.otel.samples import CONTEXT
from tests.child import Child

TRACE_ID = 0xABC
ACKS = "hexdesk_order_order_to_ack_seconds_bucket"
CONFIGURATION = """
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: hexdesk
    scrape_timeout: 1s
    static_configs: [{targets: ["127.0.0.1:%d"]}]
"""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def every_metric() -> Readings:
    histogram = Log2Histogram()
    histogram.add(5_000)
    histogram.exemplar = Exemplar(5_000, TRACE_ID, 7, time.time_ns())  # noqa: TID251 - scraped now
    values = tuple(
        Reading(
            metric.name,
            tuple("x" for _ in metric.labels),
            histogram.distribution() if metric.kind is MetricKind.HISTOGRAM else 7,
        )
        for metric in METRICS
    )
    return Readings(2, 1, values)


@contextmanager
def prometheus(folder: Path, target: int) -> Generator[str]:
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("prometheus is not installed: apt-get install prometheus")
    (folder / "prometheus.yml").write_text(CONFIGURATION % target, encoding="utf-8")
    address = f"127.0.0.1:{free_port()}"
    with Child[bytes](
        [
            program,
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/tsdb",
            f"--web.listen-address={address}",
            "--log.level=error",
            "--enable-feature=exemplar-storage",
        ]
    ) as process:
        try:
            yield f"http://{address}"
        finally:
            process.kill()


def names(base: str) -> set[str]:
    query = urllib.parse.urlencode({"match[]": '{job="hexdesk"}'})
    try:
        with urllib.request.urlopen(  # noqa: S310 - our own address
            f"{base}/api/v1/label/__name__/values?{query}", timeout=5
        ) as answer:
            found: dict[str, Any] = json.loads(answer.read())
    except OSError:
        return set()  # it is not up yet
    return set(found["data"])


def exemplar_trace(base: str) -> str:
    """Return the trace that stands beside a latency."""
    query = urllib.parse.urlencode({"query": ACKS, "start": time.time() - 60, "end": time.time()})  # noqa: TID251
    with urllib.request.urlopen(  # noqa: S310 - our own address
        f"{base}/api/v1/query_exemplars?{query}", timeout=5
    ) as answer:
        found: dict[str, Any] = json.loads(answer.read())
    return str(found["data"][0]["exemplars"][0]["labels"]["trace_id"])


def test_each_metric_is_scraped(tmp_path: Path) -> None:
    """B16, E32: by a real Prometheus."""
    readings = every_metric()
    telemetry = OtelTelemetry(CONTEXT, OtelSettings(prometheus_listen="127.0.0.1:0"))
    telemetry.start(lambda: readings)
    wanted = {
        f"{metric.prometheus_name}_bucket"
        if metric.kind is MetricKind.HISTOGRAM
        else metric.prometheus_name
        for metric in METRICS
    }
    try:
        with prometheus(tmp_path, telemetry.prometheus_port or 0) as base:
            deadline = time.monotonic() + 60
            while wanted - names(base) and time.monotonic() < deadline:
                time.sleep(0.1)
            assert wanted - names(base) == set()
            assert exemplar_trace(base) == f"{TRACE_ID:032x}"
    finally:
        telemetry.close(1.0)
