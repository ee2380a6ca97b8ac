"""A venue with one account, a clock and a memory, for tests of the simulated venue."""

from collections.abc import Sequence

import msgspec

from hexdesk.application.clock import VirtualClock
from hexdesk.domain.instruments import (
    Instrument,
    InstrumentKind,
    InstrumentSettings,
    make_instrument,
)
from hexdesk.domain.market import BookLevel, BookUpdate, InstrumentStatus, Quote, Trade
from hexdesk.domain.money import parse_money
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.reports import Fill, OrderRejected, VenueReport
from hexdesk.domain.values import (
    LIMIT,
    MARKET,
    Aggressor,
    Liquidity,
    OrderType,
    Side,
    TradingStatus,
)
from hexdesk_sim.engine import Venue
from hexdesk_sim.order import SimOrder
from hexdesk_sim.settings import MatchSettings

ACCOUNT = "A1"
START_NS = 1_700_000_000_000_000_000


def contract(**changes: object) -> Instrument:
    """Return a contract whose raw prices and quantities are the plain numbers."""
    settings: dict[str, object] = {
        "kind": InstrumentKind.PERPETUAL,
        "base": "BTC",
        "quote": "USDT",
        "tick": "1",
        "lot": "1",
        "maker_fee": "0.0002",
        "taker_fee": "0.0005",
        "margin": "0.1",
    } | changes
    return make_instrument("BTC-PERP.SIM", msgspec.convert(settings, InstrumentSettings))


class Exchange:
    """Drives a venue and remembers its reports.

    Matching is plain unless said otherwise: no slippage, front of the queue, no sweep.
    """

    def __init__(
        self,
        instrument: Instrument | None = None,
        *,
        deposits: Sequence[str] = ("1000000 USDT",),
        short_ways: bool = True,
        **settings: object,
    ) -> None:
        self.instrument = instrument or contract()
        self.clock = VirtualClock(START_NS)
        plain: dict[str, object] = {"slippage_bps": 0, "queue": "front", "sweep": False}
        self.venue = Venue(
            {self.instrument.id: self.instrument},
            self.clock,
            msgspec.convert(plain | settings, MatchSettings),
            seed=7,
            short_ways=short_ways,
        )
        self.reports: list[VenueReport] = []
        self.account = self.venue.open_account(
            ACCOUNT, self.reports.append, [parse_money(text) for text in deposits]
        )
        self._orders = 0
        self._requests = 0

    def wait(self, duration_ns: int) -> None:
        """Let time pass."""
        self.clock.advance_to(self.clock.now_ns() + duration_ns)

    def quote(self, bid: int, ask: int, bid_size: int = 0, ask_size: int = 0) -> None:
        """Show a touch; 0 is a missing side or an unknown size."""
        now = self.clock.now_ns()
        quote = Quote(self.instrument.id, bid, bid_size, ask, ask_size, now, now)
        self.venue.on_quote(quote)

    def trade(self, price: int, size: int = 0, aggressor: Aggressor = Aggressor.UNKNOWN) -> None:
        """Print a public trade."""
        now = self.clock.now_ns()
        self.venue.on_trade(Trade(self.instrument.id, price, size, aggressor, "", now, now))

    def depth(
        self,
        bids: Sequence[tuple[int, int]] = (),
        asks: Sequence[tuple[int, int]] = (),
        *,
        snapshot: bool = True,
    ) -> None:
        """Show a level-2 book, newer than any quote so far."""
        self.wait(1)
        now = self.clock.now_ns()
        levels = [tuple(BookLevel(*level) for level in side) for side in (bids, asks)]
        self.venue.on_book(BookUpdate(self.instrument.id, levels[0], levels[1], snapshot, now, now))

    def status(self, status: TradingStatus) -> None:
        """Change the trading status."""
        now = self.clock.now_ns()
        self.venue.on_status(InstrumentStatus(self.instrument.id, status, now, now))

    def submit(
        self,
        side: Side,
        quantity: int,
        price: int = 0,
        order_type: OrderType | None = None,
        **terms: object,
    ) -> str:
        """Send an order, by default limit if it has a price, else market; return its id."""
        self._orders += 1
        order = NewOrder(
            f"O{self._orders}",
            "s",
            ACCOUNT,
            self.instrument.id,
            side,
            order_type or (LIMIT if price else MARKET),
            quantity,
            self.clock.now_ns(),
            price,
        )
        order = msgspec.structs.replace(order, **terms)
        self.venue.submit(order)
        return order.client_order_id

    def amend(self, order_id: str, quantity: int = 0, price: int = 0, trigger: int = 0) -> int:
        """Ask for new terms and return the request's id."""
        self._requests += 1
        request = AmendOrder(
            order_id, self._requests, quantity, price, trigger, self.clock.now_ns()
        )
        self.venue.amend(ACCOUNT, request)
        return self._requests

    def cancel(self, order_id: str) -> int:
        """Ask to cancel and return the request's id."""
        self._requests += 1
        self.venue.cancel(ACCOUNT, CancelOrder(order_id, self._requests, self.clock.now_ns()))
        return self._requests

    def story(self, order_id: str) -> list[str]:
        """Return the kinds of reports of an order; fills as quantity@price."""
        return [_word(report) for report in self.reports if report.client_order_id == order_id]

    def order(self, order_id: str) -> SimOrder:
        """Return the venue's own order."""
        return self.account.orders[order_id]

    @property
    def fills(self) -> list[Fill]:
        """Fills so far."""
        return [report for report in self.reports if isinstance(report, Fill)]

    @property
    def rejection(self) -> str:
        """Code and text of the latest report, a rejection."""
        report = self.reports[-1]
        assert isinstance(report, OrderRejected), report
        return f"{report.code}: {report.text}"

    @property
    def position(self) -> int:
        """Net position."""
        return sum(position.quantity for position in self.venue.positions(ACCOUNT))


def _word(report: VenueReport) -> str:
    if isinstance(report, Fill):
        role = "maker" if report.liquidity is Liquidity.MAKER else "taker"
        return f"{role} {report.quantity}@{report.price}"
    kind = str(type(report).__struct_config__.tag)
    code = getattr(report, "code", "")
    return f"{kind} {code}" if code else kind
