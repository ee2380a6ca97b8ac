"""Rules at a desk: they fire at their limit and not below, levels hold, and reductions pass.

Ids of seed systems: A14, A35, B3, B5, B7, B8, B13, B15, C3, C15, C16, C22, C36, D7, D27, D28, D40.
"""

from typing import Any

import msgspec
import pytest

from hexdesk.application.durability.replay import read_life
from hexdesk.application.durability.state import capture, decode_state, encode_state
from hexdesk.application.risk.engine import RiskEngine
from hexdesk.domain.money import parse_money
from hexdesk.domain.reports import OutcomeUnknown
from hexdesk.domain.risk import RiskStepped
from hexdesk.domain.values import BUY, SELL, Operation
from hexdesk.testing.broker_bench import ASK, BID, LOT
from hexdesk.testing.strategy import WIDE_LIMITS
from tests.core.application.books import check_books
from tests.core.application.risk.desks import ACCOUNT, ID, RiskRig, plan

LOSS = 5
"""A tick of the instrument; a lot loses 0.5 USDT with each."""
STRATEGY = "strategy:a"


def test_exposure_counts_what_works_beside_what_is_held_of_all_strategies() -> None:
    rig = RiskRig(plan(exposure={"gross_max": "3"}), "a", "b", deposit="1001 USDT")
    rig.accept(rig.buy(1, BID))
    rig.accept(rig.buy(1, BID, name="b"))
    rig.accept(rig.send(SELL, 1, ASK, name="b"))
    assert rig.codes() == []
    rig.buy(2, BID)
    assert rig.last_denial().text.startswith("RISK_EXPOSURE: rule=exposure.gross measured=3.99")
    rig.canceled(rig.sent[0].client_order_id)
    rig.buy(2, BID)
    assert rig.codes() == ["RISK_EXPOSURE"], "what was canceled counts no more"
    check_books(rig)


def test_net_exposure_sets_long_and_short_off_but_not_what_only_may_be() -> None:
    rig = RiskRig(plan(exposure={"gross_max": "off", "net_max": "1"}), "a", "b",
                  deposit="1001 USDT")  # fmt: skip
    rig.fill(rig.send(SELL, 1, name="b"), price=BID)
    rig.accept(rig.buy(1, BID))
    rig.accept(rig.buy(1, BID))
    assert rig.codes() == []
    rig.buy(1, BID)
    assert rig.codes() == ["RISK_EXPOSURE"]


@pytest.mark.parametrize(
    ("rules", "fits", "code"),
    [
        ({"concentration": {"pct_max": "200"}}, 2, "RISK_CONCENTRATION"),
        ({"leverage": {"max": "2"}}, 2, "RISK_LEVERAGE"),
        ({"global_position": {"quantity_max": "0.2"}}, 2, "RISK_POSITION"),
        ({"global_position": {"notional_max": "2000"}}, 2, "RISK_POSITION"),
        ({"message_budget": {"per_minute_max": "4", "reserved_pct": "50"}}, 2, "RISK_RATE"),
        ({"duplicate": {"open_max": "1"}}, 2, "ORDER_DUPLICATE"),
        ({"order_margin": {"pct_max": "0.001"}}, 0, "RISK_MARGIN"),
        ({"entry_interval": {"seconds_min": "60"}}, 1, "RISK_RATE"),
        ({"stop_required": {}}, 0, "RISK_STOP_MISSING"),
    ],
)
def test_a_rule_fires_at_its_limit_and_not_below(
    rules: dict[str, Any], fits: int, code: str
) -> None:
    rig = RiskRig(plan(**rules), deposit="1001 USDT")
    for _ in range(fits):
        rig.accept(rig.buy(1, BID))
    assert rig.codes() == []
    rig.buy(1, BID)
    assert rig.codes() == [code]
    check_books(rig)


def test_positions_are_counted_once_each() -> None:
    rig = RiskRig(plan(position_count={"max": "1"}), "a", "b")
    rig.hold(1)
    rig.buy(1, BID)
    assert rig.codes() == []
    rig.buy(1, BID, name="b")
    assert rig.codes("b") == ["RISK_POSITION_COUNT"]


def test_the_valve_is_one_way() -> None:
    rig = RiskRig(plan(valve={"quantity_max": "0.001"}))
    rig.hold(1)
    rig.buy(1, BID)
    assert rig.codes() == ["RISK_POSITION_OPEN"]
    rig.send(SELL, 1)
    assert rig.codes() == ["RISK_POSITION_OPEN"]


def test_a_close_waits_for_the_answer_of_another_and_never_for_ever() -> None:
    """C35: the lock of system C, which ends with an answer, a failure, or after ten seconds."""
    rig = RiskRig(plan(close_lock={"seconds_max": "10"}))
    rig.hold(4)

    def close() -> str:
        return rig.send(SELL, 1, reduce_only=True)

    first = close()
    close()
    assert rig.codes() == ["RISK_CLOSE_PENDING"]
    assert "measured=9999_ms_left limit=10000_ms" in rig.last_denial().text
    rig.accept(first)
    rig.rejected(close(), "LINK_DOWN")
    close()
    assert rig.codes() == ["RISK_CLOSE_PENDING"], "answered, then failed: both free it"
    rig.later(10)
    close()
    assert rig.codes() == ["RISK_CLOSE_PENDING"]
    rig.act(lambda context: context.flatten())
    assert rig.sent[-1].tag == "flatten", "an emergency does not wait"


def test_nobody_trades_with_himself() -> None:
    rig = RiskRig(plan(self_trade={}), "a", "b")
    rig.accept(rig.send(SELL, 1, ASK + 10, name="b"))
    rig.buy(1, ASK + 5)
    rig.buy(1, ASK + 10)
    rig.buy(1)
    assert rig.codes() == ["ORDER_SELF_TRADE"], "the market order meets others first"
    rig.quote(BID, ASK + 10)
    rig.buy(1)
    assert rig.codes() == ["ORDER_SELF_TRADE"] * 2


def test_a_stop_bounds_the_loss_of_a_trade_and_a_target_its_reward() -> None:
    wanted = plan(per_trade={"pct_max": "1"}, reward={"ratio_min": "2"}, stop_required={})
    rig = RiskRig(wanted, deposit="1000 USDT")

    def bracket(stop: int, target: int) -> None:
        rig.act(lambda context: context.submit_bracket(
            ID, BUY, LOT, entry_price=BID, stop_price=stop, target_price=target))  # fmt: skip

    bracket(BID - 1_000, BID + 2_000)
    assert rig.codes() == []
    bracket(BID - 1_005, BID + 3_000)
    assert rig.codes()[0] == "RISK_PER_TRADE"
    bracket(BID - 1_000, BID + 1_995)
    assert "RISK_REWARD" in rig.codes()


def test_a_stop_is_as_far_from_an_order_at_the_market_as_from_the_touch() -> None:
    """The collar, here a half, makes the order's reserve larger and not its risk."""
    wanted = plan(per_trade={"pct_max": "1"}, reward={"ratio_min": "2"})
    rig = RiskRig(wanted, deposit="1000 USDT")

    def bracket(stop: int, target: int) -> None:
        rig.act(lambda context: context.submit_bracket(
            ID, BUY, LOT, stop_price=stop, target_price=target))  # fmt: skip

    bracket(ASK - 1_000, ASK + 2_000)
    assert rig.codes() == []
    bracket(ASK - 1_005, ASK + 3_000)
    assert rig.codes()[0] == "RISK_PER_TRADE"


def test_entries_want_a_market_that_is_fresh_and_not_crossed() -> None:
    rig = RiskRig(plan(market_data={"age_ms_max": "5000"}))
    rig.hold(1)
    rig.clock.advance_by(6 * 10**9)
    rig.buy(1, BID)
    rig.send(SELL, 1)
    assert rig.codes() == ["FEED_STALE"]
    rig.quote(ASK, BID)
    rig.buy(1, BID)
    assert rig.codes() == ["FEED_STALE"] * 2


def test_what_the_rate_denies_is_no_entry_and_what_a_rule_denies_takes_no_rate() -> None:
    wanted = plan(entry_interval={"seconds_min": "60"})
    rig = RiskRig(wanted, limits=msgspec.structs.replace(WIDE_LIMITS, orders_per_second_max="0"))
    rig.buy(1, BID)
    rig.buy(1, BID)
    assert rig.codes() == ["RISK_RATE"] * 2, "nothing has left yet"
    rig = RiskRig(wanted, limits=msgspec.structs.replace(WIDE_LIMITS, orders_per_second_max="2"))
    for _ in range(5):
        rig.buy(1, BID)
    assert rig.codes() == ["RISK_RATE"] * 4, "those are of the interval"
    assert all("entry_interval" in each.text for each in rig.denials())


# --- capital --------------------------------------------------------------------------------------


def test_capital_is_a_strategys_own_and_comes_back_with_the_order() -> None:
    wanted = plan(allocation={}, capital={"a": "150 USDT"})
    rig = RiskRig(wanted, "a", "b")
    first = rig.buy(1, BID)
    rig.accept(first)
    reserved = rig.order(first).reserved
    assert rig.host().ledgers[ID].reserved == reserved
    needed = rig.engine.purses[STRATEGY, "USDT"].available
    assert needed < reserved, "one more would not fit"
    rig.buy(1, BID)
    assert rig.codes() == ["CAPITAL_ALLOCATION"]
    rig.accept(rig.buy(1, BID, name="b"))
    assert rig.codes("b") == [], "who was given no capital shares the account's"
    rig.canceled(first)
    rig.buy(1, BID)
    assert rig.codes() == ["CAPITAL_ALLOCATION"]


def test_a_loss_is_gone_from_capital_and_an_open_gain_is_not_there_yet() -> None:
    rig = RiskRig(plan(allocation={}, daily_loss={}, capital={"a": "10000 USDT"}))
    purse = rig.engine.purses[STRATEGY, "USDT"]
    start = purse.available
    rig.hold(1)
    rig.quote()
    bound = start - purse.available
    rig.quote(ASK + 1_000, ASK + 1_005)
    assert start - purse.available <= bound
    rig.quote(ASK - 1_005, ASK - 1_000)
    assert start - purse.available > bound


# --- losses ---------------------------------------------------------------------------------------


def losing(rules: dict[str, Any], **more: Any) -> RiskRig:
    """Return a desk that holds a lot, bought at the ask, with 1,000 USDT."""
    rig = RiskRig(plan(**rules), deposit="1000 USDT", **more)
    rig.quote(ASK, ASK)
    rig.hold(1, ASK)
    rig.quote(ASK, ASK)
    return rig


def test_a_days_loss_warns_then_lets_only_reductions_pass() -> None:
    rig = losing({"daily_loss": {"warn": "1.5", "reduce": "3"}})
    rig.quote(ASK - 1_450, ASK - 1_450)
    assert rig.levels() == {}
    rig.quote(ASK - 1_500, ASK - 1_500)
    assert rig.levels() == {(ACCOUNT, "daily_loss"): "WARN"}
    rig.accept(rig.buy(1, BID - 2_000))
    assert rig.codes() == []
    rig.quote(ASK - 3_000, ASK - 3_000)
    assert rig.levels() == {(ACCOUNT, "daily_loss"): "REDUCING"}
    rig.buy(1, BID - 2_000)
    assert rig.codes() == ["RISK_DAILY_LOSS"]
    assert rig.last_denial().text.startswith(
        "RISK_DAILY_LOSS: scope=account:venue level=REDUCING rule=daily_loss measured=3.0"
    )
    rig.quote(ASK, ASK)
    rig.buy(1, BID - 2_000)
    assert rig.codes() == ["RISK_DAILY_LOSS"] * 2, "it is latched"
    rig.send(SELL, 1, ASK + 100)
    assert rig.codes() == ["RISK_DAILY_LOSS"] * 2, "what reduces passes"
    assert rig.alerts.count("RISK_REDUCING") == 1


def test_a_days_loss_in_an_amount_of_money() -> None:
    rig = losing({"daily_loss": {"unit": "amount", "warn": "off", "reduce": "10"}})
    rig.quote(ASK - 900, ASK - 900)
    assert rig.levels() == {}
    rig.quote(ASK - 1_000, ASK - 1_000)
    assert rig.levels() == {(ACCOUNT, "daily_loss"): "REDUCING"}


def test_drawdown_is_measured_from_the_peak_and_deposits_are_no_gains() -> None:
    rig = losing({"drawdown": {"warn": "10", "reduce": "15"}})
    rig.desk.deposit("venue", parse_money("1000 USDT"), "more", rig.now())
    rig.quote(ASK + 20_000, ASK + 20_000)
    rig.quote(ASK - 1_900, ASK - 1_900)
    assert rig.levels() == {}
    rig.quote(ASK - 2_100, ASK - 2_100)
    assert rig.levels() == {(ACCOUNT, "drawdown"): "WARN"}


def test_a_strategys_loss_is_its_own() -> None:
    rig = RiskRig(plan(strategy_loss={"reduce": "10", "warn": "5"}, capital={"a": "100 USDT"}),
                  "a", "b")  # fmt: skip
    rig.quote(ASK, ASK)
    rig.hold(1, ASK)
    rig.quote(ASK - 1_000, ASK - 1_000)
    assert rig.levels() == {(STRATEGY, "strategy_loss"): "REDUCING"}
    rig.buy(1, BID - 2_000)
    rig.buy(1, BID - 2_000, name="b")
    assert (rig.codes(), rig.codes("b")) == (["RISK_STRATEGY_LOSS"], [])


def test_flatten_closes_what_is_held_and_halt_cancels_what_is_open() -> None:
    rig = losing({"daily_loss": {"warn": "off", "reduce": "off", "flatten": "3", "halt": "5"}})
    rig.accept(rig.buy(1, BID - 5_000))
    rig.quote(ASK - 3_000, ASK - 3_000)
    assert [(each.side, each.tag) for each in rig.sent[-1:]] == [(SELL, "flatten")]
    assert len(rig.cancels) == 1
    rig.quote(ASK - 5_000, ASK - 5_000)
    assert rig.levels() == {(ACCOUNT, "daily_loss"): "HALTED"}
    assert len(rig.sent) == 3, "asking twice closes once"


def test_a_latch_survives_a_restart_and_needs_a_person_a_reason_and_an_end() -> None:
    rig = losing({"daily_loss": {"reduce": "3"}})
    rig.quote(ASK - 3_000, ASK - 3_000)
    for who, why in (("", "because"), ("me", "")):
        assert "a person and a reason" in rig.rearm(ACCOUNT, "daily_loss", who, why)
    assert "still holds" in rig.rearm(ACCOUNT, "daily_loss")
    desk = read_life(rig.records)
    assert desk is not None
    assert desk.risk.describe() == rig.desk.risk.describe()
    state = decode_state(encode_state(capture(desk)))
    assert state.risk == desk.risk.describe()
    assert encode_state(capture(desk)) == encode_state(capture(rig.desk))
    assert rig.rearm(ACCOUNT, "daily_loss", "me", "accepted", accepts=True) == ""
    assert rig.levels() == {}
    rig.buy(1, BID - 3_000)
    assert rig.codes() == []
    last = [record for record in rig.journal.pending + rig.records if type(record) is RiskStepped]
    assert (last[-1].by, last[-1].reason) == ("me", "accepted")


def test_a_remembered_latch_holds_from_the_first_order_on() -> None:
    first = losing({"daily_loss": {"reduce": "3"}})
    first.quote(ASK - 3_000, ASK - 3_000)
    again = RiskRig(plan(daily_loss={"reduce": "3"}))
    for note in first.desk.risk.describe():
        again.desk.risk.take(note)
    RiskEngine(again.desk, again.engine.plan).attach()
    again.buy(1, BID)
    assert again.codes() == ["RISK_DAILY_LOSS"]


def test_a_new_day_has_a_new_start_but_a_latch_outlives_the_night() -> None:
    rig = losing({"daily_loss": {"warn": "1.5", "reduce": "3"}})
    rig.quote(ASK - 2_000, ASK - 2_000)
    assert rig.levels() == {(ACCOUNT, "daily_loss"): "WARN"}
    rig.later(86_400)
    assert rig.levels() == {}
    rig.quote(ASK - 4_900, ASK - 4_900)
    assert rig.levels() == {(ACCOUNT, "daily_loss"): "WARN"}
    rig.quote(ASK - 5_000, ASK - 5_000)
    rig.later(86_400)
    assert rig.levels() == {(ACCOUNT, "daily_loss"): "REDUCING"}


# --- reports --------------------------------------------------------------------------------------


def test_losing_closes_in_a_row_stop_a_strategy_and_a_gain_ends_the_row() -> None:
    rig = RiskRig(plan(streak={"reduce": "3"}))
    for gain in (-1, -1, 1, -1, -1):
        rig.hold(1, ASK)
        rig.fill(rig.send(SELL, 1), price=ASK + gain * 5)
    assert rig.levels() == {}
    rig.hold(1, ASK)
    rig.fill(rig.send(SELL, 1), price=ASK - 5)
    assert rig.levels() == {(STRATEGY, "streak"): "REDUCING"}


def test_fills_worse_than_decided_warn_and_then_throttle() -> None:
    rig = RiskRig(plan(slippage={"over_pct": "0.2", "throttle_s": "2"}))
    rig.hold(1, ASK + ASK * 2 // 1_000)
    assert rig.levels() == {}
    rig.hold(1, ASK + ASK * 2 // 1_000 + 205)
    assert rig.levels() == {(STRATEGY, "slippage"): "WARN"}
    for _ in range(2):
        rig.hold(1, ASK + 1_000)
    assert rig.levels() == {(STRATEGY, "slippage"): "THROTTLE"}
    rig.buy(1, BID)
    rig.buy(1, BID)
    assert rig.codes() == ["RISK_SLIPPAGE"]
    rig.later(2)
    rig.buy(1, BID)
    assert rig.codes() == ["RISK_SLIPPAGE"]


def test_few_fills_are_said() -> None:
    rig = RiskRig(plan(fill_ratio={"warn": "50", "window": 2}))
    rig.canceled(rig.buy(1, BID))
    rig.fill(rig.buy(1, BID))
    assert rig.levels() == {(STRATEGY, "fill_ratio"): "WARN"}


def test_refusals_within_a_minute_stop_entries_and_end_by_themselves() -> None:
    rig = RiskRig(plan(rejects={"reduce": "3"}))
    for _ in range(3):
        rig.rejected(rig.buy(1, BID), "VENUE_FUNDS")
    assert rig.levels() == {(ACCOUNT, "rejects"): "REDUCING"}
    rig.later(61)
    assert rig.levels() == {}


def test_the_link_breaker_is_graded_as_system_d_has_it() -> None:
    rig = RiskRig(plan(link={}))
    rig.hold(1)
    seen: list[str] = []
    for _ in range(5):
        order_id = rig.buy(1, BID)
        if rig.order(order_id).is_closed:
            rig.later(2)
            order_id = rig.buy(1, BID)
        now = rig.now()
        rig.report(OutcomeUnknown(order_id, Operation.SUBMIT, 0, "no answer", now))
        seen.append(rig.levels().get((ACCOUNT, "link"), "NORMAL"))
    assert seen == ["NORMAL", "WARN", "WARN", "THROTTLE", "REDUCING"]
    assert set(rig.codes()) <= {"LINK_BLOCKED"}
    rig.send(SELL, 1, ASK + 500)
    assert rig.sent[-1].side is SELL, "closes always pass"
    rig.buy(1, BID)
    assert rig.codes()[-1] == "LINK_BLOCKED"
    assert rig.act(lambda context: context.cancel(rig.sent[-1].client_order_id)) is not None
    rig.later(61)
    assert rig.levels() == {(ACCOUNT, "link"): "THROTTLE"}, "one probe may try"
    rig.accept(rig.sent[1].client_order_id)
    rig.later(61)
    rig.accept(rig.buy(1, BID))
    assert rig.levels() == {}


def test_a_market_that_moves_more_than_usual_is_left_alone() -> None:
    rig = RiskRig(plan(volatility={"window_s": 60, "reduce": "3"}))
    for number in range(26):
        rig.clock.advance_by(30 * 10**9)
        rig.quote(BID + 5 * (number % 2), ASK + 5 * (number % 2))
    assert rig.levels() == {}
    rig.quote(BID + 500, ASK + 500)
    assert rig.levels() == {(f"instrument:{ID}", "volatility"): "REDUCING"}
    rig.buy(1, BID)
    assert rig.codes() == ["RISK_VOLATILITY"]


def test_what_would_be_denied_is_explained_and_nothing_is_counted() -> None:
    rig = RiskRig(plan(exposure={"gross_max": "1"}, stop_required={}), deposit="1000 USDT")
    order_id = rig.buy(2, BID)
    verdicts = rig.engine.explain(rig.host(), rig.order(order_id), rig.host().ledgers[ID])
    found = {verdict.code: verdict for verdict in verdicts}
    assert found.keys() == {"RISK_EXPOSURE", "RISK_STOP_MISSING"}
    exposed = found["RISK_EXPOSURE"]
    assert (exposed.measured, exposed.limit) == ("2", "1")
