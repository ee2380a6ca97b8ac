"""What is refused in each section, and with which words."""

from pathlib import Path

import pytest

from hexdesk_app.config.schema import Config
from tests.app.config.helpers import GOOD, load, problem, problems


@pytest.mark.parametrize(
    ("old", "new", "where", "text"),
    [
        ("seed = 7", "sede = 7", "CONFIG_UNKNOWN_KEY 3 desk.sede", "did you mean seed?"),
        ("[desk]", "[dsk]", "CONFIG_UNKNOWN_KEY 1 dsk", "did you mean desk?"),
        ("[feeds.recorded]", "[feed.recorded]", "CONFIG_UNKNOWN_KEY 16 feed", "feeds?"),
        ("seed = 7", 'seed = "x"', "CONFIG_TYPE 3 desk.seed", 'a whole number, was "x"'),
        ("seed = 7", "seed = true", "CONFIG_TYPE 3 desk.seed", "was true"),
        ("seed = 7", "seed = -1", "CONFIG_VALUE 3 desk.seed", "was -1"),
        ("seed = 7", f"seed = {10**30}", "CONFIG_VALUE 3 desk.seed", "<= 9223372036854775807"),
        ('name = "demo"', "name = 5", "CONFIG_TYPE 2 desk.name", 'name = "5"'),
        ("seed = 7", 'mode = "pap"', "CONFIG_VALUE 3 desk.mode", "did you mean paper?"),
        ("seed = 7", 'display_zone = "Mars"', "CONFIG_VALUE 3 desk.display_zone", "time zone"),
        ("seed = 7", "strategy_budget_ms = nan", "CONFIG_VALUE 3 desk.strategy_budget_ms", ""),
        ("speed = 60", "speed = inf", "CONFIG_VALUE 19 feeds.recorded.speed", ""),
        ("speed = 60", "speed = 1e999999", "CONFIG_VALUE 19 feeds.recorded.speed", ""),
        ("[brokers.sim]", '[brokers."a b"]', 'CONFIG_VALUE 11 brokers."a b"', "1-40 letters"),
        ("100000 USDT", "100000", "CONFIG_VALUE 13 brokers.sim.deposits", "50000 USDT"),
        ("100000 USDT", "-1 USDT", "CONFIG_VALUE 13 brokers.sim.deposits", "above 0"),
        ('["100000 USDT"]', "[5]", "CONFIG_TYPE 13 brokers.sim.deposits[0]", "was 5"),
        ("50000 USDT", "NaN USDT", "CONFIG_VALUE 24 strategies.mm-btc.capital", "decimal"),
        ('["BTCUSDT-PERP.BINANCE"]', "[]", "CONFIG_VALUE 23 strategies.mm-btc.instruments", ""),
        ('tick = "0.1"', "", 'CONFIG_MISSING 5 instruments."BTCUSDT-PERP.BINANCE".tick', ""),
        ('tick = "0.1"', "tick = 0", 'CONFIG_VALUE 5 instruments."BTCUSDT-PERP.BINANCE"', ""),
        ('lot = "0.001"', "lot = -1", 'CONFIG_VALUE 5 instruments."BTCUSDT-PERP.BINANCE"', ""),
        ('lot = "0.001"', 'lot = "x"', 'CONFIG_VALUE 5 instruments."BTCUSDT-PERP.BINANCE"', ""),
        ('"perpetual"', '"swap"', 'CONFIG_VALUE 6 instruments."BTCUSDT-PERP.BINANCE".kind', ""),
        ('-PERP.BINANCE"]\nkind', '"]\nkind', "CONFIG_VALUE 5 instruments.BTCUSDT", "id as in"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_path_line_and_remedy(
    tmp_path: Path, old: str, new: str, where: str, text: str
) -> None:
    assert old in GOOD
    found = problem(tmp_path, GOOD.replace(old, new, 1))
    code, line, path = where.split(" ", 2)
    assert (found.code, found.path) == (code, path)
    assert found.origin == f"{tmp_path}/plugins.toml:{line}"
    assert text in str(found)


@pytest.mark.parametrize(
    ("line", "where", "text"),
    [
        ('MODES = "ask"', "CONFIG_UNKNOWN_KEY MODES", "is not a known key"),
        ('MODES = "ask"', "CONFIG_UNKNOWN_KEY MODES", "did you mean MODE?"),
        ('CASH = "halts"', "CONFIG_VALUE CASH", 'reduce or halt or ask, was "halts"'),
        ('CASH = "halts"', "CONFIG_VALUE CASH", "did you mean halt?"),
        ('CASH = ["ask", "hlt"]', "CONFIG_VALUE CASH[1]", "did you mean halt?"),
    ],
)
def test_a_wrong_policy_is_named_by_its_own_key(
    tmp_path: Path, line: str, where: str, text: str
) -> None:
    found = problem(tmp_path, f"{GOOD}[reconciliation.policies]\n{line}\n")
    code, key = where.split()
    assert (found.code, found.path) == (code, f"reconciliation.policies.{key}")
    assert found.origin == f"{tmp_path}/plugins.toml:{GOOD.count(chr(10)) + 2}"
    assert text in str(found)


def test_numbers_without_quotes_are_exact_where_decimals_are_meant(tmp_path: Path) -> None:
    text = GOOD.replace('tick = "0.1"', "tick = 0.10000001") + "[risk]\ncollar_pct = 2.50\n"
    config = load(tmp_path, text)
    assert config.instruments["BTCUSDT-PERP.BINANCE"].price_scale == 8
    assert config.risk.limits.collar_pct == "2.50"


def test_all_errors_are_reported_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("seed", "sede").replace("60", "'x'").replace("settings", "setings")
    found = problems(tmp_path, text)
    assert [error.path for error in found] == [
        "desk.sede",
        "feeds.recorded.speed",
        "strategies.mm-btc.setings",
    ]


@pytest.mark.parametrize(
    ("broker", "code", "remedy"),
    [
        ('broker = "simm"', "CONFIG_CONFLICT", "did you mean sim?"),
        ("", "CONFIG_MISSING", 'broker = "other"'),
    ],
)
def test_a_strategy_needs_a_broker_that_exists(
    tmp_path: Path, broker: str, code: str, remedy: str
) -> None:
    text = GOOD.replace("capital =", f"{broker}\ncapital =") + "[brokers.other]\nplugin = 'sim'\n"
    found = problem(tmp_path, text)
    assert (found.code, found.path) == (code, "strategies.mm-btc.broker")
    assert found.remedy == remedy


def test_a_strategy_without_any_broker_is_refused(tmp_path: Path) -> None:
    text = GOOD.replace("[brokers.sim]", "[servers.sim]")
    assert problem(tmp_path, text).remedy == "add a [brokers.NAME]"


def test_a_value_in_place_of_a_section_is_refused(tmp_path: Path) -> None:
    found = problems(tmp_path, "journal = 5\n[brokers]\nsim = 'sim'\n")
    assert {error.path for error in found} >= {"journal", "brokers.sim"}
    assert all(error.code in {"CONFIG_TYPE", "CONFIG_MISSING"} for error in found)


def test_a_plugin_must_be_named(tmp_path: Path) -> None:
    found = problem(tmp_path, "[journal]\nsync = 'each'\n")
    assert (found.code, found.path) == ("CONFIG_MISSING", "journal.plugin")


def test_one_instrument_under_two_spellings_is_refused(tmp_path: Path) -> None:
    text = GOOD + GOOD.partition("\n\n")[2].partition("\n\n")[0].replace("BTCUSDT", "btcusdt")
    found = problem(tmp_path, text)
    assert found.code == "CONFIG_CONFLICT"
    assert "plugins.toml:5" in found.message


def test_one_account_in_two_sections_is_refused(tmp_path: Path) -> None:
    text = GOOD.replace("capital", 'broker = "sim"\ncapital') + (
        "[brokers.a]\nplugin = 'x'\naccount = '1'\n[brokers.b]\nplugin = 'x'\naccount = '1'\n"
    )
    assert "as does brokers.a" in problem(tmp_path, text).message


def test_an_instrument_named_twice_by_a_strategy_is_refused(tmp_path: Path) -> None:
    text = GOOD.replace('["BTCUSDT-PERP.BINANCE"]', '["X.Y", "X.Y"]')
    assert problem(tmp_path, text).message == "X.Y stands twice"


def test_limits_start_from_the_preset_and_inherit(tmp_path: Path) -> None:
    text = GOOD + (
        '[risk]\npreset = "careful"\nopen_orders_max = 7\n'
        '[risk.instruments."BTCUSDT-PERP.BINANCE"]\ncollar_pct = "0.5"\n'
    )
    config = load(tmp_path, text)
    risk = config.risk
    assert (risk.limits.order_notional_max, risk.limits.open_orders_max) == ("10000", "7")
    own = risk.of("BTCUSDT-PERP.BINANCE")
    assert (own.collar_pct, own.order_notional_max, own.open_orders_max) == ("0.5", "10000", "7")
    assert risk.of("ETH.X").collar_pct == "1"
    assert config.origins.of(("risk", "order_notional_max")) == "preset careful"


@pytest.mark.parametrize(
    ("line", "code", "text"),
    [
        ('preset = "standrd"', "CONFIG_VALUE", "did you mean standard?"),
        ('collar_pct = "-1"', "CONFIG_VALUE", "0 or more"),
        ('collar_pct = "off"', "CONFIG_VALUE", "unlimited"),
        ("colar_pct = 1", "CONFIG_UNKNOWN_KEY", "did you mean collar_pct?"),
        ("collar_pct = true", "CONFIG_TYPE", "was true"),
        ("[risk.instruments.X]\ncolar_pct = 1", "CONFIG_UNKNOWN_KEY", "collar_pct"),
        ("instruments = 5", "CONFIG_TYPE", "expected a table"),
    ],
)
def test_wrong_limits_are_refused(tmp_path: Path, line: str, code: str, text: str) -> None:
    found = problem(tmp_path, f"{GOOD}[risk]\n{line}\n")
    assert found.code == code
    assert text in str(found)


def test_a_disabled_strategy_is_not_loaded(tmp_path: Path) -> None:
    config: Config = load(tmp_path, GOOD.replace("capital", "enabled = false\ncapital"))
    assert config.enabled_strategies == {}
    assert [each.plugin for each in config.plugin_sections] == ["sim", "replay"]


@pytest.mark.parametrize(
    "line",
    ['"BTCUSDT-PERP.BINANCE" = "mm-eth"', '"ETHUSDT-PERP.BINANCE" = "mm-btc"'],
)
def test_who_claims_orders_of_others_must_have_the_instrument(tmp_path: Path, line: str) -> None:
    found = problem(tmp_path, f"{GOOD}[reconciliation.claims]\n{line}\n")
    instrument_id = line.split('"')[1]
    assert (found.code, found.path) == (
        "CONFIG_CONFLICT",
        f'reconciliation.claims."{instrument_id}"',
    )
    assert "with this instrument" in str(found)


def test_a_strategy_may_claim_orders_of_others(tmp_path: Path) -> None:
    claim = '"BTCUSDT-PERP.BINANCE" = "mm-btc"'
    config = load(tmp_path, f"{GOOD}[reconciliation.claims]\n{claim}\n")
    assert config.reconciliation.claims == {"BTCUSDT-PERP.BINANCE": "mm-btc"}
