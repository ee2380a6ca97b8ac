"""People change rules on a running desk: tried, journalled, with who and why; groups take turns.

Ids of seed systems: A14, A4.
"""

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from hexdesk.application.durability.replay import read_life, restored_desk
from hexdesk.application.durability.state import capture
from hexdesk.application.risk.changes import changed, is_looser
from hexdesk.application.risk.engine import RiskEngine
from hexdesk.application.risk.office import RiskOffice
from hexdesk.domain.risk import ChangeRule, RearmRule, RiskChanged, SwitchGroup
from hexdesk.domain.values import SELL
from hexdesk.testing.broker_bench import ASK, BID
from tests.core.application.replayed import assert_replayed
from tests.core.application.rig import Rig
from tests.core.application.risk.desks import ACCOUNT, ID, RiskRig, activate, plan


def change(rig: RiskRig, rule: str, key: str, value: str, *, by: str = "me", second: str = "",
           reason: str = "test") -> str:  # fmt: skip
    return rig.desk.command(ChangeRule(rule, key, value, by, reason, second, rig.now())).refusal


def test_a_change_holds_at_once_is_journalled_and_survives_a_restart() -> None:
    rig = RiskRig(plan(exposure={"gross_max": "3"}), deposit="1001 USDT")
    rig.accept(rig.buy(2, BID))
    assert change(rig, "exposure", "gross_max", "2") == ""
    rig.buy(1, BID)
    assert rig.codes() == ["RISK_EXPOSURE"]
    (note,) = [record for record in rig.records if isinstance(record, RiskChanged)]
    assert (note.before, note.value, note.by, note.reason) == ("3", "2", "me", "test")
    desk = read_life(rig.records)
    assert desk is not None
    engine = RiskEngine(desk, plan(exposure={"gross_max": "3"})).attach()
    RiskOffice(desk, engine)
    assert getattr(engine.plan.rules["exposure"].settings, "gross_max") == "2"  # noqa: B009
    told = desk.alerts.recent[-1]
    assert (told.code, told.scope) == ("RISK_CHANGED", "exposure.gross_max")
    assert told.text == "2 by me, the configuration says 3"
    assert_replayed(rig, 0)


@given(
    wanted=st.lists(st.integers(1, 99), min_size=4, max_size=4, unique=True).map(sorted),
    order=st.permutations(["warn", "throttle", "reduce", "flatten"]),
)
@settings(max_examples=25, deadline=None)
def test_steps_of_a_ladder_that_need_each_other_survive_a_restart(
    wanted: list[int], order: list[str]
) -> None:
    """A step is refused before the one below it: whatever was tried first was lost."""
    steps = dict(zip(["warn", "throttle", "reduce", "flatten"], map(str, wanted), strict=True))
    configured = {"warn": "40", "throttle": "41", "reduce": "42", "flatten": "43"}
    rig = RiskRig(plan(daily_loss=configured))
    left = list(order)
    while left:
        left = [key for key in left if change(rig, "daily_loss", key, steps[key])]
    desk = restored_desk(capture(rig.desk))
    engine = RiskEngine(desk, plan(daily_loss=configured)).attach()
    RiskOffice(desk, engine)
    found = engine.plan.rules["daily_loss"].settings
    assert {key: getattr(found, key) for key in steps} == steps
    assert "RISK_CHANGE_LOST" not in [each.code for each in desk.alerts.recent]


@pytest.mark.parametrize(
    ("rule", "key", "value", "text"),
    [
        ("drawdown", "reduce", "5", "is not on; known: exposure, slippage, limits"),
        ("exposure", "gros_max", "2", "no setting"),
        ("exposure", "gross_max", "much", "decimal number"),
        ("exposure", "gross_max", "unlimited", "no limit"),
        ("exposure", "gross_max", "-1", "0 to"),
        ("slippage", "window", "many", "int"),
        ("limits", "order_size", "1", "there is no limit 'order_size'; known: order_quantity_max"),
        ("limits", "open_orders_max", "many", "decimal number"),
        ("limits", "collar_pct", "-1", "0 or more"),
    ],
)
def test_senseless_changes_are_refused(rule: str, key: str, value: str, text: str) -> None:
    rig = RiskRig(plan(exposure={}, slippage={}))
    assert text in change(rig, rule, key, value)
    assert "person" in change(rig, "exposure", "gross_max", "2", by="")
    assert "reason" in change(rig, "exposure", "gross_max", "2", reason="")
    assert not [record for record in rig.records if isinstance(record, RiskChanged)]


def test_a_looser_limit_may_need_a_second_person() -> None:
    rig = RiskRig(replace(plan(exposure={"gross_max": "3"}), confirms_looser=True))
    assert "second person" in change(rig, "exposure", "gross_max", "4")
    assert "second person" in change(rig, "exposure", "gross_max", "4", second="me")
    assert change(rig, "exposure", "gross_max", "2") == ""
    assert change(rig, "exposure", "gross_max", "4", second="you") == ""


@pytest.mark.parametrize(
    ("rule", "key", "value", "looser"),
    [
        ("daily_loss", "reduce", "4", True),
        ("daily_loss", "reduce", "2", False),
        ("daily_loss", "warn", "off", True),
        ("daily_loss", "latched", "false", True),
        ("daily_loss", "cool_down_s", "90", False),
        ("daily_loss", "flatten", "5", False),
        ("reward", "ratio_min", "1", True),
        ("reward", "ratio_min", "3", False),
        ("exposure", "net_max", "1", False),
    ],
)
def test_looser_is_what_allows_more(rule: str, key: str, value: str, looser: bool) -> None:
    old = activate(rule)
    assert is_looser(old, changed(old, key, value)) is looser


def scoped(rig: RiskRig, scope: str, rule: str, key: str, value: str) -> str:
    return rig.desk.command(
        ChangeRule(rule, key, value, "me", "test", "", rig.now(), scope)
    ).refusal


def test_limits_of_the_gate_change_for_all_or_for_one_instrument_and_over_a_restart() -> None:
    rig = RiskRig(plan(exposure={}))
    before = rig.desk.limits.of(ID).order_quantity_max
    assert scoped(rig, "", "limits", "order_quantity_max", "0.1") == ""
    rig.buy(2, BID)
    assert rig.codes() == ["ORDER_SIZE"]
    assert scoped(rig, f"instrument:{ID}", "limits", "order_quantity_max", "0.2") == ""
    assert scoped(rig, "", "limits", "order_quantity_max", "0.1") == "", "it has its own now"
    rig.buy(2, BID)
    assert rig.codes() == ["ORDER_SIZE"]
    notes = [record for record in rig.records if isinstance(record, RiskChanged)]
    assert (notes[0].before, notes[0].value, notes[1].scope) == (before, "0.1", f"instrument:{ID}")
    desk = read_life(rig.records)
    assert desk is not None
    RiskOffice(desk, RiskEngine(desk, plan(exposure={})).attach())
    assert desk.limits.of(ID).order_quantity_max == "0.2"
    assert "there is no 'instrument:NONE'" in scoped(
        rig, "instrument:NONE", "limits", "order_quantity_max", "1"
    )


def test_a_looser_limit_of_the_gate_may_need_a_second_person() -> None:
    rig = RiskRig(replace(plan(exposure={}), confirms_looser=True))
    assert change(rig, "limits", "order_quantity_max", "1") == ""
    assert "second person" in change(rig, "limits", "order_quantity_max", "2")
    assert "second person" in change(rig, "limits", "order_quantity_max", "unlimited")
    assert change(rig, "limits", "order_quantity_max", "2", second="you") == ""


def test_a_rule_changes_for_one_strategy_alone() -> None:
    rig = RiskRig(plan(exposure={}, daily_loss={}), "a", "b", deposit="1001 USDT")
    assert scoped(rig, "strategy:a", "exposure", "gross_max", "0.5") == ""
    rig.buy(1, BID)
    rig.buy(1, BID, name="b")
    assert (rig.codes(), rig.codes("b")) == (["RISK_EXPOSURE"], [])
    assert "not about single strategies" in scoped(rig, "strategy:a", "daily_loss", "reduce", "2")
    assert "strategy:NAME" in scoped(rig, "account:venue", "exposure", "gross_max", "1")


def test_what_happened_is_not_forgotten_when_a_rule_changes() -> None:
    rig = RiskRig(plan(streak={"reduce": "3"}, exposure={}))
    for _ in range(2):
        rig.hold(1, ASK)
        rig.fill(rig.send(SELL, 1), price=BID - 5)
    assert change(rig, "exposure", "gross_max", "2") == ""
    rig.hold(1, ASK)
    rig.fill(rig.send(SELL, 1), price=BID - 5)
    assert rig.levels() == {("strategy:a", "streak"): "REDUCING"}


def test_a_losing_streak_and_a_strategys_loss_end_where_a_person_accepts_them() -> None:
    """Neither could end by itself: nothing may be opened that could win."""
    wanted = plan(
        streak={"reduce": "1"}, strategy_loss={"unit": "amount", "warn": "off", "reduce": "1"}
    )
    rig = RiskRig(wanted, deposit="1000 USDT")
    rig.quote(ASK, ASK)
    rig.hold(1, ASK)
    rig.fill(rig.send(SELL, 1), price=ASK - 10_000)
    rig.quote(ASK, ASK)
    assert set(rig.levels()) == {("strategy:a", "streak"), ("strategy:a", "strategy_loss")}
    for rule in ("streak", "strategy_loss"):
        assert "accept the loss" in rig.rearm("strategy:a", rule)
        assert rig.rearm("strategy:a", rule, accepts=True) == ""
    rig.quote(ASK, ASK)
    assert rig.levels() == {}
    assert rig.desk.risk.values("strategy:a", "accepted.USDT")[0] < 0
    assert_replayed(rig, 0)


def test_a_level_is_re_armed_by_command() -> None:
    rig = RiskRig(plan(daily_loss={"reduce": "3"}), deposit="1000 USDT")
    rig.quote(ASK, ASK)
    rig.hold(1, ASK)
    rig.quote(ASK - 3_000, ASK - 3_000)

    def rearm(*, accepts: bool) -> str:
        command = RearmRule(ACCOUNT, "daily_loss", "me", "seen", accepts, rig.now())
        return rig.desk.command(command).refusal

    assert "still holds" in rearm(accepts=False)
    assert rearm(accepts=True) == ""
    assert rig.levels() == {}
    assert rearm(accepts=False) == "", "asking again changes nothing"
    assert_replayed(rig, 0)


def test_groups_take_turns_and_reductions_pass() -> None:
    wanted = replace(plan(exposure={}), groups={"calm": ("a",), "fast": ("b",)})
    rig = RiskRig(wanted, "a", "b")
    rig.hold(1, name="b")

    def switch(group: str) -> str:
        return rig.desk.command(SwitchGroup(group, "me", "news", rig.now())).refusal

    assert switch("calm") == ""
    rig.buy(1, BID, name="b")
    rig.buy(1, BID)
    assert (rig.codes("b"), rig.codes()) == (["RISK_REDUCING"], [])
    assert "known: calm, fast" in switch("wild")
    assert switch("fast") == ""
    rig.buy(1, BID, name="b")
    assert rig.codes("b") == ["RISK_REDUCING"]
    rig.buy(1, BID)
    assert rig.codes() == ["RISK_REDUCING"]
    assert_replayed(rig, 0)


def test_without_rules_there_is_nothing_to_change() -> None:
    rig = Rig().start()
    command = ChangeRule("exposure", "gross_max", "2", "me", "test", "", rig.now())
    assert rig.desk.command(command).refusal.startswith("RISK_OFF")
