"""A running desk is driven over gRPC alone: looked at, traded on, halted, flattened, stopped."""

import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from hexdesk.application.control.audit import verify
from hexdesk_api.v1 import (
    common_pb2,
    desk_pb2,
    desk_pb2_grpc,
    events_pb2,
    events_pb2_grpc,
    orders_pb2,
    orders_pb2_grpc,
    risk_pb2,
    risk_pb2_grpc,
    strategies_pb2,
    strategies_pb2_grpc,
)
from hexdesk_app.control.files import audit_file
from tests.e2e.service import PAPER, TIMEOUT_S, command, environment

INSTRUMENT = "instruments/BTCUSDT-PERP.BINANCE"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    address = f"127.0.0.1:{free_port()}"
    server = f'\n[servers.control]\nplugin = "grpc"\nlisten = "{address}"\n'
    (tmp_path / "plugins.toml").write_text(PAPER + server)
    process = subprocess.Popen(
        [*command(), "run", "--json", "--no-table"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process, address
    if process.poll() is None:
        process.kill()
    process.communicate()


def market_order(side: Any, strategy: str = "") -> orders_pb2.Order:
    return orders_pb2.Order(
        instrument=INSTRUMENT,
        side=side,
        order_type=orders_pb2.ORDER_TYPE_MARKET,
        quantity="0.01",
        strategy=strategy,
    )


def test_from_the_first_look_to_the_shutdown(
    desk: tuple[subprocess.Popen[str], str], tmp_path: Path
) -> None:
    """B12, E16: by gRPC only."""
    process, address = desk
    with grpc.insecure_channel(address) as channel:
        grpc.channel_ready_future(channel).result(timeout=TIMEOUT_S)
        desks = desk_pb2_grpc.DeskServiceStub(channel)
        orders = orders_pb2_grpc.OrderServiceStub(channel)
        strategies = strategies_pb2_grpc.StrategyServiceStub(channel)
        state = desks.GetDesk(desk_pb2.GetDeskRequest(), wait_for_ready=True)
        assert (state.display_name, state.mode) == ("e2e", common_pb2.MODE_PAPER)
        listed = strategies.ListStrategies(strategies_pb2.ListStrategiesRequest())
        plugins = {each.name: each.plugin for each in listed.strategies}
        assert plugins["strategies/trend"] == "plugins/ema_cross"
        trend = strategies.GetStrategy(strategies_pb2.GetStrategyRequest(name="strategies/trend"))
        assert trend.settings["quantity"] == "0.01"

        fills = events_pb2_grpc.EventServiceStub(channel).StreamEvents(
            events_pb2.StreamEventsRequest(
                kinds=[events_pb2.EVENT_KIND_FILL], strategy="strategies/manual@sim"
            ),
            timeout=TIMEOUT_S,
        )
        assert next(fills).snapshot.desk.name == "desk"
        made = orders.CreateOrder(
            orders_pb2.CreateOrderRequest(
                order=market_order(common_pb2.SIDE_BUY), request_id="first", reason="try"
            )
        )
        assert made.code == ""
        got = next(each.fill for response in fills for each in response.events)
        assert (got.order, got.last_qty) == (made.name, "0.01")
        fills.cancel()

        halted = desks.Halt(desk_pb2.HaltRequest(reason="fire drill"))
        assert halted.state == desk_pb2.Desk.STATE_HALTED
        denied = orders.CreateOrder(
            orders_pb2.CreateOrderRequest(order=market_order(common_pb2.SIDE_BUY))
        )
        assert denied.code == "RISK_HALTED"
        flat = desks.Flatten(desk_pb2.FlattenRequest(strategy="strategies/manual@sim"))
        assert len(flat.closing_orders) == 1
        risk_pb2_grpc.RiskServiceStub(channel).Rearm(risk_pb2.RearmRequest(reason="over"))
        left = desks.Shutdown(desk_pb2.ShutdownRequest(reason="done"))
        assert isinstance(left, desk_pb2.ShutdownResponse)
    output, errors = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, errors
    result = json.loads(output)["data"]
    assert {each["name"] for each in result["strategies"]} >= {"trend", "maker", "manual@sim"}
    entries = audit_file(tmp_path / "state").load()
    assert [each.method for each in entries] == [
        "CreateOrder", "Halt", "CreateOrder", "Flatten", "Rearm", "Shutdown",
    ]  # fmt: skip
    assert verify(entries) == ""
