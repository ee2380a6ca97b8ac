"""What of a configuration may be reloaded, and what turns one risk into another (E4)."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexdesk.application.risk.changes import plan_in_order
from hexdesk.domain.risk import RiskLimits, RiskSetting
from hexdesk.testing.broker_bench import INSTRUMENT
from hexdesk_app.config import Config, Sources, load_config
from hexdesk_app.config.risk import RiskSection, RiskSettings
from hexdesk_app.control.reloads import restart_reason, risk_settings

SIZES = st.sampled_from(["1", "20", "300", "unlimited"])
KEYS = ("order_quantity_max", "position_notional_max", "collar_pct")
BASE = """
[brokers.venue]
plugin = "sim"
[strategies.one]
plugin = "ema_cross"
instruments = ["X.Y"]
[risk.rules]
rejects = "off"
"""


def limits() -> st.SearchStrategy[RiskLimits]:
    return st.builds(RiskLimits, **dict.fromkeys(KEYS, SIZES))


def sections() -> st.SearchStrategy[RiskSection]:
    return st.builds(
        RiskSection,
        preset=st.just("standard"),
        limits=limits(),
        instruments=st.dictionaries(st.just(INSTRUMENT.id), limits()),
        settings=st.builds(RiskSettings, stage=st.sampled_from([10, 100])),
    )


@given(sections(), sections())
def test_the_settings_turn_the_limits_of_one_into_those_of_the_other(
    old: RiskSection, new: RiskSection
) -> None:
    settings = risk_settings(old, new)
    steps = plan_in_order(old.plan({}), settings, {INSTRUMENT.id: INSTRUMENT}, ())
    plan = steps[-1][1].plan if steps else old.plan({})
    assert plan.limits == new.of("")
    assert plan.limits_of(INSTRUMENT.id) == new.of(INSTRUMENT.id)
    assert risk_settings(new, new) == ()


def load(folder: Path, text: str) -> Config:
    file = folder / "plugins.toml"
    file.write_text(text)
    return load_config(Sources(files=(file,)))


def test_steps_of_a_ladder_may_move_together(tmp_path: Path) -> None:
    """Neither may pass the other on the way, so their order is found."""
    old = load(tmp_path, BASE + 'daily_loss = { warn = "1", reduce = "2" }\n').risk
    new = load(tmp_path, BASE + 'daily_loss = { warn = "3", reduce = "4" }\n').risk
    for before, after in ((old, new), (new, old)):
        settings = risk_settings(before, after)
        assert {(each.rule, each.key) for each in settings} == {
            ("daily_loss", "warn"), ("daily_loss", "reduce"),
        }  # fmt: skip
        steps = plan_in_order(before.plan({}), settings, {}, ())
        made = steps[-1][1].plan.rules["daily_loss"].settings
        assert made == after.rules["daily_loss"].settings


def test_a_rule_of_one_strategy_is_changed_for_it_alone(tmp_path: Path) -> None:
    text = BASE + "[risk.strategies.one]\n"
    old = load(tmp_path, text + 'streak = { reduce = "5" }\n').risk
    new = load(tmp_path, text + 'streak = { reduce = "7" }\n').risk
    assert risk_settings(old, new) == (RiskSetting("streak", "reduce", "7", "strategy:one"),)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("logging.level", ""),
        ("logging.folder", "the log is open"),
        ("risk.order_notional_max", ""),
        ("risk.stage", ""),
        ('risk.instruments."X.Y".collar_pct', ""),
        ("risk.rules.daily_loss.warn", ""),
        ("risk.rules.rejects", "rules come, go"),
        ("risk.zone", "rules come, go"),
        ("strategies.one.settings.quantity", ""),
        ("strategies.one.broker", "orders and positions hang on it"),
        ("strategies.one.capital", "hexdesk risk allocate"),
        ("strategies.new.broker", ""),
        ("desk.mode", "what the desk and its state are"),
        ("servers.control.listen", "clients are connected"),
    ],
)
def test_what_needs_a_restart_says_why(tmp_path: Path, path: str, reason: str) -> None:
    config = load(tmp_path, BASE)
    found = restart_reason(path, config, config, has_alarm=False)
    assert bool(found) is bool(reason)
    assert reason in found


def test_alerts_are_reloaded_where_somebody_is_told(tmp_path: Path) -> None:
    config = load(tmp_path, BASE)
    for path in ("alerts.dedupe_s", "channels.hook.level"):
        assert restart_reason(path, config, config, has_alarm=True) == ""
        assert "without a channel" in restart_reason(path, config, config, has_alarm=False)


@pytest.mark.parametrize(("capital", "reason"), [("", ""), ("5 USDT", "risk allocate")])
def test_a_new_strategy_may_come_without_capital_of_its_own(
    tmp_path: Path, capital: str, reason: str
) -> None:
    old = load(tmp_path, BASE)
    fresh = (
        f'[strategies.fresh]\nplugin = "ema_cross"\ninstruments = ["X.Y"]\ncapital = "{capital}"'
    )
    new = load(tmp_path, f"{BASE}\n{fresh}")
    found = restart_reason("strategies.fresh.capital", old, new, has_alarm=False)
    assert bool(found) is bool(reason)
    assert reason in found
