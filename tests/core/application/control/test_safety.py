"""Halting, flattening, stopping and starting by hand, and a desk that cannot write it down."""

import pytest
from msgspec.structs import replace

from hexdesk.domain.commands import OpenBooks
from hexdesk.domain.reports import OrderRejected
from hexdesk.domain.values import Side
from hexdesk.ports.control import (
    ControlError,
    Reason,
    Scope,
)
from hexdesk.ports.control_checks import RunChecks
from hexdesk.ports.control_requests import (
    CancelAllOrders,
    CancelOrder,
    CreateOrder,
    CreateToken,
    Flatten,
    GetDesk,
    GetStrategy,
    Halt,
    PauseStrategy,
    Rearm,
    ResumeEntries,
    ResumeStrategy,
    Shutdown,
    StartStrategy,
    StopEntries,
    StopStrategy,
)
from hexdesk.ports.control_views import DeskState
from hexdesk.testing.broker_bench import INSTRUMENT
from tests.core.application.control.every_request import outcome
from tests.core.application.control.rig import ADMIN, ControlRig, terms


def test_halting_stops_orders_and_arming_needs_a_reason(rig: ControlRig) -> None:
    assert rig.tell(Halt(reason="fire")).state is DeskState.HALTED
    assert rig.buy("1").code == "RISK_HALTED"
    assert outcome(rig, ResumeEntries(), ADMIN) is Reason.DESK_HALTED
    assert outcome(rig, ResumeStrategy(strategy_id="a"), ADMIN) is Reason.DESK_HALTED
    assert outcome(rig, Rearm(), ADMIN) is Reason.FIELD_INVALID
    assert rig.tell(Rearm(reason="out")) == "fire"
    assert rig.tell(Rearm(reason="again")) == ""
    assert rig.ask(GetDesk()).state is DeskState.RUNNING


def test_books_of_operators_are_opened_and_written_down_once() -> None:
    rig = ControlRig("a")
    rig.start()
    rig.make_control()
    opened = [each for each in rig.records if isinstance(each, OpenBooks)]
    assert [each.strategy_id for each in opened] == ["manual@venue"]


def test_a_desk_whose_journal_takes_nothing_says_that_no_close_left() -> None:
    rig = ControlRig("a")
    rig.start()
    held = rig.buy("1").client_order_id
    rig.accept(held)
    rig.fill(held)
    rig.journal.failing = True
    sent = len(rig.requests)
    for mutation in (Flatten(), Flatten(), Flatten(dry_run=True), StopEntries()):
        with pytest.raises(ControlError) as refused:
            rig.tell(mutation)
        assert refused.value.reason is Reason.STORE_UNWRITABLE
        assert "nothing leaves" in refused.value.message
        assert "no space left" in refused.value.message
        assert "start the desk again" in (refused.value.remedy or "")
    assert len(rig.requests) == sent
    assert rig.audit.entries[-1].outcome.startswith("STORE_UNWRITABLE: nothing leaves")


def test_what_was_done_is_not_called_refused_because_it_cannot_be_written_down() -> None:
    """Whoever is told that an order was refused sends it again."""
    rig = ControlRig("a")
    rig.start()
    rig.audit.is_full = True
    made = rig.buy("1")
    assert rig.sent[-1].client_order_id == made.client_order_id
    alert = rig.desk.alerts.recent[-1]
    assert alert.code == "AUDIT_UNWRITABLE"
    assert alert.text.startswith("CreateOrder by ann is not kept: the audit log cannot be written")
    rig.answers.is_full = True
    assert outcome(rig, CancelOrder(client_order_id="none"), ADMIN) is Reason.RESOURCE_UNKNOWN


def test_a_live_desk_whose_audit_log_takes_nothing_takes_only_what_reduces() -> None:
    rig = ControlRig("a", mode="live")
    rig.start()
    rig.audit.is_full = True
    rig.tell(StopEntries())
    rearm = Rearm(reason="try", account_id=rig.account.id)
    for mutation in (ResumeEntries(), rearm, StartStrategy(strategy_id="a")):
        assert outcome(rig, mutation, ADMIN) is Reason.STORE_UNWRITABLE
    with pytest.raises(ControlError, match="takes only what reduces"):
        rig.buy("1")
    rig.tell(Halt())
    rig.tell(StopStrategy(strategy_id="a", account_id=rig.account.id))
    rig.audit.is_full = False
    assert outcome(rig, ResumeEntries(), ADMIN) is Reason.STORE_UNWRITABLE
    assert rig.audit.entries[-1].method == "ResumeEntries"
    assert outcome(rig, ResumeEntries(), ADMIN) is not Reason.STORE_UNWRITABLE


def test_re_arming_is_no_remedy_for_a_journal_that_takes_nothing() -> None:
    rig = ControlRig("a")
    rig.start()
    rig.journal.failing = True
    rig.quote()
    assert outcome(rig, StopEntries(), ADMIN) is Reason.STORE_UNWRITABLE
    halted = rig.desk.execution.halted
    assert outcome(rig, Rearm(reason="try"), ADMIN) is Reason.STORE_UNWRITABLE
    assert outcome(rig, Rearm(reason="try", dry_run=True), ADMIN) is Reason.STORE_UNWRITABLE
    assert rig.desk.execution.halted == halted
    assert rig.alerts.count("HALTED") == 1
    (check,) = (each for each in rig.ask(RunChecks()) if each.code == "DESK_HALTED")
    assert "re-arming does not help" in check.remedy
    assert rig.tell(CreateToken(name="root", scopes=frozenset(Scope))).secret, "not a journal's"


def test_flattening_names_no_close_that_was_refused_at_once(rig: ControlRig) -> None:
    held = rig.buy("1").client_order_id
    rig.accept(held)
    rig.fill(held)
    rig.broker.answer = lambda request: [
        OrderRejected(request.client_order_id, "VENUE_SESSION", "closed", 1, 1)
    ]
    done = rig.tell(Flatten())
    assert done.positions == (("manual@venue", INSTRUMENT.id),)
    assert done.closing_orders == ()


def test_stopping_entries_lets_closes_through(rig: ControlRig) -> None:
    held = rig.buy("1").client_order_id
    rig.accept(held)
    rig.fill(held)
    assert set(rig.tell(StopEntries()).ids) == {"a", "b", "manual@venue"}
    assert rig.tell(StopEntries()).ids == ()
    assert not rig.ask(GetDesk()).entries_allowed
    assert rig.buy("1").code == "RISK_REDUCING"
    close = rig.tell(CreateOrder(terms=terms(Side.SELL, reduce_only=True)))
    assert close.code == ""


def test_flattening_says_what_it_did_and_closes_once(rig: ControlRig) -> None:
    held = rig.buy("1").client_order_id
    rig.accept(held)
    rig.fill(held)
    resting = rig.buy("1", INSTRUMENT.format_price(90_000)).client_order_id
    rig.accept(resting)
    would = rig.tell(Flatten(dry_run=True))
    assert would.canceled_orders == (resting,)
    assert would.positions == (("manual@venue", INSTRUMENT.id),)
    done = rig.tell(Flatten())
    assert done.canceled_orders == (resting,)
    assert len(done.closing_orders) == 1
    assert rig.tell(Flatten()).closing_orders == ()


def test_what_waits_for_a_broker_is_said(rig: ControlRig) -> None:
    held = rig.buy("1").client_order_id
    rig.accept(held)
    rig.fill(held)
    rig.desk.owed.unreachable.add("venue")
    would = rig.tell(Flatten(dry_run=True)).queued
    assert [(each.verb, each.strategy_id) for each in would] == [("flatten", "manual@venue")]
    assert rig.ask(GetDesk()).queued == (), "a dry run queues nothing"
    done = rig.tell(Flatten())
    (queued,) = done.queued
    owner = "manual@venue"
    assert (queued.verb, queued.strategy_id, queued.account) == ("flatten", owner, "venue")
    assert (done.canceled_orders, done.closing_orders) == ((), ())
    assert done.positions == ((owner, INSTRUMENT.id),)
    assert rig.ask(GetDesk()).queued == done.queued
    assert rig.tell(CancelAllOrders(dry_run=True)).called_off == done.queued
    assert rig.tell(CancelAllOrders(instrument_id=INSTRUMENT.id)).called_off == ()
    canceled = rig.tell(CancelAllOrders(strategy_id=owner))
    assert (canceled.queued, canceled.called_off) == ((), done.queued)
    assert rig.tell(CancelAllOrders(strategy_id=owner)).called_off == ()
    rig.accept(rig.buy("1", INSTRUMENT.format_price(90_000)).client_order_id)
    would = rig.tell(CancelAllOrders(dry_run=True)).queued
    assert [each.verb for each in would] == ["cancel-all"]
    canceled = rig.tell(CancelAllOrders())
    assert (canceled.ids, [each.verb for each in canceled.queued]) == ((), ["cancel-all"])
    rig.desk.owed.unreachable.clear()
    assert len(rig.tell(CancelAllOrders()).ids) == 1


def test_a_strategys_life(rig: ControlRig) -> None:
    stopped = rig.tell(StopStrategy(strategy_id="a", keep_orders=False))
    assert stopped.state == "stopped"
    assert outcome(rig, StartStrategy(strategy_id="nobody"), ADMIN) is Reason.RESOURCE_UNKNOWN
    assert rig.tell(StartStrategy(strategy_id="a")).state == "running"
    paused = rig.tell(PauseStrategy(strategy_id="a"))
    assert not paused.entries_allowed
    stale = ResumeStrategy(strategy_id="a", expected_version=paused.version - 1)
    assert outcome(rig, stale, ADMIN) is Reason.VERSION_CONFLICT
    assert rig.tell(replace(stale, expected_version=paused.version)).entries_allowed


def test_a_quarantined_strategy_is_not_started(rig: ControlRig) -> None:
    rig.puppets["a"].hooks["on_trade"] = lambda _: 1 / 0
    rig.trade()
    assert rig.ask(GetStrategy(strategy_id="a")).state == "faulted"
    assert outcome(rig, StartStrategy(strategy_id="a"), ADMIN) is Reason.STATE_WRONG


def test_a_stopping_desk_takes_only_what_makes_it_safer(rig: ControlRig) -> None:
    stop = Shutdown(reason="bye", request_id="stop-1")
    answer = rig.tell(stop)
    assert rig.tell(stop) == answer, "a request is answered as it was, also meanwhile"
    assert rig.runtime.shutdowns == ["bye"]
    assert outcome(rig, CreateOrder(terms=terms()), ADMIN) is Reason.DESK_STOPPING
    assert outcome(rig, CancelAllOrders(), ADMIN) is None
    assert rig.ask(GetDesk()).state is DeskState.STOPPING
