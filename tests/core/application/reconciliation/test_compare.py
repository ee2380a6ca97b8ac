"""One difference makes one finding; equal books make none; what is in flight is never compared."""

from collections.abc import Callable
from copy import copy

import hypothesis.strategies as st
import pytest
from hypothesis import assume, given, settings
from msgspec.structs import replace

from hexdesk.application.reconciliation.books import Books, Changes, Holding
from hexdesk.application.reconciliation.compare import Comparison, compare
from hexdesk.application.reconciliation.compare_fills import Unbooked
from hexdesk.application.reconciliation.findings import Mismatch
from hexdesk.application.reconciliation.settings import ReconciliationSettings
from hexdesk.application.reconciliation.truth import Truth
from hexdesk.domain.money import Money
from hexdesk.domain.order import IS_EXTERNAL, Order
from hexdesk.domain.order_state import apply
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.reports import Fill, FillBusted, OrderCanceled
from hexdesk.domain.values import SELL, STOP_MARKET, Operation
from hexdesk.ports.broker import VenueOrder, VenuePosition
from tests.core.application.reconciliation.world import (
    ASKED_NS,
    BTC,
    ETH,
    accepted,
    books_of,
    doubted,
    fill_of,
    filled,
    order_books,
    seen,
    sent,
    truth_of,
)

SETTINGS = ReconciliationSettings()


def look(books: Books, truth: Truth, *, visibility_ms: int = 0) -> Comparison:
    return compare(books, truth, SETTINGS, visibility_ms=visibility_ms)


def found(books: Books, truth: Truth) -> list[tuple[Mismatch, str]]:
    return [finding.subject for finding in look(books, truth).findings]


@given(order_books(), st.data())
def test_equal_books_make_no_finding_in_any_order(orders: list[Order], data: st.DataObject) -> None:
    truth = truth_of(orders)
    shuffled = replace(
        truth,
        orders=data.draw(st.permutations(truth.orders or [])),
        fills=data.draw(st.permutations(truth.fills or [])),
        positions=data.draw(st.permutations(truth.positions or [])),
    )
    assert found(books_of(data.draw(st.permutations(orders))), shuffled) == []


# --------------------------------------------------------------------------------------------------
# One difference, one finding


Injected = tuple[Books, Truth, set[tuple[Mismatch, str]]]
Injection = Callable[[list[Order], st.DataObject], Injected]


def pick(orders: list[Order], data: st.DataObject, *, is_open: bool = False) -> Order:
    fitting = [order for order in orders if not (is_open and order.is_closed)]
    assume(fitting)
    return data.draw(st.sampled_from(fitting))


def fill_missed(orders: list[Order], data: st.DataObject) -> Injected:
    order = pick(orders, data, is_open=True)
    theirs = [_copy(each) for each in orders]
    twin = theirs[orders.index(order)]
    filled(twin, data.draw(st.integers(1, twin.leaves_qty)), "MISSED")
    return books_of(orders), truth_of(theirs), {_about(Mismatch.FILL_MISSED, order)}


def fill_unknown(orders: list[Order], data: st.DataObject) -> Injected:
    order = pick(orders, data, is_open=True)
    truth = truth_of([_copy(each) for each in orders])
    quantity = order.leaves_qty - 1
    assume(quantity)
    filled(order, quantity, "OURS")
    return books_of(orders), truth, {_about(Mismatch.FILL_UNKNOWN_TO_VENUE, order)}


def order_gone(orders: list[Order], data: st.DataObject) -> Injected:
    order = pick(orders, data, is_open=True)
    theirs = [_copy(each) for each in orders]
    apply(theirs[orders.index(order)], OrderCanceled(order.intent.client_order_id, "", 50, 50))
    return books_of(orders), truth_of(theirs), {_about(Mismatch.ORDER_GONE, order)}


def order_fields(orders: list[Order], data: st.DataObject) -> Injected:
    order = pick(orders, data, is_open=True)
    theirs = [_copy(each) for each in orders]
    twin = theirs[orders.index(order)]
    if data.draw(st.booleans()):
        twin.quantity += 10
    else:
        twin.price += 1
    return books_of(orders), truth_of(theirs), {_about(Mismatch.ORDER_FIELDS, order)}


def order_external(orders: list[Order], data: st.DataObject) -> Injected:
    stranger = accepted(sent("WEB1", strategy_id=""))
    if data.draw(st.booleans()):
        filled(stranger, 40)
    truth = truth_of([*orders, stranger])
    return books_of(orders), truth, {(Mismatch.ORDER_EXTERNAL, "V-WEB1")}


def stranger_filled(orders: list[Order], _data: st.DataObject) -> Injected:
    stranger = filled(accepted(sent("WEB1", strategy_id="")), 100)
    truth = truth_of([*orders, stranger])
    return books_of(orders), truth, {(Mismatch.ORDER_EXTERNAL, "V-WEB1")}


def position(orders: list[Order], data: st.DataObject) -> Injected:
    books, truth = books_of(orders), truth_of(orders)
    held = {each.instrument_id: each.quantity for each in truth.positions or ()}
    ours = books.held(BTC.id)
    theirs = data.draw(st.integers(-3, 3).filter(lambda quantity: quantity != ours))
    held[BTC.id] = theirs
    truth = replace(truth, positions=[VenuePosition(*each) for each in held.items() if each[1]])
    is_owned = any(not books.holdings[strategy, BTC.id].is_flat for strategy in "ab")
    kind = Mismatch.POSITION_QUANTITY if is_owned else Mismatch.POSITION_UNOWNED
    kind = kind if theirs else Mismatch.POSITION_PHANTOM
    return books, truth, {(kind, BTC.id)}


def cash(orders: list[Order], data: st.DataObject) -> Injected:
    more = data.draw(st.sampled_from([-100_000, 100_000]))
    truth = truth_of(orders, balances={"USDT": 5_000_000 + more})
    return books_of(orders), truth, {(Mismatch.CASH, "USDT")}


def mode(orders: list[Order], _data: st.DataObject) -> Injected:
    books = books_of(orders, modes={"margin_mode": "cross", "leverage": "5"})
    truth = replace(truth_of(orders), modes={"margin_mode": "isolated", "leverage": "5"})
    return books, truth, {(Mismatch.MODE, "margin_mode")}


def _copy(order: Order) -> Order:
    twin = copy(order)
    twin.fills = dict(order.fills) if order.fills is not None else None
    return twin


def _about(kind: Mismatch, order: Order) -> tuple[Mismatch, str]:
    return kind, order.intent.client_order_id


@pytest.mark.parametrize(
    "inject",
    [
        fill_missed, fill_unknown, order_gone, order_fields, order_external, stranger_filled,
        position, cash, mode,
    ],
)  # fmt: skip
@settings(max_examples=30)
@given(order_books(), st.data())
def test_one_difference_makes_exactly_that_finding(
    inject: Injection, orders: list[Order], data: st.DataObject
) -> None:
    books, truth, expected = inject(orders, data)
    comparison = look(books, truth)
    assert {finding.subject for finding in comparison.findings} == expected
    assert len(comparison.findings) == 1
    finding = comparison.findings[0]
    assert finding.evidence
    assert finding.ours != finding.theirs
    assert finding.is_same(look(books, truth).findings[0])


# --------------------------------------------------------------------------------------------------
# In flight, too fresh


@st.composite
def wild_truths(draw: st.DrawFn, orders: list[Order]) -> Truth:
    """Return what a broker might say that knows something else altogether."""
    listed: list[VenueOrder] = []
    fills: list[Fill] = []
    for order in orders:
        if draw(st.booleans()):
            shown = seen(order)
            listed.append(replace(shown, quantity=draw(st.integers(1, 200)), price=7))
        if draw(st.booleans()):
            fills.append(fill_of(order, 5, "WILD" + order.intent.client_order_id))
    positions = [VenuePosition(each.id, draw(st.integers(-5, 5))) for each in (BTC, ETH)]
    return Truth(
        asked_ns=ASKED_NS, orders=listed, fills=fills, positions=positions,
        balances=[Money(draw(st.integers(0, 10**7)), "USDT")],
    )  # fmt: skip


@given(order_books(), st.data())
def test_nothing_in_flight_is_ever_compared(orders: list[Order], data: st.DataObject) -> None:
    for order in orders:
        how = data.draw(st.sampled_from(["cancel", "amend", "doubt"]))
        if order.is_closed:
            order.doubt = doubted(accepted(sent("X"))).doubt  # a broken trade leaves one
        elif how == "cancel":
            order.pending_cancels = 2
        elif how == "amend":
            order.pending_amends = 2
        else:
            doubted(order, data.draw(st.sampled_from(Operation)))
    busy = {order.intent.instrument_id for order in orders}
    truth = data.draw(wild_truths(orders))
    for finding in look(books_of(orders), truth).findings:
        assert finding.key not in {order.intent.client_order_id for order in orders}
        assert finding.instrument_id not in busy
        assert finding.kind is not Mismatch.CASH or not orders


@given(order_books(), st.data())
def test_what_changed_within_the_visibility_delay_is_not_compared(
    orders: list[Order], data: st.DataObject
) -> None:
    keys = [*(order.intent.client_order_id for order in orders), BTC.id, ETH.id, "USDT"]
    fresh = set(data.draw(st.lists(st.sampled_from(keys), unique=True)))
    changed_ns = {key: ASKED_NS - (1 if key in fresh else 10**6) for key in keys}
    truth = data.draw(wild_truths(orders))
    comparison = look(books_of(orders, changed_ns=changed_ns), truth, visibility_ms=1)
    assert not {finding.key for finding in comparison.findings} & fresh


def test_an_order_on_its_way_is_neither_gone_nor_external() -> None:
    order = sent("O1")
    assert found(books_of([order]), Truth(asked_ns=ASKED_NS, orders=[])) == []
    nameless = replace(seen(order), venue_order_id="V9", intent=_nameless(order.intent))
    truth = Truth(asked_ns=ASKED_NS, orders=[nameless], fills=[_nameless_fill(order, 10)])
    assert found(books_of([order]), truth) == []
    assert found(books_of([]), truth) == [(Mismatch.ORDER_EXTERNAL, "V9")]


def _nameless(intent: NewOrder) -> NewOrder:
    return replace(intent, client_order_id="")


def _nameless_fill(order: Order, quantity: int) -> Fill:
    return replace(fill_of(order, quantity), client_order_id="", venue_order_id="V9")


def test_an_order_that_we_hold_is_not_looked_for() -> None:
    held = sent("O1")
    held.life = type(held.life).HELD
    assert found(books_of([held]), Truth(asked_ns=ASKED_NS, orders=[])) == []


# --------------------------------------------------------------------------------------------------
# Executions


def test_an_execution_is_found_by_the_venues_order_id_where_it_has_no_other() -> None:
    order = accepted(sent("O1"))
    fill = replace(fill_of(order, 10), client_order_id="")
    findings = look(books_of([order]), Truth(asked_ns=ASKED_NS, fills=[fill])).findings
    assert [finding.subject for finding in findings] == [(Mismatch.FILL_MISSED, "O1")]
    assert findings[0].fills[0].client_order_id == "O1"


def test_a_trade_id_of_the_other_side_is_another_trade() -> None:
    """An exchange may give both sides of a trade with oneself one id."""
    buy, sell = accepted(sent("O1")), accepted(sent("O2", side=SELL))
    filled(buy, 10, "T1")
    fill = fill_of(sell, 10, "T1")
    truth = Truth(asked_ns=ASKED_NS, fills=[*(buy.fills or {}).values(), fill])
    assert found(books_of([buy, sell]), truth) == [(Mismatch.FILL_MISSED, "O2")]


def test_a_broken_trade_is_not_missed_and_not_unknown() -> None:
    order = filled(accepted(sent("O1")), 10, "T1")
    fill = (order.fills or {})["T1"]
    apply(order, FillBusted("O1", "T1", False, 40, 40))  # noqa: FBT003 - as reports are made
    books = books_of([order])
    assert found(books, Truth(asked_ns=ASKED_NS, fills=[])) == []
    assert found(books, Truth(asked_ns=ASKED_NS, fills=[fill])) == []


def test_an_adjustment_of_ours_is_not_asked_for() -> None:
    order = filled(accepted(sent("O1")), 10, "ADJUST1")
    assert found(books_of([order]), Truth(asked_ns=ASKED_NS, fills=[])) == []


def test_executions_before_the_window_are_not_asked_for() -> None:
    order = filled(accepted(sent("O1")), 10, "T1")
    assert found(books_of([order]), Truth(asked_ns=ASKED_NS, since_ns=31, fills=[])) == []
    assert found(books_of([order]), Truth(asked_ns=ASKED_NS, since_ns=30, fills=[])) == [
        (Mismatch.FILL_UNKNOWN_TO_VENUE, "O1")
    ]


def test_an_order_that_known_executions_complete_is_not_gone() -> None:
    books = books_of([accepted(sent("O1"))])
    truth = Truth(asked_ns=ASKED_NS, orders=[])
    assert compare(books, truth, SETTINGS, known=Unbooked(orders={"O1": 100})).findings == ()
    assert len(compare(books, truth, SETTINGS, known=Unbooked(orders={"O1": 99})).findings) == 1


# --------------------------------------------------------------------------------------------------
# Positions, prices, cash


def test_a_position_that_known_executions_explain_is_no_finding() -> None:
    truth = Truth(asked_ns=ASKED_NS, positions=[VenuePosition(BTC.id, 7)])
    books = books_of([])
    assert compare(books, truth, SETTINGS, known=Unbooked(positions={BTC.id: 7})).findings == ()
    (finding,) = compare(books, truth, SETTINGS, known=Unbooked(positions={BTC.id: 6})).findings
    assert finding.quantity == 1, "what is listed will be booked as what it is, and not twice"
    assert (finding.kind, finding.ours) == (Mismatch.POSITION_QUANTITY, "0 with 0.006 unsettled")
    assert "executions that one side alone knows explain 0.006" in finding.evidence


def test_equal_positions_are_equal_whatever_executions_one_side_alone_knows() -> None:
    """Both may be flat again, and an execution of before unknown to the broker."""
    truth = Truth(asked_ns=ASKED_NS, positions=[])
    known = Unbooked(positions={BTC.id: -40})
    assert compare(books_of([]), truth, SETTINGS, known=known).findings == ()


def test_a_phantom_that_executions_explain_in_part_is_not_closed_as_a_whole() -> None:
    truth = Truth(asked_ns=ASKED_NS, positions=[])
    books = books_of([filled(accepted(sent("O1")), 100)])
    (finding,) = compare(books, truth, SETTINGS, known=Unbooked(positions={BTC.id: -40})).findings
    assert (finding.kind, finding.quantity) == (Mismatch.POSITION_QUANTITY, -60)


def test_strategies_against_each_other_are_flat_for_the_broker() -> None:
    orders = [filled(accepted(sent("O1")), 100),
              filled(accepted(sent("O2", side=SELL, strategy_id="b")), 100)]  # fmt: skip
    assert found(books_of(orders), Truth(asked_ns=ASKED_NS, positions=[])) == []
    truth = Truth(asked_ns=ASKED_NS, positions=[VenuePosition(BTC.id, 1)])
    assert found(books_of(orders), truth) == [(Mismatch.POSITION_QUANTITY, BTC.id)]


@pytest.mark.parametrize(("price", "is_found"), [(1_000.05, False), (1_000.2, True), (0.0, False)])
def test_average_prices_within_the_tolerance_are_equal(price: float, *, is_found: bool) -> None:
    order = filled(accepted(sent("O1")), 50)
    truth = Truth(asked_ns=ASKED_NS, positions=[VenuePosition(BTC.id, 50, price)])
    expected = [(Mismatch.AVERAGE_PRICE, BTC.id)] if is_found else []
    assert found(books_of([order]), truth) == expected


def test_what_a_broker_nets_otherwise_has_another_average_price() -> None:
    """Several strategies in one account, and executions that came late, move it."""
    truth = Truth(asked_ns=ASKED_NS, positions=[VenuePosition(BTC.id, 50, 2_000.0)])
    order = filled(accepted(sent("O1")), 50)
    assert found(replace(books_of([order]), late=frozenset({BTC.id})), truth) == []
    orders = [order, filled(accepted(sent("O2", strategy_id="b")), 20)]
    truth = Truth(asked_ns=ASKED_NS, positions=[VenuePosition(BTC.id, 70, 2_000.0)])
    assert found(books_of(orders), truth) == []


@pytest.mark.parametrize(("theirs", "is_found"), [(5_000_500, False), (5_000_501, True)])
def test_cash_within_the_tolerance_is_equal(theirs: int, *, is_found: bool) -> None:
    truth = Truth(asked_ns=ASKED_NS, balances=[Money(theirs, "USDT")])
    assert bool(found(books_of([]), truth)) is is_found


def test_a_currency_that_one_side_has_at_nothing_is_equal() -> None:
    truth = Truth(asked_ns=ASKED_NS, balances=[Money(5_000_000, "USDT"), Money(0, "BNB")])
    assert found(books_of([], balances={"USDT": 5_000_000, "BTC": 0}), truth) == []


def test_cash_is_not_compared_while_positions_differ() -> None:
    truth = Truth(
        asked_ns=ASKED_NS, positions=[VenuePosition(BTC.id, 7)], balances=[Money(1, "USDT")]
    )
    comparison = look(books_of([]), truth)
    assert [finding.kind for finding in comparison.findings] == [Mismatch.POSITION_UNOWNED]


# --------------------------------------------------------------------------------------------------
# Ghosts


def flat(*more: Order) -> list[Order]:
    """Return a round trip that ended flat, and further orders of the same strategy."""
    return [filled(accepted(sent("IN")), 100), filled(accepted(sent("OUT", side=SELL)), 100), *more]


@pytest.mark.parametrize(
    "leftover",
    [
        accepted(sent("L", side=SELL, reduce_only=True)),
        accepted(sent("L", side=SELL, order_type=STOP_MARKET)),
        accepted(sent("L", side=SELL, order_type=STOP_MARKET, reduce_only=True, ts=99)),
    ],
)
def test_protective_orders_of_a_flat_position_are_ghosts(leftover: Order) -> None:
    orders = flat(leftover)
    assert found(books_of(orders), truth_of(orders)) == [(Mismatch.GHOST_ORDER, "L")]


@pytest.mark.parametrize(
    "order",
    [
        accepted(sent("L", side=SELL)),  # an entry
        accepted(sent("L", order_type=STOP_MARKET, ts=99)),  # an entry made since
        accepted(sent("L", reduce_only=True, strategy_id="b", instrument_id=ETH.id)),
    ],
)  # fmt: skip
def test_other_orders_are_not(order: Order) -> None:
    other = filled(accepted(sent("X", side=SELL, strategy_id="b", instrument_id=ETH.id)), 50)
    orders = flat(order, other)
    assert found(books_of(orders), truth_of(orders)) == []


def test_a_position_that_another_strategy_holds_does_not_keep_a_ghost() -> None:
    other = filled(accepted(sent("X", strategy_id="b")), 50)
    orders = flat(accepted(sent("L", side=SELL, reduce_only=True)), other)
    assert found(books_of(orders), truth_of(orders)) == [(Mismatch.GHOST_ORDER, "L")]


def test_an_order_that_is_not_ours_is_a_ghost_only_if_the_account_is_flat() -> None:
    """Somebody may have protected by hand what a strategy holds."""
    stop = accepted(sent("L", side=SELL, reduce_only=True, strategy_id="b"))
    stop.facts |= IS_EXTERNAL
    held = [filled(accepted(sent("IN")), 100), stop]
    assert found(books_of(held), truth_of(held)) == []
    orders = flat(stop)
    assert found(books_of(orders), truth_of(orders)) == [(Mismatch.GHOST_ORDER, "L")]


def test_a_ghost_whose_cancel_is_on_its_way_waits() -> None:
    ghost = accepted(sent("L", side=SELL, reduce_only=True))
    ghost.pending_cancels = 2
    orders = flat(ghost)
    assert found(books_of(orders), truth_of(orders)) == []


# --------------------------------------------------------------------------------------------------
# What is gone, and since when things are as they are


def test_a_difference_is_gone_only_where_it_was_looked_at() -> None:
    order = accepted(sent("O1"))
    gone = look(books_of([order]), Truth(asked_ns=ASKED_NS, orders=[])).findings[0]
    assert look(books_of([order]), truth_of([order])).has_cleared(gone)
    assert not look(books_of([order]), Truth(asked_ns=ASKED_NS, orders=[])).has_cleared(gone)
    assert not look(books_of([order]), Truth(asked_ns=ASKED_NS, positions=[])).has_cleared(gone)
    order.pending_cancels = 2
    assert not look(books_of([order]), truth_of([order])).has_cleared(gone)


def test_changes_are_dated_when_they_are_first_seen() -> None:
    changes = Changes()
    order = accepted(sent("O1"))
    holding = Holding((0,), 0.0, 0)

    def observe(now_ns: int) -> None:
        changes.observe({"O1": order}, {("a", BTC.id): holding}, {"USDT": 5}, now_ns)

    observe(1)
    observe(2)
    assert changes.seen_ns == {"O1": 1, BTC.id: 1, "USDT": 1}
    filled(order, 10)
    holding = Holding((0,), 0.0, 2)  # bought and sold meanwhile
    observe(3)
    assert changes.seen_ns == {"O1": 3, BTC.id: 3, "USDT": 1}
    changes.observe({}, {}, {}, 4)
    assert changes.seen_ns == {}
    observe(5)
    changes.date_back(0)
    assert set(changes.seen_ns.values()) == {0}
