"""A running desk is driven over gRPC alone: looked at, traded on, halted, flattened, stopped."""

import json
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
from tests.e2e.service import (
    PAPER,
    TIMEOUT_S,
    Remote,
    await_control,
    free_port,
    hexdesk,
    run_desk,
)

INSTRUMENT = "instruments/BTCUSDT-PERP.BINANCE"


@pytest.fixture
def desk(
    tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    paper = PAPER.replace('"paper"', f'"{getattr(request, "param", "paper")}"')
    address = f"127.0.0.1:{free_port()}"
    server = f'\n[servers.control]\nplugin = "grpc"\nlisten = "{address}"\n'
    if "live" in paper:
        server += '[journal]\nplugin = "journal"\n'
    (tmp_path / "plugins.toml").write_text(paper + server)
    process = run_desk(tmp_path)
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


def test_the_command_line_is_a_client(
    desk: tuple[subprocess.Popen[str], str], tmp_path: Path
) -> None:
    """B12: verbs that people know, with stable exit codes."""
    process, address = desk
    await_control(process, address)
    say = Remote(tmp_path, address).say
    code, made = say("order", "buy", "BTCUSDT-PERP.BINANCE", "0.01", "--request-id", "k1")
    assert (code, made["side"]) == (0, "SIDE_BUY")
    again = say("order", "buy", "BTCUSDT-PERP.BINANCE", "0.01", "--request-id", "k1")[1]
    assert again["name"] == made["name"]
    assert say("order", "buy", "BTCUSDT-PERP.BINANCE", "0.02", "--request-id", "k1")[0] == 6
    assert say("order", "check", "BTCUSDT-PERP.BINANCE", "1000", "--side", "buy")[0] == 6
    assert say("order", "sell", "BTCUSDT-PERP.BINANCE", "much")[0] == 4
    assert say("cancel", "none")[0] == 2
    code, state = say("status")
    assert (code, state["desk"]["display_name"]) == (0, "e2e")
    assert say("orders", "--all")[1]
    assert say("strategy", "pause", "trend")[1]["entries_allowed"] is False
    assert say("halt", "--reason", "drill")[1]["state"] == "STATE_HALTED"
    assert say("order", "buy", "BTCUSDT-PERP.BINANCE", "0.01")[0] == 6
    assert say("risk", "rearm")[0] == 4
    assert say("risk", "rearm", "--reason", "over")[0] == 0
    assert say("cancel-all", "--dry-run")[0] == 0
    assert say("order", "long", "BTCUSDT-PERP.BINANCE", "0.02")[0] == 0
    assert say("order", "flat", "BTCUSDT-PERP.BINANCE")[0] == 0
    assert say("pnl")[1]["totals"][0]["currency"] == "USDT"
    assert [each["state"] for each in say("stop", "-s", "trend")[1]] == ["STATE_STOPPED"]
    assert say("shutdown", "--reason", "done")[0] == 0
    process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0
    assert say("status")[0] == 3


def test_from_the_first_token_on_nobody_comes_in_without_one(
    desk: tuple[subprocess.Popen[str], str], tmp_path: Path
) -> None:
    """The command takes it from the environment; what was refused is in the audit log, too."""
    process, address = desk
    await_control(process, address)
    token = ""

    def say(*words: str) -> tuple[int, Any]:
        done = hexdesk(tmp_path, *words, "--json", HEXDESK_ADDRESS=address, HEXDESK_TOKEN=token)
        return done.returncode, json.loads(done.stdout)["data"]

    assert say("token", "create", "bot", "--scope", "read")[0] == 6
    secret = say("token", "create", "ann", "--scope", "admin", "--scope", "read")[1]["secret"]
    assert say("status")[0] == 6
    token = secret
    assert say("balance")[0] == 0
    assert say("flatten")[0] == 6
    assert [each["method"] for each in say("audit")[1]][:2] == ["Flatten", "CreateToken"]
    assert secret not in (tmp_path / "state/control/audit.jsonl").read_text()


def test_rules_and_limits_are_shown_and_changed_by_command(
    desk: tuple[subprocess.Popen[str], str], tmp_path: Path
) -> None:
    """A14, B14: the use of every rule, a change that is tried first, and its refusals' codes."""
    process, address = desk
    await_control(process, address)
    say = Remote(tmp_path, address).say

    rules = {each["rule"]: each for each in say("risk", "report")[1]["rules"]}
    loss = rules["daily_loss"]
    assert (loss["scope"], loss["level"], loss["limit"]) == (
        "account:sim", "RISK_LEVEL_NORMAL", "1.5",
    )  # fmt: skip
    assert rules["order_notional_max"]["limit"] == "100000"
    wanted = ("risk", "set", "order_notional_max", "50", "--reason", "thin")
    assert say(*wanted, "--dry-run")[1]["before"] == "100000"
    check = ("order", "check", "BTCUSDT-PERP.BINANCE", "0.01", "--side", "buy")
    assert say(*check)[0] == 0, "it was only tried"
    assert say(*wanted)[0] == 0
    code, verdict = say(*check)
    assert (code, verdict["verdicts"][0]["limit"]) == (6, "50")
    assert say("risk", "set", "exposre.gross_max", "2", "--reason", "x")[0] == 4
    assert say("risk", "set", "exposure.gross_max", "2")[0] == 4, "no reason"
    assert say("risk", "rearm", "daily_loss", "--reason", "x")[1]["level"] == "RISK_LEVEL_NORMAL"
    assert say("risk", "rearm", "nothing", "--reason", "x")[0] == 2
    assert say("risk", "group", "calm", "--reason", "x")[0] == 2
    assert say("shutdown", "--reason", "done")[0] == 0
    process.communicate(timeout=TIMEOUT_S)


@pytest.mark.parametrize("desk", ["live"], indirect=True)
def test_a_live_desk_is_armed_and_disarmed_by_command(
    desk: tuple[subprocess.Popen[str], str], tmp_path: Path
) -> None:
    """No door opens a position before or after; the account is typed, and said twice."""
    process, address = desk
    await_control(process, address)
    say = Remote(tmp_path, address).say

    buy = ("order", "buy", "BTCUSDT-PERP.BINANCE", "0.01")
    arm = ("live", "arm", "sim", "--for", "1h", "--reason", "checked", "--stage", "10")
    assert say(*buy)[0] == 6
    assert say(*arm)[0] == 6
    assert say("live", "arm", "other", *arm[3:], "--yes")[0] == 4
    assert say(*arm[:4], "soon", *arm[5:], "--yes")[0] == 4
    assert say(*arm[:-1], "30", "--yes")[0] == 4
    assert say(*arm[:-1], "25", "--yes")[0] == 6, "the first stage was never armed"
    checks = say("doctor", "--live")[1]["checks"]
    assert {"DESK_RUNS", "LIMITS_SET", "KEYS"} <= {each["code"] for each in checks}
    assert say(*arm, "--dry-run")[1].get("live_grant") is None
    code, armed = say(*arm, "--yes")
    assert (code, armed.get("live_grant", armed)["stage_pct"]) == (0, 10)
    allowed = say(*buy)[1]["code"]  # a live desk gives the venue in its process no deposits
    assert allowed.startswith("CAPITAL_"), allowed
    assert say("live", "disarm", "--reason", "lunch")[1].get("live_grant") is None
    assert say(*buy)[1]["code"] == "LIVE_NOT_ARMED"
    assert say("shutdown", "--yes", "--account", "sim")[0] == 0
    process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0
