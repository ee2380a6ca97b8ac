"""Random histories through a whole desk: its books balance after every single step.

The venue accepts, fills in parts, refuses, cancels, amends, breaks trades, overfills, forgets;
its reports come late, twice, and in any order. Laws L7, L10, L11, L12.
"""

from collections.abc import Callable, Sequence

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from hexdesk.application.orders.working import is_close, is_protective
from hexdesk.application.strategies.host import HostState
from hexdesk.domain.cash import PAID_IN, CashKind, CashMoved
from hexdesk.domain.commands import (
    CancelAll,
    Flatten,
    Halt,
    OperatorCancel,
    Rearm,
    ResumeEntries,
    StartStrategy,
    StopEntries,
)
from hexdesk.domain.instruments import Instrument, InstrumentKind
from hexdesk.domain.money import Money, parse_money
from hexdesk.domain.order import Order
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.plans import PlanChange
from hexdesk.domain.reports import (
    Fill,
    FillBusted,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OutcomeUnknown,
    VenueReport,
)
from hexdesk.domain.values import (
    AUTO,
    BUY,
    CLOSE,
    HEDGING,
    HELD,
    LIMIT,
    MARKET,
    OPEN,
    SELL,
    STOP_MARKET,
    Liquidity,
    Operation,
    OrderType,
    Side,
)
from hexdesk.ports.broker import Capabilities
from hexdesk.ports.strategy import StrategyContext
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT
from tests.core.application.books import check_books
from tests.core.application.loads import put, unload
from tests.core.application.replayed import (
    assert_every_commit_replays,
    assert_replayed,
    capture_fully,
)
from tests.core.application.rig import ALL_CAPABILITIES, Request, Rig, agreeable, refusal

SPOT = replace(INSTRUMENT, id="TEST-SPOT.ACME", kind=InstrumentKind.SPOT)
INVERSE = replace(
    INSTRUMENT, id="TEST-INV.ACME", base="TEST", settle="TEST", inverse=True, multiplier=100,
    quantity_scale=0, lot=1, min_quantity=1,
)  # fmt: skip
INSTRUMENTS = (INSTRUMENT, SPOT, INVERSE)
NAMES = ("a", "b")
HEDGED = replace(ALL_CAPABILITIES, position_mode=HEDGING)

names = st.sampled_from(NAMES)
sides = st.sampled_from([BUY, SELL])
parts = st.integers(1, 4)


class DeskMachine(RuleBasedStateMachine):
    capabilities: Capabilities = ALL_CAPABILITIES

    @initialize()
    def set_up(self) -> None:
        self.rig = Rig(*NAMES, instruments=INSTRUMENTS, capabilities=self.capabilities).start()
        for instrument in INSTRUMENTS[1:]:
            self.rig.quote(BID, ASK, instrument)
        self.rig.deposit_more(parse_money("100000 TEST"))
        self.committed = 0
        self.commits: list[int] = []
        self.rig.journal.follow(
            lambda first, records: self.commits.append(first + len(records) - 1)
        )
        self.answered = 0
        self.trades = 0
        self.movements = 0
        self.late: list[VenueReport] = []
        self.said: list[VenueReport] = []

    # --- what strategies do ---------------------------------------------------------------------

    @rule(
        name=names,
        instrument=st.sampled_from(INSTRUMENTS),
        side=sides,
        lots=parts,
        kind=st.sampled_from([MARKET, LIMIT, STOP_MARKET]),
        closes=st.booleans(),
        ticks=st.integers(-20, 20),
    )
    def submit(
        self, *, name: str, instrument: Instrument, side: Side, lots: int, kind: OrderType,
        closes: bool, ticks: int,
    ) -> None:  # fmt: skip
        price = ASK + ticks * 5
        hedged = self.capabilities.position_mode is HEDGING
        effect = (CLOSE if closes else OPEN) if hedged else AUTO

        def send(context: StrategyContext) -> str:
            return context.submit(
                instrument.id, side, lots * LOT, kind, price if kind is LIMIT else 0,
                trigger_price=price if kind is STOP_MARKET else 0,
                reduce_only=closes and not hedged, position_effect=effect,
            )  # fmt: skip

        self._act(send, name)

    @rule(name=names, side=sides, lots=parts, limit=st.booleans(), legs=st.integers(1, 3))
    def submit_bracket(self, *, name: str, side: Side, lots: int, limit: bool, legs: int) -> None:
        self._act(
            lambda context: context.submit_bracket(
                INSTRUMENT.id,
                side,
                lots * LOT,
                entry_price=ASK if limit else 0,
                stop_price=(ASK - side * 500) if legs & 1 else 0,
                target_price=(ASK + side * 500) if legs & 2 else 0,
            ),
            name,
        )

    @rule(name=names, lots=parts)
    def submit_oco(self, name: str, lots: int) -> None:
        self._act(
            lambda context: context.submit_oco(
                INSTRUMENT.id, BUY, lots * LOT, limit_price=BID - 50, stop_price=ASK + 50
            ),
            name,
        )

    @rule(choice=st.integers(0, 99), lots=st.integers(0, 5), price=st.sampled_from([0, BID, ASK]))
    def amend(self, choice: int, lots: int, price: int) -> None:
        self._on_some_order(
            choice, lambda context, id_: context.amend(id_, quantity=lots * LOT, price=price)
        )

    @rule(choice=st.integers(0, 99))
    def cancel(self, choice: int) -> None:
        self._on_some_order(choice, lambda context, id_: context.cancel(id_))

    @rule(name=names, everything=st.booleans())
    def flatten_or_cancel_all(self, *, name: str, everything: bool) -> None:
        self._act(lambda context: context.flatten() if everything else context.cancel_all(), name)

    # --- what the venue does -------------------------------------------------------------------

    @precondition(lambda self: self.answered < len(self.rig.requests))
    @rule(agrees=st.sampled_from([True, True, True, False, None]), late=st.booleans())
    def answer(self, *, agrees: bool | None, late: bool) -> None:
        request = self.rig.requests[self.answered]
        self.answered += 1
        if agrees is None:
            now = self.rig.now()
            number = 0 if isinstance(request, NewOrder) else request.request_id
            self._say(OutcomeUnknown(request.client_order_id, _operation(request), number, "", now))
        elif agrees:
            self._say(*agreeable(request), late=late)
        elif isinstance(request, NewOrder):
            now = self.rig.now()
            self._say(
                OrderRejected(request.client_order_id, "VENUE_OTHER", "", now, now), late=late
            )
        else:
            self._say(refusal(request, self.rig.now()), late=late)

    @rule(choice=st.integers(0, 99), lots=parts, whole=st.booleans(), late=st.booleans(),
          currency=st.sampled_from(["USDT", "", "BNB"]))  # fmt: skip
    def fill(self, *, choice: int, lots: int, whole: bool, late: bool, currency: str) -> None:
        order = self._some_sent(choice)
        if order is None:
            return
        self.trades += 1
        now, intent = self.rig.now(), order.intent
        quantity = (order.leaves_qty or LOT) if whole else lots * LOT
        self._say(
            Fill(intent.client_order_id, "", f"T{self.trades}", intent.instrument_id, intent.side,
                 quantity, ASK + self.trades % 7, Liquidity.TAKER, self.trades % 5 - 2, currency,
                 now, now),
            late=late,
        )  # fmt: skip

    @rule(kind=st.sampled_from(CashKind), amount=st.integers(-99, 99), late=st.booleans(),
          instrument_id=st.sampled_from([*(each.id for each in INSTRUMENTS), "NOBODYS.ACME", ""]),
          currency=st.sampled_from(["USDT", "TEST", "BNB"]))  # fmt: skip
    def move_cash(
        self, *, kind: CashKind, amount: int, late: bool, instrument_id: str, currency: str
    ) -> None:
        self.movements += 1
        now, cash_id = self.rig.now(), f"C{self.movements}"
        moved = CashMoved("account", cash_id, kind, amount, currency, instrument_id, now, now)
        if kind in PAID_IN:
            self.rig.deposits.append(Money(amount, currency))
        self._say(moved, late=late and kind not in PAID_IN)

    @rule(choice=st.integers(0, 99), live=st.sampled_from([True, False, None]), late=st.booleans())
    def bust(self, *, choice: int, live: bool | None, late: bool) -> None:
        fills = [report for report in (*self.said, *self.late) if isinstance(report, Fill)]
        if fills:
            fill, now = fills[choice % len(fills)], self.rig.now()
            self._say(FillBusted(fill.client_order_id, fill.trade_id, live, now, now), late=late)

    @rule(choice=st.integers(0, 99), expires=st.booleans(), late=st.booleans())
    def end(self, *, choice: int, expires: bool, late: bool) -> None:
        order = self._some_sent(choice)
        if order is not None:
            now, order_id = self.rig.now(), order.intent.client_order_id
            expired = OrderExpired(order_id, now, now)
            self._say(expired if expires else OrderCanceled(order_id, "", now, now), late=late)

    @precondition(lambda self: bool(self.late))
    @rule(choice=st.integers(0, 99))
    def deliver_late(self, choice: int) -> None:
        self._say(self.late.pop(choice % len(self.late)))

    @precondition(lambda self: bool(self.said))
    @rule(choice=st.integers(0, 99))
    def repeat(self, choice: int) -> None:
        self.rig.report(self.said[choice % len(self.said)])

    @rule(ticks=st.integers(-50, 50))
    def quote(self, ticks: int) -> None:
        self.rig.quote(BID + 5 * ticks, ASK + 5 * ticks)

    @rule(order_id=st.just("nobody"))
    def report_of_nobody(self, order_id: str) -> None:
        before = self.rig.desk.counts.dead_letters
        self.rig.report(OrderAccepted(order_id, "V", self.rig.now(), self.rig.now()))
        assert self.rig.desk.counts.dead_letters == before + 1

    @rule(verb=st.sampled_from([Halt, Rearm, StopEntries, ResumeEntries, Flatten, CancelAll]))
    def command(self, verb: type) -> None:
        now = self.rig.now()
        if verb in (Halt, Rearm):
            self.rig.desk.command(verb("test", now))
        else:
            self.rig.desk.command(verb("", "test", now))

    # --- what a person does with strategies -----------------------------------------------------

    @rule(name=names, size=st.integers(0, 3), runs=st.booleans())
    def load_or_change(self, *, name: str, size: int, runs: bool) -> None:
        """E12: another object moves the same books from now on."""
        host = self.rig.host(name)
        is_there = host.strategy is not None
        change = PlanChange.UPDATED if is_there else PlanChange.LOADED
        plugin = "puppet" if is_there or size else "other"
        put(self.rig, name, change, settings=f'{{"size":{size}}}', plugin=plugin).kept = {"n": size}
        if runs:
            self.rig.desk.command(StartStrategy(name, self.rig.now()))

    @precondition(lambda self: self._loaded())
    @rule(choice=st.integers(0, 9), keep=st.booleans())
    def unload(self, *, choice: int, keep: bool) -> None:
        loaded = self._loaded()
        name = loaded[choice % len(loaded)]
        unload(self.rig, name, keep_orders=keep)
        left = self.rig.desk.open_orders(self.rig.host(name), "")
        closing = self.rig.desk.execution.closing  # what flatten sent goes on
        left = [order for order in left if order.intent.client_order_id not in closing]
        if any(any(each.position.legs) for each in self.rig.host(name).ledgers.values()):
            left = [order for order in left if not is_protective(order.intent)]
        assert keep or all(order.pending_cancels or order.doubt for order in left), left

    # --- laws -----------------------------------------------------------------------------------

    @invariant()
    def books_balance(self) -> None:
        check_books(self.rig)

    @invariant()
    def nothing_left_before_its_intent(self) -> None:
        assert not self.rig.broker.early

    @invariant()
    def everything_is_committed(self) -> None:
        assert not self.rig.journal.pending

    @invariant()
    def nobody_is_faulted(self) -> None:
        assert all(not host.fault for host in self.rig.desk.hosts.values())

    @invariant()
    def exits_never_exceed_what_their_entry_filled(self) -> None:
        for order in self.rig.desk.execution.open.values():
            parent = order.intent.parent_id
            if parent and order.facts & 2:
                assert order.leaves_qty <= _largest_entry(self.rig, parent)

    @invariant()
    def no_ghost_is_left_alone(self) -> None:
        """C6: flat, and nothing may open: all that can only close was asked to go."""
        for host in self.rig.desk.hosts.values():
            for ledger in host.ledgers.values():
                orders = self.rig.desk.execution.open_orders(host, ledger.instrument.id)
                sent = [order for order in orders if order.life is not HELD]
                if all(is_close(each.intent) or each.intent.parent_id for each in sent):
                    for order in sent:
                        intent = order.intent
                        leg = ledger.position.leg(intent.side, intent.position_effect)
                        assert leg.quantity or order.request_count, intent

    @invariant()
    def the_journal_gives_the_same_state(self) -> None:
        """L6, checked at a few steps of each history: a replay costs as much as all before it."""
        count = len(self.rig.records)
        if count % 7 == 0:
            assert_replayed(self.rig, self.committed)
        if count % 3:
            self.committed = count

    def teardown(self) -> None:
        """In the end everything closes, and nothing is reserved any more."""
        if not hasattr(self, "rig"):
            return
        assert_replayed(self.rig, self.committed)
        assert_every_commit_replays(self.rig, self.commits, capture_fully(self.rig))
        for _ in range(20):
            open_orders = list(self.rig.desk.execution.open)
            for order_id in open_orders:
                self.rig.desk.command(OperatorCancel(order_id, "end", self.rig.now()))
                self.rig.canceled(order_id)
        assert not self.rig.desk.execution.open
        check_books(self.rig)
        assert all(balance.reserved == 0 for balance in self.rig.account.balances.values())

    # --- inside ---------------------------------------------------------------------------------

    def _loaded(self) -> list[str]:
        return [name for name in NAMES if self.rig.host(name).strategy is not None]

    def _act(self, action: Callable[[StrategyContext], object], name: str) -> None:
        """Let a strategy do something, if it runs."""
        if self.rig.host(name).state is HostState.RUNNING:
            self.rig.act(action, name)

    def _on_some_order(self, choice: int, action: Callable[[StrategyContext, str], object]) -> None:
        orders = list(self.rig.desk.execution.open.values())
        if orders:
            intent = orders[choice % len(orders)].intent
            order_id = intent.client_order_id
            self._act(lambda context: action(context, order_id), intent.strategy_id)

    def _some_sent(self, choice: int) -> Order | None:
        sent = self.rig.sent
        return self.rig.order(sent[choice % len(sent)].client_order_id) if sent else None

    def _say(self, *reports: VenueReport, late: bool = False) -> None:
        for report in reports:
            if late:
                self.late.append(report)
            else:
                self.said.append(report)
                self.rig.report(report)


def _operation(request: Request) -> Operation:
    if isinstance(request, CancelOrder):
        return Operation.CANCEL
    return Operation.REPLACE if isinstance(request, AmendOrder) else Operation.SUBMIT


def _largest_entry(rig: Rig, entry_id: str) -> int:
    """The most that an entry ever had filled, whatever was broken later."""
    fills: Sequence[Fill] = list((rig.order(entry_id).fills or {}).values())
    return sum(fill.quantity for fill in fills)


class HedgingMachine(DeskMachine):
    capabilities = HEDGED


class BareMachine(DeskMachine):
    """A venue that neither amends nor knows reduce-only."""

    capabilities = replace(ALL_CAPABILITIES, amend=False, reduce_only=False, position_effects=False)


DeskMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
HedgingMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=40, deadline=None)
BareMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=40, deadline=None)
TestBare = BareMachine.TestCase
TestNetting = DeskMachine.TestCase
TestHedging = HedgingMachine.TestCase
