"""`[risk]` switches rules on, tries them, and is shown; its tables in the guide come from the code.

Ids of seed systems: A14, A32, A35, B7, B8, B15, C14, C15, D7, D9, D10, D27, D34.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from hexdesk.domain.money import parse_money
from hexdesk.domain.reports import OrderDenied
from hexdesk.domain.risk import NORMAL, REDUCING, RiskChanged, RiskStepped, Verdict
from hexdesk.errors import ConfigError
from hexdesk.ports.risk import Edge, OrderCase, WrittenCase
from hexdesk.testing.broker_bench import VENUE_CODES
from hexdesk_app.build import build
from hexdesk_app.cli.app import run_command
from hexdesk_app.config import RISK_PRESETS, Sources, load_config
from hexdesk_app.config.presets import RULE_PRESETS
from hexdesk_app.problems import EXIT_NOT_FOUND
from hexdesk_app.reading.risk_journal import read_report, report_tables
from hexdesk_app.reading.risk_text import CODES, explain
from hexdesk_app.risk import GuardedRule
from scripts.risk_tables import PAGE, written

DESK = """
[desk]
name = "desk"
mode = "backtest"
run_id = "desk"

[brokers.sim]
plugin = "sim"

[instruments."BTCUSDT-PERP.SIM"]
kind = "perpetual"
base = "BTC"
quote = "USDT"
tick = "0.1"
lot = "0.001"
margin = "0.05"

[strategies.ema]
plugin = "ema_cross"
instruments = ["BTCUSDT-PERP.SIM"]
settings = { quantity = "0.001", fast_period = 2, slow_period = 5 }
"""


def load(*lines: str, override: str = "") -> Any:
    text = DESK + "\n".join(lines)
    overrides = (override,) if override else ()
    return load_config(Sources(built_in=(("desk", text),), overrides=overrides, search=False))


def settings_of(config: Any, rule: str) -> Any:
    return config.risk.rules[rule].settings


@pytest.mark.parametrize("preset", RISK_PRESETS)
def test_every_preset_is_sound_and_its_rules_fire(preset: str) -> None:
    config = load("[risk]", f'preset = "{preset}"')
    assert set(config.risk.rules) == set(RULE_PRESETS[preset])
    app = build(config)
    assert set(app.assembly.risk.engine.plan.rules) == set(RULE_PRESETS[preset])
    bare = [host.gate.checks is None for host in app.desk.hosts.values()]
    assert bare == [preset == "unlimited"], "where no rule is on, none is asked"


def test_presets_carry_the_numbers_of_the_seed_systems() -> None:
    names = ("jp_equity", "us_equity", "crypto_swap", "crypto_futures")
    a, b, c, d = (load("[risk]", f'preset = "{name}"') for name in names)
    assert a.risk.limits.position_quantity_max == "500"
    assert (settings_of(a, "daily_loss").unit, settings_of(a, "daily_loss").reduce) == (
        "amount",
        "10000",
    )
    assert (settings_of(b, "daily_loss").reduce, settings_of(b, "drawdown").reduce) == ("3", "15")
    assert settings_of(b, "concentration").pct_max == "20"
    assert settings_of(b, "entry_interval").seconds_min == "60"
    assert settings_of(b, "slippage").over_pct == "0.2"
    assert (settings_of(c, "per_trade").pct_max, settings_of(c, "leverage").max) == ("1", "3")
    link = settings_of(d, "link")
    assert (link.warn, link.throttle, link.reduce, link.throttle_s) == ("2", "4", "5", "2.0")
    assert settings_of(d, "position_count").max == "999"
    assert (settings_of(d, "leverage").max, settings_of(d, "order_margin").pct_max) == ("20", "13")
    assert settings_of(d, "message_budget").per_minute_max == "1920"


def test_a_rule_is_changed_switched_off_or_given_to_one_strategy() -> None:
    config = load(
        "[risk.rules]",
        'exposure = "off"',
        "[risk.rules.daily_loss]",
        "reduce = 2.5",
        "[risk.strategies.ema]",
        "valve = {}",
        'allocation = "off"',
    )
    assert "exposure" not in config.risk.rules
    daily = settings_of(config, "daily_loss")
    assert (daily.warn, daily.reduce) == ("1.5", "2.5"), "the preset's warning stays"
    plan = config.risk.plan({})
    assert "valve" in plan.of("ema")
    assert "allocation" not in plan.of("ema")
    assert "allocation" in plan.of("other")


@pytest.mark.parametrize(
    ("value", "steps"), [("3.0", ("1.5", "3.0")), ('"2"', ("1", "2")), ("0.5", ("0.25", "0.5"))]
)
@pytest.mark.parametrize("preset", ["standard", "jp_equity"])
def test_the_daily_loss_may_be_said_in_one_line(
    preset: str, value: str, steps: tuple[str, str]
) -> None:
    config = load("[risk]", f'preset = "{preset}"', f"daily_loss_limit_pct = {value}")
    daily = settings_of(config, "daily_loss")
    assert (daily.warn, daily.reduce, daily.unit) == (*steps, "pct")
    assert config.origins.of(("risk", "rules", "daily_loss", "reduce")) == "desk:24"
    assert settings_of(config, "drawdown") == settings_of(
        load("[risk]", f'preset = "{preset}"'), "drawdown"
    )


@pytest.mark.parametrize("value", ["0", "-1", '"off"', "100.1", '"much"', "nan"])
def test_a_daily_loss_that_makes_no_sense_is_refused(value: str) -> None:
    with pytest.raises(ConfigError, match=r"risk.daily_loss_limit_pct .*up to 100"):
        load("[risk]", f"daily_loss_limit_pct = {value}")


def test_the_daily_loss_is_not_said_twice() -> None:
    with pytest.raises(ConfigError, match="says the same as"):
        load("[risk]", "daily_loss_limit_pct = 3", "[risk.rules]", "daily_loss = {}")


def test_a_stage_makes_sizes_smaller_and_nothing_else() -> None:
    config = load("[risk]", "stage = 25", 'order_quantity_max = "0.5"')
    limits = config.risk.of("BTCUSDT-PERP.SIM")
    assert (limits.order_quantity_max, limits.order_notional_max) == ("0.125", "25000")
    assert limits.collar_pct == "2"


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["[risk.rules]", "exposre = {}"], "did you mean exposure?"),
        (["[risk.rules]", "exposure = 3"], "expected a table"),
        (["[risk.rules.exposure]", "gros_max = 3"], "gross_max"),
        (["[risk.rules.exposure]", "gross_max = -3"], "risk.rules.exposure.gross_max"),
        (["[risk.rules.exposure]", 'gross_max = "off"'], "no limit at all"),
        (["[risk.rules.drawdown]", "warn = 20"], "not less than the step before"),
        (["[risk]", 'zone = "Moon/Base"'], "no time zone"),
        (["[risk]", 'day_start = "25:00"'], "before 24:00"),
        (["[risk]", "stage = 30"], "stage"),
        (["[risk.strategies.nobody]", "valve = {}"], "names no strategy"),
        (["[risk.strategies.ema]", "drawdown = {}"], "watches each account as a whole"),
        (["[risk.strategies.ema]", 'link = "off"'], "watches each link as a whole"),
        (["[risk.groups]", 'calm = ["nobody"]'], "list of strategies"),
        (["[risk]", "rate_age_s = 0"], "1 or more"),
        (["[risk.rates]", 'EUR = { rate = "1.08" }'], "a rate with its origin"),
        (["[risk.rates]", 'EUR = { rate = "-1", origin = "x" }'], "a rate with its origin"),
        (["[risk.rates]", "EUR = 1"], "a rate with its origin"),
        (["[risk]", "mark_every_ms = -1"], "0 or more"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(lines: list[str], text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(*lines)
    assert text in str(caught.value)


def test_capital_in_a_strange_currency_is_refused() -> None:
    config = load('capital = "5000 EUR"')
    with pytest.raises(ConfigError, match="settle in USDT"):
        _ = build(config).assembly


SECOND = (
    "[strategies.second]", 'plugin = "ema_cross"', 'instruments = ["BTCUSDT-PERP.SIM"]',
    'settings = { quantity = "0.001" }',
)  # fmt: skip


DEPOSITS = "brokers.sim.deposits=['10000 USDT']"


def test_strategies_are_given_no_more_than_the_account_has() -> None:
    over = load('capital = "6000 USDT"', *SECOND, 'capital = "4000.01 USDT"', override=DEPOSITS)
    with pytest.raises(ConfigError, match=r"makes 10000\.01 USDT .*'sim'.* has 10000") as caught:
        _ = build(over).assembly
    assert (caught.value.path, bool(caught.value.remedy)) == ("strategies.second.capital", True)
    both = load('capital = "6000 USDT"', *SECOND, 'capital = "4000 USDT"', override=DEPOSITS)
    _ = build(both).assembly


@pytest.mark.parametrize(
    ("capital", "total"),
    [(("", ""), 10_000), (("50000 USDT", ""), 60_000), (("9000 USDT", "9000 USDT"), 18_000),
     (("50 USDT", "60 USDT"), 10_000)],
)  # fmt: skip
def test_without_deposits_the_account_has_what_its_strategies_were_given(
    capital: tuple[str, str], total: int
) -> None:
    first, second = (f'capital = "{each}"' if each else "" for each in capital)
    app = build(load(first, *SECOND, second))
    assert app.assembly.deposits == {"sim": (parse_money(f"{total} USDT"),)}


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["[risk]", 'currency = "EUR"', "[risk.rules]", "desk_loss = {}"], "needed by desk_loss"),
        (["[risk.rates]", 'BTC = "NOPE.X"'], "no such instrument"),
        (["[risk.rates]", 'EUR = "BTCUSDT-PERP.SIM"'], "expected an instrument of EUR and USDT"),
    ],
)
def test_rates_that_are_none_or_missing_stop_the_start(lines: list[str], text: str) -> None:
    with pytest.raises(ConfigError, match=text) as caught:
        _ = build(load(*lines)).assembly
    assert caught.value.path.startswith("risk.rates")
    assert caught.value.remedy


def test_rules_of_nobody_are_refused() -> None:
    config = load("[risk.custom.acme_hundreds]", "of = 100")
    with pytest.raises(ConfigError, match=r"none of risk\.plugins offers"):
        _ = build(config).assembly


class Raising:
    """A plugin's rule that raises."""

    name = "raising"
    code = "X_RAISING"

    def check(self, case: OrderCase) -> Verdict | None:
        raise RuntimeError("no")

    def edges(self) -> tuple[Edge, ...]:
        raise RuntimeError("no")


def test_a_plugins_rule_that_raises_refuses_the_order_and_never_starts() -> None:
    rule = GuardedRule(Raising())
    verdict = rule.check(WrittenCase())
    assert verdict is not None
    assert (verdict.code, verdict.measured) == ("X_RAISING", "raised_RuntimeError")
    with pytest.raises(ConfigError, match="asked for its cases"):
        rule.edges()


def test_the_guides_tables_are_what_the_code_says() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == written(page), "run scripts/risk_tables.py"


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert run_command(["risk", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)["data"]


def test_rules_and_presets_are_listed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rows = {row["rule"]: row for row in answer(capsys, "rules")["rules"]}
    assert rows["exposure"]["settings"]["gross_max"] == "3"
    assert rows["exposure"]["state"] == "on"
    assert rows["valve"]["state"] == "off"
    assert rows["order_notional_max"]["code"] == "ORDER_SIZE"
    off = answer(capsys, "rules", "--set", "risk.rules.exposure=off")["rules"]
    assert next(row for row in off if row["rule"] == "exposure")["state"] == "off"
    names = [row["preset"] for row in answer(capsys, "presets")["rules"]]
    assert names == list(RISK_PRESETS)
    assert run_command(["risk", "rules", "-c", str(tmp_path / "none.toml")]) != 0
    capsys.readouterr()


def test_what_differs_for_one_strategy_or_instrument_is_listed_too(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "plugins.toml"
    path.write_text(
        DESK
        + """
[risk.instruments."BTCUSDT-PERP.SIM"]
order_notional_max = "7"
[risk.strategies.ema]
valve = {}
exposure = "off"
""",
        encoding="utf-8",
    )
    rows = answer(capsys, "rules", "-c", str(path))["rules"]
    found = {(row["rule"], row["scope"]): row for row in rows if row["scope"]}
    assert found.keys() == {
        ("order_notional_max", "instrument:BTCUSDT-PERP.SIM"), ("valve", "strategy:ema"),
        ("exposure", "strategy:ema"),
    }  # fmt: skip
    assert found["order_notional_max", "instrument:BTCUSDT-PERP.SIM"]["settings"] == {
        "order_notional_max": "7"
    }
    assert found["valve", "strategy:ema"]["settings"] == {"quantity_max": "0.001"}
    assert found["exposure", "strategy:ema"]["state"] == "off"


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_refusal_has_a_remedy_of_its_own(code: str) -> None:
    found = explain(code)
    assert found["remedy"] not in ("", "hexdesk risk rules")


def test_every_refusal_of_the_guides_gate_and_of_venues_is_known() -> None:
    page = PAGE.read_text(encoding="utf-8")
    gate = page[page.index("## The gate") : page.index("## What passes always")]
    assert set(re.findall(r"`([A-Z]+_[A-Z_]+)`", gate)) <= CODES
    assert VENUE_CODES <= CODES


def test_a_code_that_is_none_is_refused_with_the_nearest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert answer(capsys, "explain", "venue_funds")["rules"][0]["code"] == "VENUE_FUNDS"
    assert run_command(["risk", "explain", "RISK_LIQUIDATON"]) == EXIT_NOT_FOUND
    assert "did you mean RISK_LIQUIDATION" in capsys.readouterr().err


def test_a_code_and_a_refusal_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    (verdict,) = answer(capsys, "explain", "LINK_BLOCKED")["rules"]
    assert "probe" in verdict["remedy"]
    found = explain("RISK_EXPOSURE", "RISK_EXPOSURE: rule=exposure.gross measured=3.5 limit=3")
    assert (found["rule"], found["measured"], found["limit"]) == ("exposure", "3.5", "3")


def test_levels_and_refusals_are_read_out_of_records() -> None:
    up = RiskStepped(
        "account:sim", "link", REDUCING, "LINK_BLOCKED", "measured=5 limit=4", "", "", 5
    )
    down = replace(up, level=NORMAL, by="me", reason="seen")
    denial = OrderDenied("O1", "LINK_BLOCKED", "LINK_BLOCKED: scope=account:sim", 6)
    changed = RiskChanged("exposure", "gross_max", "2", "3", "me", "news", "", 6)
    data: Any = read_report([denial, denial, changed], past=[up])
    (row,) = data["rules"]
    assert (row["rule"], row["scope"], row["level"], row["use"], row["limit"]) == (
        "link", "account:sim", "RISK_LEVEL_REDUCING", "5", "4",
    )  # fmt: skip
    assert data["denials"] == {"LINK_BLOCKED": 2}
    assert [len(table.rows) for table in report_tables(data)] == [1, 1, 1, 1]
    found: Any = read_report([up, denial, down])
    assert (found["rules"], len(found["history"])) == ([], 2)
