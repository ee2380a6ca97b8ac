"""`bench live`: bytes of a websocket message to a journalled order that leaves.

What is timed: JSON decoding, exact prices, the strategy, every risk rule, the order record framed
and written to a file, up to the call that would send the order's bytes.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext

import msgspec

from hexdesk.domain.accounts import Account
from hexdesk.domain.commands import StartStrategy
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import Quote
from hexdesk.domain.money import Money, parse_wire, pow10
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.reports import Fill, OrderAccepted
from hexdesk.domain.values import BUY, LIMIT, NS_PER_MS, SELL, TAKER, TimeNs
from hexdesk.ports.broker import Capabilities, ReportSink, VenueOrder, VenuePosition
from hexdesk.ports.strategy import Strategy, StrategyContext
from hexdesk_app.bench.market import INSTRUMENT_ID, START_NS, instrument_ids, make_app, quotes
from hexdesk_app.bench.result import BenchResult
from hexdesk_app.build import Application
from hexdesk_app.running.interpreter import tuned_interpreter
from hexdesk_app.running.latency import LatencyHistogram

WARM_UP = 2_000
JOURNAL = """
[journal]
plugin = "journal"
sync = "group"
"""


class BookTicker(msgspec.Struct):
    """Binance's best bid and offer, as it comes over the websocket."""

    s: str
    b: str
    B: str
    a: str
    A: str
    E: int


class Taker(Strategy):
    """Sends one limit order a quote, buying and selling in turn."""

    __slots__ = ("_side",)

    def __init__(self, context: StrategyContext) -> None:
        super().__init__(context)
        self._side = BUY

    def on_quote(self, quote: Quote) -> None:
        """Take the touch."""
        side = self._side
        price = quote.ask_price if side is BUY else quote.bid_price
        self.context.submit(quote.instrument_id, side, 1, LIMIT, price)
        self._side = SELL if side is BUY else BUY


class Wire:
    """A broker that notes when an order's bytes would leave, then accepts and fills it at once.

    Attributes:
        capabilities: Those of the simulated venue.
        left_ns: When the latest order left.
    """

    def __init__(self, capabilities: Capabilities, reports: ReportSink) -> None:
        self.capabilities = capabilities
        self.left_ns = 0
        self._reports = reports
        self._trade_count = 0

    def submit(self, order: NewOrder) -> None:
        """Take an order: the end of what is timed."""
        self.left_ns = time.perf_counter_ns()
        self._trade_count += 1
        now_ns = order.ts_init
        self._reports(OrderAccepted(order.client_order_id, "", now_ns, now_ns))
        self._reports(
            Fill(
                order.client_order_id,
                "",
                str(self._trade_count),
                order.instrument_id,
                order.side,
                order.quantity,
                order.price,
                TAKER,
                0,
                "USDT",
                now_ns,
                now_ns,
            )
        )

    def amend(self, request: AmendOrder) -> None:
        """Ignore; the benchmark never amends."""

    def cancel(self, request: CancelOrder) -> None:
        """Ignore; the benchmark never cancels."""

    async def connect(self) -> None:
        """Be ready."""

    async def close(self) -> None:
        """Have nothing to free."""

    async def instruments(self) -> Sequence[Instrument]:
        """List nothing."""
        return ()

    async def query_order(self, client_order_id: str) -> VenueOrder | None:
        """Know nothing: every order is filled when it arrives."""
        return None

    async def query_open_orders(self) -> Sequence[VenueOrder]:
        """Have none open."""
        return ()

    async def query_fills(self, since_ns: TimeNs) -> Sequence[Fill]:
        """Remember none."""
        return ()

    async def query_positions(self) -> Sequence[VenuePosition]:
        """Keep none."""
        return ()

    async def query_balances(self) -> Sequence[Money]:
        """Keep none."""
        return ()


def bench_live(events: int) -> BenchResult:
    """Handle that many messages, an order each."""
    frames = list(make_frames(events + WARM_UP))
    bare = _bare(frames)
    with tempfile.TemporaryDirectory() as folder, tuned_interpreter():
        histogram, seconds, orders = run_frames(frames, folder)
    return BenchResult(
        name="live",
        events=events,
        seconds=seconds,
        calibration_per_second=bare,
        p50_us=histogram.percentile_us(0.5),
        p99_us=histogram.percentile_us(0.99),
        details={"p999_us": round(histogram.percentile_us(0.999), 3), "orders": orders},
    )


def run_frames(
    frames: Sequence[bytes],
    folder: str,
    *,
    extra: str = "",
    beside: Callable[[Application], AbstractContextManager[object]] = nullcontext,
) -> tuple[LatencyHistogram, float, int]:
    """Return durations after the warm-up, seconds and orders; `beside` runs all the while."""
    names = instrument_ids(1)
    app = make_app(names, {}, extra=JOURNAL + extra, overrides=(f"desk.state_path={folder}",))
    desk = app.desk
    wire = Wire(app.assembly.brokers["sim"].capabilities, desk.on_report)
    account = Account("wire", app.instruments.values())
    account.deposit(Money(pow10(17), "USDT"))
    desk.add_broker("wire", wire, account)
    desk.add_strategy("taker", Taker, broker="wire", instrument_ids=names)
    desk.command(StartStrategy("", START_NS))
    histogram = LatencyHistogram()
    decode = msgspec.json.Decoder(BookTicker).decode
    parse = QuoteParser(app.instruments[INSTRUMENT_ID])
    stopwatch = time.perf_counter_ns
    on_quote = desk.on_quote
    with beside(app):
        begun = stopwatch()
        for number, frame in enumerate(frames):
            if number == WARM_UP:
                histogram = LatencyHistogram()
                begun = stopwatch()
            arrived = stopwatch()
            on_quote(parse.quote(decode(frame)))
            histogram.add(wire.left_ns - arrived)
        seconds = (stopwatch() - begun) / 1e9
    app.journal.close()
    return histogram, seconds, desk.counts.orders


class QuoteParser:
    """From the venue's text to integers of one instrument, exactly."""

    def __init__(self, instrument: Instrument) -> None:
        self._price_scale = instrument.price_scale
        self._quantity_scale = instrument.quantity_scale

    def quote(self, message: BookTicker) -> Quote:
        """Return the quote of a message."""
        price_scale, quantity_scale = self._price_scale, self._quantity_scale
        ts_event = message.E * NS_PER_MS
        return Quote(
            INSTRUMENT_ID,
            parse_wire(message.b, price_scale),
            parse_wire(message.B, quantity_scale),
            parse_wire(message.a, price_scale),
            parse_wire(message.A, quantity_scale),
            ts_event,
            ts_event,
        )


def make_frames(count: int) -> Iterator[bytes]:
    """Yield messages as a venue sends them."""
    for number, quote in enumerate(quotes(count, instrument_ids(1))):
        text = {
            "e": "bookTicker",
            "u": number,
            "s": "BTCUSDT",
            "b": f"{quote.bid_price / 10:.2f}",
            "B": f"{quote.bid_size / 1000:.3f}",
            "a": f"{quote.ask_price / 10:.2f}",
            "A": f"{quote.ask_size / 1000:.3f}",
            "T": quote.ts_event // NS_PER_MS,
            "E": quote.ts_event // NS_PER_MS,
        }
        yield msgspec.json.encode(text)


def _bare(frames: Sequence[bytes]) -> float:
    """Return messages a second of decoding and the same signal alone."""
    decode = msgspec.json.Decoder(BookTicker).decode
    begun = time.perf_counter()
    side = 1
    total = 0.0
    for frame in frames:
        message = decode(frame)
        total += float(message.a if side > 0 else message.b)
        side = -side
    return len(frames) / (time.perf_counter() - begun)
