"""Rules and limits over the control plane: their use now, changes, re-arming, groups.

Ids of seed systems: A4, A14, B13, C15, C16.
"""

from typing import Any

import pytest
from msgspec.structs import replace

from hexdesk.application.risk.plan import RiskPlan
from hexdesk.domain.money import parse_money
from hexdesk.domain.risk import NORMAL, REDUCING, WARN
from hexdesk.domain.risk import ChangeRule as ChangeCommand
from hexdesk.ports.control import ALL_SCOPES, Caller, ControlError, Reason
from hexdesk.ports.control_approvals import ApproveCall
from hexdesk.ports.control_requests import CheckOrder, Halt
from hexdesk.ports.control_risk import (
    ChangeRule,
    GetRiskReport,
    RearmRule,
    RuleUse,
    SwitchGroup,
)
from hexdesk.testing.broker_bench import ASK, INSTRUMENT
from hexdesk.testing.strategy import WIDE_LIMITS
from tests.core.application.control.rig import ADMIN, ControlRig, terms
from tests.core.application.risk.desks import activate

SECOND = Caller(subject="sue", scopes=ALL_SCOPES)
ACCOUNT = "account:venue"


def risky(*names: str, deposit: str = "1000 USDT", **rules: Any) -> ControlRig:
    """Return a rig with rules; `more` of a plan under `plan`."""
    plan = RiskPlan(
        rules={name: activate(name, settings) for name, settings in rules.items()},
        limits=WIDE_LIMITS,
        mark_every_ns=0,
        groups={"calm": ("a",), "fast": ("b",)},
    )
    rig = ControlRig(*names, plan=plan)
    target = parse_money(deposit)
    rig.deposit_more(replace(target, amount=target.amount - rig.deposit.amount))
    rig.start(ASK, ASK)
    return rig


def uses(rig: ControlRig) -> dict[tuple[str, str], RuleUse]:
    return {(each.rule, each.scope): each for each in rig.ask(GetRiskReport()).rules}


def hold(rig: ControlRig, quantity: str = "0.1") -> None:
    """Buy and be filled, as a person."""
    order_id = rig.buy(quantity).client_order_id
    rig.accept(order_id)
    rig.fill(order_id, price=ASK)


def refused(rig: ControlRig, request: Any, caller: Caller = ADMIN) -> ControlError:
    with pytest.raises(ControlError) as caught:
        rig.tell(request, caller)
    return caught.value


def test_the_report_shows_what_is_used_of_every_rule_and_limit_now() -> None:
    rig = risky(
        "a",
        exposure={"gross_max": "4"},
        daily_loss={},
        position_count={"max": "4"},
        duplicate={},
        concentration={"pct_max": "400"},
        message_budget={},
    )
    before = uses(rig)
    assert before["exposure", ACCOUNT].use == "0"
    assert before["position_count", ACCOUNT].used_pct == 0
    hold(rig)
    rig.quote(ASK - 1_000, ASK - 1_000)
    found = uses(rig)
    exposure = found["exposure", ACCOUNT]
    assert (exposure.use[:5], exposure.limit, exposure.used_pct) == ("1.000", "4", 25)
    loss = found["daily_loss", ACCOUNT]
    assert (loss.use[:5], loss.limit, loss.level, loss.next_level) == ("1.000", "1.5", NORMAL, WARN)
    assert (found["position_count", ACCOUNT].use, found["position_count", ACCOUNT].limit) == (
        "1", "4",
    )  # fmt: skip
    assert found["concentration", ACCOUNT].instrument_id == INSTRUMENT.id
    assert found["message_budget", ACCOUNT].use == "1"
    assert found["duplicate", "desk"].limit == "open_max 0", "it speaks of orders, nothing is used"
    limit = found["open_orders_max", "strategy:a"]
    assert (limit.instrument_id, limit.code) == (INSTRUMENT.id, "RISK_OPEN_ORDERS")
    rig.quote(ASK - 3_000, ASK - 3_000)
    tripped = uses(rig)["daily_loss", ACCOUNT]
    assert (tripped.level, tripped.latched, tripped.code) == (REDUCING, True, "RISK_DAILY_LOSS")
    assert tripped.since_ns > 0
    assert "measured=" in tripped.text


def test_asking_for_the_report_changes_nothing() -> None:
    rig = risky("a", exposure={}, daily_loss={}, streak={}, link={}, rejects={}, volatility={})
    hold(rig)
    records = len(rig.records) + len(rig.journal.pending)
    rig.ask(GetRiskReport())
    assert len(rig.records) + len(rig.journal.pending) == records


def test_a_level_is_re_armed_where_it_is_and_asking_again_changes_nothing() -> None:
    rig = risky("a", daily_loss={"reduce": "3"})
    hold(rig)
    rig.quote(ASK - 4_000, ASK - 4_000)
    error = refused(rig, RearmRule(rule="daily_loss", reason="seen"))
    assert error.reason is Reason.STATE_WRONG
    assert "accept the loss" in error.message
    assert "--accept-loss" in error.remedy
    anew = RearmRule(rule="daily_loss", accepts_loss=True, reason="seen")
    assert rig.tell(replace(anew, dry_run=True)).level is REDUCING
    assert rig.buy("0.1").code == "RISK_DAILY_LOSS"
    ended = rig.tell(anew)
    assert (ended.scope, ended.level) == (ACCOUNT, REDUCING)
    assert rig.buy("0.1").code == ""
    assert rig.tell(anew).level is NORMAL
    assert refused(rig, RearmRule(rule="dayly_loss", reason="x")).reason is Reason.RESOURCE_UNKNOWN
    assert refused(rig, RearmRule(rule="daily_loss")).reason is Reason.FIELD_INVALID


def test_a_level_whose_condition_holds_says_what_would_end_it() -> None:
    rig = risky("a", liquidation={"warn": "off", "reduce": "49"})
    hold(rig)
    hold(rig)
    rig.quote(ASK - 3_000, ASK - 3_000)
    error = refused(rig, RearmRule(rule="liquidation", reason="seen", accepts_loss=True))
    assert "still holds" in error.message
    assert error.remedy.startswith("reduce what is held")


def test_a_limit_is_tried_previewed_and_changed_with_who_and_why() -> None:
    rig = risky("a", exposure={"gross_max": "3"})
    wanted = ChangeRule(rule="exposure", key="gross_max", value="0.5", reason="news")
    tried = rig.tell(replace(wanted, dry_run=True))
    assert (tried.before, tried.is_looser, tried.needs_second) == ("3", False, False)
    assert rig.buy("0.1").code == "", "it was only tried"
    assert rig.tell(wanted).before == "3"
    assert rig.buy("0.1").code == "RISK_EXPOSURE"
    (command,) = [each for each in rig.records if isinstance(each, ChangeCommand)]
    assert (command.by, command.reason) == ("ann", "news")
    entry = rig.audit.load()[-2]
    assert (entry.subject, entry.method, entry.outcome) == ("ann", "ChangeRule", "ok")
    gate = ChangeRule(rule="limits", key="order_quantity_max", value="0.05", reason="news")
    assert rig.tell(gate).before == WIDE_LIMITS.order_quantity_max
    assert rig.buy("0.1").code == "ORDER_SIZE"
    assert uses(rig)["order_quantity_max", f"instrument:{INSTRUMENT.id}"].limit == "0.05"


@pytest.mark.parametrize(
    ("rule", "key", "value", "scope"),
    [
        ("exposre", "gross_max", "1", ""),
        ("exposure", "gros_max", "1", ""),
        ("exposure", "gross_max", "much", ""),
        ("exposure", "gross_max", "-1", ""),
        ("limits", "order_size", "1", ""),
        ("limits", "order_quantity_max", "1", "instrument:NONE"),
        ("exposure", "gross_max", "1", "account:venue"),
    ],
)
def test_what_makes_no_sense_is_refused(rule: str, key: str, value: str, scope: str) -> None:
    rig = risky("a", exposure={})
    request = ChangeRule(rule=rule, key=key, value=value, risk_scope=scope, reason="x")
    assert refused(rig, request).reason is Reason.FIELD_INVALID


def test_a_looser_limit_waits_for_a_second_person() -> None:
    rig = risky("a", exposure={"gross_max": "3"})
    rig.office.engine.plan = replace(rig.office.engine.plan, confirms_looser=True)
    looser = ChangeRule(rule="exposure", key="gross_max", value="4", reason="calm", request_id="1")
    assert rig.tell(replace(looser, dry_run=True)).needs_second
    error = refused(rig, looser)
    assert error.reason is Reason.APPROVAL_REQUIRED
    number = int(error.facts["approval"].removeprefix("approvals/"))
    assert refused(rig, ApproveCall(number=number, reason="me")).reason is Reason.STATE_WRONG
    rig.tell(ApproveCall(number=number, reason="yes"), SECOND)
    other = refused(rig, replace(looser, value="5"))
    assert other.reason is Reason.APPROVAL_REQUIRED, "another value is another question"
    done = rig.tell(looser)
    assert (done.before, done.confirmed_by, done.needs_second) == ("3", "sue", False)
    (command,) = [each for each in rig.records if isinstance(each, ChangeCommand)]
    assert (command.by, command.reason, command.confirmed_by) == ("ann", "calm", "sue")
    assert rig.tell(looser) == done, "the same key gives the first answer"
    tighter = ChangeRule(rule="exposure", key="gross_max", value="2", reason="news")
    assert not rig.tell(tighter).is_looser, "tighter at once"
    again = refused(rig, replace(looser, request_id="2"))
    assert again.reason is Reason.APPROVAL_REQUIRED, "a word serves once"


def test_groups_take_turns_and_nobody_enters_while_the_desk_is_halted() -> None:
    rig = risky("a", "b", exposure={})
    done = rig.tell(SwitchGroup(group="calm", reason="news"))
    assert (done.resumed, done.stopped) == ((), ("b",))
    back = rig.tell(SwitchGroup(group="fast", reason="over", dry_run=True))
    assert (back.resumed, back.stopped) == (("b",), ("a",))
    assert rig.host("a").entries_allowed
    assert refused(rig, SwitchGroup(group="wild", reason="x")).reason is Reason.RESOURCE_UNKNOWN
    rig.tell(Halt(reason="fire"))
    assert refused(rig, SwitchGroup(group="fast", reason="x")).reason is Reason.DESK_HALTED


def test_a_check_says_all_that_denies_and_leaves_nothing_behind() -> None:
    """B14: answered without sending; asked a thousand times, the desk is as it was."""
    rig = risky("a", exposure={"gross_max": "0.5"}, concentration={"pct_max": "50"}, valve={})
    thought = [rig.ask(CheckOrder(terms=terms(quantity="0.01"))) for _ in range(3)]
    assert all(each.allowed and not each.verdicts for each in thought)
    assert not [each for each in rig.office.engine.stakes if each.ledger.strategy_id != "a"]
    hold(rig, "0.01")
    found = rig.ask(CheckOrder(terms=terms(quantity="0.2")))
    assert not found.allowed
    assert sorted(each.code for each in found.verdicts) == [
        "RISK_CONCENTRATION", "RISK_EXPOSURE", "RISK_POSITION_OPEN",
    ]  # fmt: skip
    assert all(each.measured and each.limit for each in found.verdicts)
    assert (found.code, found.text.partition(": ")[2]) == (
        found.verdicts[0].code, found.verdicts[0].text,
    )  # fmt: skip
    wrong = rig.ask(CheckOrder(terms=terms(quantity="0.2", price="10000.3")))
    tick = wrong.verdicts[0]
    assert (tick.code, tick.measured, tick.limit) == ("ORDER_TICK", "10000.3", "0.5")
    rig.tell(ChangeRule(rule="limits", key="order_notional_max", value="100", reason="x"))
    size = rig.ask(CheckOrder(terms=terms(quantity="0.2", price="10000"))).verdicts[0]
    assert (size.rule, size.measured, size.limit) == ("notional", "2000", "100")
