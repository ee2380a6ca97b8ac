"""A desk without a strategy, driven over gRPC alone to its shutdown, through four doors.

The Python client, `buf curl`, another language's client and the command line: whoever comes in, the
same contract does the same.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from hexdesk.application.control.audit import verify
from hexdesk_app.control.files import audit_file
from hexdesk_client import PlainClient, Target
from tests.child import Child
from tests.e2e.service import (
    TIMEOUT_S,
    await_control,
    free_port,
    hexdesk,
    run_desk,
)
from tests.e2e.test_examples import EXAMPLES, install

Plain = dict[str, Any]
Call = Callable[[str, Plain], Plain]
INSTRUMENT = "instruments/BTCUSDT-PERP.BINANCE"
MANUAL = "strategies/manual@sim"
TREND = "strategies/trend"
SETTINGS: Plain = {"quantity": "0.01", "fast_period": 3, "slow_period": 9}
POLL_S = 0.2
BARE = """
[desk]
name = "bare"
mode = "paper"
state_path = "state"

[brokers.sim]
plugin = "sim"
deposits = ["100000 USDT"]

[feeds.recorded]
plugin = "replay"
dataset = "sample:btcusdt"
speed = 1

[servers.control]
plugin = "grpc"
listen = "{address}"
"""


class Bare:
    """A desk of which only the broker, the feed and the door are configured."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.other: subprocess.Popen[str] | None = None
        self.address = f"127.0.0.1:{free_port()}"
        (folder / "plugins.toml").write_text(BARE.format(address=self.address))
        self.process = run_desk(folder)
        await_control(self.process, self.address)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Bare]:
    running = Bare(tmp_path)
    yield running
    if running.other is not None:
        running.other.communicate(timeout=TIMEOUT_S)  # it ends with its input
    if running.process.poll() is None:
        running.process.kill()
    running.process.communicate()


def python(desk: Bare) -> Call:
    client = PlainClient(Target(desk.address))
    return client.ask


def buf_curl(desk: Bare) -> Call:
    buf = shutil.which("buf")
    if buf is None:
        pytest.skip("buf is not installed")

    def call(method: str, fields: Plain) -> Plain:
        path = "/".join(method.split("."))
        url = f"http://{desk.address}/hexdesk_api.v1.{path}"
        words = ["--protocol", "grpc", "--http2-prior-knowledge", "--emit-defaults"]
        curl = [buf, "curl", *words, "-d", json.dumps(fields), url]
        return said(curl, {"HOME": str(desk.folder)})

    return call


def node(desk: Bare) -> Call:
    place = install(desk.folder)
    proto = str(EXAMPLES.parent / "proto")
    desk.other = Child[str](
        ["node", str(place / "call.mjs")],
        env={**os.environ, "HEXDESK_ADDRESS": desk.address, "HEXDESK_PROTO": proto},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    asks, answers = desk.other.stdin, desk.other.stdout
    assert asks is not None
    assert answers is not None

    def call(method: str, fields: Plain) -> Plain:
        asks.write(f"{method} {json.dumps(fields)}\n")
        asks.flush()
        answer: Plain = json.loads(answers.readline())
        assert "error" not in answer, answer
        return answer

    return call


def said(words: list[str], variables: Mapping[str, str]) -> Plain:
    done = subprocess.run(
        words,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    answer: Plain = json.loads(done.stdout)
    return {field.replace("Count", "_count"): value for field, value in answer.items()}


def eventually(look: Callable[[], Any]) -> Any:
    deadline = monotonic() + TIMEOUT_S
    while not (found := look()):
        assert monotonic() < deadline
        sleep(POLL_S)
    return found


@pytest.mark.parametrize("door", [python, buf_curl, node], ids=lambda door: door.__name__)
def test_from_nothing_to_the_shutdown(desk: Bare, door: Callable[[Bare], Call]) -> None:
    call = door(desk)
    assert call("DeskService.GetDesk", {})["mode"] == "MODE_PAPER"
    listed = call("StrategyService.ListStrategies", {})["strategies"]
    assert [each["name"] for each in listed] == [MANUAL]

    plan = {
        "strategy_id": "trend",
        "plugin": "plugins/ema_cross",
        "instruments": [INSTRUMENT],
        "settings": SETTINGS,
        "reason": "as planned",
    }
    if door is node:  # proto-loader knows Struct only as what it is made of
        kinds = {str: "stringValue", int: "numberValue"}
        plan["settings"] = {
            "fields": {name: {kinds[type(value)]: value} for name, value in SETTINGS.items()}
        }
    loaded = call("StrategyService.LoadStrategy", plan)
    assert loaded["name"] == TREND
    call("StrategyService.StartStrategy", {"name": TREND})
    eventually(lambda: fills(call, TREND))
    call("StrategyService.StopStrategy", {"name": TREND})

    # on its side: the account nets, and what cancels out there cannot be closed at the venue
    order = {
        "instrument": INSTRUMENT, "side": fills(call, TREND)[0]["side"], "quantity": "0.01",
        "order_type": "ORDER_TYPE_MARKET",
    }  # fmt: skip
    request = {"order": order, "request_id": "once", "reason": "by hand"}
    made = call("OrderService.CreateOrder", request)
    assert call("OrderService.CreateOrder", request)["name"] == made["name"]
    (fill,) = eventually(lambda: fills(call, MANUAL))
    assert fill["order"] == made["name"]

    assert call("DeskService.Halt", {"reason": "a drill"})["state"] == "STATE_HALTED"
    assert call("OrderService.CreateOrder", {"order": order})["code"] == "RISK_HALTED"
    assert call("DeskService.Flatten", {"reason": "a drill"})["positions"]
    eventually(lambda: not call("PortfolioService.ListPositions", {}).get("positions"))
    call("StrategyService.UnloadStrategy", {"name": TREND, "reason": "over"})
    call("DeskService.Shutdown", {"reason": "over"})
    assert desk.process.wait(TIMEOUT_S) == 0
    entries = audit_file(desk.folder / "state").load()
    assert [each.method for each in entries if not each.outcome.startswith("STATE")] == [
        "LoadStrategy", "StartStrategy", "StopStrategy", "CreateOrder", "Halt", "CreateOrder",
        "Flatten", "UnloadStrategy", "Shutdown",
    ]  # fmt: skip
    assert verify(entries) == ""


def fills(call: Call, strategy: str) -> list[Plain]:
    found: list[Plain] = call("HistoryService.ListFills", {"strategy": strategy}).get("fills", [])
    return found


def test_by_the_command_line(desk: Bare) -> None:
    def say(*words: str, code: int = 0) -> Any:
        done = hexdesk(desk.folder, *words, "--json", HEXDESK_ADDRESS=desk.address)
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)["data"]

    assert say("status")["desk"]["mode"] == "MODE_PAPER"
    instrument = INSTRUMENT.partition("/")[2]
    load = ("strategy", "load", "trend", "ema_cross", "-p", instrument)
    say(*load, "--set", "quantity=0.01", "--reason", "as planned")
    say("strategy", "start", "trend")
    trades = eventually(lambda: say("trades"))
    say("strategy", "stop", "trend")
    verb = {"SIDE_BUY": "buy", "SIDE_SELL": "sell"}[trades[0]["side"]]
    say("order", verb, instrument, "0.01")
    say("halt", "--reason", "a drill")
    say("order", verb, instrument, "0.01", code=6)
    say("flatten", "--reason", "a drill")
    eventually(lambda: not say("positions"))
    say("strategy", "unload", "trend")
    say("shutdown", "--reason", "over")
    assert desk.process.wait(TIMEOUT_S) == 0
