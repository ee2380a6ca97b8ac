"""Somebody else trades on the account of a running desk: it is told, and a person decides."""

import urllib.request
from functools import partial
from pathlib import Path

import msgspec

from hexdesk.domain.orders import NewOrder
from hexdesk.domain.values import BUY, LIMIT, MARKET, SELL
from hexdesk.ports.broker import VenueOrder
from tests.e2e.service import (
    TIMEOUT_S,
    Remote,
    await_control,
    data_of,
    free_port,
    hexdesk,
    run_desk,
)
from tests.e2e.test_venue import venue

INSTRUMENT = "BTCUSDT-PERP.BINANCE"
THEIRS = "somebodyelse1"
DESK = """
[desk]
name = "e2e"

on_stop = "keep"

[journal]
plugin = "journal"

[brokers.venue]
plugin = "sim_venue"
url = "http://{venue}"
account = "shared"

[feeds.venue]
plugin = "sim_venue"
url = "http://{venue}"

[strategies.trend]
plugin = "ema_cross"
instruments = ["BTCUSDT-PERP.BINANCE"]
settings = {{ quantity = "0.01", fast_period = 900, slow_period = 1000 }}

[reconciliation]
orders_s = 0.5
positions_s = 0.5
confirm_s = 0.2
policies = {{ ORDER_EXTERNAL = "{external}" }}

[servers.control]
plugin = "grpc"
listen = "{control}"
"""


def ask(address: str, path: str, body: bytes | None = None) -> bytes:
    """Ask the venue as another client of the same account."""
    request = urllib.request.Request(f"http://{address}{path}", body, {"X-Account": "shared"})
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - see above
        found: bytes = answer.read()
        return found


def open_orders(address: str) -> list[str]:
    found = msgspec.json.decode(ask(address, "/v1/orders?open"), type=list[VenueOrder])
    return [each.intent.client_order_id for each in found]


def test_an_order_of_somebody_else_is_told_resolved_and_in_the_books(tmp_path: Path) -> None:
    """Listed with what can be done, tried, resolved by the command, and agreed."""
    with venue(tmp_path) as address:
        control = f"127.0.0.1:{free_port()}"
        (tmp_path / "plugins.toml").write_text(
            DESK.format(venue=address, control=control, external="ask")
        )

        remote = Remote(tmp_path, control)
        say = remote.say
        with run_desk(tmp_path) as desk:
            wait = partial(remote.wait, desk)
            try:
                wait("reconcile", until=lambda found: found["accounts"][0]["ready"])
                assert say("strategy", "stop", "trend")[0] == 0
                intent = NewOrder(THEIRS, "", "shared", INSTRUMENT, BUY, LIMIT, 10, 0, 100_000)
                ask(address, "/v1/orders", msgspec.json.encode(intent))
                found = wait("reconcile", until=lambda found: found["incidents"])
                (incident,) = found["incidents"]
                assert incident["kind"] == "ORDER_EXTERNAL"
                assert "POLICY_ADOPT" in incident["possible_policies"]
                number = incident["name"].rpartition("/")[2]
                resolve = ("reconcile", "resolve", "venue", number, "--policy", "adopt")
                assert say(*resolve)[0] == 4
                reason = ("--reason", "a colleague's")
                tried = say(*resolve, *reason, "--dry-run")[1]
                assert len(tried["actions"]) == 1
                assert say("orders")[1] == []
                code, done = say(*resolve, *reason)
                assert (code, done["actions"]) == (0, tried["actions"])
                assert done["incident"]["resolved_by"] == "local"
                assert say(*resolve, *reason)[0] == 6
                ours = [each["name"].partition("/")[2] for each in say("orders")[1]]
                assert ours == open_orders(address) == [THEIRS]
                left = say("reconcile")[1]
                assert (left["incidents"], left["accounts"][0]["open_incident_count"]) == ([], 0)
                assert say("reconcile", "--all")[1]["incidents"][0]["reason"] == "a colleague's"
                assert say("cancel", THEIRS)[0] == 0
                wait("orders", until=lambda found: not found)
                assert open_orders(address) == []
                assert say("shutdown")[0] == 0
                desk.communicate(timeout=TIMEOUT_S)
            finally:
                if desk.poll() is None:
                    desk.kill()
    assert desk.returncode == 0


def test_a_position_closed_by_hand_while_the_desk_is_dead_is_netted_and_never_opened(
    tmp_path: Path,
) -> None:
    """Told after the restart; flatten sends nothing; a person nets it, and a replay agrees."""
    owner = "manual@venue"
    with venue(tmp_path) as address:
        control = f"127.0.0.1:{free_port()}"
        settings = DESK.format(venue=address, control=control, external="adopt")
        (tmp_path / "plugins.toml").write_text(settings)
        remote = Remote(tmp_path, control)
        say = remote.say

        def owners() -> set[str]:
            return {each["strategy"].partition("/")[2] for each in say("positions")[1]}

        with run_desk(tmp_path) as desk:
            await_control(desk, control)
            remote.wait(desk, "reconcile", until=lambda found: found["accounts"][0]["ready"])
            assert say("strategy", "stop", "trend")[0] == 0
            assert say("order", "buy", INSTRUMENT, "0.01", "--account", "venue")[0] == 0
            remote.wait(desk, "positions", until=lambda _found: owner in owners())
            desk.kill()
        intent = NewOrder("byhand", "", "shared", INSTRUMENT, SELL, MARKET, 10, 0)
        ask(address, "/v1/orders", msgspec.json.encode(intent))
        left = ask(address, "/v1/positions")

        with run_desk(tmp_path) as desk:
            try:
                await_control(desk, control)
                found = remote.wait(desk, "reconcile", until=lambda found: found["incidents"])
                (incident,) = found["incidents"]
                assert incident["kind"] == "POSITION_OPPOSED"
                assert owners() >= {owner, "external:venue"}
                code, flattened = say("flatten", "-s", owner, "--reason", "out")
                assert (code, flattened["closing_orders"]) == (0, [])
                number = incident["name"].rpartition("/")[2]
                resolve = ("reconcile", "resolve", "venue", number, "--policy", "adopt")
                assert len(say(*resolve, "--reason", "closed by phone")[1]["actions"]) == 2
                assert not owners() & {owner, "external:venue"}
                remote.wait(desk, "reconcile", until=lambda found: not found["incidents"])
                assert ask(address, "/v1/positions") == left
                assert say("shutdown")[0] == 0
                output = desk.communicate(timeout=TIMEOUT_S)[0]
            finally:
                if desk.poll() is None:
                    desk.kill()
    assert desk.returncode == 0, output
    replayed = data_of(hexdesk(tmp_path, "replay", "--json").stdout)
    held = {each["strategy_id"]: each["quantity"] for each in replayed["positions"]}
    assert (held[owner], held["external:venue"]) == ("0", "0")


def test_an_order_of_others_is_the_strategys_that_claims_it(tmp_path: Path) -> None:
    """Sent while the desk was dead; a replay agrees."""
    with venue(tmp_path) as address:
        control = f"127.0.0.1:{free_port()}"
        settings = DESK.format(venue=address, control=control, external="adopt")
        claim = f'[reconciliation.claims]\n"{INSTRUMENT}" = "trend"\n'
        (tmp_path / "plugins.toml").write_text(f"{settings}{claim}")
        remote = Remote(tmp_path, control)
        with run_desk(tmp_path) as desk:
            await_control(desk, control)
            assert remote.say("strategy", "stop", "trend")[0] == 0
            desk.kill()
        intent = NewOrder("byhand", "", "shared", INSTRUMENT, SELL, MARKET, 10, 0)
        ask(address, "/v1/orders", msgspec.json.encode(intent))
        with run_desk(tmp_path) as desk:
            try:
                await_control(desk, control)
                held = remote.wait(desk, "positions", until=lambda found: found)
                assert [each["strategy"].partition("/")[2] for each in held] == ["trend"]
                assert not remote.say("reconcile")[1]["incidents"]
                assert remote.say("shutdown")[0] == 0
                output = desk.communicate(timeout=TIMEOUT_S)[0]
            finally:
                if desk.poll() is None:
                    desk.kill()
    assert desk.returncode == 0, output
    replayed = data_of(hexdesk(tmp_path, "replay", "--json").stdout)
    assert {each["strategy_id"] for each in replayed["positions"]} == {"trend"}
