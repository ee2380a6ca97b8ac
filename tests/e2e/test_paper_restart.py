"""A paper desk with a live feed and its venue in its own process is killed; its books go on."""

import signal
import subprocess
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import grpc
import pytest

from hexdesk.application.desk import Desk
from hexdesk.application.durability.replay import read_life
from hexdesk.application.reconciliation.findings import Mismatch
from hexdesk.domain.commands import AdoptOrder
from hexdesk.domain.records import Deposited, RunEnded, RunStarted
from hexdesk.domain.reports import Fill
from hexdesk.domain.values import ACCEPTED, CANCELED, Life
from hexdesk.ports.journal import JournalRecord
from hexdesk_api.v1 import common_pb2, orders_pb2, orders_pb2_grpc
from hexdesk_app.reading.journals import open_journal
from tests.e2e.service import (
    TIMEOUT_S,
    data_of,
    free_port,
    hexdesk,
    run_desk,
    serve_venue,
)

INSTRUMENT_ID = "BTCUSDT-PERP.SIM"
KILLS = 3
WAIT_S = 0.3
DESK = """
[desk]
name = "paper"
state_path = "state"

[journal]
plugin = "journal"

[brokers.sim]
plugin = "sim"
deposits = ["1000000 USDT"]

[feeds.walk]
plugin = "sim_venue"
url = "http://{venue}"

[reconciliation]
orders_s = 1
positions_s = 1
balances_s = 1
in_flight_s = 0.5
confirm_s = 0.2

[strategies.maker]
plugin = "market_making"
broker = "sim"
instruments = ["BTCUSDT-PERP.SIM"]
settings = {{ order_size = "0.01", max_position = "0.05" }}

[strategies.trend]
plugin = "ema_cross"
broker = "sim"
instruments = ["BTCUSDT-PERP.SIM"]
settings = {{ quantity = "0.01", fast_period = 3, slow_period = 8 }}

[risk]
preset = "unlimited"

[servers.control]
plugin = "grpc"
listen = "{control}"
"""


@pytest.fixture
def control(tmp_path: Path) -> Iterator[str]:
    """Serve a market, configure a desk, and yield the address of its control plane."""
    with serve_venue(tmp_path, "--data", "walk", "--speed", "10") as (venue, _):
        address = f"127.0.0.1:{free_port()}"
        (tmp_path / "plugins.toml").write_text(DESK.format(venue=venue, control=address))
        yield address


@contextmanager
def running(folder: Path, log: Path) -> Generator[subprocess.Popen[str]]:
    """Run the desk until it is ready, and whatever happens, not longer than the block."""
    with log.open("w") as errors:
        process = run_desk(folder, log=errors)
    try:
        eventually(lambda: "is ready" in log.read_text(), log)
        yield process
    finally:
        process.kill()
        process.communicate(timeout=TIMEOUT_S)


def eventually(holds: Callable[[], bool], log: Path) -> None:
    deadline = monotonic() + TIMEOUT_S
    while not holds():
        assert monotonic() < deadline, log.read_text()
        sleep(WAIT_S)


def records(folder: Path) -> list[JournalRecord]:
    return [record for _number, record in open_journal(folder / "state").records()]


def books(written: list[JournalRecord]) -> Desk:
    desk = read_life(written)
    assert desk is not None
    return desk


def summary(desk: Desk) -> tuple[object, ...]:
    """Return positions, cash and what was traded, but for what changes by itself."""
    ledgers = {
        name: (ledger.position.quantity, ledger.position.cost, ledger.fill_count)
        for name, host in desk.hosts.items()
        for ledger in host.ledgers.values()
    }
    return ledgers, desk.accounts["sim"].balance("USDT").total


def rest(channel: grpc.Channel, side: Any, price: float) -> str:
    """Let a person send a limit order, and return its id."""
    made = orders_pb2_grpc.OrderServiceStub(channel).CreateOrder(
        orders_pb2.CreateOrderRequest(
            order=orders_pb2.Order(
                instrument=f"instruments/{INSTRUMENT_ID}",
                side=side,
                order_type=orders_pb2.ORDER_TYPE_LIMIT,
                quantity="0.02",
                price=f"{price:.1f}",
            ),
            reason="to outlive the desk",
        ),
        wait_for_ready=True,
        timeout=TIMEOUT_S,
    )
    assert made.code == "", made
    return str(made.name.removeprefix("orders/"))


def send_pair(control: str, folder: Path) -> list[str]:
    """Let a person bid below and offer above the market, and wait until both rest."""
    price = fills_of(records(folder))[-1].price / 10
    with grpc.insecure_channel(control) as channel:
        ids = [
            rest(channel, common_pb2.SIDE_BUY, price - 12),
            rest(channel, common_pb2.SIDE_SELL, price + 12),
        ]
    eventually(lambda: all(is_resting(folder, each) for each in ids), folder / "0.log")
    return ids


def is_resting(folder: Path, order_id: str) -> bool:
    order = books(records(folder)).execution.order(order_id)
    return order is not None and order.life is ACCEPTED


@pytest.mark.parametrize(("on_stop", "life"), [("cancel", CANCELED), ("keep", ACCEPTED)])
def test_a_stop_cancels_or_keeps_what_rests(
    control: str, tmp_path: Path, on_stop: str, life: Life
) -> None:
    file = tmp_path / "plugins.toml"
    file.write_text(file.read_text().replace("[desk]", f'[desk]\non_stop = "{on_stop}"'))
    log = tmp_path / "0.log"
    with running(tmp_path, log) as desk:
        assert ", 2 strategies" in log.read_text(), "people who send orders are none"
        eventually(lambda: bool(fills_of(records(tmp_path))), log)
        price = fills_of(records(tmp_path))[-1].price / 10
        with grpc.insecure_channel(control) as channel:
            order_id = rest(channel, common_pb2.SIDE_BUY, price - 300)
        eventually(lambda: is_resting(tmp_path, order_id), log)
        desk.send_signal(signal.SIGTERM)
        desk.communicate(timeout=TIMEOUT_S)
        assert desk.returncode == 0, log.read_text()
    order = books(records(tmp_path)).execution.order(order_id)
    assert order is not None
    assert order.life is life


def starts_of(written: list[JournalRecord]) -> list[int]:
    """Return where runs begin."""
    return [number for number, each in enumerate(written) if type(each) is RunStarted]


def fills_of(written: list[JournalRecord]) -> list[Fill]:
    return [each for each in written if type(each) is Fill]


def has_filled_late(folder: Path, order_ids: list[str]) -> bool:
    """Whether one of the first run's orders was filled in a later one."""
    written = records(folder)
    late = fills_of(written[starts_of(written)[1] :])
    return any(fill.client_order_id in order_ids for fill in late)


def test_killed_three_times_the_books_go_on_and_old_orders_fill(
    control: str, tmp_path: Path
) -> None:
    before: tuple[object, ...] = ()
    resting: list[str] = []
    for life in range(KILLS):
        log = tmp_path / f"{life}.log"
        with running(tmp_path, log) as desk:
            eventually(lambda: len(fills_of(records(tmp_path))) > 4 * (life + 1), log)  # noqa: B023 - at once
            if not life:
                resting = send_pair(control, tmp_path)
            desk.send_signal(signal.SIGKILL)
            desk.wait(TIMEOUT_S)
        written = records(tmp_path)
        if life:
            assert "took up where the journal ends" in log.read_text()
        starts = starts_of(written)
        assert len(starts) == life + 1
        if life:
            assert summary(books(written[: starts[-1]])) == before
        before = summary(books(written))
    log = tmp_path / "last.log"
    with running(tmp_path, log) as desk:
        eventually(lambda: has_filled_late(tmp_path, resting), log)
        desk.send_signal(signal.SIGINT)
        output, _ = desk.communicate(timeout=TIMEOUT_S)
        assert desk.returncode == 0, log.read_text()
    written = records(tmp_path)
    starts, fills = starts_of(written), fills_of(written)
    assert len(starts) == KILLS + 1
    assert len({fill.trade_id for fill in fills}) == len(fills)
    for unwanted in (AdoptOrder, Deposited):
        found = [each for each in written[starts[0] + 1 :] if type(each) is unwanted]
        assert len(found) == (unwanted is Deposited), found
    told = "".join(each.read_text() for each in tmp_path.glob("*.log"))
    assert not [each for each in Mismatch if each.value in told and each != "GHOST_ORDER"], told
    assert type(written[-1]) is RunEnded
    held = sum(fill.quantity * fill.side for fill in fills) / 1_000
    assert float(data_of(output)["position"][INSTRUMENT_ID]) == pytest.approx(held)
    replayed = hexdesk(tmp_path, "replay", "state")
    assert replayed.returncode == 0, replayed.stdout
