"""Equal inputs give an equal result: again, at another pace, with other hash seeds and builds."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import hexdesk_app
from tests.e2e.service import PAPER, data_of, environment, hexdesk
from tests.programs import find_uv

ROOT = Path(__file__).parents[2]
MEMBERS = (
    "src/core",
    "src/app",
    "src/adapters/sim",
    "src/adapters/replay",
    "src/adapters/journal",
    "src/plugins/ema_cross",
    "src/plugins/market_making",
)
OTHER_PYTHONS = ("/usr/bin/python3.11", "python3.12", "python3.13", "python3.14")
INSTALL_TIMEOUT_S = 180.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plugins.toml").write_text(PAPER, encoding="utf-8")
    return tmp_path


def backtest(folder: Path, **extra: str) -> dict[str, object]:
    done = hexdesk(folder, "backtest", "plugins.toml", "--json", **extra)
    assert done.returncode == 0, done.stderr
    return data_of(done.stdout)


def test_backtest_prints_the_stable_names(folder: Path) -> None:
    data = backtest(folder)
    stable = (
        "result_hash orders fills rejects realised_pnl unrealised_pnl fees position events seconds"
        " report"
    )
    assert set(stable.split()) <= set(data)
    assert data["events"] == 87_402
    assert isinstance(data["orders"], int)
    assert data["orders"] > 100
    assert data["fills"]


MINUTE_NS = 60_000_000_000
BARS_HEAD = "ts_event,ts_close,open,high,low,close,volume,instrument_id\n"
BARS_DESK = """
[instruments."ACME.X"]
kind = "perpetual"
base = "ACME"
quote = "USD"
tick = "0.01"
lot = "1"
"""


@pytest.mark.parametrize("price", ["close", "mid"])
def test_recorded_bars_are_traded(tmp_path: Path, price: str) -> None:
    """Of a market that has bars alone, a strategy can trade nothing else."""
    closes = [*range(100, 150), *range(150, 100, -1), *range(100, 150)]
    rows = [
        f"{n * MINUTE_NS},{(n + 1) * MINUTE_NS},{last - 1},{last + 2},{last - 2},{last},5,ACME.X"
        for n, last in enumerate(closes, start=1)
    ]
    (tmp_path / "bars.csv").write_text(BARS_HEAD + "\n".join(rows), encoding="utf-8")
    (tmp_path / "plugins.toml").write_text(BARS_DESK, encoding="utf-8")
    settings = ("quantity=1", f"price={price}", "fast_period=3", "slow_period=8")
    done = hexdesk(
        tmp_path,
        *("backtest", "--json", "--data", "bars.csv", "-s", "ema_cross"),
        *(word for setting in settings for word in ("--settings", setting)),
    )
    assert done.returncode == 0, done.stderr
    data = data_of(done.stdout)
    assert (data["rejects"], data["bad_row_count"]) == ({}, 0)
    assert data["fills"] >= 2
    assert float(data["realised_pnl"]) > 0


@pytest.mark.parametrize(("price", "is_told"), [("mid", True), ("close", False)])
def test_a_strategy_that_hears_nothing_is_named(
    tmp_path: Path, price: str, *, is_told: bool
) -> None:
    """Else a new user wonders why nothing was traded; whether bars came nobody knows."""
    rows = "ts_event,price,size,aggressor,trade_id,instrument_id\n9,100,1,buyer,T1,ACME.X\n"
    (tmp_path / "trades.csv").write_text(rows, encoding="utf-8")
    (tmp_path / "plugins.toml").write_text(BARS_DESK, encoding="utf-8")
    done = hexdesk(
        tmp_path,
        *("backtest", "--json", "--data", "trades.csv", "-s", "ema_cross"),
        *("--settings", "quantity=1", "--settings", f"price={price}"),
    )
    assert done.returncode == 0, done.stderr
    assert ("ema_cross listens to quotes, and none came" in done.stderr) is is_told


def test_the_hash_does_not_depend_on_the_hash_seed(folder: Path) -> None:
    first = backtest(folder, PYTHONHASHSEED="1")
    second = backtest(folder, PYTHONHASHSEED="4242")
    assert first["result_hash"] == second["result_hash"]


def test_paper_decides_as_backtest_does(tmp_path: Path) -> None:
    """A8: one program and one strategy code, whatever stands behind broker and feed."""
    shutil.copy(Path(hexdesk_app.__file__).with_name("demo.toml"), tmp_path / "plugins.toml")
    quick = backtest(tmp_path)
    paced = hexdesk(tmp_path, "demo", "--json", "--no-table", "--speed", "0", "--report", "")
    again = hexdesk(tmp_path, "demo", "--json", "--no-table", "--speed", "120", "--report", "")
    assert paced.returncode == again.returncode == 0, again.stderr
    paper = data_of(paced.stdout)
    assert paper["result_hash"] == data_of(again.stdout)["result_hash"]
    assert (quick["mode"], paper["mode"]) == ("backtest", "paper")
    assert paper["fills"]
    decided = "orders fills rejects realised_pnl unrealised_pnl fees position strategies accounts"
    assert {name: quick[name] for name in decided.split()} == {
        name: paper[name] for name in decided.split()
    }


def test_another_setting_gives_another_hash(folder: Path) -> None:
    first = backtest(folder)
    changed = hexdesk(
        folder,
        *("backtest", "plugins.toml", "--json"),
        *("--set", "strategies.maker.settings.spread_bps=3.0", "--set", "desk.run_id=e2e"),
    )
    assert changed.returncode == 0, changed.stderr
    assert data_of(changed.stdout)["result_hash"] != first["result_hash"]


@pytest.mark.timeout(400)
def test_another_python_build_gives_the_same_hash(folder: Path) -> None:
    other = next((found for name in OTHER_PYTHONS if (found := _usable(name))), None)
    uv = find_uv()
    if other is None or uv is None:
        pytest.skip("no second Python of 3.11 or newer, or no uv to install into it")
    environment_path = folder / "other"
    members = [part for member in MEMBERS for part in ("-e", str(ROOT / member))]
    env = environment(folder)
    for step in (
        [uv, "venv", "-q", "--python", other, str(environment_path)],
        [uv, "pip", "install", "-q", "--python", str(environment_path / "bin/python"), *members],
    ):
        subprocess.run(step, env=env, check=True, timeout=INSTALL_TIMEOUT_S)
    done = subprocess.run(
        [str(environment_path / "bin/hexdesk"), "backtest", "plugins.toml", "--json"],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=INSTALL_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert data_of(done.stdout)["result_hash"] == backtest(folder)["result_hash"]


def _usable(name: str) -> str | None:
    """Return a Python's path if it runs, is new enough, and is not this build."""
    found = shutil.which(name)
    if found is None:
        return None
    code = "import sys; print(sys.version); sys.exit(sys.version_info < (3, 11))"
    done = subprocess.run([found, "-c", code], capture_output=True, text=True, check=False)
    is_other = done.returncode == 0 and done.stdout.strip() != sys.version.strip()
    return found if is_other else None
