"""A stranger's distributions, built to wheels and used in an environment that knows no source.

Needs uv and a package index or uv's cache; where neither answers the tests are skipped.
"""

import json
import shutil
from pathlib import Path

import pytest

from tests.e2e.environment import Environment, fresh_environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

EXAMPLES = Path(__file__).parents[2] / "examples"
DISTRIBUTIONS = ("acme_venue", "acme_trend", "acme_rules")
USAGE = 4
"""Exit code of configuration errors."""
CONFIGURATION = """
[desk]
name = "stranger"
mode = "backtest"

[brokers.sim]
plugin = "sim"

[feeds.recorded]
plugin = "replay"
dataset = "sample:btcusdt"

[strategies.trend]
plugin = "acme_trend"
broker = "sim"
instruments = ["BTCUSDT-PERP.BINANCE"]
capital = "50000 USDT"
settings = { quantity = "0.01", window = 200 }
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return fresh_environment(
        tmp_path_factory.mktemp("stranger"),
        members=("hexdesk", "hexdesk-app", "hexdesk-journal", "hexdesk-replay", "hexdesk-sim"),
        distributions=[EXAMPLES / name for name in DISTRIBUTIONS],
        extras=("hypothesis", "pytest"),
    )


@pytest.mark.parametrize("example", DISTRIBUTIONS)
def test_their_own_tests_pass(environment: Environment, example: str, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / example / "tests", tmp_path / "tests")
    done = environment.run("python", "-m", "pytest", "-q", str(tmp_path), folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    has_kit = example != "acme_rules"  # a rule brings its own cases, and needs no kit
    assert ("hexdesk conformance" in done.stdout) is has_kit, "found by its entry point"


@pytest.mark.parametrize("plugin", ["acme", "acme_trend", "acme_rules"])
def test_the_plugin_is_found_and_checked(
    environment: Environment, plugin: str, tmp_path: Path
) -> None:
    """E35: a new venue is a class and an entry point in a distribution of its own."""
    done = environment.run("hexdesk", "plugin", "check", plugin, folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_is_imported_but_what_is_named(environment: Environment) -> None:
    script = "import sys, hexdesk.plugin; print([m for m in sys.modules if m.startswith('acme')])"
    assert environment.run("python", "-c", script).stdout.strip() == "[]"


def test_the_strategy_trades_in_a_backtest(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "plugins.toml").write_text(CONFIGURATION)
    hashes = set[str]()
    for _ in range(2):
        done = environment.run("hexdesk", "backtest", "plugins.toml", "--json", folder=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        data = json.loads(done.stdout.splitlines()[-1])["data"]
        assert data["orders"] > 0
        assert data["fills"] > 0
        hashes.add(data["result_hash"])
    assert len(hashes) == 1


def test_a_typing_error_in_the_settings_is_explained(
    environment: Environment, tmp_path: Path
) -> None:
    (tmp_path / "plugins.toml").write_text(CONFIGURATION.replace("window", "windov"))
    done = environment.run("hexdesk", "config", "check", "plugins.toml", folder=tmp_path)
    assert done.returncode == USAGE, done.stdout + done.stderr
    assert "strategies.trend.settings.windov" in done.stderr
    assert "window" in done.stderr.replace("windov", "")


def test_an_uninstalled_plugin_is_named(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "plugins.toml").write_text(CONFIGURATION.replace("acme_trend", "acme_trends"))
    done = environment.run("hexdesk", "config", "check", "plugins.toml", folder=tmp_path)
    assert done.returncode != 0
    assert "acme_trend" in done.stderr


def with_round_lots(of: int, folder: Path) -> None:
    rule = f"""
[risk]
plugins = ["acme_rules"]

[risk.custom.acme_round_lots]
of = {of}
"""
    (folder / "plugins.toml").write_text(CONFIGURATION + rule)


@pytest.mark.parametrize(("of", "denied"), [(10, False), (100, True)])
def test_a_strangers_risk_rule_fires_at_its_limit(
    environment: Environment, tmp_path: Path, of: int, *, denied: bool
) -> None:
    """E13: a custom rule of an installed distribution; orders are 10 of the smallest steps."""
    with_round_lots(of, tmp_path)
    done = environment.run("hexdesk", "backtest", "plugins.toml", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    data = json.loads(done.stdout.splitlines()[-1])["data"]
    assert ("X_ROUND_LOTS" in data["rejects"]) is denied
    assert (data["fills"] == 0) is denied


def test_a_strangers_rule_that_cannot_fire_stops_the_start(
    environment: Environment, tmp_path: Path
) -> None:
    with_round_lots(1, tmp_path)
    done = environment.run("hexdesk", "backtest", "plugins.toml", folder=tmp_path)
    assert done.returncode == USAGE, done.stdout + done.stderr
    assert "RISK_SELFTEST" in done.stderr
    assert "acme_round_lots" in done.stderr
    assert "does not fire beyond its limit" in done.stderr
