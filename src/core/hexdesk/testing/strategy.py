"""A desk of one strategy: the real desk and its real context, over `FakeBroker` and `FakeClock`.

Example::

    bench = StrategyBench(lambda context: TrendStrategy(context, settings))
    bench.start()
    bench.quote(100_000, 100_010)
    assert [order.side for order in bench.orders] == [BUY]
"""

import logging
from collections.abc import Iterable, Sequence

from hexdesk.application.desk import Desk
from hexdesk.application.strategies.host import StrategyFactory, StrategyHost
from hexdesk.domain.accounts import Account
from hexdesk.domain.commands import StartStrategy, StopStrategy
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import MarketEvent, Quote
from hexdesk.domain.money import parse_money
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.reports import OrderDenied
from hexdesk.domain.risk import UNLIMITED, RiskLimits
from hexdesk.domain.values import NS_PER_SECOND, PriceRaw, QtyRaw, TimeNs
from hexdesk.plugin import BrokerContext, Strategy, StrategyContext
from hexdesk.ports.journal import JournalRecord
from hexdesk.testing.broker import FakeBroker
from hexdesk.testing.broker_bench import INSTRUMENT, SIZE
from hexdesk.testing.clock import FakeClock
from hexdesk.testing.journal import FakeJournal

WIDE_LIMITS = RiskLimits(
    order_notional_max=UNLIMITED,
    position_notional_max=UNLIMITED,
    collar_pct="50",
    orders_per_second_max="1000",
    open_orders_max="1000",
)
"""Limits that only a strategy gone wild meets."""
DEPOSIT = parse_money("10000000 USDT")
STRATEGY_ID = "tested"


class StrategyBench:
    """Runs one strategy in a market that the test makes.

    Attributes:
        clock: Virtual time.
        journal: All that was decided.
        broker: Where orders go; its switches make trouble.
        desk: The desk itself.
        host: The strategy's place in it.
    """

    def __init__(
        self,
        factory: StrategyFactory,
        *,
        instruments: Sequence[Instrument] = (INSTRUMENT,),
        limits: RiskLimits = WIDE_LIMITS,
    ) -> None:
        self.clock = FakeClock()
        self.journal = FakeJournal()
        self.desk = Desk(
            run_id="KIT",
            instruments=instruments,
            journal=self.journal,
            clock=self.clock,
            limits=limits,
        )
        self.broker = FakeBroker(
            BrokerContext(
                name="fake",
                account_id="account",
                clock=self.clock,
                reports=self.desk.on_report,
                markets=self.desk.markets,
                instruments={instrument.id: instrument for instrument in instruments},
                deposits=(DEPOSIT,),
                seed=7,
                logger=logging.getLogger("hexdesk.broker.fake"),
            )
        )
        account = Account("account", instruments)
        account.deposit(DEPOSIT)
        self.desk.add_broker("fake", self.broker, account)
        self.host: StrategyHost = self.desk.add_strategy(
            STRATEGY_ID,
            factory,
            broker="fake",
            instrument_ids=[instrument.id for instrument in instruments],
        )

    @property
    def strategy(self) -> Strategy:
        """The strategy under test."""
        strategy = self.host.strategy
        if strategy is None:
            raise RuntimeError("the desk holds no strategy")
        return strategy

    @property
    def context(self) -> StrategyContext:
        """The strategy's own context."""
        return self.strategy.context

    def start(self) -> None:
        """Start the strategy."""
        self.desk.command(StartStrategy(STRATEGY_ID, self.clock.now_ns()))

    def stop(self, *, keep_orders: bool = False) -> None:
        """Stop the strategy."""
        self.desk.command(StopStrategy(STRATEGY_ID, keep_orders, self.clock.now_ns()))

    def feed(self, events: Iterable[MarketEvent]) -> None:
        """Move time to each event, then hand it to the desk."""
        for event in events:
            self.clock.advance_to(event.ts_init)
            self.desk.handle(event)

    def quote(
        self,
        bid: PriceRaw,
        ask: PriceRaw,
        bid_size: QtyRaw = SIZE,
        ask_size: QtyRaw = SIZE,
        *,
        step_ns: TimeNs = NS_PER_SECOND,
        instrument_id: str = INSTRUMENT.id,
    ) -> None:
        """Show a quote after a step of time; a price of 0 is a missing side."""
        now = self.clock.now_ns() + step_ns
        self.feed([Quote(instrument_id, bid, bid_size, ask, ask_size, now, now)])

    @property
    def records(self) -> list[JournalRecord]:
        """All that was journalled, committed or not."""
        return [*self.journal.committed, *self.journal.pending]

    @property
    def decisions(self) -> list[JournalRecord]:
        """Orders, amendments and cancels that were decided, in order."""
        return [
            record
            for record in self.records
            if isinstance(record, NewOrder | AmendOrder | CancelOrder)
        ]

    @property
    def orders(self) -> list[NewOrder]:
        """Orders that were decided."""
        return [record for record in self.decisions if isinstance(record, NewOrder)]

    @property
    def denials(self) -> list[OrderDenied]:
        """Orders that the desk refused."""
        return [record for record in self.records if isinstance(record, OrderDenied)]
