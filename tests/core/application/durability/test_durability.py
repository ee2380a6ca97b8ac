"""Law L7: nothing leaves before it is written; what cannot be written does not leave."""

from functools import partial

import pytest

from hexdesk.domain.commands import Rearm
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.reports import (
    AmendRejected,
    CancelRejected,
    Fill,
    OrderRejected,
    OutcomeUnknown,
)
from hexdesk.domain.values import BUY, LIMIT, Life, Operation, ReportedStatus
from hexdesk.ports.strategy import StrategyContext
from hexdesk.testing.broker_bench import BID, INSTRUMENT, LOT
from tests.core.application.books import check_books
from tests.core.application.rig import Rig


def buy(context: StrategyContext) -> str:
    return context.submit(INSTRUMENT.id, BUY, LOT, LIMIT, BID)


def _buy(context: StrategyContext, _quote: object) -> str:
    return buy(context)


def test_one_input_is_one_commit_however_many_requests_it_makes() -> None:
    rig = Rig("a", "b").start()
    before = rig.journal.commits

    def act(context: StrategyContext) -> None:
        order_id = buy(context)
        buy(context)
        context.cancel(order_id)

    rig.act(act)
    assert rig.journal.commits == before + 1
    assert [type(request) for request in rig.requests] == [NewOrder, NewOrder, CancelOrder]
    assert not rig.broker.early


def test_an_input_that_sends_nothing_is_committed_as_well() -> None:
    rig = Rig().start()
    order_id = rig.act(buy)
    rig.accept(order_id)
    rig.fill(order_id)
    assert not rig.journal.pending
    assert isinstance(rig.records[-1], Fill)


def test_a_quote_that_nobody_acts_on_costs_no_commit() -> None:
    rig = Rig().start()
    before = rig.journal.commits
    rig.quote()
    assert rig.journal.commits == before


def test_what_cannot_be_written_does_not_leave_and_halts_the_desk() -> None:
    rig = Rig().start()
    standing = rig.act(buy)
    rig.accept(standing)
    rig.journal.failing = True
    sent = list(rig.requests)

    def act(context: StrategyContext) -> str:
        context.amend(standing, price=BID - 5)
        context.cancel(standing)
        return buy(context)

    order_id = rig.act(act)
    assert rig.requests == sent
    assert rig.desk.execution.halted.startswith("JOURNAL_UNWRITABLE")
    assert rig.desk.execution.halted.endswith("fake medium"), "what to do, its alarm says"
    assert "HALTED" in rig.alerts
    told = rig.puppets["a"].of("on_order")
    assert {type(event) for event in told[-3:]} == {AmendRejected, CancelRejected, OrderRejected}
    assert rig.order(order_id).life is Life.REJECTED
    assert rig.order(order_id).code == "JOURNAL_UNWRITABLE"
    assert rig.order(standing).life is Life.ACCEPTED
    assert not rig.order(standing).pending_cancels
    check_books(rig)


def test_an_unwritable_journal_alerts_once_and_denies_what_follows() -> None:
    rig = Rig().start()
    rig.journal.failing = True
    rig.act(buy)
    rig.act(buy)
    rig.quote()
    assert rig.alerts.count("HALTED") == 1
    assert [denial.code for denial in rig.denials()] == ["RISK_HALTED"]
    assert not rig.requests


def test_rearming_over_a_broken_journal_halts_again() -> None:
    rig = Rig().start()
    rig.journal.failing = True
    rig.act(buy)
    rig.desk.command(Rearm("try again", rig.now()))
    assert rig.desk.execution.halted
    rig.journal.failing = False
    rig.desk.command(Rearm("disk replaced", rig.now()))
    order_id = rig.act(buy)
    assert [order.client_order_id for order in rig.sent] == [order_id]
    assert not rig.broker.early


def test_a_strategy_that_cancels_for_ever_over_a_broken_journal_is_stopped() -> None:
    rig = Rig().start()
    order_id = rig.act(buy)
    rig.accept(order_id)
    rig.journal.failing = True
    puppet = rig.puppets["a"]
    puppet.hooks["on_order"] = lambda _event: puppet.context.cancel(order_id)
    rig.act(lambda context: context.cancel(order_id))
    assert rig.host().state == "faulted"


@pytest.mark.parametrize(
    ("kind", "operation"),
    [
        (NewOrder, Operation.SUBMIT),
        (AmendOrder, Operation.REPLACE),
        (CancelOrder, Operation.CANCEL),
    ],
)
def test_a_broker_that_raises_leaves_its_request_in_doubt(kind: type, operation: Operation) -> None:
    rig = Rig("a", "b").start()
    standing = rig.act(buy)
    rig.accept(standing)

    def fail(request: object) -> list[OutcomeUnknown]:
        if isinstance(request, kind):
            raise ConnectionError("socket closed")
        return []

    rig.broker.answer = fail

    def act(context: StrategyContext) -> str:
        if kind is NewOrder:
            return buy(context)
        if kind is AmendOrder:
            context.amend(standing, price=BID - 5)
        else:
            context.cancel(standing)
        return standing

    order_id = rig.act(act)
    assert rig.order(order_id).reported_status is ReportedStatus.IN_DOUBT
    doubt = rig.order(order_id).doubt
    assert doubt is not None
    assert doubt.operation is operation
    assert "socket closed" in rig.desk.execution.halted
    rig.broker.answer = lambda _request: ()
    rig.act(lambda context: context.cancel(order_id), "b")
    check_books(rig)


def test_a_raising_broker_does_not_keep_others_from_their_requests() -> None:
    rig = Rig("a", "b").start()
    asked: list[object] = []

    def fail_once(request: object) -> list[OutcomeUnknown]:
        asked.append(request)
        if len(asked) == 1:
            raise ConnectionError("once")
        return []

    rig.broker.answer = fail_once
    for name in "ab":
        puppet = rig.puppets[name]
        puppet.hooks["on_quote"] = partial(_buy, puppet.context)
    rig.quote()
    assert len(asked) == 2
    for name in "ab":
        rig.puppets[name].hooks.clear()
    rig.quote()
    assert len(asked) == 2, "nothing is sent twice"
