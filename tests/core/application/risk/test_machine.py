"""Random markets, strategies, venues and people: nothing grows past a stop, what reduces passes.

While a scope is at REDUCING or beyond, or the desk is halted, no order of a strategy leaves that
could grow a position; and an order that only reduces is never denied but by a halt of the desk,
where a person's still leaves: whatever its size, how many are open and how fast they came. Exposure
never passes its limit at the moment an order is let go. What a venue that is cut off could not be
told is owed, and nothing is closed twice when it is back.
"""

from fractions import Fraction

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from hexdesk.application.orders.working import is_close
from hexdesk.application.risk.numbers import ONE
from hexdesk.domain.commands import (
    Flatten,
    Halt,
    OperatorSubmit,
    Rearm,
    ResumeEntries,
    StopEntries,
)
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.records import Verb
from hexdesk.domain.reports import OutcomeUnknown
from hexdesk.domain.risk import REDUCING
from hexdesk.domain.values import BUY, HELD, MARKET, SELL, Operation, Side
from hexdesk.testing.broker_bench import ASK, BID, LOT
from hexdesk.testing.strategy import WIDE_LIMITS
from tests.core.application.books import check_books
from tests.core.application.replayed import assert_replayed
from tests.core.application.risk.desks import ACCOUNT, ID, RiskRig, plan

NAMES = ("a", "b")
names = st.sampled_from(NAMES)
GROSS_MAX = 3


class RiskMachine(RuleBasedStateMachine):
    mark_every_ns = 0
    limits = WIDE_LIMITS

    @initialize()
    def set_up(self) -> None:
        wanted = plan(
            exposure={"gross_max": str(GROSS_MAX)},
            allocation={},
            self_trade={},
            daily_loss={"warn": "1", "reduce": "2", "flatten": "4", "halt": "6"},
            drawdown={"warn": "3", "reduce": "5"},
            streak={"reduce": "2"},
            rejects={"reduce": "3"},
            link={},
            slippage={},
            capital={"a": "600 USDT"},
            mark_every_ns=self.mark_every_ns,
        )
        self.rig = RiskRig(wanted, *NAMES, deposit="2000 USDT", limits=self.limits)
        self.answered = 0
        self.price = BID

    # --- strategies ------------------------------------------------------------------------------

    @rule(name=names, side=st.sampled_from([BUY, SELL]), lots=st.integers(1, 4),
          ticks=st.integers(-20, 20), limit=st.booleans())  # fmt: skip
    def submit(self, *, name: str, side: Side, lots: int, ticks: int, limit: bool) -> None:
        rig = self.rig
        ledger = rig.host(name).ledgers[ID]
        stopped = self._is_stopped(name)
        before = len(rig.sent)
        held = ledger.position.quantity
        worst = held + ledger.open_buy if side is BUY else ledger.open_sell - held
        rig.send(side, lots, self.price + ticks * 5 if limit else 0, name)
        if len(rig.sent) > before:
            if stopped:
                assert worst + lots * LOT <= 0, "it grew past a stop"
            self._check_exposure()

    @rule(name=names, side=st.sampled_from([BUY, SELL]), lots=st.integers(1, 3),
          loss=st.integers(0, 300))  # fmt: skip
    def trade(self, *, name: str, side: Side, lots: int, loss: int) -> None:
        """Submit, be filled, and see the price go the other way."""
        before = len(self.rig.sent)
        self.submit(name=name, side=side, lots=lots, ticks=0, limit=False)
        if len(self.rig.sent) > before:
            self.rig.fill(self.rig.sent[-1].client_order_id, price=self.price)
            self.move(ticks=-loss * side, seconds=1)
            for each in (BUY, SELL):
                self.submit(name=name, side=each, lots=1, ticks=-each * 10, limit=True)

    @rule(name=names, part=st.integers(1, 4))
    def reduce(self, *, name: str, part: int) -> None:
        """Send what only closes what no other order closes: it always leaves."""
        rig = self.rig
        held = rig.held(name)
        ledger = rig.host(name).ledgers[ID]
        working = ledger.open_sell if held > 0 else ledger.open_buy
        frozen = (ledger.closing_sell if held > 0 else ledger.closing_buy).total
        quantity = (abs(held) - working - frozen) * part // 4 // 10 * 10
        if quantity <= 0:
            return
        before = len(rig.sent)
        side = SELL if held > 0 else BUY
        if rig.desk.execution.halted:
            intent = NewOrder("", name, rig.account.id, ID, side, MARKET, quantity, 0,
                              reduce_only=True)  # fmt: skip
            rig.desk.command(OperatorSubmit(intent, "by hand", rig.now()))
        else:
            rig.act(lambda context: context.submit(ID, side, quantity, reduce_only=True), name)
        assert len(rig.sent) == before + 1, rig.last_denial(name)

    @rule(choice=st.integers(0, 99), up=st.booleans())
    def amend(self, *, choice: int, up: bool) -> None:
        orders = list(self.rig.desk.execution.open.values())
        if not orders:
            return
        order = orders[choice % len(orders)]
        intent = order.intent
        before = len(self.rig.amends)
        quantity = order.quantity + (LOT if up else 0)
        self.rig.act(
            lambda context: context.amend(intent.client_order_id, quantity=quantity),
            intent.strategy_id,
        )
        if up and self._is_stopped(intent.strategy_id) and len(self.rig.amends) > before:
            held = self.rig.held(intent.strategy_id) * intent.side
            assert held + order.working_qty <= 0, "an amendment grew past a stop"

    # --- venue -----------------------------------------------------------------------------------

    @rule(what=st.sampled_from(["fill", "fill", "fill", "accept", "reject", "cancel", "silence",
                                "part"]), slip=st.integers(-60, 60))  # fmt: skip
    def answer(self, *, what: str, slip: int) -> None:
        rig = self.rig
        while self.answered < len(rig.sent):
            order_id = rig.sent[self.answered].client_order_id
            if rig.order(order_id).is_closed:
                self.answered += 1
                continue
            break
        else:
            return
        price = self.price + slip * 5
        match what:
            case "accept":
                rig.accept(order_id)
            case "fill":
                rig.fill(order_id, price=price)
            case "part" if rig.order(order_id).leaves_qty > 10:
                rig.fill(order_id, rig.order(order_id).leaves_qty // 20 * 10, price=price)
                return
            case "reject":
                rig.rejected(order_id)
            case "cancel":
                rig.canceled(order_id)
            case _:
                rig.report(OutcomeUnknown(order_id, Operation.SUBMIT, 0, "", rig.now()))
                return
        if what == "accept":
            return
        self.answered += 1

    @rule(name=names, ticks=st.integers(100, 1_000))
    def crash(self, *, name: str, ticks: int) -> None:
        """Move against what a strategy holds."""
        held = self.rig.held(name)
        self.move(ticks=-ticks if held > 0 else ticks if held < 0 else 0, seconds=1)

    @rule(ticks=st.integers(-150, 150), seconds=st.sampled_from([0, 0, 1, 70, 90_000]))
    def move(self, *, ticks: int, seconds: int) -> None:
        self.rig.clock.advance_by(seconds * 10**9)
        self.price = max(self.price + ticks * 5, 50_000)
        self.rig.quote(self.price, self.price + ASK - BID)

    # --- people ----------------------------------------------------------------------------------

    @rule(verb=st.sampled_from([Halt, Rearm]))
    def halt_or_rearm(self, verb: type) -> None:
        self.rig.desk.command(verb("test", self.rig.now()))

    @rule(verb=st.sampled_from([StopEntries, ResumeEntries, Flatten]), name=names)
    def command(self, verb: type, name: str) -> None:
        before = len(self.rig.sent)
        self.rig.desk.command(verb(name, "test", self.rig.now()))
        if verb is Flatten and not self.rig.desk.owed.unreachable:
            held = abs(self.rig.held(name))
            assert self._closing(name) >= held, "a person's close leaves, whatever is halted"
        elif verb is Flatten:
            assert len(self.rig.sent) == before, "nothing is sent into the void"
            has_any = self.rig.held(name) or self.rig.host(name).open_count
            assert bool(has_any) <= any(
                owed.verb is Verb.FLATTEN and owed.strategy_id == name
                for owed in self.rig.desk.owed.of("venue")
            )

    @rule(name=names, lots=st.integers(1, 3), side=st.sampled_from([BUY, SELL]),
          what=st.sampled_from(["fill", "part", "cancel", "silence", "accept"]))  # fmt: skip
    def outage(self, *, name: str, lots: int, side: Side, what: str) -> None:
        """Hold something and have something open, be cut off, flatten, and be back."""
        self.trade(name=name, side=side, lots=lots, loss=0)
        self.submit(name=name, side=side, lots=1, ticks=-side * 15, limit=True)
        self.cut()
        self.command(Flatten, name)
        self.answer(what=what, slip=0)
        self.command(Flatten, name)
        self.mend()

    @rule()
    def cut(self) -> None:
        self.rig.desk.owed.unreachable.add("venue")

    @rule()
    def mend(self) -> None:
        rig = self.rig
        rig.desk.owed.unreachable.clear()
        flattened = {owed.strategy_id for owed in rig.desk.owed.of("venue")
                     if owed.verb is Verb.FLATTEN}  # fmt: skip
        orders = rig.desk.execution.open.values()
        waiting = {order.intent.strategy_id for order in orders if order.doubt}
        before = {name: (len(rig.sent), self._closing(name)) for name in NAMES}
        rig.desk.pay_owed("venue", rig.now())
        for name in NAMES:
            count, closing = before[name]
            sent = sum(each.quantity for each in rig.sent[count:] if each.strategy_id == name)
            missing = max(abs(rig.held(name)) - closing, 0) if name in flattened else 0
            is_tried_later = name in waiting and not sent  # it was tried, and is when doubts end
            assert sent == missing or is_tried_later, "closed once, by what is held"
        doubtful = any(each.doubt for each in rig.desk.execution.open.values())
        assert doubtful or not rig.desk.owed.of("venue")

    @rule(accepts=st.booleans())
    def rearm_all(self, *, accepts: bool) -> None:
        for scope, name in list(self.rig.desk.risk.steps):
            self.rig.rearm(scope, name, accepts=accepts)
        self.rig.quote(self.price, self.price + ASK - BID)

    # --- laws ------------------------------------------------------------------------------------

    @invariant()
    def books_balance(self) -> None:
        check_books(self.rig)
        reserved = sum(host.ledgers[ID].reserved for host in self.rig.desk.hosts.values())
        assert reserved == self.rig.account.balance("USDT").reserved, "ledgers are the account"

    @invariant()
    def sums_are_exact_when_they_are_refreshed(self) -> None:
        engine = self.rig.engine
        account = engine.purses.get((ACCOUNT, "USDT"))
        if account is None:
            return
        account.refresh()
        own = [engine.purses[f"strategy:{name}", "USDT"] for name in NAMES
               if (f"strategy:{name}", "USDT") in engine.purses]  # fmt: skip
        assert account.result == sum(purse.result for purse in own)
        assert account.gross == sum(purse.gross for purse in own)
        assert account.equity - account.paid_in == account.result

    @invariant()
    def capital_is_never_overdrawn_by_what_works(self) -> None:
        for name in NAMES:
            assert self.rig.host(name).ledgers[ID].reserved >= 0

    def teardown(self) -> None:
        if hasattr(self, "rig"):
            assert_replayed(self.rig, 0)

    # --- inside ----------------------------------------------------------------------------------

    def _closing(self, name: str) -> int:
        """Quantity that flattens still work to close."""
        orders = self.rig.desk.execution.open_orders(self.rig.host(name), ID)
        side = SELL if self.rig.held(name) > 0 else BUY
        return sum(
            order.leaves_qty
            for order in orders
            if order.intent.tag == "flatten" and order.intent.side is side
        )

    def _is_stopped(self, name: str) -> bool:
        execution = self.rig.desk.execution
        levels = self.rig.desk.risk.steps
        mine = {ACCOUNT, f"strategy:{name}", f"instrument:{ID}"}
        return (
            bool(execution.halted)
            or not self.rig.host(name).entries_allowed
            or any(step.level >= REDUCING for (scope, _), step in levels.items() if scope in mine)
        )

    def _check_exposure(self) -> None:
        """Work the exposure out from orders alone, at the price that the order was valued at."""
        rig = self.rig
        order = rig.order(rig.sent[-1].client_order_id)
        price = order.reserve_price
        if not price or is_close(order.intent) or order.life is HELD:
            return
        account = rig.engine.purses[ACCOUNT, "USDT"]
        account.refresh()
        total = 0
        for name in NAMES:
            ledger = rig.host(name).ledgers[ID]
            held = ledger.position.quantity
            buys = sells = 0
            for each in rig.desk.execution.open_orders(rig.host(name), ID):
                if not is_close(each.intent):
                    buys += each.working_qty if each.intent.side is BUY else 0
                    sells += each.working_qty if each.intent.side is SELL else 0
            own = price if name == order.intent.strategy_id else ledger.market.mark
            total += max(held + buys, sells - held, 0) * own
        stake = account.stakes[0]
        value = Fraction(stake.value(1, 1) * total)
        grows = order.working_qty and not rig.host(order.intent.strategy_id).ledgers[
            ID
        ].is_reducing(order.intent, 0)
        if grows:
            assert value <= GROSS_MAX * account.equity + ONE, (value, account.equity)


class TightMachine(RiskMachine):
    """Limits of size, number and pace that forbid most of what grows, and nothing that reduces."""

    limits = replace(
        WIDE_LIMITS, order_quantity_max="0.2", order_notional_max="2500",
        position_quantity_max="0.4", open_orders_max="2", orders_per_second_max="3",
    )  # fmt: skip


class StaleMachine(RiskMachine):
    """Sums are a second old: what was let go since then counts all the same."""

    mark_every_ns = 10**9


TightMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)
TestTight = TightMachine.TestCase
StaleMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)
TestStale = StaleMachine.TestCase
RiskMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)
TestRisk = RiskMachine.TestCase
