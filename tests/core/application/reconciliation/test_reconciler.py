"""The reconciler at a desk: what it asks, when it acts, what it leaves to a person.

Seeds: C5, C7, C23, C31, C38.
"""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from hexdesk.application.alerts import Alert
from hexdesk.application.orders.working import is_close
from hexdesk.application.reconciliation.actions import (
    Action,
    AdjustCash,
    AdjustPosition,
    AdoptExternal,
    CancelLeftover,
    CloseIncident,
    FeedReport,
    FlattenInstrument,
    OpenIncident,
)
from hexdesk.application.reconciliation.findings import Finding, Mismatch, Policy
from hexdesk.application.reconciliation.incidents import BY_ITSELF
from hexdesk.application.reconciliation.reconciler import Reconciler
from hexdesk.application.reconciliation.repairs import Repairs
from hexdesk.application.reconciliation.settings import ReconciliationSettings
from hexdesk.application.reconciliation.truth import QueryKind
from hexdesk.domain.commands import ClearReducing, Halt, Rearm, SetReducing
from hexdesk.domain.money import Money
from hexdesk.domain.order import Order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.reports import Fill, OrderUpdated, OutcomeUnknown
from hexdesk.domain.values import (
    BUY,
    CANCELED,
    FILLED,
    LIMIT,
    MAKER,
    SELL,
    SUBMITTED,
    Life,
    Operation,
    Side,
)
from hexdesk.ports.broker import VenueOrder
from hexdesk.ports.strategy import StrategyContext
from hexdesk.testing.broker_bench import BID, INSTRUMENT, LOT
from tests.core.application.reconciliation.session import PROVING, Session
from tests.core.application.rig import DEPOSIT

ID = INSTRUMENT.id


def order_at_venue(session: Session, *, name: str = "a", side: Side = BUY, **terms: bool) -> Order:
    """Send an order that the venue accepts and shows."""

    def send(context: StrategyContext) -> str:
        return context.submit(ID, side, LOT, LIMIT, BID, **terms)  # type: ignore[arg-type]

    order_id = session.rig.act(send, name)
    session.rig.accept(order_id)
    session.show(session.rig.order(order_id))
    return session.rig.order(order_id)


def hold(session: Session, *, name: str = "a", side: Side = BUY) -> Order:
    """Fill an order, and let the broker know all of it."""
    order = order_at_venue(session, name=name, side=side)
    session.rig.fill(order.intent.client_order_id, price=BID)
    session.agree()
    return order


def missed(session: Session, order: Order, quantity: int = LOT) -> Fill:
    """Let the broker execute an order without a word."""
    intent, now = order.intent, session.rig.now()
    fill = Fill(
        intent.client_order_id, order.venue_order_id, f"M{now}", ID, intent.side, quantity, BID,
        MAKER, 0, "USDT", now, now,
    )  # fmt: skip
    session.fills.append(fill)
    cum_qty = order.cum_qty + quantity
    life = FILLED if cum_qty >= order.quantity else order.life
    session.show(order, cum_qty=cum_qty, life=life)
    session.positions[ID] = session.positions.get(ID, 0) + quantity * intent.side
    return fill


def kinds_asked(session: Session) -> set[QueryKind]:
    return {query.kind for query in session.asked}


# --------------------------------------------------------------------------------------------------
# Start, intervals


def test_the_start_is_one_full_round() -> None:
    session = Session(starts=False)
    assert not session.reconciler.due(session.rig.clock.now_ns())
    session.reconciler.start(session.rig.clock.now_ns())
    assert not session.reconciler.is_ready
    session.wait(0)
    assert kinds_asked(session) == set(QueryKind) - {QueryKind.ORDER}
    assert session.reconciler.is_ready
    assert session.done == []


def test_the_start_waits_until_the_latest_change_must_be_visible() -> None:
    session = Session(starts=False)
    now_ns = session.rig.clock.now_ns()
    session.reconciler = Reconciler(
        "venue", session.desk, replace(PROVING, visibility_delay_ms=500), session.settings
    )
    session.reconciler.start(now_ns, quiet_since_ns=now_ns - 10**6)
    session.wait(0.4, step_s=0.1)
    assert session.asked == []
    session.wait(0.2, step_s=0.1)
    assert len(session.asked) == 4
    assert session.reconciler.is_ready


def test_a_start_that_finds_a_missed_execution_adopts_it_first() -> None:
    session = Session(starts=False)
    order = order_at_venue(session)
    missed(session, order)
    session.reconciler.start(session.rig.clock.now_ns())
    session.wait(0.5)
    assert not session.reconciler.is_ready
    session.wait(5)
    assert session.reconciler.is_ready
    assert order.life is FILLED
    assert session.reducing == {}


def test_a_start_with_an_unexplained_position_reduces_that_instrument() -> None:
    session = Session(starts=False)
    session.positions[ID] = 70
    session.reconciler.start(session.rig.clock.now_ns())
    session.wait(10)
    assert session.reconciler.is_ready
    assert [finding.subject for finding in _open(session)] == [(Mismatch.POSITION_UNOWNED, ID)]


def test_a_start_that_could_not_compare_in_time_opens_nothing_until_it_has() -> None:
    session = Session(starts=False)
    session.broken = set(QueryKind)
    session.reconciler.start(session.rig.clock.now_ns())
    session.wait(5)
    assert session.reducing == {}, "it waits: nothing trades yet"
    session.reconciler.start_late()
    session.wait(1)
    assert set(session.reducing[ID]) == {"RECON_STALE"}
    session.broken = set()
    session.wait(30)
    assert session.reconciler.is_ready
    assert session.reducing == {}
    assert session.codes() == ["RECON_STALE", "RECON_FRESH"]


def test_after_a_reconnect_nothing_counts_as_compared_until_it_is() -> None:
    session = Session()
    session.wait(1)
    assert session.reconciler.is_compared
    session.reconciler.disconnected()
    session.broken = {QueryKind.FILLS}
    session.reconciler.reconnected(session.rig.clock.now_ns())
    session.wait(1)
    assert not session.reconciler.is_compared
    assert session.reconciler.is_ready
    session.broken = set()
    session.wait(10)
    assert session.reconciler.is_compared


def test_reductions_of_an_earlier_run_end_only_once_the_books_were_compared() -> None:
    session = Session(starts=False)
    now_ns = session.rig.clock.now_ns()
    session.desk.command(SetReducing(ID, "POSITION_QUANTITY", "before the restart", now_ns))
    session.desk.command(SetReducing(ID, "OVERFILLED", "not ours", now_ns))
    session.broken = set(QueryKind)
    session.reconciler.start(now_ns)
    session.wait(5)
    assert set(session.reducing[ID]) == {"POSITION_QUANTITY", "OVERFILLED"}
    session.broken = set()
    session.wait(10)
    assert set(session.reducing[ID]) == {"OVERFILLED"}


def test_each_kind_has_its_interval() -> None:
    session = Session()
    session.asked.clear()
    session.wait(61)
    counts = {kind: sum(each.kind is kind for each in session.asked) for kind in QueryKind}
    assert counts == {
        QueryKind.ORDER: 0, QueryKind.ORDERS: 6, QueryKind.FILLS: 6, QueryKind.POSITIONS: 4,
        QueryKind.BALANCES: 1,
    }  # fmt: skip


def test_a_reconnect_asks_everything_at_once() -> None:
    session = Session()
    session.reconciler.disconnected()
    session.asked.clear()
    session.wait(100)
    assert session.asked == []
    session.reconciler.reconnected(session.rig.clock.now_ns())
    session.wait(0)
    assert len(session.asked) == 4


# --------------------------------------------------------------------------------------------------
# Failures


def test_failures_pause_with_an_alert_and_resume() -> None:
    session = Session()
    session.broken = {QueryKind.ORDERS}
    session.wait(400)
    assert session.codes().count("RECON_PAUSED") == 1
    session.broken = set()
    session.wait(130)
    assert session.reconciler.age_ns(session.rig.clock.now_ns()) <= 11 * 10**9


def test_books_that_nobody_compared_allow_no_entries_until_they_are() -> None:
    session = Session()
    session.broken = {QueryKind.POSITIONS}
    session.wait(119)
    assert session.reducing == {}
    session.wait(20)
    assert set(session.reducing[ID]) == {"RECON_STALE"}
    session.broken = set()
    session.wait(70)
    assert session.reducing == {}
    assert session.codes() == ["RECON_STALE", "RECON_FRESH"]


def test_cash_that_nobody_can_ask_for_blocks_nothing() -> None:
    session = Session(starts=False)
    session.broken = {QueryKind.BALANCES}
    session.reconciler.start(session.rig.clock.now_ns())
    session.wait(300)
    assert session.reconciler.is_ready
    assert session.reducing == {}


# --------------------------------------------------------------------------------------------------
# Findings, seen twice


def test_nothing_is_done_about_the_first_sight() -> None:
    session = Session()
    order = order_at_venue(session)
    missed(session, order)
    session.reconciler.reconnected(session.rig.clock.now_ns())
    assert session.wait(0) == []
    session.wait(2)
    assert order.life is FILLED
    assert session.codes() == ["FILL_MISSED"]
    assert session.rig.held() == LOT
    session.agree()
    assert session.wait(60) == []


def test_a_report_that_arrives_in_time_leaves_nothing_to_do() -> None:
    session = Session()
    order = order_at_venue(session)
    fill = missed(session, order)
    session.reconciler.reconnected(session.rig.clock.now_ns())
    session.wait(0)
    session.rig.report(fill)
    session.agree()
    assert session.wait(60) == []


def test_an_order_that_is_gone_is_looked_up_and_ends_as_the_venue_says() -> None:
    session = Session()
    order = order_at_venue(session)
    session.show(order, life=CANCELED)
    actions = session.wait(20)
    assert session.codes(actions) == ["ORDER_GONE"]
    assert (order.life, order.doubt) == (CANCELED, None)
    assert session.wait(60) == []


def test_an_order_that_vanished_is_abandoned_after_three_look_ups() -> None:
    session = Session()
    order = order_at_venue(session)
    session.orders.clear()
    session.wait(30)
    assert (order.life, order.code) == (CANCELED, "NOT_FOUND_CONFIRMED")
    assert sum(query.kind is QueryKind.ORDER for query in session.asked) == 3


def test_fields_that_somebody_changed_are_adopted_and_later_amendments_still_count() -> None:
    session = Session()
    order = order_at_venue(session)
    session.show(order, quantity=LOT * 3)
    session.wait(20)
    assert order.quantity == LOT * 3
    rig = session.rig
    rig.act(lambda context: context.amend(order.intent.client_order_id, quantity=LOT * 2))
    rig.confirm(rig.amends[-1])
    assert order.quantity == LOT * 2


def test_an_external_order_is_offered_to_the_desk_once_then_to_a_person() -> None:
    session = Session()
    order = order_at_venue(session)
    stranger = replace(order.intent, client_order_id="WEB")
    session.orders["WEB"] = VenueOrder(stranger, "V7", order.life, 10, BID, 0, 0, 1)
    actions = session.wait(40)
    assert len(session.of(AdoptExternal, actions)) == 1
    assert session.codes(actions) == ["ORDER_EXTERNAL"]
    assert len(session.of(OpenIncident, actions)) == 1, "this desk adopts nothing"
    del session.orders["WEB"]
    assert len(session.of(CloseIncident, session.wait(20))) == 1


def test_orders_that_an_old_backup_forgot_are_told_in_one_alert_and_adopted_one_by_one() -> None:
    session = Session()
    now = session.rig.now()
    session.fills += [
        Fill(f"old{n}", f"V{n}", f"T{n}", ID, BUY, LOT, BID, MAKER, 0, "USDT", now, now)
        for n in range(40)
    ]
    session.positions[ID] = 40 * LOT
    actions = session.wait(20)
    assert session.codes(actions) == ["ORDER_EXTERNAL"]
    assert len(session.of(AdoptExternal, actions)) == 40, "nothing is left out of the books"
    (alert,) = session.of(Alert, actions)
    assert isinstance(alert, Alert)
    assert alert.scope == "venue"
    assert alert.text.startswith("40 orders that are not ours: the account has executions of")
    assert "id V0; " in alert.text
    assert alert.text.endswith("and 37 more")


def test_an_execution_unknown_to_the_venue_reduces_and_asks() -> None:
    session = Session()
    order = hold(session)
    session.fills.clear()
    session.positions.clear()
    actions = session.wait(20)
    assert session.codes(actions) == ["FILL_UNKNOWN_TO_VENUE"], "the position needs no word"
    assert set(session.reducing[ID]) == {"FILL_UNKNOWN_TO_VENUE"}
    incident = session.reconciler.incidents.open[0]
    session.wait(300)
    assert session.reconciler.incidents.open == [incident], "however far the window moves"
    resolved = session.reconciler.resolve(
        incident.id, Policy.ADOPT, by="ann", why="broken trade", now_ns=session.rig.now()
    )
    session.do(resolved.actions)
    assert (order.cum_qty, session.rig.held()) == (0, 0)
    session.wait(20)
    assert session.reducing == {}


def test_a_position_is_first_searched_for_executions() -> None:
    """The execution is older than the usual window: nobody heard of it for an hour."""
    session = Session()
    order = order_at_venue(session)
    missed(session, order)
    del session.fills[:]
    session.wait(1)
    session.show(order, life=order.life, cum_qty=0)
    session.positions[ID] = LOT
    fill = Fill(
        order.intent.client_order_id, order.venue_order_id, "OLD", ID, BUY, LOT, BID, MAKER, 0,
        "USDT", session.rig.clock.now_ns() - 3600 * 10**9, 1,
    )  # fmt: skip
    session.fills.append(fill)
    session.show(order, life=FILLED, cum_qty=LOT)
    del session.orders[order.intent.client_order_id]
    session.show(order, life=order.life)  # the broker's order list lags behind for ever
    session.wait(40)
    assert session.rig.held() == LOT
    assert "POSITION_UNOWNED" not in session.codes()
    assert "FILL_MISSED" in session.codes()


def test_a_position_that_nothing_explains_reduces_and_asks() -> None:
    session = Session()
    hold(session)
    session.positions[ID] = LOT + 7
    actions = session.wait(30)
    assert session.codes(actions) == ["POSITION_QUANTITY"]
    assert set(session.reducing[ID]) == {"POSITION_QUANTITY"}
    assert len(session.of(OpenIncident, actions)) == 1
    assert not session.of(AdjustPosition, actions)
    deep = min(query.since_ns for query in session.asked if query.kind is QueryKind.FILLS)
    assert deep <= session.rig.clock.now_ns() - 86_400 * 10**9
    session.positions[ID] = LOT
    actions = session.wait(30)
    assert session.reducing == {}
    assert session.reconciler.incidents.open == []
    resolved = next(iter(session.reconciler.incidents))
    assert (resolved.by, resolved.policy) == ("reconciliation", None)


def test_a_phantom_is_adjusted_once_by_an_id_that_is_always_the_same() -> None:
    runs: list[AdjustPosition] = []
    for _ in range(2):
        session = Session()
        hold(session)
        order_at_venue(session, side=SELL, reduce_only=True)
        session.positions[ID] = 0
        actions = session.wait(30)
        found = session.of(AdjustPosition, actions)
        assert len(found) == 1
        assert isinstance(found[0], AdjustPosition)
        runs.append(found[0])
        assert len(session.of(CancelLeftover, actions)) >= 1
    assert (runs[0].strategy_id, runs[0].quantity, runs[0].price) == ("a", -LOT, BID)
    assert runs[0].trade_id == runs[1].trade_id
    assert runs[0].trade_id.startswith("ADJUST")


def test_nothing_is_adjusted_while_executions_cannot_be_asked_for() -> None:
    """The answer that would explain the difference may be late, however often positions differ."""
    session = Session()
    hold(session)
    session.positions[ID] = 0
    session.broken.add(QueryKind.FILLS)
    assert not session.of(AdjustPosition, session.wait(120))
    session.broken.clear()
    actions = session.wait(120)
    assert len(session.of(AdjustPosition, actions)) == 1


@pytest.mark.parametrize("is_there", [True, False])
def test_an_order_that_nobody_answers_is_doubted_after_ten_seconds_and_settled(
    *, is_there: bool
) -> None:
    """Whatever venue it is: the limit is the desk's own. Seeds: A19."""
    session = Session()
    order_id = session.rig.act(lambda context: context.submit(ID, BUY, LOT, LIMIT, BID))
    order = session.rig.order(order_id)
    session.wait(9.5)
    assert order.doubt is None
    session.wait(6)
    assert order.doubt is not None
    if is_there:
        session.show(order, life=Life.ACCEPTED)
    session.wait(30)
    assert order.doubt is None
    assert order.life is (Life.ACCEPTED if is_there else Life.REJECTED)


def test_a_doubt_that_the_start_left_open_reduces_until_proof_is_there_and_no_longer() -> None:
    session = Session(starts=False)
    order = order_at_venue(session)
    session.rig.report(
        OutcomeUnknown(order.intent.client_order_id, Operation.STATUS, 0, "", session.rig.now())
    )
    session.broken = {QueryKind.ORDER}
    session.reconciler.start(session.rig.clock.now_ns())
    session.wait(60)
    assert "DOUBT" in session.reducing[ID]
    session.rig.accept(order.intent.client_order_id)
    session.do(session.reconciler.tick(session.rig.clock.now_ns()))
    assert ID not in session.reducing


def test_a_doubt_that_was_proved_meanwhile_holds_the_start_up_no_longer() -> None:
    session = Session(starts=False)
    order = order_at_venue(session)
    session.rig.report(
        OutcomeUnknown(order.intent.client_order_id, Operation.STATUS, 0, "", session.rig.now())
    )
    session.broken = {QueryKind.ORDER}
    session.reconciler.start(session.rig.clock.now_ns())
    session.wait(0.5, 0.1)
    assert not session.reconciler.is_ready
    session.rig.accept(order.intent.client_order_id)
    session.wait(0.2, 0.1)
    assert session.reconciler.is_ready
    assert ID not in session.reducing


def test_nothing_is_adjusted_while_anything_is_in_doubt() -> None:
    session = Session()
    hold(session)
    order = order_at_venue(session)
    session.rig.report(
        OutcomeUnknown(order.intent.client_order_id, Operation.STATUS, 0, "", session.rig.now())
    )
    session.positions[ID] = 0
    session.orders.clear()
    session.broken = {QueryKind.ORDER}
    session.wait(60)
    assert not session.of(AdjustPosition)


def test_a_position_of_nobody_is_external_and_never_flattened_by_itself() -> None:
    session = Session()
    session.positions[ID] = 70
    actions = session.wait(40)
    adjust = session.of(AdjustPosition, actions)[0]
    assert isinstance(adjust, AdjustPosition)
    assert (adjust.strategy_id, adjust.quantity) == ("", 70)
    assert not session.of(FlattenInstrument, actions)
    assert len(session.of(OpenIncident, actions)) == 1
    Repairs(session.desk, "venue").do(adjust, session.rig.now())
    assert not session.of(CloseIncident, session.wait(40))
    incident = session.reconciler.incidents.open[0]
    assert incident.finding.held == 70, "a person is asked, adopted or not"
    resolved = session.reconciler.resolve(
        incident.id, Policy.FLATTEN, by="ann", why="mine, not needed", now_ns=session.rig.now()
    )
    flatten = session.of(FlattenInstrument, resolved.actions)[0]
    assert isinstance(flatten, FlattenInstrument)
    assert (flatten.instrument_id, flatten.quantity) == (ID, 70)
    assert "ann decided: mine, not needed" in flatten.reason


def test_a_position_of_nobody_is_nobodys_business_once_all_are_flat() -> None:
    session = Session()
    session.positions[ID] = 70
    (adjust, *_) = session.of(AdjustPosition, session.wait(40))
    assert isinstance(adjust, AdjustPosition)
    repairs = Repairs(session.desk, "venue")
    repairs.do(adjust, session.rig.now())
    session.wait(40)
    assert len(session.reconciler.incidents.open) == 1
    session.positions[ID] = 0  # closed at the broker, and the desk heard of it
    repairs.do(replace(adjust, trade_id=f"{adjust.trade_id}2", quantity=-70), session.rig.now())
    (closed,) = session.of(CloseIncident, session.wait(40))
    assert isinstance(closed, CloseIncident)
    assert (closed.incident.by, closed.incident.policy) == (BY_ITSELF, None)
    assert session.reconciler.incidents.open == []


def test_executions_of_strangers_and_what_none_explains_are_not_booked_twice() -> None:
    """The broker holds 3, and remembers one execution of them, of an hour ago."""
    session = Session()
    repairs = Repairs(session.desk, "venue")
    then, now = session.rig.now() - 3_600 * 10**9, session.rig.now()
    session.fills = [Fill("web", "V1", "T1", ID, BUY, LOT, BID, MAKER, 0, "USDT", then, now)]
    session.positions[ID] = 3 * LOT
    session.average_prices[ID] = BID

    def live(actions: Sequence[Action]) -> int:
        for action in actions:
            if isinstance(action, AdoptExternal | AdjustPosition):
                repairs.do(action, session.rig.now())
        ours = session.desk.hosts.get("external:venue")
        return ours.ledgers[ID].position.quantity if ours is not None else 0

    assert [live(session.wait(0.5)) for _ in range(120)][-1] == LOT
    (incident,) = session.reconciler.incidents.open
    assert (incident.finding.kind, incident.finding.quantity) == (
        Mismatch.POSITION_QUANTITY, 2 * LOT,
    )  # fmt: skip
    resolved = session.reconciler.resolve(
        incident.id, Policy.ADOPT, by="ann", why="bought by phone", now_ns=session.rig.now()
    )
    assert live(resolved.actions) == 3 * LOT
    assert [live(session.wait(0.5)) for _ in range(120)][-1] == 3 * LOT
    assert session.reconciler.incidents.open == []


@pytest.mark.parametrize("by_itself", [True, False])
def test_flattening_closes_what_each_owner_holds_and_what_nobody_knew_of(
    *, by_itself: bool
) -> None:
    policies = (Policy.FLATTEN,) if by_itself else (Policy.ASK,)
    session = Session(ReconciliationSettings(policies={Mismatch.POSITION_QUANTITY: policies}))
    hold(session)
    session.positions[ID] = 4 * LOT
    session.average_prices[ID] = BID
    sent = len(session.rig.requests)
    actions = session.wait(60)
    if not by_itself:
        (incident,) = session.reconciler.incidents.open
        now_ns = session.rig.now()
        actions = session.reconciler.resolve(
            incident.id, Policy.FLATTEN, by="ann", why="not wanted", now_ns=now_ns
        ).actions
    repairs = Repairs(session.desk, "venue")
    for action in actions:
        if isinstance(action, AdjustPosition | FlattenInstrument):
            repairs.do(action, session.rig.now())
    closes = [each for each in session.rig.requests[sent:] if isinstance(each, NewOrder)]
    assert [(each.strategy_id, each.side, each.quantity) for each in closes] == [
        ("a", SELL, LOT), ("external:venue", SELL, 3 * LOT),
    ]  # fmt: skip
    assert all(is_close(each) for each in closes)


def test_flattening_orders_just_what_the_broker_holds() -> None:
    """An execution that it does not list was none: closing that too is refused as too much."""
    policies: dict[Mismatch, Policy | tuple[Policy, ...]] = {
        Mismatch.POSITION_QUANTITY: (Policy.FLATTEN,),
        Mismatch.FILL_UNKNOWN_TO_VENUE: (Policy.IGNORE,),
    }
    session = Session(ReconciliationSettings(policies=policies))
    hold(session)
    session.fills.clear()
    session.positions[ID] = 5 * LOT
    session.average_prices[ID] = BID
    actions = session.wait(60)
    (adjust, *_) = session.of(AdjustPosition, actions)
    assert isinstance(adjust, AdjustPosition)
    assert session.rig.held() + adjust.quantity == 5 * LOT


def test_what_is_adopted_already_is_not_adopted_again() -> None:
    session = Session()
    session.positions[ID] = 70
    (adjust, *_) = session.of(AdjustPosition, session.wait(40))
    assert isinstance(adjust, AdjustPosition)
    Repairs(session.desk, "venue").do(adjust, session.rig.now())
    session.wait(40)
    incident = session.reconciler.incidents.open[0]
    resolution = session.reconciler.resolve(
        incident.id, Policy.ADOPT, by="ann", why="keep it", now_ns=session.rig.now()
    )
    assert not resolution.problem
    assert not session.of(AdjustPosition, resolution.actions)
    assert session.reconciler.incidents.open == []


def test_cash_asks_and_adopting_it_says_how_much() -> None:
    session = Session()
    session.balances = [Money(DEPOSIT.amount + 10**12, "USDT")]
    session.wait(70)
    incident = session.reconciler.incidents.open[0]
    assert incident.finding.kind is Mismatch.CASH
    resolved = session.reconciler.resolve(
        incident.id, Policy.ADOPT, by="ann", why="interest", now_ns=session.rig.now()
    )
    adjust = session.of(AdjustCash, resolved.actions)[0]
    assert isinstance(adjust, AdjustCash)
    assert adjust.money == Money(10**12, "USDT")


def test_another_mode_halts() -> None:
    session = Session(modes={"margin_mode": "cross"})
    session.modes["margin_mode"] = "isolated"
    actions = session.wait(30)
    assert len(session.of(Halt, actions)) == 1
    assert "MODE" in session.desk.execution.halted


def test_an_average_price_is_told_and_nothing_else() -> None:
    session = Session()
    hold(session)
    session.average_prices[ID] = BID * 1.01
    assert session.codes(session.wait(60)) == ["AVERAGE_PRICE"]
    assert not session.of(FeedReport)
    assert session.reducing == {}


def test_a_ghost_is_cancelled_until_it_is_gone() -> None:
    session = Session()
    hold(session)
    ghost = order_at_venue(session, side=SELL, reduce_only=True)
    order = order_at_venue(session, side=SELL)
    session.rig.fill(order.intent.client_order_id, price=BID)
    session.agree()
    ghost_id = ghost.intent.client_order_id
    session.wait(15)
    assert session.rig.cancels == [ghost_id]
    session.rig.refuse(session.rig.requests[-1])  # type: ignore[arg-type]
    session.wait(15)
    assert session.rig.cancels == [ghost_id, ghost_id]
    session.rig.canceled(ghost_id)
    session.agree()
    assert session.wait(60) == []


# --------------------------------------------------------------------------------------------------
# Doubts


def test_an_order_whose_acceptance_was_lost_is_found() -> None:
    session = Session()
    order_id = session.rig.act(lambda context: context.submit(ID, BUY, LOT, LIMIT, BID))
    order = session.rig.order(order_id)
    session.show(order, life=order.life.ACCEPTED)
    session.rig.report(OutcomeUnknown(order_id, Operation.SUBMIT, 0, "timeout", session.rig.now()))
    session.wait(3)
    assert (order.life.name, order.doubt) == ("ACCEPTED", None)
    assert session.rig.sent == [order.intent], "never sent again"


def test_an_order_that_never_arrived_is_rejected_by_proof() -> None:
    session = Session()
    order_id = session.rig.act(lambda context: context.submit(ID, BUY, LOT, LIMIT, BID))
    order = session.rig.order(order_id)
    session.rig.report(OutcomeUnknown(order_id, Operation.SUBMIT, 0, "timeout", session.rig.now()))
    session.wait(1)
    assert order.life is SUBMITTED
    session.wait(6)
    assert (order.life.name, order.code) == ("REJECTED", "NOT_FOUND_CONFIRMED")
    assert order.reserved == 0


def test_a_found_order_whose_executions_were_lost_waits_for_them() -> None:
    session = Session()
    order_id = session.rig.act(lambda context: context.submit(ID, BUY, LOT, LIMIT, BID))
    order = session.rig.order(order_id)
    session.rig.report(OutcomeUnknown(order_id, Operation.SUBMIT, 0, "timeout", session.rig.now()))
    missed(session, order)
    session.wait(4)
    assert order.life is FILLED
    assert session.rig.held() == LOT


def test_no_more_look_ups_at_a_time_than_set() -> None:
    session = Session(ReconciliationSettings(lookups_max=2))
    for _ in range(5):
        order_id = session.rig.act(lambda context: context.submit(ID, BUY, LOT, LIMIT, BID))
        now_ns = session.rig.now()
        session.rig.report(OutcomeUnknown(order_id, Operation.SUBMIT, 0, "timeout", now_ns))
    session.rig.clock.advance_by(3 * 10**9)
    now_ns = session.rig.clock.now_ns()
    session.do(session.reconciler.tick(now_ns))
    kinds = [query.kind for query in session.reconciler.due(now_ns)]
    assert kinds.count(QueryKind.ORDER) == 2
    assert session.reconciler.doubt_count == 5


# --------------------------------------------------------------------------------------------------
# Policies, people


def test_a_policy_replaces_the_default() -> None:
    session = Session(ReconciliationSettings(policies={Mismatch.FILL_MISSED: Policy.IGNORE}))
    order = order_at_venue(session)
    missed(session, order)
    session.wait(60)
    assert order.cum_qty == 0
    assert session.codes().count("FILL_MISSED") == 1


def test_a_policy_that_halts_halts_once() -> None:
    session = Session(ReconciliationSettings(policies={Mismatch.POSITION_UNOWNED: (Policy.HALT,)}))
    session.positions[ID] = 70
    session.wait(60)
    assert len(session.of(Halt)) == 1


def test_an_incident_that_a_person_ignores_stays_away_until_it_changes() -> None:
    session = Session()
    session.balances = [Money(DEPOSIT.amount * 2, "USDT")]
    session.wait(70)
    incident = session.reconciler.incidents.open[0]
    resolve = session.reconciler.resolve
    session.do(resolve(incident.id, Policy.IGNORE, by="ann", why="bonus", now_ns=1).actions)
    session.wait(200)
    assert session.reconciler.incidents.open == []
    session.balances = [Money(DEPOSIT.amount * 3, "USDT")]
    session.wait(70)
    assert len(session.reconciler.incidents.open) == 1


@pytest.mark.parametrize(
    ("number", "policy", "by", "why", "word"),
    [
        (9, Policy.IGNORE, "ann", "x", "no incident"),
        (1, Policy.FLATTEN, "ann", "x", "expected one of adopt, halt, ignore"),
        (1, Policy.IGNORE, "", "x", "must be said"),
        (1, Policy.IGNORE, "ann", " ", "must be said"),
    ],
)
def test_a_decision_that_cannot_be_is_refused_with_the_reason(
    number: int, policy: Policy, by: str, why: str, word: str
) -> None:
    session = Session()
    session.balances = [Money(DEPOSIT.amount * 2, "USDT")]
    session.wait(70)
    resolution = session.reconciler.resolve(number, policy, by=by, why=why, now_ns=1)
    assert word in resolution.problem
    assert resolution.actions == []
    assert len(session.reconciler.incidents.open) == 1


def test_a_decision_is_made_once() -> None:
    session = Session()
    session.balances = [Money(DEPOSIT.amount * 2, "USDT")]
    session.wait(70)
    resolve = session.reconciler.resolve
    assert not resolve(1, Policy.IGNORE, by="ann", why="bonus", now_ns=1).problem
    assert "was resolved by ann" in resolve(1, Policy.ADOPT, by="bob", why="x", now_ns=2).problem


def test_nobody_adopts_while_something_is_in_flight() -> None:
    session = Session()
    hold(session)
    order_id = order_at_venue(session).intent.client_order_id
    session.positions[ID] = LOT + 7
    session.wait(30)
    session.rig.act(lambda context: context.cancel(order_id))
    resolution = session.reconciler.resolve(1, Policy.ADOPT, by="ann", why="x", now_ns=1)
    assert "in flight" in resolution.problem


def test_a_reduction_that_a_person_takes_away_comes_back_while_its_reason_holds() -> None:
    session = Session()
    hold(session)
    session.positions[ID] = LOT + 7
    session.wait(30)
    session.desk.command(ClearReducing(ID, "", "I know better", session.rig.now()))
    session.wait(1)
    assert set(session.reducing[ID]) == {"POSITION_QUANTITY"}


def _open(session: Session) -> list[Finding]:
    return [incident.finding for incident in session.reconciler.incidents.open]


def test_adopted_fields_are_ordinary_reports() -> None:
    session = Session()
    order = order_at_venue(session)
    session.show(order, price=BID - 5)
    session.wait(20)
    reports = [each.report for each in session.of(FeedReport) if isinstance(each, FeedReport)]
    assert [type(report) for report in reports] == [OrderUpdated]
    assert order.price == BID - 5


def test_re_arming_without_mending_halts_again_and_asks() -> None:
    session = Session(modes={"position_mode": "netting"})
    session.modes = {"position_mode": "hedging"}
    assert len(session.of(Halt, session.wait(40))) == 1
    assert not session.of(Halt, session.wait(40)), "it is halted already"
    session.desk.command(Rearm("try", session.rig.now()))
    actions = session.wait(40)
    assert len(session.of(Halt, actions)) == 1
    assert session.desk.execution.halted.startswith("MODE: position_mode of the account is hedging")
    (incident,) = session.reconciler.incidents.open
    session.reconciler.resolve(
        incident.id, Policy.IGNORE, by="ann", why="one way only", now_ns=session.rig.now()
    )
    session.desk.command(Rearm("known", session.rig.now()))
    assert not session.of(Halt, session.wait(40))
