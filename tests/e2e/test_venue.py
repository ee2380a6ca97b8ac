"""A venue in one process, a desk in another: the whole way of an order, over the loopback."""

import signal
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.service import data_of, run_desk, serve_venue, wait_until

FILLS_MIN = 30
"""Both strategies have traded by then."""
STOP_TIMEOUT_S = 30.0
DESK = """
[desk]
name = "e2e"

[brokers.venue]
plugin = "sim_venue"
url = "http://{address}"

[feeds.venue]
plugin = "sim_venue"
url = "http://{address}"

[strategies.trend]
plugin = "ema_cross"
instruments = ["BTCUSDT-PERP.BINANCE"]
settings = {{ quantity = "0.01", fast_period = 3, slow_period = 8 }}

[strategies.maker]
plugin = "market_making"
instruments = ["BTCUSDT-PERP.BINANCE"]
settings = {{ order_size = "0.01", max_position = "0.05" }}
"""


@contextmanager
def venue(folder: Path) -> Generator[str]:
    """Serve a recording; asked to stop, it does in good order."""
    with serve_venue(folder, "--speed", "20") as (address, process):
        yield address
    assert process.returncode == 0


def test_ticks_are_pushed_orders_are_filled_and_each_strategy_has_its_cost(tmp_path: Path) -> None:
    """A9: push, queue, strategies, signal, position check, order, fill, position, owner, cost."""
    with venue(tmp_path) as address:
        (tmp_path / "plugins.toml").write_text(DESK.format(address=address))
        with run_desk(tmp_path) as desk:
            wait_until(desk, tmp_path / "hexdesk_data", lambda beat: beat.fills >= FILLS_MIN)
            desk.send_signal(signal.SIGINT)
            output, errors = desk.communicate(timeout=STOP_TIMEOUT_S)
    assert desk.returncode == 0, errors
    data = data_of(output)
    assert data["events"] > 100
    assert data["latency"]["p99_us"] > 0
    rows = {row["name"]: row for row in data["strategies"]}
    assert all(row["orders"] > 0 for row in rows.values())
    assert rows["trend"]["fills"] > 0
    assert float(rows["trend"]["fees"]) > 0
    held = sum(float(row["position"]["BTCUSDT-PERP.BINANCE"]) for row in rows.values())
    assert abs(held - float(data["position"]["BTCUSDT-PERP.BINANCE"])) < 1e-9
    assert [account["reserved"] for account in data["accounts"]] == ["0"]
