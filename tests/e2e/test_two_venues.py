"""One desk, two venues that list different things: what happens to one leaves the other alone."""

from pathlib import Path
from typing import Any

from tests.e2e.cut_off import wire_to
from tests.e2e.service import free_port, serve_venue
from tests.e2e.test_cut_off import NOT_YET, Desk

HERE, THERE = "BTCUSDT-PERP.SIM", "BTCUSDT-PERP.BINANCE"
CONFIGURATION = """
[desk]
name = "e2e"

[brokers.here]
plugin = "sim_venue"
url = "http://{here}"

[brokers.there]
plugin = "sim_venue"
url = "http://{there}"

[feeds.here]
plugin = "sim_venue"
url = "http://{here}"

[feeds.there]
plugin = "sim_venue"
url = "http://{there}"

[strategies.one]
plugin = "ema_cross"
broker = "here"
instruments = ["BTCUSDT-PERP.SIM"]
settings = {{ quantity = "0.01", fast_period = 90000, slow_period = 99000 }}

[strategies.two]
plugin = "ema_cross"
broker = "there"
instruments = ["BTCUSDT-PERP.BINANCE"]
settings = {{ quantity = "0.01", fast_period = 90000, slow_period = 99000 }}

[servers.control]
plugin = "grpc"
listen = "{control}"
"""


def code_of_a_buy(desk: Desk, strategy: str, instrument: str) -> str:
    """Buy a little, and return what it is denied for; empty if it left."""
    order = {
        "instrument": f"instruments/{instrument}", "strategy": f"strategies/{strategy}",
        "side": "SIDE_BUY", "order_type": "ORDER_TYPE_MARKET", "quantity": "0.01",
    }  # fmt: skip
    made: Any = desk.wait("OrderService.CreateOrder", lambda _made: True, {"order": order})
    return str(made["code"])


def wait_for(desk: Desk, strategy: str, instrument: str, codes: set[str]) -> None:
    """Buy until that is answered so."""
    desk.wait("DeskService.GetDesk", lambda _: code_of_a_buy(desk, strategy, instrument) in codes)


def test_a_feed_that_is_lost_blocks_its_own_instruments_alone(tmp_path: Path) -> None:
    with (
        serve_venue(tmp_path, "--data", "walk") as (here, _here),
        serve_venue(tmp_path, "--speed", "1") as (there, _there),
        wire_to(there) as wire,
    ):
        control = f"127.0.0.1:{free_port()}"
        (tmp_path / "plugins.toml").write_text(
            CONFIGURATION.format(here=here, there=wire.address, control=control)
        )
        desk = Desk(tmp_path, control)
        with desk.running():
            wait_for(desk, "one", HERE, {""})
            wait_for(desk, "two", THERE, {""})
            wire.cut()
            wait_for(desk, "two", THERE, {"FEED_STALE"})
            assert code_of_a_buy(desk, "one", HERE) not in NOT_YET
            wire.mend()
            wait_for(desk, "two", THERE, {""})
