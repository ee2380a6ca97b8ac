"""What all books of a venue share."""

from collections.abc import Callable

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import Quote, Trade
from hexdesk.domain.values import BUY, PriceRaw, Side, TradingStatus
from hexdesk.ports.clock import Clock
from hexdesk_sim.holdings import day_end_of
from hexdesk_sim.outbox import Outbox
from hexdesk_sim.settings import MatchSettings

BPS_SCALE = 100_000
"""Raw slippage per basis point; a rate of 1 is 10**9."""
ONE = 10**9


class Floor:
    """Time, reports, numbers and rules.

    Attributes:
        clock: Venue time and timers.
        now_ns: The clock's, bound once.
        outbox: Where reports go.
        settings: How to match.
        slippage: Taker slippage as a rate at 10**-9.
        day_end_ns: End of the trading day, from midnight UTC.
        order_count: New orders so far; the next is `V` and one more.
        trade_count: Executions so far; the next has the id `T` and one more.
        watch: Called with an instrument's id when its book begins to need events.
        unwatch: The same when it needs them no more.
    """

    __slots__ = (
        "clock",
        "day_end_ns",
        "now_ns",
        "order_count",
        "outbox",
        "settings",
        "slippage",
        "trade_count",
        "unwatch",
        "watch",
    )

    def __init__(
        self,
        clock: Clock,
        settings: MatchSettings,
        watch: Callable[[str], None],
        unwatch: Callable[[str], None],
    ) -> None:
        self.clock = clock
        self.now_ns = clock.now_ns
        self.outbox = Outbox()
        self.settings = settings
        self.slippage = round(settings.slippage_bps * BPS_SCALE)
        self.day_end_ns = day_end_of(settings.day_end_utc)
        self.watch = watch
        self.unwatch = unwatch
        self.order_count = 0
        self.trade_count = 0


class Market:
    """The latest public state of one instrument, for a venue that is fed by its owner."""

    __slots__ = ("_instrument", "quote", "status", "trade")

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self.quote: Quote | None = None
        self.trade: Trade | None = None
        self.status: TradingStatus = instrument.status

    @property
    def instrument(self) -> Instrument:
        """What is traded."""
        return self._instrument

    @property
    def mark(self) -> PriceRaw:
        """Middle of the quote, else last trade, else 0."""
        quote = self.quote
        if quote is not None and quote.bid_price and quote.ask_price:
            return (quote.bid_price + quote.ask_price) // 2
        return self.trade.price if self.trade is not None else 0


class Slippage:
    """What takers pay beyond the displayed price: on the grid, inside the daily limits."""

    __slots__ = ("_instrument", "_price_max", "_price_min", "_rate", "_tick")

    def __init__(self, instrument: Instrument, rate: int) -> None:
        self._instrument = instrument
        self._rate = rate
        self._tick = instrument.ticks[0].tick if len(instrument.ticks) == 1 else 0
        self._price_min = max(instrument.lower_limit, 1)
        self._price_max = instrument.upper_limit

    def worsen(self, side: Side, price: PriceRaw) -> PriceRaw:
        """Return a taker's price at a displayed one."""
        if not self._rate:
            return price
        slip = -(-price * self._rate // ONE)
        tick = self._tick
        if side is BUY:
            worse = price + slip
            worse = worse + -worse % tick if tick else self._instrument.ceil_price(worse)
            if 0 < self._price_max < worse:
                worse = self._price_max
            return max(price, worse)
        worse = price - slip
        worse = worse - worse % tick if tick else self._instrument.floor_price(worse)
        if worse < self._price_min:
            worse = self._instrument.ceil_price(self._price_min)
        return min(price, worse)
