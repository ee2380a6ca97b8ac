"""`bench orders`: limit orders, half of them filled, half of them canceled."""

from hexdesk.domain.commands import StartStrategy
from hexdesk.domain.market import Quote
from hexdesk.domain.values import BUY, LIMIT, SELL
from hexdesk.ports.strategy import Strategy, StrategyContext
from hexdesk_app.bench.bare import calibrate
from hexdesk_app.bench.market import START_NS, batches, instrument_ids, make_app
from hexdesk_app.bench.result import BenchResult
from hexdesk_app.bench.ticks import WITHOUT_RULES, Round, more_seconds, timed
from hexdesk_app.running.interpreter import tuned_interpreter

ROUNDS = 3
FAR = 100
"""Ticks from the touch at which an order rests unfilled until it is canceled."""


class Storm(Strategy):
    """Sends one limit order a quote: in turn one that takes, and one that rests and is canceled."""

    __slots__ = ("_resting", "_side", "_turn")

    def __init__(self, context: StrategyContext) -> None:
        super().__init__(context)
        self._resting = ""
        self._side = BUY
        self._turn = False

    def on_quote(self, quote: Quote) -> None:
        """Send the next order."""
        context = self.context
        self._turn = turn = not self._turn
        if turn:
            side = self._side
            price = quote.ask_price if side is BUY else quote.bid_price
            context.submit(quote.instrument_id, side, 1, LIMIT, price)
            self._side = SELL if side is BUY else BUY
            if self._resting:
                context.cancel(self._resting)
        else:
            price = quote.bid_price - FAR
            self._resting = context.submit(quote.instrument_id, BUY, 1, LIMIT, price)


def bench_orders(events: int) -> BenchResult:
    """Send that many limit orders and return the best of three rounds; an event is an order.

    Rounds without rules, in turn with them, tell what the rules of the standard preset cost.
    """
    pairs = [(_round(events), _round(events, WITHOUT_RULES)) for _ in range(ROUNDS)]
    best = min((with_rules[0] for with_rules, _ in pairs), key=lambda result: result.seconds)
    bare = min(without[0].seconds for _, without in pairs)
    best.details["rules_us"] = round(more_seconds(pairs) / best.events * 1e6, 3)
    best.details["per_second_without_rules"] = round(best.events / bare, 1)
    return best


def _round(events: int, overrides: tuple[str, ...] = ()) -> Round:
    names = instrument_ids(1)
    app = make_app(names, {}, overrides=overrides)
    desk = app.desk
    desk.add_strategy("storm", Storm, broker="sim", instrument_ids=names)
    seconds = busy_seconds = bare_seconds = 0.0
    with tuned_interpreter():
        desk.command(StartStrategy("", START_NS))
        for batch in batches(events, names):
            bare_seconds += len(batch) / calibrate(batch)
            wall, busy = timed(app, batch)
            seconds += wall
            busy_seconds += busy
    counts = desk.counts
    result = BenchResult(
        name="orders",
        events=counts.orders,
        seconds=seconds,
        calibration_per_second=events / bare_seconds,
        details={
            "fills": counts.fills,
            "cancels": counts.cancels,
            "denied": counts.denials.total(),
            "rejected": counts.rejects.total(),
        },
    )
    return result, busy_seconds
