"""What all books of a venue share."""

from collections.abc import Callable

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import Quote, Trade
from hexdesk.domain.money import ceil_div
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
        watch: Called with an instrument's id when its book begins to need events.
        unwatch: The same when it needs them no more.
    """

    __slots__ = (
        "_trades",
        "clock",
        "day_end_ns",
        "now_ns",
        "outbox",
        "settings",
        "slippage",
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
        self._trades = 0

    def next_trade_id(self) -> str:
        """Return the id of the next execution at the venue: `T1`, `T2`, ..."""
        self._trades = number = self._trades + 1
        return f"T{number}"


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


def slipped(instrument: Instrument, side: Side, price: PriceRaw, rate: int) -> PriceRaw:
    """Return a taker's price after slippage, on the grid and inside the daily limits."""
    if not rate:
        return price
    slip = ceil_div(price * rate, ONE)
    if side is BUY:
        worse = instrument.ceil_price(price + slip)
        if instrument.upper_limit:
            worse = min(worse, instrument.upper_limit)
        return max(worse, price)
    worse = max(instrument.floor_price(price - slip), instrument.lower_limit)
    return min(worse, price) if worse > 0 else price
