"""The rule of liquidation at a desk: it warns, lets only reductions pass, and closes."""

import pytest
from msgspec.structs import replace

from hexdesk.application.durability.replay import read_life
from hexdesk.application.risk.engine import RiskEngine
from hexdesk.application.risk.gauge import Gauge
from hexdesk.domain.instruments import MarginMode
from hexdesk.domain.money import RATE_SCALE, pow10
from hexdesk.domain.risk import ChangeRule
from hexdesk.domain.values import BUY, SELL
from hexdesk.testing.broker_bench import ASK, INSTRUMENT
from tests.core.application.replayed import assert_replayed
from tests.core.application.risk.desks import ACCOUNT, ID, RiskRig, plan, quote_at

ONE = pow10(RATE_SCALE)
CROSS = replace(INSTRUMENT, maintenance_margin=ONE // 50)
ISOLATED = replace(CROSS, margin_mode=MarginMode.ISOLATED)
RULE = {"warn": "10", "reduce": "5", "flatten": "3"}


def held(*, isolated: bool = False) -> RiskRig:
    """Return a desk that holds five times what is behind it: 5 at 10,001 USDT."""
    instrument = ISOLATED if isolated else CROSS
    rig = RiskRig(plan(liquidation=RULE), deposit="10000 USDT", instruments=(instrument,))
    rig.quote(ASK, ASK)
    rig.hold(50, ASK)
    rig.quote(ASK, ASK)
    return rig


def test_levels_follow_the_price_down_to_liquidation() -> None:
    """50,005 are held, 10,000 behind them: (10,000 - 1,000.1) / 49,004.9 is 18.4 % away."""
    rig = held()
    assert rig.levels() == {}
    rig.quote(ASK - 9_000, ASK - 9_000)
    assert rig.levels() == {}, "10.3 % away"
    rig.quote(ASK - 10_000, ASK - 10_000)
    assert rig.levels() == {(ACCOUNT, "liquidation"): "WARN"}
    rig.buy(1)
    assert rig.codes() == []
    rig.quote(ASK - 15_000, ASK - 15_000)
    assert rig.levels() == {(ACCOUNT, "liquidation"): "REDUCING"}
    rig.buy(1)
    assert rig.codes() == ["RISK_LIQUIDATION"]
    assert "rule=liquidation measured=" in rig.last_denial().text
    assert "limit=5" in rig.last_denial().text
    rig.canceled(rig.sent[-1].client_order_id)
    rig.send(SELL, 10)
    assert rig.codes() == ["RISK_LIQUIDATION"], "what reduces passes"


def test_before_the_venue_closes_at_its_price_we_close_at_the_markets() -> None:
    rig = held()
    rig.quote(ASK - 16_500, ASK - 16_500)
    assert rig.levels() == {(ACCOUNT, "liquidation"): "FLATTEN"}
    assert rig.sent[-1].tag == "flatten"


@pytest.mark.parametrize("isolated", [False, True])
def test_a_level_is_the_accounts_or_of_the_isolated_instrument_alone(*, isolated: bool) -> None:
    rig = held(isolated=isolated)
    rig.quote(ASK - 15_000, ASK - 15_000)
    scope = f"instrument:{ID}" if isolated else ACCOUNT
    level = "FLATTEN" if isolated else "REDUCING"
    assert rig.levels() == {(scope, "liquidation"): level}


def test_isolated_starts_near_and_a_report_says_how_near() -> None:
    """A tenth is behind it and a fiftieth must stay: 8 / 98 of the price is 8.16 %."""
    rig = held(isolated=True)
    uses = Gauge(rig.desk, rig.engine).read(rig.now())
    found = {each.scope: each for each in uses if each.rule == "liquidation"}
    use = found[f"instrument:{ID}"]
    assert (use.use, use.limit, use.level.name) == ("8.1632654", "5", "WARN")
    assert (use.instrument_id, use.used_pct, use.unit) == (ID, 61, "pct away")
    assert (found[ACCOUNT].use, found[ACCOUNT].used_pct) == ("infinite", 0)


def test_a_level_holds_over_a_restart_until_a_person_ends_it() -> None:
    rig = held()
    rig.quote(ASK - 15_000, ASK - 15_000)
    desk = read_life(rig.records)
    assert desk is not None
    RiskEngine(desk, rig.engine.plan).attach()
    assert desk.risk.steps[ACCOUNT, "liquidation"].level.name == "REDUCING"
    assert "still holds" in rig.rearm(ACCOUNT, "liquidation")
    rig.later(61)
    rig.quote(ASK, ASK)
    assert rig.levels() == {(ACCOUNT, "liquidation"): "REDUCING"}, "latched"
    assert rig.rearm(ACCOUNT, "liquidation") == ""
    assert rig.levels() == {}
    assert_replayed(rig, 0)


def test_a_nearer_limit_is_looser() -> None:
    rig = held()

    def change(key: str, value: str) -> str:
        return rig.desk.command(
            ChangeRule("liquidation", key, value, "me", "test", "", rig.now())
        ).refusal

    def is_looser(key: str, value: str) -> bool:
        wanted = ChangeRule("liquidation", key, value, "me", "test", "", rig.now())
        return rig.office.plan(wanted).is_looser

    assert is_looser("reduce", "4")
    assert not is_looser("reduce", "6")
    assert "not more than the step before" in change("reduce", "11")
    assert change("warn", "20") == ""
    rig.quote(ASK, ASK)
    assert rig.levels() == {(ACCOUNT, "liquidation"): "WARN"}, "18.4 % away"


def test_without_a_price_nothing_is_said() -> None:
    rig = held()
    desk = read_life(rig.records)
    assert desk is not None
    engine = RiskEngine(desk, rig.engine.plan).attach()
    uses = Gauge(desk, engine).read(rig.now())
    assert not [each for each in uses if each.rule == "liquidation"]
    desk.on_quote(quote_at(ASK - 15_000, rig.now()))
    assert desk.risk.steps[ACCOUNT, "liquidation"].level.name == "REDUCING"


def test_both_directions() -> None:
    rig = RiskRig(plan(liquidation=RULE), deposit="10000 USDT", instruments=(CROSS,))
    rig.quote(ASK, ASK)
    rig.fill(rig.send(SELL, 50), price=ASK)
    rig.quote(ASK + 15_000, ASK + 15_000)
    assert rig.levels() == {(ACCOUNT, "liquidation"): "FLATTEN"}
    assert (rig.sent[-1].tag, rig.sent[-1].side) == ("flatten", BUY)
