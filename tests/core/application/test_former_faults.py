"""Faults of the systems that hexdesk replaces, each shown to be gone: the ids of docs/coverage.md.

A real desk over the kit's fake venue; strategies do what the test says.
"""

import threading
from collections.abc import Callable
from types import ModuleType

import msgspec
import pytest

from hexdesk.application.inbox import Inbox
from hexdesk.application.strategies.host import HostState, StrategyHost
from hexdesk.domain import commands, inputs, market, orders, reports
from hexdesk.domain.commands import StartStrategy
from hexdesk.domain.market import Quote
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.reports import Fill, OrderAccepted, VenueReport
from hexdesk.domain.risk import RiskLimits
from hexdesk.domain.values import (
    BUY,
    FILLED,
    GTD,
    HELD,
    LIMIT,
    MARKET,
    SELL,
    STOP_MARKET,
    TAKER,
)
from hexdesk.plugin import Strategy, StrategyContext
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT
from hexdesk.testing.strategy import StrategyBench

ID = INSTRUMENT.id
STOP = BID - 1_000
TARGET = BID + 1_000


class Recorder(Strategy):
    """Keeps what it is told; one that is a `grumbler` raises at every quote."""

    def __init__(self, context: StrategyContext, *, is_grumbler: bool = False) -> None:
        super().__init__(context)
        self.is_grumbler = is_grumbler
        self.quotes: list[Quote] = []
        self.fills: list[Fill] = []
        self.events: list[object] = []
        self.started_ns = 0

    def on_start(self) -> None:
        self.started_ns = self.context.now_ns()

    def on_quote(self, quote: Quote) -> None:
        self.quotes.append(quote)
        if self.is_grumbler:
            raise ValueError("no more")

    def on_order(self, event: object) -> None:
        self.events.append(event)

    def on_fill(self, fill: Fill) -> None:
        self.fills.append(fill)


class Bench(StrategyBench):
    """A desk of one recorder, in a market; more can be added."""

    def __init__(self, limits: RiskLimits | None = None, *, has_quote: bool = True) -> None:
        self.recorders: dict[str, Recorder] = {}
        if limits is None:
            super().__init__(self.recorder("tested"))
        else:
            super().__init__(self.recorder("tested"), limits=limits)
        self.start()
        if has_quote:
            self.quote(BID, ASK)

    def recorder(self, name: str, *, is_grumbler: bool = False) -> Callable[..., Recorder]:
        def make(context: StrategyContext) -> Recorder:
            self.recorders[name] = Recorder(context, is_grumbler=is_grumbler)
            return self.recorders[name]

        return make

    def add(self, name: str, *, is_grumbler: bool = False) -> StrategyHost:
        factory = self.recorder(name, is_grumbler=is_grumbler)
        host = self.desk.add_strategy(name, factory, broker="fake", instrument_ids=[ID])
        self.desk.command(StartStrategy(name, self.clock.now_ns()))
        return host

    def order(self, context: StrategyContext, *arguments: object, **terms: object) -> str:
        """Send an order as an untyped plugin might, and let the desk finish."""
        submit: Callable[..., str] = context.submit
        client_order_id = submit(ID, *arguments, **terms)
        self.settle()
        return client_order_id

    def settle(self) -> None:
        """Let what was decided outside of a callback leave, with the next input."""
        self.desk.command(StartStrategy("nobody", self.clock.now_ns()))

    def report(self, report: VenueReport) -> None:
        self.desk.on_report(report)

    @property
    def sent(self) -> list[NewOrder]:
        """New orders that reached the venue."""
        return [request for request in self.broker.requests if isinstance(request, NewOrder)]

    @property
    def codes(self) -> list[str]:
        """Denial codes so far."""
        return [denial.code for denial in self.denials]


# --------------------------------------------------------------------------------------------------
# Who owns what


def test_six_strategies_share_an_instrument_and_each_hears_of_its_own_fills() -> None:
    """A7, A16, C11: six strategies at once; a fill moves one ledger, their sum is the account."""
    bench = Bench()
    for name in "bcdef":
        bench.add(name)
    for number, (name, recorder) in enumerate(bench.recorders.items(), 1):
        side = BUY if number % 2 else SELL
        bench.order(recorder.context, side, number * LOT)
        assert [fill.quantity for fill in recorder.fills] == [number * LOT]
        others = [each for other, each in bench.recorders.items() if other != name]
        assert all(len(each.fills) <= 1 for each in others)
    quantities = [each.context.position_quantity(ID) for each in bench.recorders.values()]
    assert quantities == [LOT, -2 * LOT, 3 * LOT, -4 * LOT, 5 * LOT, -6 * LOT]
    held = sum(ledger.position.quantity for host in bench.desk.hosts.values()
               for ledger in host.ledgers.values())  # fmt: skip
    assert held == sum(quantities) == -3 * LOT


def test_one_strategys_error_does_not_spread() -> None:
    """E3: exact routing; a handler that raises is taken out, the next one still gets the event."""
    bench = Bench()
    grumbler = bench.add("grumbler", is_grumbler=True)
    bench.add("last")
    bench.quote(BID, ASK)
    bench.quote(BID + 5, ASK + 5)
    assert grumbler.state is HostState.FAULTED
    assert "ValueError: no more" in grumbler.fault
    assert len(bench.recorders["grumbler"].quotes) == 1
    assert [quote.bid_price for quote in bench.recorders["last"].quotes] == [BID, BID + 5]


def test_orders_need_no_thread_and_no_event_loop() -> None:
    """A18: one writer; five hundred orders start no thread."""
    bench = Bench()
    before = threading.active_count()
    for number in range(500):
        bench.order(bench.context, BUY if number % 2 else SELL, LOT)
        bench.quote(BID, ASK)
    assert len(bench.sent) == 500
    assert threading.active_count() == before


# --------------------------------------------------------------------------------------------------
# Queues


def inbox(capacity: int) -> tuple[Bench, Inbox]:
    bench = Bench()
    return bench, Inbox(bench.desk, lambda: None, capacity=capacity)


def quote(bid: int, now: int) -> Quote:
    return Quote(ID, bid, 1, bid + 10, 1, now, now)


def test_market_data_never_outgrows_the_inbox() -> None:
    """A22, E3: bounded; a newer quote takes the place of those before it, and both are counted."""
    bench, waiting = inbox(1_000)
    now = bench.clock.now_ns()
    for number in range(5_000):
        waiting.put_market(quote(BID + 5 * number, now + number))
        assert len(waiting) <= 1_000
    while waiting.drain():
        pass
    seen = bench.recorders["tested"].quotes
    assert seen[-1].bid_price == BID + 5 * 4_999
    assert len(seen) + waiting.conflated_count == 1 + 5_000
    assert not waiting.dropped_count


def test_reports_go_ahead_and_are_never_dropped() -> None:
    """A22, E3: priority; a flood of reports halts the desk visibly, and all are still handled."""
    bench, waiting = inbox(1_000)
    now = bench.clock.now_ns()
    client_order_id = bench.order(bench.context, BUY, LOT, LIMIT, BID - 500)
    waiting.put_market(quote(BID, now))
    for number in range(1_001):
        waiting.put_report(fill_of(client_order_id, "", f"X{number}", now))
    assert bench.desk.execution.halted
    assert waiting.overflow_count
    waiting.drain(1)
    assert bench.desk.execution.order(client_order_id)
    assert bench.recorders["tested"].fills
    while waiting.drain():
        pass
    assert bench.desk.counts.fills == 1_001


def fill_of(client_order_id: str, venue_order_id: str, trade_id: str, now: int) -> Fill:
    return Fill(
        client_order_id, venue_order_id, trade_id, ID, BUY, LOT, BID, TAKER, 0, "USDT", now, now
    )


# --------------------------------------------------------------------------------------------------
# Money before sending


def test_an_order_that_the_account_cannot_pay_does_not_leave() -> None:
    """C22: buying power is checked first, and open orders count."""
    bench = Bench()
    most = 9_000_000  # worth nine deposits of 10,000,000; a tenth of that is margin
    bench.order(bench.context, BUY, most, LIMIT, BID)
    assert bench.codes == []
    bench.order(bench.context, BUY, most, LIMIT, BID)
    assert bench.codes == ["CAPITAL_FUNDS"]
    assert len(bench.sent) == 1


def test_without_a_price_there_is_no_price_of_zero() -> None:
    """C29: an entry that nothing can value is denied; nothing crashes, nothing is worth 0."""
    bench = Bench(has_quote=False)
    bench.order(bench.context, BUY, LOT, MARKET)
    assert bench.codes == ["PRICE_UNAVAILABLE"]
    assert bench.host.state is HostState.RUNNING
    assert not bench.sent


@pytest.mark.parametrize(
    ("arguments", "terms"),
    [
        ((BUY, None), {}),
        ((BUY, 0.5), {}),
        ((BUY, "100"), {}),
        ((None, LOT), {}),
        ((BUY, LOT, LIMIT, None), {}),
        ((BUY, LOT, LIMIT, float(BID)), {}),
        ((BUY, LOT, STOP_MARKET), {"trigger_price": None}),
        ((BUY, LOT, MARKET, 0), {"tag": None}),
    ],
)
def test_what_is_no_number_is_denied_and_harms_nobody(
    arguments: tuple[object, ...], terms: dict[str, object]
) -> None:
    """C29, C34: None or a float as price, stop or quantity is a denial that names the field."""
    bench = Bench()
    bench.order(bench.context, *arguments, **terms)
    assert bench.codes == ["ORDER_VALUE"]
    assert "expected" in bench.denials[0].text
    assert not bench.sent
    bench.order(bench.context, BUY, LOT)
    assert bench.context.position_quantity(ID) == LOT


# --------------------------------------------------------------------------------------------------
# Protective stops


def bracket(bench: Bench, stop: int = STOP, target: int = 0, entry: int = 0) -> list[str]:
    ids = bench.context.submit_bracket(
        ID, BUY, 3 * LOT, entry_price=entry, stop_price=stop, target_price=target, tag="dip"
    )
    bench.settle()
    return [ids.entry, ids.stop, ids.target]


def test_a_fill_sends_its_stop_with_its_price() -> None:
    """C4, C26: after each fill a reduce-only stop-market for what is open, at the price asked."""
    bench = Bench()
    bench.broker.fill_max = 2 * LOT
    _, stop_id, _ = bracket(bench)
    stop = next(order for order in bench.sent if order.client_order_id == stop_id)
    assert (stop.order_type, stop.trigger_price, stop.side) == (STOP_MARKET, STOP, SELL)
    assert stop.reduce_only
    view = bench.context.order(stop_id)
    assert view is not None
    assert view.leaves_qty == bench.context.position_quantity(ID)


def test_the_stop_price_is_in_the_order_and_in_the_journal() -> None:
    """C27: known before anything is filled."""
    bench = Bench()
    _, stop_id, _ = bracket(bench, entry=BID - 500)
    view = bench.context.order(stop_id)
    assert view is not None
    assert (view.life, view.trigger_price) == (HELD, STOP)
    journalled = [order for order in bench.orders if order.client_order_id == stop_id]
    assert [order.trigger_price for order in journalled] == [STOP]


def test_a_fill_finds_its_order_before_it_is_accepted_and_by_the_venues_id() -> None:
    """C28: by client id first, else by the venue's; the stop follows either way."""
    bench = Bench()
    bench.broker.silent = True
    entry_id, stop_id, _ = bracket(bench)
    now = bench.clock.now_ns()
    bench.report(fill_of(entry_id, "", "X1", now))
    bench.report(OrderAccepted(entry_id, "V1", now, now))
    bench.report(fill_of("", "V1", "X2", now))
    assert bench.context.position_quantity(ID) == 2 * LOT
    assert [order.client_order_id for order in bench.sent] == [entry_id, stop_id]
    assert bench.desk.counts.dead_letters == 0


@pytest.mark.parametrize("stop", [-1, STOP + 1])
def test_no_position_is_entered_that_its_stop_cannot_protect(stop: int) -> None:
    """C24: a stop that could never leave denies the entry, too; none at all is an error."""
    bench = Bench()
    bracket(bench, stop=stop)
    assert len(bench.codes) == 2
    assert not bench.sent
    with pytest.raises(ValueError, match="stop_price"):
        bracket(bench, stop=0)


def test_a_market_close_needs_no_stop() -> None:
    """C24: closing is never held up, limits or not."""
    bench = Bench(RiskLimits(orders_per_second_max="1", position_notional_max="10000"))
    bench.order(bench.context, BUY, LOT)
    bench.order(bench.context, BUY, LOT)
    assert bench.codes == ["RISK_RATE"]
    assert bench.context.flatten(ID) == 1
    bench.settle()
    assert bench.context.position_quantity(ID) == 0


def test_partial_fills_of_a_close_end_exactly_flat_and_keep_its_cause() -> None:
    """C40: no residue, no cost left; which exit it was stays known."""
    bench = Bench()
    bench.broker.fill_max = LOT // 10
    entry_id, stop_id, target_id = bracket(bench, target=TARGET, entry=ASK)
    for step in range(40):  # at changing prices, so that no average is round
        bench.quote(BID - 5 * (step % 7), ASK - 5 * (step % 7))
    for step in range(40):
        bench.quote(TARGET + 5 * (step % 3), TARGET + 20)
    fills = bench.recorders["tested"].fills
    assert [fill.client_order_id for fill in fills] == 30 * [entry_id] + 30 * [target_id]
    position = bench.context.position(ID)
    assert (position.quantity, position.avg_px, position.unrealised) == (0, 0.0, 0)
    assert bench.host.ledgers[ID].position.cost == 0
    lives = {name: bench.context.order(name) for name in (entry_id, target_id, stop_id)}
    assert lives[target_id].life is FILLED  # type: ignore[union-attr]
    assert lives[target_id].tag == "dip"  # type: ignore[union-attr]
    assert lives[stop_id].cum_qty == 0  # type: ignore[union-attr]


# --------------------------------------------------------------------------------------------------
# Time


def test_time_is_the_markets_from_the_start_on() -> None:
    """C32: no zero and no 1970; what a callback is told is the time of its input."""
    bench = Bench()
    recorder = bench.recorders["tested"]
    assert recorder.started_ns >= 1_700_000_000 * 10**9
    assert bench.context.now_ns() == recorder.quotes[-1].ts_init
    bench.order(bench.context, BUY, LOT, LIMIT, BID - 500, time_in_force=GTD)
    assert bench.codes == ["ORDER_VALUE"]
    assert "expire_ns=0" in bench.denials[0].text


@pytest.mark.parametrize("module", [commands, inputs, market, orders, reports])
def test_nothing_that_happened_is_without_its_time(module: ModuleType) -> None:
    """C32: no event, order or command can be made without saying when."""
    kinds = [kind for kind in vars(module).values() if isinstance(kind, type)]
    structs = [kind for kind in kinds if issubclass(kind, msgspec.Struct)]
    fields = [field for kind in structs for field in msgspec.structs.fields(kind)]
    times = [field for field in fields if field.name.startswith("ts_")]
    assert times
    assert all(field.required for field in times)
