"""A desk with many open orders, and what rules ask of it, worked out from orders and fills alone.

Every price is the same, so that what is held is worth what it cost.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import msgspec

from hexdesk.domain.money import pow10
from hexdesk.domain.order import Order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.reports import OutcomeUnknown
from hexdesk.domain.values import BUY, HELD, SELL, Operation, Side
from tests.core.application.risk.desks import ID, LOT, RiskRig, plan

PRICE = 100_000
NAMES = ("a", "b")
CAPITAL = 1_500
DEPOSIT = 4_000
SECOND_NS = 10**9


class Step(msgspec.Struct, frozen=True):
    """An order, and what happens to it and around it.

    Attributes:
        name: Whose.
        side: FIX 54.
        lots: How much.
        then: `wait`, `accept`, `fill`, `part`, `doubt`, or `cancel` of the oldest.
        seconds: How long it was quiet before.
        stop: Ticks to its stop; 0 for none.
        target: Ticks to its target; 0 for none.
    """

    name: str
    side: Side
    lots: int
    then: str
    seconds: int
    stop: int
    target: int


class Crowd:
    """Several strategies of one account, with one rule on.

    Attributes:
        rig: The desk.
        step: What is being asked.
        sends: Requests so far.
        entered_ns: When each strategy's latest growing order left.
        quoted_ns: When the latest quote came.
    """

    def __init__(self, rule: str, settings: dict[str, Any]) -> None:
        rules: dict[str, Any] = {rule: settings}
        wanted = plan(capital={"a": f"{CAPITAL} USDT"}, **rules)
        self.rig = RiskRig(wanted, *NAMES, deposit=f"{DEPOSIT} USDT")
        self.step: Step
        self.sends = 0
        self.entered_ns: dict[str, int] = {}
        self.quoted_ns = 0
        self.quote()

    def quote(self) -> None:
        """Show the price."""
        self.rig.quote(PRICE, PRICE)
        self.quoted_ns = self.rig.clock.now_ns()

    # --- doing ---------------------------------------------------------------------------------

    def send(self, step: Step) -> NewOrder | None:
        """Send an order; return it if it left."""
        rig = self.rig
        before = len(rig.sent)
        if step.stop:
            target = PRICE + step.side * step.target * 5 if step.target else 0
            rig.act(
                lambda context: context.submit_bracket(
                    ID, step.side, step.lots * LOT, entry_price=PRICE,
                    stop_price=PRICE - step.side * step.stop * 5, target_price=target,
                ),
                step.name,
            )  # fmt: skip
        else:
            rig.send(step.side, step.lots, PRICE, step.name)
        return rig.sent[-1] if len(rig.sent) > before else None

    def follow(self, step: Step, sent: NewOrder | None) -> None:
        """Let the venue do what the step says."""
        rig = self.rig
        if step.then == "cancel":
            self._cancel_oldest()
        elif sent is not None:
            order_id = sent.client_order_id
            match step.then:
                case "accept":
                    rig.accept(order_id)
                case "fill":
                    rig.fill(order_id, price=PRICE)
                case "part":
                    rig.fill(order_id, LOT // 2, price=PRICE)
                case "doubt":
                    rig.report(OutcomeUnknown(order_id, Operation.SUBMIT, 0, "", rig.now()))
                case _:
                    pass
        self.sends = len(rig.requests)

    def _cancel_oldest(self) -> None:
        orders = self.open()
        if orders:
            intent = orders[0].intent
            self.rig.act(lambda context: context.cancel(intent.client_order_id), intent.strategy_id)
            self.rig.canceled(intent.client_order_id)

    # --- what is so, from orders and fills alone ----------------------------------------------

    @property
    def quantity(self) -> int:
        """Of the order that is asked about."""
        return self.step.lots * LOT

    @property
    def equity(self) -> Fraction:
        """Of the account: nothing gains or loses, but fees are paid."""
        balance = self.rig.account.balance("USDT")
        return Fraction(balance.total, pow10(balance.scale))

    def open(self, name: str = "") -> list[Order]:
        """Orders at the venue, or perhaps there, that are no exits."""
        return [
            order
            for order in self.rig.desk.execution.open.values()
            if order.life is not HELD
            and not order.intent.parent_id
            and name in ("", order.intent.strategy_id)
        ]

    def held(self, name: str) -> int:
        """What a strategy's orders filled."""
        execution = self.rig.desk.execution
        return sum(
            order.cum_qty * order.intent.side
            for order in (*execution.open.values(), *execution.closed.values())
            if order.intent.strategy_id == name
        )

    def outcomes(self, name: str) -> tuple[int, int]:
        """Position if all that buys were filled, and if all that sells; the asked order too."""
        step = self.step
        up, down = self.held(name), -self.held(name)
        for order in self.open(name):
            if order.intent.side is BUY:
                up += order.leaves_qty
            else:
                down += order.leaves_qty
        if name == step.name:
            up += self.quantity if step.side is BUY else 0
            down += self.quantity if step.side is SELL else 0
        return up, down

    @property
    def reduces(self) -> bool:
        """Whether the asked order, after all that works, only shrinks what is held."""
        up, down = self.outcomes(self.step.name)
        held = self.held(self.step.name)
        return held * self.step.side < 0 and (up if self.step.side is BUY else down) <= 0

    def gross(self, names: Iterable[str] = NAMES) -> Fraction:
        """Value of each strategy's worse outcome, added."""
        return value(sum(max(*self.outcomes(name), 0) for name in names))

    @property
    def together(self) -> int:
        """Quantity of the worse outcome of all strategies together, none set off by another."""
        both = [self.outcomes(name) for name in NAMES]
        return max(sum(max(up, 0) for up, _ in both), sum(max(down, 0) for _, down in both))


def value(quantity: int) -> Fraction:
    """Return the USDT that a quantity is worth."""
    return Fraction(PRICE, 10) * Fraction(quantity, 1_000)
