"""Layers: which one wins, and how each value knows where it came from (D43)."""

from pathlib import Path

import pytest

from hexdesk.domain.money import parse_money
from hexdesk.errors import ManyConfigError
from hexdesk_app.config import Mode, Sources, load_config
from tests.app.config.helpers import GOOD, load, problem, problems


def test_a_good_file_gives_typed_sections(tmp_path: Path) -> None:
    config = load(tmp_path)
    assert config.desk.seed == 7
    assert config.desk.mode is Mode.PAPER
    assert config.instruments["BTCUSDT-PERP.BINANCE"].lot == 1
    assert config.brokers["sim"].deposits == (parse_money("100000 USDT"),)
    assert config.brokers["sim"].settings == {"latency_ms": 5}
    assert config.brokers["sim"].account == "sim"
    assert config.feeds["recorded"].speed == 60.0
    assert config.feeds["recorded"].settings == {"dataset": "sample:btcusdt"}
    assert config.strategies["mm-btc"].broker == "sim"
    assert config.journal is None
    assert config.base_path == tmp_path
    assert [each.plugin for each in config.plugin_sections] == ["sim", "replay", "market_making"]


def test_later_layers_win_in_the_written_order(tmp_path: Path) -> None:
    (tmp_path / "plugins.test.toml").write_text("[desk]\nname = 'profile'\nseed = 2")
    (tmp_path / "plugins.local.toml").write_text("[desk]\nname = 'local'")
    further = tmp_path / "more.toml"
    further.write_text("[desk]\nstate_path = 'more'\non_stop = 'keep'\ninbox_max = 2000")
    environ = {"HEXDESK__DESK__ON_STOP": "cancel", "HEXDESK__DESK__INBOX_MAX": "3000"}
    config = load(
        tmp_path,
        GOOD,
        "desk.inbox_max=4000",
        environ=environ,
        profile="test",
        further=(further,),
    )
    desk, origins = config.desk, config.origins
    assert (desk.name, desk.seed, desk.state_path) == ("local", 2, "more")
    assert (desk.on_stop, desk.inbox_max) == ("cancel", 4000)
    assert origins.of(("desk", "name")) == f"{tmp_path}/plugins.local.toml:2"
    assert origins.of(("desk", "seed")) == f"{tmp_path}/plugins.test.toml:3"
    assert origins.of(("desk", "state_path")) == f"{further}:2"
    assert origins.of(("desk", "on_stop")) == "variable HEXDESK__DESK__ON_STOP"
    assert origins.of(("desk", "inbox_max")) == "flag --set"
    assert origins.exact(("desk", "mode")) == "default"


def test_tables_merge_and_lists_are_replaced(tmp_path: Path) -> None:
    further = tmp_path / "more.toml"
    further.write_text(
        '[brokers.sim]\ndeposits = ["5 BTC"]\n[strategies.mm-btc.settings]\nlevels = 3'
    )
    config = load(tmp_path, further=(further,))
    assert config.brokers["sim"].deposits == (parse_money("5 BTC"),)
    assert config.brokers["sim"].settings == {"latency_ms": 5}
    assert config.strategies["mm-btc"].settings.keys() == {"spread_bps", "levels"}
    assert config.origins.of(("brokers", "sim", "deposits", "0")) == f"{further}:2"


def test_connection_trading_and_strategy_may_stand_in_files_of_their_own(tmp_path: Path) -> None:
    """A3: three files make one configuration, and each value still knows its file."""
    parts = {
        "trading.toml": "[desk]\nmode = 'paper'\n[risk]\npreset = 'careful'",
        "connection.toml": "[brokers.sim]\nplugin = 'sim'\n[feeds.f]\nplugin = 'replay'",
        "strategy.toml": "[strategies.a]\nplugin = 'ema_cross'\ninstruments = ['X.Y']",
    }
    for name, text in parts.items():
        (tmp_path / name).write_text(text)
    config = load_config(Sources(files=tuple(tmp_path / name for name in parts)))
    assert config.risk.limits.order_notional_max == "10000"
    assert config.strategies["a"].broker == "sim"
    assert config.origins.of(("strategies", "a", "plugin")) == f"{tmp_path}/strategy.toml:2"


@pytest.mark.parametrize(
    "name",
    ["HEXDESK__STRATEGIES__MM_BTC__CAPITAL", "HEXDESK__strategies__mm_btc__capital"],
)
def test_a_variable_finds_names_that_it_cannot_spell(tmp_path: Path, name: str) -> None:
    config = load(tmp_path, environ={name: "7 USDT", "OTHER": "x"})
    assert config.strategies["mm-btc"].capital == parse_money("7 USDT")


def test_a_variable_reaches_an_instrument(tmp_path: Path) -> None:
    environ = {"HEXDESK__INSTRUMENTS__BTCUSDT_PERP_BINANCE__TAKER_FEE": "0.0004"}
    config = load(tmp_path, environ=environ)
    assert config.instruments["BTCUSDT-PERP.BINANCE"].taker_fee == 400_000


def test_a_variable_that_could_mean_two_names_is_refused(tmp_path: Path) -> None:
    text = GOOD + "[servers.a-b]\nplugin = 'x'\n[servers.a_b]\nplugin = 'x'\n"
    found = problem(tmp_path, text, environ={"HEXDESK__SERVERS__A_B__PLUGIN": "y"})
    assert found.code == "CONFIG_CONFLICT"
    assert "a-b, a_b" in found.message


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("desk.name=7", "7"),
        ('desk.name="quoted"', "quoted"),
        ("desk.name=2026-11-21", "2026-11-21"),
    ],
)
def test_a_flag_is_read_as_what_its_setting_wants(
    tmp_path: Path, override: str, expected: str
) -> None:
    assert load(tmp_path, GOOD, override).desk.name == expected


def test_a_flag_may_set_a_whole_table(tmp_path: Path) -> None:
    config = load(tmp_path, GOOD, "strategies.mm-btc.settings={levels = 2}")
    assert config.strategies["mm-btc"].settings.keys() == {"spread_bps", "levels"}


@pytest.mark.parametrize("override", ["desk.seed", "=1", "a..b=1", ""])
def test_a_malformed_flag_is_refused(tmp_path: Path, override: str) -> None:
    found = problem(tmp_path, GOOD, override)
    assert (found.code, found.origin) == ("CONFIG_VALUE", "flag --set")


def test_a_missing_file_and_a_missing_profile_are_both_named(tmp_path: Path) -> None:
    sources = Sources(files=(tmp_path / "no.toml", tmp_path / "nor.toml"), profile="test")
    with pytest.raises(ManyConfigError) as caught:
        load_config(sources)
    assert [error.code for error in caught.value.errors] == ["CONFIG_FILE"] * 3
    assert f"{tmp_path}/no.test.toml does not exist" in str(caught.value)


def test_without_a_file_only_where_that_is_allowed(tmp_path: Path) -> None:
    assert load_config(Sources(folder=tmp_path, required=False)).desk.name == "desk"
    with pytest.raises(ManyConfigError, match="hexdesk demo"):
        load_config(Sources(folder=tmp_path))


def test_a_built_in_text_lies_below_the_files(tmp_path: Path) -> None:
    path = tmp_path / "plugins.toml"
    path.write_text("[desk]\nseed = 2")
    config = load_config(
        Sources(files=(path,), built_in=(("demo", "[desk]\nname = 'demo'\nseed = 1"),))
    )
    assert (config.desk.name, config.desk.seed) == ("demo", 2)
    assert config.origins.of(("desk", "name")) == "demo:2"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff\xfe", "not UTF-8"),
        (b"x = 1\n" * 60_000, "larger than"),
        (b"[desk]\nname = \n", "plugins.toml:2 is not valid TOML"),
        (b"[desk]\nseed = 1\nseed = 2\n", "plugins.toml:3 is not valid TOML"),
        (b"[desk]\n[desk]\n", "keep one of them"),
        (b"a = " + b"[" * 20_000, "not valid TOML"),
        (b"[desk]\nseed = " + b"9" * 5_000, "not valid TOML"),
    ],
)
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "plugins.toml"
    path.write_bytes(content)
    with pytest.raises(ManyConfigError, match=reason):
        load_config(Sources(files=(path,)))


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ManyConfigError, match="cannot be read"):
        load_config(Sources(files=(tmp_path,)))


def test_two_files_that_contradict_are_both_named(tmp_path: Path) -> None:
    further = tmp_path / "more.toml"
    further.write_text("brokers = 'sim'\n[desk.name]\nx = 1")
    found = problems(tmp_path, further=(further,))
    assert [error.code for error in found] == ["CONFIG_CONFLICT"] * 2
    assert "is a table in" in found[0].message
    assert found[1].path == "desk.name"
    assert f"{further}:2" in found[1].message
    assert f"{tmp_path}/plugins.toml:2" in found[1].message
