"""A run that takes every way through the desk; as a module it prints its result hash."""

import logging
import sys
from collections.abc import Iterable

from hexdesk.application.clock import VirtualClock
from hexdesk.application.desk import Desk
from hexdesk.application.durability.fingerprint import result_hash
from hexdesk.application.durability.memory_journal import MemoryJournal
from hexdesk.application.player import Player
from hexdesk.domain.accounts import Account
from hexdesk.domain.commands import StartStrategy, StopStrategy
from hexdesk.domain.market import MarketEvent, Quote, Trade
from hexdesk.domain.money import parse_money
from hexdesk.domain.reports import Fill, OrderEvent
from hexdesk.domain.values import BUY, LIMIT, SELL
from hexdesk.plugin import BrokerContext
from hexdesk.ports.strategy import Strategy, StrategyContext
from hexdesk.testing.broker import FakeBroker
from hexdesk.testing.broker_bench import INSTRUMENT, LOT
from hexdesk.testing.clock import START_NS
from hexdesk.testing.market_path import irregular_path, market_path
from hexdesk.testing.strategy import WIDE_LIMITS

DEPOSIT = parse_money("1000000 USDT")
STEP_NS = 7_300_000_000


class Busy(Strategy):
    """Trades by quotes, trades, fills, denials and timers; one of two fails in the end."""

    def __init__(self, context: StrategyContext) -> None:
        super().__init__(context)
        self.count = 0

    def on_start(self) -> None:
        self.context.set_timer("step", self.context.now_ns() + STEP_NS)

    def on_timer(self, name: str, due_ns: int) -> None:
        self.context.set_timer(name, due_ns + STEP_NS)
        self.context.flatten()
        if self.context.strategy_id == "fails" and self.count > 300:
            raise ValueError(f"{self} is at an address that no two runs share")

    def on_quote(self, quote: Quote) -> None:
        context = self.context
        self.count += 1
        side = BUY if self.count % 3 else SELL
        if self.count % 10 == 0:
            context.submit(INSTRUMENT.id, side, LOT, tag="market")
        if self.count % 25 == 0 and quote.bid_price:
            context.submit_bracket(
                INSTRUMENT.id, BUY, 2 * LOT,
                stop_price=quote.bid_price - 100, target_price=quote.bid_price + 105,
            )  # fmt: skip
        if self.count % 40 == 0:
            context.submit(INSTRUMENT.id, side, LOT + 1)

    def on_trade(self, trade: Trade) -> None:
        self.context.submit(INSTRUMENT.id, SELL, LOT, LIMIT, trade.price + 10)
        if self.count % 4 == 0:
            self.context.cancel_all()

    def on_fill(self, fill: Fill) -> None:
        if fill.quantity > LOT:
            self.context.submit(INSTRUMENT.id, SELL, LOT, LIMIT, fill.price + 20)

    def on_order(self, event: OrderEvent) -> None:
        self.count += len(event.client_order_id) % 2


def events(*, seed: int = 1) -> list[MarketEvent]:
    """Return regular and irregular market data."""
    first = list(market_path(INSTRUMENT, START_NS, count=400, seed=seed))
    return [*first, *irregular_path(INSTRUMENT, first[-1].ts_init)]


def make() -> tuple[Desk, VirtualClock]:
    """Return a desk with two strategies at a fake venue."""
    clock = VirtualClock(START_NS)
    desk = Desk(
        run_id="SAME", instruments=[INSTRUMENT], journal=MemoryJournal(), clock=clock,
        limits=WIDE_LIMITS,
    )  # fmt: skip
    broker = FakeBroker(
        BrokerContext(
            name="fake",
            account_id="account",
            clock=clock,
            reports=desk.on_report,
            markets=desk.markets,
            instruments={INSTRUMENT.id: INSTRUMENT},
            deposits=(DEPOSIT,),
            seed=1,
            logger=logging.getLogger("hexdesk.broker.fake"),
        )
    )
    account = Account("account", [INSTRUMENT])
    account.deposit(DEPOSIT)
    desk.add_broker("fake", broker, account)
    for name in ("works", "fails"):
        desk.add_strategy(name, Busy, broker="fake", instrument_ids=[INSTRUMENT.id])
    return desk, clock


def play(
    recording: Iterable[MarketEvent], *, slices: Iterable[int] = (), paced: bool = False
) -> Desk:
    """Play a recording in slices of events, or paced by time; return the desk."""
    desk, clock = make()
    player = Player(desk, clock, recording)
    desk.command(StartStrategy("", clock.now_ns()))
    if paced:
        until = START_NS
        while not player.is_over:
            until += 1_700_000_000
            player.play_until(until)
    for size in slices:
        player.play(size)
        player.peek_ns()
    while not player.is_over:
        player.play()
    desk.command(StopStrategy("", keep_orders=False, ts_init=clock.now_ns()))
    return desk


if __name__ == "__main__":
    sys.stdout.write(result_hash(play(events())))
