"""A desk's journal gives the desk: its state, fills, positions and money, and why of each order."""

import signal
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.e2e.service import PAPER, data_of, hexdesk, run_desk, wait_until
from tests.e2e.test_run import stopped
from tests.e2e.test_venue import DESK, venue

STOP_TIMEOUT_S = 30.0
FILLS_MIN = 10
JOURNAL = '\n[journal]\nplugin = "journal"\n'


def replayed(folder: Path, state: str, *words: str) -> dict[str, Any]:
    """Return what `hexdesk replay` says of a state folder, all of it equal."""
    done = hexdesk(folder, "replay", state, "--json", *words)
    assert done.returncode == 0, done.stderr
    return data_of(done.stdout)


def assert_same(data: dict[str, Any], run: dict[str, Any]) -> None:
    """Assert that a replay says what the run printed."""
    assert data["run_id"] == run["run_id"]
    assert data["state_hash"] == run["state_hash"]
    held: dict[str, Decimal] = defaultdict(Decimal)
    for row in data["positions"]:
        held[row["instrument_id"]] += Decimal(row["quantity"])
    assert held == {name: Decimal(each) for name, each in run["position"].items()}
    cash = [(row["account_id"], row["currency"], row["total"]) for row in data["balances"]]
    assert cash == [(row["account"], row["currency"], row["total"]) for row in run["accounts"]]
    assert not data["open_orders"]


def test_a_recorded_run_is_in_its_journal(tmp_path: Path) -> None:
    (tmp_path / "plugins.toml").write_text(PAPER + JOURNAL)
    run = stopped(tmp_path, signal.SIGTERM)
    data = replayed(tmp_path, "state")
    assert_same(data, run)
    assert data["fills"] == run["fills"]
    assert [check["kind"] for check in data["checks"]] == ["run_ended"]
    half = replayed(tmp_path, "state", "--until", str(data["records"] // 2))
    assert half["last_number"] == data["records"] // 2
    assert half["state_hash"] != data["state_hash"]


def test_a_live_desk_is_in_its_journal_also_after_a_restart(tmp_path: Path) -> None:
    """L6 over two processes: each snapshot and each end is what the journal leads to."""
    with venue(tmp_path) as address:
        (tmp_path / "plugins.toml").write_text(DESK.format(address=address) + JOURNAL)
        runs = [traded(tmp_path) for _ in range(2)]
    data = replayed(tmp_path, "plugins.toml")
    assert_same(data, runs[-1])
    assert data["fills"] >= 2 * FILLS_MIN
    kinds = [check["kind"] for check in data["checks"]]
    assert kinds == ["snapshot", "run_ended", "snapshot", "run_ended"]
    quick = replayed(tmp_path, "plugins.toml", "--from-snapshot")
    assert quick["state_hash"] == data["state_hash"]
    fills = hexdesk(tmp_path, "journal", "cat", "--kind", "fill").stdout.splitlines()
    for line in (fills[0], fills[-1]):
        assert_told(tmp_path, line.partition("client_order_id=")[2].split()[0])


def traded(folder: Path) -> dict[str, Any]:
    """Let a desk trade for a while, replay beside it, stop it, and return what it printed."""
    with run_desk(folder) as desk:
        wait_until(desk, folder / "hexdesk_data", lambda beat: beat.fills >= FILLS_MIN)
        assert replayed(folder, "plugins.toml")["fills"] >= FILLS_MIN
        desk.send_signal(signal.SIGINT)
        output, errors = desk.communicate(timeout=STOP_TIMEOUT_S)
    assert desk.returncode == 0, errors
    return data_of(output)


def assert_told(folder: Path, order_id: str) -> None:
    """Assert that `hexdesk why` walks an order from its cause to its fills.

    It is a quote, or the fill of the order before: a cross that came meanwhile is made up for then.
    """
    done = hexdesk(folder, "why", order_id, "--json")
    assert done.returncode == 0, done.stderr
    data = data_of(done.stdout)
    decided, *steps = data["steps"]
    assert decided["cause"]["kind"] in {"quote", "fill"}
    assert decided["verdict"] == "passed"
    filled = [step for step in steps if step["kind"] == "fill"]
    assert filled
    assert all(step["position"] for step in filled)
    assert sum(step["kind"] == "accepted" for step in steps) <= 1
