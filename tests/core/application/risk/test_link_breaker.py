"""The graded breaker of a venue's link, and what passes it always: rules of system D.

D27 (2, 4 and 5 failures in a row, 2 s of throttle), D28 (close, emergency stop, move stop and
target, query the position, cancel).
"""

from functools import partial

import hypothesis.strategies as st
import pytest
from hypothesis import given

from hexdesk.domain.commands import Flatten, OperatorCancel
from hexdesk.domain.links import LINK_DOWN
from hexdesk.domain.reports import AmendRejected, CancelRejected, OutcomeUnknown
from hexdesk.domain.values import BUY, SELL, Operation
from hexdesk.ports.strategy import StrategyContext
from hexdesk.testing.broker_bench import ASK, BID, LOT
from tests.core.application.risk.desks import ACCOUNT, ID, RiskRig, plan

LINK = (ACCOUNT, "link")
SECOND = 10**9


def fail(rig: RiskRig, order_id: str, how: str = "unknown") -> None:
    """Let a request fail."""
    now = rig.now()
    match how:
        case "unknown":
            rig.report(OutcomeUnknown(order_id, Operation.SUBMIT, 0, "no answer", now))
        case "down":
            rig.rejected(order_id, LINK_DOWN)
        case "cancel":
            rig.report(CancelRejected(order_id, 1, LINK_DOWN, "unsent", now, now))
        case _:
            rig.rejected(order_id, how)


def broken(rig: RiskRig, failures: int) -> None:
    """Let requests of a strategy without rules of its own fail in a row."""
    for _ in range(failures):
        rig.clock.advance_by(2 * SECOND)
        before = len(rig.sent)
        rig.buy(1, BID)
        assert len(rig.sent) == before + 1, rig.last_denial()
        fail(rig, rig.sent[-1].client_order_id)


@pytest.mark.parametrize("how", ["unknown", "down", "VENUE_OTHER", "VENUE_RATE", "VENUE_AUTH"])
def test_failures_in_a_row_warn_then_throttle_then_block(how: str) -> None:
    rig = RiskRig(plan(link={}))
    seen: list[str] = []
    for _ in range(5):
        rig.clock.advance_by(2 * SECOND)
        fail(rig, rig.buy(1, BID), how)
        seen.append(rig.levels().get(LINK, "NORMAL"))
    assert seen == ["NORMAL", "WARN", "WARN", "THROTTLE", "REDUCING"]
    rig.buy(1, BID)
    assert rig.codes() == ["LINK_BLOCKED"]


@given(gap_ns=st.integers(0, 4 * SECOND))
def test_the_throttle_keeps_two_seconds_between_what_grows(gap_ns: int) -> None:
    rig = RiskRig(plan(link={}))
    broken(rig, 4)
    rig.clock.advance_by(2 * SECOND)
    rig.buy(1, BID)
    rig.clock.advance_by(gap_ns)
    rig.buy(1, BID)
    assert rig.codes() == (["LINK_BLOCKED"] if gap_ns < 2 * SECOND else [])


@pytest.mark.parametrize("code", ["VENUE_FUNDS", "VENUE_PRICE_BAND", "VENUE_LOT"])
def test_a_refusal_of_the_order_is_an_answer_of_the_link(code: str) -> None:
    rig = RiskRig(plan(link={}))
    for _ in range(3):
        broken(rig, 1)
        rig.rejected(rig.buy(1, BID), code)
    assert rig.levels() == {}


def test_one_request_is_one_failure_however_often_it_is_said() -> None:
    rig = RiskRig(plan(link={}))
    order_id = rig.buy(1, BID)
    for _ in range(3):
        fail(rig, order_id)
    fail(rig, order_id, "down")
    assert rig.levels() == {}


def test_cancels_and_amendments_that_fail_count_and_those_too_late_do_not() -> None:
    rig = RiskRig(plan(link={}))
    order_id = rig.buy(1, BID)
    rig.accept(order_id)
    for number in range(1, 4):
        rig.act(lambda context: context.cancel(order_id))
        now = rig.now()
        rig.report(CancelRejected(order_id, number, "VENUE_OTHER", "too late", now, now))
    assert rig.levels() == {}
    for number in range(4, 6):
        rig.act(lambda context: context.cancel(order_id))
        now = rig.now()
        rig.report(CancelRejected(order_id, number, LINK_DOWN, "unsent", now, now))
    assert rig.levels() == {LINK: "WARN"}
    rig.act(lambda context: context.amend(order_id, price=BID - 5))
    now = rig.now()
    rig.report(AmendRejected(order_id, 6, "VENUE_AUTH", "who are you", now, now))
    rig.act(lambda context: context.amend(order_id, price=BID - 5))
    rig.report(AmendRejected(order_id, 7, "VENUE_AUTH", "who are you", now, now))
    assert rig.levels() == {LINK: "THROTTLE"}


def move(context: StrategyContext, order_id: str, price: int, trigger: int) -> bool:
    """Move an exit by a tick."""
    return context.amend(order_id, price=price and price + 5, trigger_price=trigger and trigger + 5)


def test_what_system_d_lets_pass_always_passes_a_blocked_link() -> None:
    rig = RiskRig(plan(link={}))
    bracket = rig.act(
        lambda context: context.submit_bracket(
            ID, BUY, 3 * LOT, entry_price=ASK, stop_price=BID - 500, target_price=ASK + 500
        )
    )
    rig.fill(bracket.entry, price=ASK)
    exits = [
        order.intent.client_order_id
        for order in rig.desk.execution.open_orders(rig.host(), ID)
        if order.intent.parent_id
    ]
    for order_id in exits:
        rig.accept(order_id)
    rig.hold(1)
    resting = rig.buy(1, BID)
    rig.accept(resting)
    broken(rig, 5)
    assert rig.levels() == {LINK: "REDUCING"}
    rig.buy(1, BID)
    assert rig.codes() == ["LINK_BLOCKED"], "what grows does not"
    for order_id in exits:
        order = rig.order(order_id)
        shift = partial(move, order_id=order_id, price=order.price, trigger=order.trigger_price)
        assert rig.act(shift), "stop and target are moved"
    assert rig.act(lambda context: context.position(ID).quantity) == 4 * LOT, "it is asked"
    assert rig.act(lambda context: context.cancel(resting)), "a cancel"
    rig.act(lambda context: context.submit(ID, SELL, LOT, reduce_only=True))
    assert rig.sent[-1].side is SELL, "a close"
    rig.act(lambda context: context.flatten())
    assert rig.sent[-1].tag == "flatten", "an exit of the strategy's own"
    rig.desk.command(OperatorCancel(exits[0], "by hand", rig.now()))
    rig.desk.command(Flatten("", "emergency", rig.now()))
    closing = [
        order
        for order in rig.desk.execution.open.values()
        if order.intent.tag == "flatten" and order.intent.side is SELL
    ]
    assert sum(order.leaves_qty for order in closing) == 4 * LOT, "an emergency stop"
    assert rig.codes() == ["LINK_BLOCKED"]


def test_a_blocked_link_is_tried_once_a_minute_and_trusted_again_when_it_answers() -> None:
    rig = RiskRig(plan(link={}))
    broken(rig, 5)
    rig.later(59)
    rig.buy(1, BID)
    assert rig.codes() == ["LINK_BLOCKED"]
    rig.later(2)
    fail(rig, rig.buy(1, BID))
    assert rig.levels() == {LINK: "REDUCING"}, "the probe failed"
    rig.later(61)
    rig.accept(rig.buy(1, BID))
    rig.later(61)
    assert rig.levels() == {}
