"""Every benchmark runs, and prints the names that are stable; how fast it is, is not asserted."""

from pathlib import Path

import pytest

from hexdesk_app.bench import BENCHES
from tests.e2e.service import data_of, hexdesk

STABLE = {
    "name", "events", "seconds", "per_second", "calibration_per_second", "ratio", "python",
    "machine",
}  # fmt: skip
DETAILS = {
    "ticks": {"orders", "fills", "rules_ns", "watch_ns"},
    "orders": {
        "fills", "cancels", "denied", "rejected", "rules_us", "per_second_without_rules",
    },
    "telemetry": {
        *(
            f"{name}_pct_{how}"
            for name in (
                "slowdown", "ticks_slowdown", "orders_slowdown", "noise", "ticks_noise",
                "orders_noise", "ticks_threads", "orders_threads", "ticks_wall", "orders_wall",
            )
            for how in ("configured_off", "sampled_1", "sampled_100")
        ),
        "traces_exported", "items_dropped", "live_p50_us", "live_p50_us_sampled_1", "live_p99_us",
        "live_p99_us_sampled_1", "live_p99_noise_pct",
    },
    "live": {"p50_us", "p99_us", "p999_us", "orders"},
    "replay": {"orders_closed", "cpu_seconds", "per_cpu_second", "calibration"},
    "recovery": {
        "calibration", "records_after_snapshot", "whole_seconds", "memory_mb", "closed_orders",
        "snapshot_ms", "snapshot_mb",
    },
    "read_model": {
        "calibration", "records", "records_per_second", "rebuild_per_second", "live_p50_us",
        "live_fed_p50_us", "live_p99_us", "live_fed_p99_us", "live_behind", "cpu_seconds",
        "per_cpu_second", "live_cpu_us", "live_fed_cpu_us", "live_p50_change_pct",
    },
    "control": {
        "p50_us", "p99_us", "echo_p50_us", "echo_p99_us", "query_ratio", "order_p50_us",
        "order_p99_us", "order_ratio", "five_readers_per_second_each", "event_cpu_us",
        "event_cpu_us_five", "tick_idle_p50_us",
        "tick_idle_p99_us", "tick_loaded_p50_us", "tick_loaded_p99_us", "tick_ratio",
        "tick_hostile_p50_us", "tick_hostile_p99_us", "hostile_ratio",
    },
    "scale": {
        "single_ns", "instruments", "instruments_ns", "instruments_ratio", "instruments_sparse_ns",
        "strategies", "strategies_ns", "strategies_ratio",
    },
}  # fmt: skip


@pytest.mark.parametrize("name", BENCHES)
def test_a_benchmark_prints_its_stable_names(name: str, tmp_path: Path) -> None:
    """E23: throughput (ticks, orders, replay), latency (live), stress (scale).

    Started in the folder of a desk, it does not read that desk's configuration. In a process of its
    own: benchmarks clear away garbage often, and a test runner holds a lot that is none.
    """
    (tmp_path / "plugins.toml").write_text("[desk]\nname = 'not a bench'\n", encoding="utf-8")
    done = hexdesk(tmp_path, "bench", name, "--events", "300", "--json")
    assert done.returncode == 0, done.stderr
    data = data_of(done.stdout)
    assert set(data) == STABLE | DETAILS[name]
    assert data["name"] == name
    assert data["events"]
