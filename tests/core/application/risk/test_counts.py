"""What watching rules have counted goes on after a restart: it is in the journal, byte for byte.

Ids of seed systems: B3, B5, B15, D27.
"""

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings

from hexdesk.application.durability.replay import read_life
from hexdesk.application.risk.engine import RiskEngine
from hexdesk.application.risk.gauge import Gauge
from hexdesk.domain.reports import OutcomeUnknown
from hexdesk.domain.risk import ChangeRule, RiskNoted
from hexdesk.domain.values import NS_PER_SECOND, SELL, Operation
from hexdesk.testing.broker_bench import ASK, BID
from tests.core.application.replayed import assert_replayed
from tests.core.application.risk.desks import ACCOUNT, ID, RiskRig, activate, plan

STRATEGY = "strategy:a"
GOOD, BAD = False, True
Happen = Callable[[RiskRig, bool], object]
"""Lets something good or bad happen at a desk."""


def close_at(rig: RiskRig, is_bad: bool) -> None:
    rig.hold(1, ASK)
    rig.fill(rig.send(SELL, 1), price=ASK - 5 if is_bad else ASK + 5)


def fill_at(rig: RiskRig, is_bad: bool) -> None:
    rig.hold(1, ASK + 1_000 if is_bad else ASK)


def end(rig: RiskRig, is_bad: bool) -> None:
    order_id = rig.buy(1, BID)
    rig.canceled(order_id) if is_bad else rig.fill(order_id)


def refuse(rig: RiskRig, is_bad: bool) -> None:
    order_id = rig.buy(1, BID)
    rig.rejected(order_id, "VENUE_FUNDS") if is_bad else rig.accept(order_id)


def fail(rig: RiskRig, is_bad: bool) -> None:
    order_id = rig.buy(1, BID)
    if is_bad:
        rig.report(OutcomeUnknown(order_id, Operation.SUBMIT, 0, "no answer", rig.now()))
    else:
        rig.accept(order_id)


class Counted(msgspec.Struct, frozen=True):
    """A rule that counts, and what it counts."""

    scope: str
    happen: Happen
    more: dict[str, Any] = {}


COUNTED = {
    "streak": Counted(STRATEGY, close_at, {"reduce": "off"}),
    "slippage": Counted(STRATEGY, fill_at, {"throttle": "off", "window": 4}),
    "fill_ratio": Counted(STRATEGY, end, {"window": 3}),
    "rejects": Counted(ACCOUNT, refuse, {"reduce": "off"}),
    "link": Counted(ACCOUNT, fail, {"throttle": "off", "reduce": "off"}),
}


def rules_of(rule: str, warn: str) -> dict[str, Any]:
    """Return a rule that only warns, so that nothing of the story is denied."""
    return {rule: {**COUNTED[rule].more, "warn": warn}}


def use_of(rig: RiskRig, rule: str) -> str:
    """Return what a person is shown of a rule at its scope."""
    uses = Gauge(rig.desk, rig.engine).read(rig.now())
    (found,) = [each for each in uses if (each.rule, each.scope) == (rule, COUNTED[rule].scope)]
    return found.use


@pytest.mark.parametrize("rule", COUNTED)
@given(before=st.lists(st.booleans(), max_size=6), after=st.lists(st.booleans(), max_size=6))
@settings(max_examples=12, deadline=None)
def test_a_restart_changes_nothing_of_what_is_counted(
    rule: str, before: list[bool], after: list[bool]
) -> None:
    wanted = plan(**rules_of(rule, "34" if rule == "fill_ratio" else "2"))
    happen = COUNTED[rule].happen
    rig = RiskRig(wanted)
    for is_bad in before:
        happen(rig, is_bad)
    assert_replayed(rig, len(rig.records) // 2)
    again = RiskRig(wanted, past=rig)
    assert use_of(again, rule) == use_of(rig, rule)
    for is_bad in after:
        happen(rig, is_bad)
        happen(again, is_bad)
        assert use_of(again, rule) == use_of(rig, rule)
        assert again.levels() == rig.levels()


def test_refusals_are_counted_for_a_minute_whatever_was_in_between() -> None:
    wanted = plan(rejects={"reduce": "3"})
    rig = RiskRig(wanted)
    refuse(rig, BAD)
    rig.later(40)
    refuse(rig, BAD)
    again = RiskRig(wanted, past=rig)
    again.later(21)
    refuse(again, BAD)
    assert again.levels() == {}, "the first is longer ago than a minute"
    refuse(again, BAD)
    assert again.levels() == {(ACCOUNT, "rejects"): "REDUCING"}


def test_a_blocked_link_is_tried_after_a_restart_as_before_it() -> None:
    """D27: five failures block; what follows a minute later is one try, not trust."""
    wanted = plan(link={"warn": "2", "throttle": "4", "throttle_s": "0", "reduce": "5"})
    rig = RiskRig(wanted)
    for _ in range(5):
        fail(rig, BAD)
    assert rig.levels() == {(ACCOUNT, "link"): "REDUCING"}
    again = RiskRig(wanted, past=rig)
    assert again.levels() == {(ACCOUNT, "link"): "REDUCING"}
    again.later(61)
    assert again.levels() == {(ACCOUNT, "link"): "THROTTLE"}
    fail(again, BAD)
    assert again.levels() == {(ACCOUNT, "link"): "REDUCING"}


@pytest.mark.parametrize("rule", ["slippage", "fill_ratio"])
def test_a_latched_count_ends_where_a_person_accepts_it(rule: str) -> None:
    """Nothing may be opened that could be filled better; a restart is no way out either."""
    latched: dict[str, Any] = {rule: {**COUNTED[rule].more, "warn": "off", "reduce": "1"}}
    wanted = plan(**latched)
    rig = RiskRig(wanted)
    for _ in range(3):
        COUNTED[rule].happen(rig, BAD)
    again = RiskRig(wanted, past=rig)
    for each in (rig, again):
        assert each.levels() == {(STRATEGY, rule): "REDUCING"}
        assert "still holds" in each.rearm(STRATEGY, rule)
        assert each.rearm(STRATEGY, rule, accepts=True) == ""
        assert each.levels() == {}
        assert each.desk.risk.values(STRATEGY, rule) == ()
    assert_replayed(rig, 0)


@pytest.mark.parametrize("seconds", [30, 61])
def test_the_pace_of_entries_goes_on_after_a_restart(seconds: int) -> None:
    """B15: 60 s between trades; closes and refusals are none."""
    wanted = plan(entry_interval={"seconds_min": "60"})
    rig = RiskRig(wanted)
    rig.hold(2)
    rig.later(seconds)
    rig.send(SELL, 1, reduce_only=True)
    desk = read_life(rig.records)
    assert desk is not None
    engine = RiskEngine(desk, wanted).attach()
    (stake,) = engine.stakes
    gap_ns = rig.now() - stake.entry_ns
    assert seconds * NS_PER_SECOND < gap_ns < (seconds + 1) * NS_PER_SECOND
    rig.buy(1, BID)
    assert rig.codes() == (["RISK_RATE"] if seconds < 60 else [])


def test_what_is_usual_of_a_market_goes_on_after_a_restart_and_a_change() -> None:
    """Without it a market could do anything for an hour after each restart."""
    wanted = plan(volatility={"window_s": 60, "reduce": "3"})
    rig = RiskRig(wanted)
    for number in range(26):
        rig.clock.advance_by(30 * 10**9)
        rig.quote(BID + 5 * (number % 2), ASK + 5 * (number % 2))
    assert_replayed(rig, len(rig.records) // 2)
    again = RiskRig(wanted, past=rig)
    again.quote(BID, ASK)
    again.quote(BID + 500, ASK + 500)
    assert again.levels() == {(f"instrument:{ID}", "volatility"): "REDUCING"}
    command = ChangeRule("volatility", "window_s", "50", "me", "test", "", rig.now())
    assert rig.desk.command(command).refusal == ""
    rig.quote(BID + 500, ASK + 500)
    assert rig.levels() == {}, "windows of fifty seconds have to be seen first"


def test_calm_writes_nothing() -> None:
    """A window that looks the same is not written down again; nor is a link that works."""
    rig = RiskRig(plan(slippage={"window": 3}, link={}, rejects={}, streak={}))
    for _ in range(3):
        fill_at(rig, GOOD)
    before = len(rig.desk.risk.describe())
    notes = [each for each in rig.records if isinstance(each, RiskNoted)]
    for _ in range(5):
        fill_at(rig, GOOD)
    assert [each for each in rig.records if isinstance(each, RiskNoted)] == notes
    assert len(rig.desk.risk.describe()) == before


@pytest.mark.parametrize(
    ("rule", "key", "value"),
    [
        ("slippage", "window", 0), ("fill_ratio", "window", 1_001), ("volatility", "window_s", 0),
        ("volatility", "history", 11),
    ],
)  # fmt: skip
def test_a_window_that_could_not_be_kept_is_refused(rule: str, key: str, value: int) -> None:
    """An empty window never says anything, nor does a history that is too short to be usual."""
    with pytest.raises(msgspec.ValidationError, match=key):
        activate(rule, {key: value})
