"""Benchmarks as commands: each prints its figures beside a calibration loop of the same run.

Machines are shared and noisy: compare ratios of one run, never seconds of two.
"""

from collections.abc import Callable

from hexdesk_app.bench.control import bench_control
from hexdesk_app.bench.live import bench_live
from hexdesk_app.bench.orders import bench_orders
from hexdesk_app.bench.read_model import bench_read_model
from hexdesk_app.bench.recovery import bench_recovery
from hexdesk_app.bench.replay import bench_replay
from hexdesk_app.bench.result import BenchResult, to_data
from hexdesk_app.bench.scale import bench_scale
from hexdesk_app.bench.telemetry import bench_telemetry
from hexdesk_app.bench.ticks import bench_ticks

BENCHES: dict[str, tuple[Callable[[int], BenchResult], int]] = {
    "ticks": (bench_ticks, 1_000_000),
    "orders": (bench_orders, 200_000),
    "live": (bench_live, 100_000),
    "replay": (bench_replay, 400_000),
    "recovery": (bench_recovery, 1_000_000),
    "read_model": (bench_read_model, 300_000),
    "scale": (bench_scale, 300_000),
    "telemetry": (bench_telemetry, 800_000),
    "control": (bench_control, 60_000),
}
"""Name to function and its usual number of events."""

__all__ = ["BENCHES", "BenchResult", "to_data"]
