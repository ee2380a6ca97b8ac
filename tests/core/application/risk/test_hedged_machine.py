"""The same at an account that holds long and short apart: each leg grows, and closes, alone.

No sequence lets an opening order leave past a stop, and none keeps a close from leaving that closes
no more than is held and free.
"""

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from hexdesk.domain.commands import Flatten, Halt, Rearm, ResumeEntries, StopEntries
from hexdesk.domain.positions import HedgedPosition
from hexdesk.domain.records import Verb
from hexdesk.domain.reports import OutcomeUnknown
from hexdesk.domain.risk import REDUCING
from hexdesk.domain.values import BUY, CLOSE, HEDGING, OPEN, SELL, Operation, Side
from hexdesk.testing.broker_bench import ASK, BID
from hexdesk.testing.strategy import WIDE_LIMITS
from tests.core.application.books import check_books
from tests.core.application.replayed import assert_replayed
from tests.core.application.rig import ALL_CAPABILITIES
from tests.core.application.risk.desks import ACCOUNT, ID, RiskRig, plan

NAMES = ("a", "b")
names = st.sampled_from(NAMES)
sides = st.sampled_from([BUY, SELL])
TIGHT = replace(
    WIDE_LIMITS, order_quantity_max="0.3", open_orders_max="4", orders_per_second_max="3"
)


class HedgedMachine(RuleBasedStateMachine):
    @initialize()
    def set_up(self) -> None:
        wanted = plan(
            exposure={"gross_max": "4"},
            daily_loss={"warn": "1", "reduce": "2", "flatten": "4", "halt": "6"},
            streak={"reduce": "2"},
            rejects={"reduce": "3"},
            link={},
        )
        self.rig = RiskRig(
            wanted, *NAMES, deposit="2000 USDT", limits=TIGHT,
            capabilities=replace(ALL_CAPABILITIES, position_mode=HEDGING),
        )  # fmt: skip
        self.answered = 0
        self.price = BID

    # --- strategies ------------------------------------------------------------------------------

    @rule(name=names, side=sides, lots=st.integers(1, 4), filled=st.booleans())
    def open(self, *, name: str, side: Side, lots: int, filled: bool) -> None:
        rig, stopped = self.rig, self._is_stopped(name)
        before = len(rig.sent)
        rig.send(side, lots, 0, name, position_effect=OPEN)
        if len(rig.sent) > before:
            assert not stopped, "it grew past a stop"
            if filled:
                rig.fill(rig.sent[-1].client_order_id, price=self.price)

    @rule(name=names, side=sides, part=st.integers(1, 4))
    def close(self, *, name: str, side: Side, part: int) -> None:
        """Send what closes of a leg what no other order closes: it always leaves."""
        rig = self.rig
        ledger = rig.host(name).ledgers[ID]
        held = abs(self._leg(name, side))
        frozen = (ledger.closing_sell if side is SELL else ledger.closing_buy).total
        quantity = (held - frozen) * part // 4 // 10 * 10
        if quantity <= 0 or rig.desk.execution.halted:
            return
        before = len(rig.sent)
        rig.act(lambda context: context.submit(ID, side, quantity, position_effect=CLOSE), name)
        assert len(rig.sent) == before + 1, rig.last_denial(name)

    # --- venue -----------------------------------------------------------------------------------

    @rule(what=st.sampled_from(["fill", "fill", "part", "accept", "reject", "cancel", "silence"]))
    def answer(self, what: str) -> None:
        rig = self.rig
        while self.answered < len(rig.sent):
            order_id = rig.sent[self.answered].client_order_id
            if not rig.order(order_id).is_closed:
                break
            self.answered += 1
        else:
            return
        order = rig.order(order_id)
        most = order.leaves_qty
        if order.intent.position_effect is CLOSE:  # a venue closes no more than there is
            most = min(most, abs(self._leg(order.intent.strategy_id, order.intent.side)))
        match what:
            case "accept":
                rig.accept(order_id)
            case "fill" | "part" if not most:
                rig.rejected(order_id, "VENUE_OVER_CLOSE")
            case "fill":
                rig.fill(order_id, most, price=self.price)
            case "part":
                rig.fill(order_id, max(most // 20 * 10, 10), price=self.price)
            case "reject":
                rig.rejected(order_id)
            case "cancel":
                rig.canceled(order_id)
            case _:
                rig.report(OutcomeUnknown(order_id, Operation.SUBMIT, 0, "", rig.now()))

    @rule(ticks=st.integers(-600, 600), seconds=st.sampled_from([0, 1, 70, 90_000]))
    def move(self, *, ticks: int, seconds: int) -> None:
        self.rig.clock.advance_by(seconds * 10**9)
        self.price = max(self.price + ticks * 5, 50_000)
        self.rig.quote(self.price, self.price + ASK - BID)

    # --- people ----------------------------------------------------------------------------------

    @rule(verb=st.sampled_from([Halt, Rearm]))
    def halt_or_rearm(self, verb: type) -> None:
        self.rig.desk.command(verb("test", self.rig.now()))

    @rule(verb=st.sampled_from([StopEntries, ResumeEntries]), name=names)
    def stop_or_resume(self, verb: type, name: str) -> None:
        self.rig.desk.command(verb(name, "test", self.rig.now()))

    @rule(name=names)
    def flatten(self, name: str) -> None:
        """It closes each leg once, however much is on its way, halted or not."""
        before = {side: self._closing(name, side) for side in (BUY, SELL)}
        count = len(self.rig.sent)
        self.rig.desk.command(Flatten(name, "test", self.rig.now()))
        self._check_closed(name, count, before)

    @rule(name=names, what=st.sampled_from(["fill", "part", "cancel", "silence", "accept"]))
    def outage(self, name: str, what: str) -> None:
        """A flatten while the venue is cut off closes what is held when it is back."""
        rig = self.rig
        rig.desk.owed.unreachable.add("venue")
        count = len(rig.sent)
        rig.desk.command(Flatten(name, "test", rig.now()))
        assert len(rig.sent) == count
        self.answer(what)
        rig.desk.owed.unreachable.clear()
        if not any(owed.verb is Verb.FLATTEN and owed.strategy_id == name
                   for owed in rig.desk.owed.of("venue")):  # fmt: skip
            return
        before = {side: self._closing(name, side) for side in (BUY, SELL)}
        count = len(rig.sent)
        rig.desk.pay_owed("venue", rig.now())
        waits = any(order.doubt for order in rig.desk.execution.open_orders(rig.host(name), ID))
        if not waits or any(each.strategy_id == name for each in rig.sent[count:]):
            self._check_closed(name, count, before)  # else it was tried, and is when doubts end

    @rule()
    def rearm_all(self) -> None:
        for scope, name in list(self.rig.desk.risk.steps):
            self.rig.rearm(scope, name, accepts=True)
        self.rig.quote(self.price, self.price + ASK - BID)

    # --- laws ------------------------------------------------------------------------------------

    @invariant()
    def books_balance(self) -> None:
        check_books(self.rig)
        reserved = sum(host.ledgers[ID].reserved for host in self.rig.desk.hosts.values())
        assert reserved == self.rig.account.balance("USDT").reserved, "ledgers are the account"

    def teardown(self) -> None:
        if hasattr(self, "rig"):
            assert_replayed(self.rig, 0)

    # --- inside ----------------------------------------------------------------------------------

    def _leg(self, name: str, side: Side) -> int:
        """What a close of a side would close."""
        position = self.rig.host(name).ledgers[ID].position
        assert isinstance(position, HedgedPosition)
        return (position.long if side is SELL else position.short).quantity

    def _closing(self, name: str, side: Side) -> int:
        orders = self.rig.desk.execution.open_orders(self.rig.host(name), ID)
        return sum(
            order.leaves_qty
            for order in orders
            if order.intent.tag == "flatten" and order.intent.side is side
        )

    def _check_closed(self, name: str, count: int, before: dict[Side, int]) -> None:
        sent = [each for each in self.rig.sent[count:] if each.strategy_id == name]
        for side, closing in before.items():
            own = sum(each.quantity for each in sent if each.side is side)
            assert own == max(abs(self._leg(name, side)) - closing, 0), side
        assert all(each.position_effect is CLOSE for each in sent)

    def _is_stopped(self, name: str) -> bool:
        levels = self.rig.desk.risk.steps
        mine = {ACCOUNT, f"strategy:{name}"}
        return (
            bool(self.rig.desk.execution.halted)
            or not self.rig.host(name).entries_allowed
            or any(step.level >= REDUCING for (scope, _), step in levels.items() if scope in mine)
        )


HedgedMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)
TestHedged = HedgedMachine.TestCase
