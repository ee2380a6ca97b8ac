"""What holds after any history: the venue's books, its reports and its money agree."""

from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hexdesk.domain.order_state import ALERTING, Order, apply, new_order
from hexdesk.domain.reports import Fill, OrderSubmitted, VenueReport
from hexdesk.domain.values import (
    BUY,
    DAY,
    FOK,
    GTC,
    IOC,
    LIMIT,
    MAKER,
    SELL,
    STOP_LIMIT,
    STOP_MARKET,
    TRAILING_STOP,
    Aggressor,
    OrderType,
    PositionEffect,
    Side,
    TimeInForce,
    TradingStatus,
)
from tests.adapters.sim.exchange import ACCOUNT, START_NS, Exchange, contract

DEPOSIT = 1_000_000 * 10**8
PRICES = st.integers(90, 110)
MAYBE_PRICES = st.one_of(st.just(0), PRICES)
SIZES = st.integers(0, 12)
SIDES = st.sampled_from([BUY, SELL])


class VenueMachine(RuleBasedStateMachine):
    """Any history of one account at one venue."""

    @initialize(
        queue=st.sampled_from(["front", "back"]),
        sweep=st.booleans(),
        trigger=st.sampled_from(["any", "quote", "trade"]),
        mode=st.sampled_from(["netting", "hedging"]),
        kind=st.sampled_from(["perpetual", "spot"]),
    )
    def open(self, queue: str, sweep: bool, trigger: str, mode: str, kind: str) -> None:
        self.exchange = Exchange(
            contract(kind=kind), queue=queue, sweep=sweep, trigger=trigger, position_mode=mode
        )
        self.trigger = trigger
        self.orders: dict[str, Order] = {}
        self.seen = 0
        self.fresh_quote = False

    # --- the market -------------------------------------------------------------------------

    @rule(bid=MAYBE_PRICES, ask=MAYBE_PRICES, bid_size=SIZES, ask_size=SIZES)
    def quote(self, bid: int, ask: int, bid_size: int, ask_size: int) -> None:
        self.exchange.wait(1)
        self.exchange.quote(bid, ask, bid_size, ask_size)
        self.check_reports()
        self.fresh_quote = True

    @rule(price=PRICES, size=SIZES, aggressor=st.sampled_from(Aggressor))
    def trade(self, price: int, size: int, aggressor: Aggressor) -> None:
        self.exchange.trade(price, size, aggressor)
        self.check_reports()

    @rule(
        bids=st.lists(st.tuples(PRICES, SIZES), max_size=4),
        asks=st.lists(st.tuples(PRICES, SIZES), max_size=4),
        snapshot=st.booleans(),
    )
    def depth(
        self,
        bids: list[tuple[int, int]],
        asks: list[tuple[int, int]],
        snapshot: bool,
    ) -> None:
        self.exchange.depth(bids, asks, snapshot=snapshot)
        self.check_reports()

    @rule(status=st.sampled_from([TradingStatus.TRADING] * 3 + list(TradingStatus)))
    def status(self, status: TradingStatus) -> None:
        self.exchange.status(status)
        self.check_reports()

    @rule(days=st.integers(0, 1))
    def wait(self, days: int) -> None:
        self.exchange.wait(1 + days * 86_400 * 10**9)
        self.check_reports()

    # --- requests ---------------------------------------------------------------------------

    @rule(
        side=SIDES,
        quantity=st.integers(1, 15),
        kind=st.sampled_from(OrderType),
        force=st.sampled_from([GTC, GTC, GTC, IOC, FOK, DAY]),
        price=PRICES,
        level=PRICES,
        flags=st.sampled_from(["", "", "", "post", "reduce", "iceberg"]),
        effect=st.sampled_from([PositionEffect.AUTO] * 4 + list(PositionEffect)),
    )
    def submit(
        self,
        *,
        side: Side,
        quantity: int,
        kind: OrderType,
        force: TimeInForce,
        price: int,
        level: int,
        flags: str,
        effect: PositionEffect,
    ) -> None:
        terms: dict[str, object] = {
            "time_in_force": force,
            "post_only": flags == "post",
            "reduce_only": flags == "reduce",
            "display_quantity": (quantity + 1) // 2 if flags == "iceberg" else 0,
            "position_effect": effect,
            "trigger_price": level if kind in (STOP_MARKET, STOP_LIMIT) else 0,
            "trailing_offset": 4 if kind is TRAILING_STOP else 0,
        }
        order_id = self.exchange.submit(
            side, quantity, price if kind in (LIMIT, STOP_LIMIT) else 0, kind, **terms
        )
        order = new_order(self.exchange.order(order_id).intent)
        apply(order, OrderSubmitted(order_id, START_NS))
        self.orders[order_id] = order
        self.check_reports()

    @rule(data=st.data(), quantity=SIZES, price=MAYBE_PRICES, level=MAYBE_PRICES)
    def amend(self, data: st.DataObject, quantity: int, price: int, level: int) -> None:
        if self.orders:
            order_id = data.draw(st.sampled_from(sorted(self.orders)))
            self.exchange.amend(order_id, quantity, price, level)
            self.check_reports()

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        if self.orders:
            self.exchange.cancel(data.draw(st.sampled_from(sorted(self.orders))))
            self.check_reports()

    @rule(data=st.data(), leaves_live=st.sampled_from([True, False]))
    def bust(self, data: st.DataObject, leaves_live: bool) -> None:
        fills = self.exchange.venue.fills(ACCOUNT)
        if fills:
            fill = data.draw(st.sampled_from(fills))
            self.exchange.venue.bust(ACCOUNT, fill.trade_id, leaves_live=leaves_live)
            self.check_reports()
            self.exchange.wait(1)  # a desk cannot order a bust and a cancel of one instant

    # --- laws -------------------------------------------------------------------------------

    def check_reports(self) -> None:
        """Fold the new reports into orders, as a desk does, and look at each fill."""
        self.fresh_quote = False
        new = self.exchange.reports[self.seen :]
        self.seen = len(self.exchange.reports)
        for report in new:
            order = self.orders.get(report.client_order_id)
            if order is None:  # its submit is being reported
                intent = self.exchange.order(report.client_order_id).intent
                order = self.orders[report.client_order_id] = new_order(intent)
                apply(order, OrderSubmitted(report.client_order_id, START_NS))
            outcome = apply(order, report)
            assert outcome not in ALERTING, (outcome, report)
            if isinstance(report, Fill):
                self.check_fill(report)

    def check_fill(self, fill: Fill) -> None:
        """No fill outside the limit, none better than the market that it saw."""
        order = self.exchange.order(fill.client_order_id)
        assert fill.quantity > 0
        if order.price:
            assert fill.price <= order.price if fill.side is BUY else fill.price >= order.price
        if fill.liquidity is MAKER:
            assert fill.price == order.price
            return
        book = self.exchange.venue.book(fill.instrument_id)
        assert book is not None
        touch = book.liquidity.ask if fill.side is BUY else book.liquidity.bid
        assert touch
        assert fill.price >= touch if fill.side is BUY else fill.price <= touch
        if order.intent.time_in_force is FOK:
            assert order.cum_qty + order.dead_qty == order.quantity

    @invariant()
    def orders_agree_with_what_was_reported(self) -> None:
        for order_id, order in self.orders.items():
            truth = self.exchange.order(order_id)
            assert order.life is truth.life, order_id
            assert (order.quantity, order.cum_qty, order.leaves_qty) == (
                truth.quantity,
                truth.cum_qty,
                truth.leaves_qty,
            )
            assert order.quantity == order.cum_qty + order.leaves_qty + order.canceled_qty

    @invariant()
    def open_orders_are_in_a_book(self) -> None:
        working = [order for order in self.exchange.account.orders.values() if not order.is_closed]
        assert all(order.place and order.leaves_qty > 0 for order in working)
        assert [order.intent.client_order_id for order in working] == [
            order.intent.client_order_id for order in self.exchange.venue.open_orders(ACCOUNT)
        ]
        assert self.exchange.account.open_count == len(working)

    @invariant()
    def the_position_is_the_sum_of_the_fills(self) -> None:
        fills = self.exchange.venue.fills(ACCOUNT)
        assert self.exchange.position == sum(fill.quantity * fill.side for fill in fills)

    @invariant()
    def money_adds_up(self) -> None:
        """Law L11: cash and what is open = deposits and cash flow and what is held, less fees."""
        fills = self.exchange.venue.fills(ACCOUNT)
        flow = -sum(fill.price * fill.quantity * fill.side for fill in fills) * 10**8
        fees = sum(fill.fee for fill in fills)
        cash = self.exchange.account.cash.balance("USDT").total
        if not self.exchange.instrument.is_margined:
            assert cash == DEPOSIT + flow - fees
            return
        holding = self.exchange.account.holdings.get(self.exchange.instrument.id)
        opened = holding.position.unrealised(100) if holding else 0
        held = holding.position.held_value(100) if holding else 0
        assert cash + opened * 10**8 == DEPOSIT + flow + held * 10**8 - fees

    @invariant()
    def nothing_is_left_that_a_quote_should_have_met(self) -> None:
        book = self.exchange.venue.book(self.exchange.instrument.id)
        assert book is not None
        if not self.fresh_quote or book.market.status in (
            TradingStatus.HALTED,
            TradingStatus.CLOSED,
        ):
            return
        quote = book.market.quote
        assert quote is not None
        bid, ask = quote.bid_price, quote.ask_price
        is_crossed = bid > ask > 0
        if is_crossed:
            bid, ask = ask, bid
        liquidity = book.liquidity
        is_known = liquidity.event is quote  # else nothing had to look at it
        for order in book.buys:
            assert not 0 < ask <= order.price or (is_known and not liquidity.ask_left)
        for order in book.sells:
            assert not bid >= order.price or (is_known and not liquidity.bid_left)
        if self.trigger != "trade" and not is_crossed:
            for order in book.stops:
                level = order.trigger_price
                if order.intent.side is BUY:
                    assert not ask or ask < level
                else:
                    assert not bid or bid > level


TestVenue = VenueMachine.TestCase
TestVenue.settings = settings(max_examples=80, stateful_step_count=50, deadline=None)


def play(seed: int) -> list[VenueReport]:
    """Return the reports of a long random history, the same for a seed."""
    chance = Random(seed)
    exchange = Exchange(queue="back", sweep=True, slippage_bps=1, reject_rate=0.05)
    ids: list[str] = []
    for _ in range(400):
        exchange.wait(chance.randrange(10**9))
        step = chance.random()
        price = chance.randrange(95, 106)
        if step < 0.4:
            spread = chance.randrange(1, 3)
            exchange.quote(price, price + spread, chance.randrange(20), chance.randrange(20))
        elif step < 0.55:
            exchange.trade(price, chance.randrange(20), chance.choice(list(Aggressor)))
        elif step < 0.85:
            side = chance.choice([BUY, SELL])
            ids.append(exchange.submit(side, chance.randrange(1, 9), chance.choice([0, price])))
        elif ids:
            exchange.cancel(chance.choice(ids))
    return exchange.reports


@pytest.mark.parametrize("seed", range(3))
def test_the_same_history_gives_the_same_reports(seed: int) -> None:
    assert play(seed) == play(seed)


def test_trade_ids_count_from_one() -> None:
    fills = [report for report in play(1) if isinstance(report, Fill)]
    assert [fill.trade_id for fill in fills] == [f"T{number + 1}" for number in range(len(fills))]
