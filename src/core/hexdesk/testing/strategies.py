"""Hypothesis strategies: instruments, quotes, orders, and what venues report of an order.

Needs the extra `hexdesk[testing]`. Everything generated is valid unless a name says otherwise;
quotes may be locked, crossed or one-sided, because real ones are.
"""

from dataclasses import dataclass, field

import hypothesis.strategies as st

from hexdesk.domain.instruments import Instrument, InstrumentKind, TickBand
from hexdesk.domain.market import Quote
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.reports import (
    AmendRejected,
    CancelRejected,
    Fill,
    FillBusted,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderTriggered,
    OrderUpdated,
    VenueReport,
)
from hexdesk.domain.values import (
    BUY,
    CONDITIONAL_TYPES,
    GTC,
    GTD,
    IOC,
    LIMIT,
    PRICED_TYPES,
    SELL,
    TRAILING_STOP,
    Liquidity,
    OrderType,
    QtyRaw,
    Side,
    TimeInForce,
    TimeNs,
)

PRICE_MAX = 10**9
"""Largest raw price generated."""
QUANTITY_MAX = 10**9
"""Largest raw quantity generated."""
VENUE_STEPS_MAX = 12
"""Most things that happen to one generated order at its venue."""

sides: st.SearchStrategy[Side] = st.sampled_from([BUY, SELL])
"""Buy or sell."""
prices: st.SearchStrategy[int] = st.integers(1, PRICE_MAX)
"""Raw prices above 0."""
quantities: st.SearchStrategy[int] = st.integers(1, QUANTITY_MAX)
"""Raw quantities above 0."""


@st.composite
def tick_tables(draw: st.DrawFn) -> tuple[TickBand, ...]:
    """Return a tick table as exchanges have them: ticks grow, floors lie on both grids."""
    tick = draw(st.sampled_from([1, 5, 10]))
    bands = [TickBand(0, tick)]
    for _ in range(draw(st.integers(0, 4))):
        tick *= draw(st.sampled_from([2, 5, 10]))
        floor = (bands[-1].floor // tick + draw(st.integers(1, 20))) * tick
        bands.append(TickBand(floor, tick))
    return tuple(bands)


@st.composite
def instruments(draw: st.DrawFn, *, inverse: bool | None = None) -> Instrument:
    """Return an instrument; linear or inverse, or either if `inverse` is None."""
    is_inverse = draw(st.booleans()) if inverse is None else inverse
    return Instrument(
        id="TEST-PERP.ACME",
        kind=InstrumentKind.PERPETUAL
        if is_inverse
        else draw(st.sampled_from(list(InstrumentKind))),
        base="BTC",
        quote="USDT",
        settle="BTC" if is_inverse else "USDT",
        price_scale=draw(st.integers(0, 4)),
        quantity_scale=0 if is_inverse else draw(st.integers(0, 8)),
        ticks=draw(tick_tables()),
        lot=draw(st.sampled_from([1, 10, 100])),
        multiplier=draw(st.sampled_from([1, 10, 100, 1000])),
        multiplier_scale=draw(st.integers(0, 2)),
        inverse=is_inverse,
    )


@st.composite
def quotes(
    draw: st.DrawFn,
    instrument_id: str = "TEST-PERP.ACME",
    *,
    middle: int = 10_000,
    spread_max: int = 50,
    ts: TimeNs = 1,
) -> Quote:
    """Return a quote around a middle: regular, locked, crossed, one-sided or empty.

    A spread down to `-spread_max` is drawn; sizes of 0 (unknown) too.
    """
    spread = draw(st.integers(-spread_max, spread_max))
    bid = middle - spread // 2
    has_bid, has_ask = draw(st.sampled_from([(1, 1)] * 6 + [(1, 0), (0, 1), (0, 0)]))
    sizes = st.integers(0, 1_000)
    return Quote(
        instrument_id,
        bid * has_bid,
        draw(sizes) * has_bid,
        (bid + spread) * has_ask,
        draw(sizes) * has_ask,
        ts,
        ts,
    )


@st.composite
def quote_paths(
    draw: st.DrawFn,
    instrument_id: str = "TEST-PERP.ACME",
    *,
    start: int = 10_000,
    length_max: int = 60,
    step_max: int = 40,
) -> tuple[Quote, ...]:
    """Return quotes of a random walk, a second apart, with every irregularity of `quotes`."""
    steps = draw(st.lists(st.integers(-step_max, step_max), max_size=length_max))
    middle, path = start, list[Quote]()
    for number, step in enumerate(steps, 1):
        middle = max(middle + step, 1_000)
        path.append(draw(quotes(instrument_id, middle=middle, ts=number * 10**9)))
    return tuple(path)


@st.composite
def orders(
    draw: st.DrawFn,
    instrument_id: str = "TEST-PERP.ACME",
    *,
    order_types: frozenset[OrderType] = frozenset(OrderType),
    client_order_id: str = "O1",
) -> NewOrder:
    """Return an order whose values are complete and without contradiction."""
    kind = draw(st.sampled_from(sorted(order_types)))
    force: TimeInForce = draw(st.sampled_from([GTC, GTD, IOC] if kind is LIMIT else [GTC]))
    triggered = kind in CONDITIONAL_TYPES and kind is not TRAILING_STOP
    return NewOrder(
        client_order_id,
        "tester",
        "account",
        instrument_id,
        draw(sides),
        kind,
        draw(quantities),
        1,
        price=draw(prices) if kind in PRICED_TYPES else 0,
        trigger_price=draw(prices) if triggered else 0,
        trailing_offset=draw(prices) if kind is TRAILING_STOP else 0,
        time_in_force=force,
        expire_ns=draw(st.integers(2, 10**18)) if force is GTD else 0,
    )


@dataclass
class _Venue:
    """A venue's honest book of one order; it writes down what it reports."""

    order: NewOrder
    quantity: QtyRaw
    leaves: QtyRaw
    cum: QtyRaw = 0
    dead: QtyRaw = 0
    request_id: int = 0
    trades: int = 0
    now: TimeNs = 10
    alive: bool = True
    standing: dict[str, QtyRaw] = field(default_factory=dict[str, QtyRaw])
    reports: list[VenueReport] = field(default_factory=list[VenueReport])

    def report(self, report: VenueReport) -> None:
        self.reports.append(report)

    def tick(self) -> TimeNs:
        self.now += 10
        return self.now

    def fill(self, quantity: QtyRaw, price: int) -> None:
        order, now = self.order, self.tick()
        self.trades += 1
        trade_id = f"T{self.trades}"
        self.leaves -= quantity
        self.cum += quantity
        self.alive = self.leaves > 0
        self.standing[trade_id] = quantity
        self.report(
            Fill(order.client_order_id, "V1", trade_id, order.instrument_id, order.side, quantity,
                 price, Liquidity.MAKER, 0, "USDT", now, now)
        )  # fmt: skip

    def bust(self, trade_id: str, *, leaves_live: bool | None) -> None:
        now, quantity = self.tick(), self.standing.pop(trade_id)
        self.cum -= quantity
        if leaves_live:
            self.leaves = self.quantity - self.cum - self.dead
            self.alive = self.leaves > 0
        else:
            self.dead += quantity
        self.report(FillBusted(self.order.client_order_id, trade_id, leaves_live, now, now))

    def amend(self, quantity: QtyRaw, price: int) -> None:
        now = self.tick()
        self.request_id += 1
        self.quantity = quantity
        self.leaves = max(quantity - self.cum - self.dead, 0)
        self.alive = self.leaves > 0
        self.report(
            OrderUpdated(self.order.client_order_id, self.request_id, quantity, price, 0, now, now)
        )

    def refuse(self, *, cancel: bool) -> None:
        now = self.tick()
        self.request_id += 1
        kind = CancelRejected if cancel else AmendRejected
        order_id = self.order.client_order_id
        self.report(kind(order_id, self.request_id, "VENUE_OTHER", "too late", now, now))

    def end(self, how: str) -> None:
        now, order_id = self.tick(), self.order.client_order_id
        self.alive, self.leaves = False, 0
        if how == "cancel":
            self.report(OrderCanceled(order_id, "", now, now))
        else:
            self.report(OrderExpired(order_id, now, now))


@st.composite
def venue_histories(draw: st.DrawFn) -> tuple[NewOrder, tuple[VenueReport, ...]]:
    """Return an order and all that an honest venue reports of it, in the venue's order.

    Acceptance or refusal, trigger, fills, amendments with rising request ids, refused requests,
    busts (live, dead, unsaid; also after the end), cancel or expiry. Times rise strictly.
    """
    order = draw(orders())
    order_id = order.client_order_id
    if draw(st.integers(0, 9)) == 0:
        return order, (OrderRejected(order_id, "VENUE_FUNDS", "no money", 20, 20),)
    venue = _Venue(order, order.quantity, order.quantity)
    venue.report(OrderAccepted(order_id, "V1", venue.tick(), venue.now))
    if order.order_type in CONDITIONAL_TYPES and draw(st.booleans()):
        venue.report(OrderTriggered(order_id, venue.tick(), venue.now))
    for _ in range(draw(st.integers(0, VENUE_STEPS_MAX))):
        _step(draw, venue)
    return order, tuple(venue.reports)


def _step(draw: st.DrawFn, venue: _Venue) -> None:
    choices = ["fill", "fill", "fill", "amend", "refuse", "cancel", "expire"] if venue.alive else []
    if venue.standing:
        choices.append("bust")
    if not choices:
        return
    choice = draw(st.sampled_from(choices))
    if choice == "fill":
        quantity = draw(st.one_of(st.just(venue.leaves), st.integers(1, venue.leaves)))
        venue.fill(quantity, draw(prices))
    elif choice == "amend":
        least = max(venue.cum + venue.dead, 1)
        venue.amend(draw(st.integers(least, least + QUANTITY_MAX)), draw(prices))
    elif choice == "refuse":
        venue.refuse(cancel=draw(st.booleans()))
    elif choice == "bust":
        trade_id = draw(st.sampled_from(sorted(venue.standing)))
        venue.bust(trade_id, leaves_live=draw(st.sampled_from([True, False, None])))
    else:
        venue.end(choice)


@st.composite
def interleavings(draw: st.DrawFn, reports: tuple[VenueReport, ...]) -> list[VenueReport]:
    """Return reports in any order, some of them more than once."""
    repeated = draw(st.lists(st.sampled_from(reports), max_size=4))
    return draw(st.permutations([*reports, *repeated]))
