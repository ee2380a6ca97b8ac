"""The order against a model that thinks in steps, as a person reading the venue's log would."""

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hexdesk.domain.order_state import Outcome, apply, new_order
from hexdesk.domain.values import Life, Operation, ReportedStatus
from tests.core.domain.order_events import (
    ACCEPTED,
    QUANTITY,
    SUBMITTED,
    TRIGGERED,
    amend_rejected,
    busted,
    cancel_rejected,
    canceled,
    expired,
    fill,
    intent,
    rejected,
    unknown,
    updated,
)


class OrderMachine(RuleBasedStateMachine):
    """Events come in the venue's order; the model moves from life to life."""

    def __init__(self) -> None:
        super().__init__()
        self.order = new_order(intent())
        self.now = 10
        self.life = Life.INITIALIZED
        self.resting = Life.SUBMITTED
        self.quantity = QUANTITY
        self.lost = 0
        self.trades: dict[str, int] = {}
        self.broken = set[str]()
        self.requests = 0
        self.pending: dict[int, str] = {}
        self.doubt: tuple[Operation, int] | None = None

    @property
    def cum(self) -> int:
        return sum(size for trade, size in self.trades.items() if trade not in self.broken)

    @property
    def is_open(self) -> bool:
        return Life.SUBMITTED <= self.life < Life.FILLED

    def move(self, life: Life) -> None:
        if self.life < Life.FILLED <= life:  # a closed order's doubt ends by evidence alone
            self.pending.clear()
            self.doubt = None
        self.life = life

    def rest(self) -> None:
        """Enter the open life that fills and losses so far mean, or the end they mean."""
        if self.cum and self.cum >= self.quantity:
            self.move(Life.FILLED)
        elif self.lost and self.cum + self.lost >= self.quantity:
            self.move(Life.CANCELED)
        else:
            self.move(Life.PARTIALLY_FILLED if self.cum else self.resting)

    def evidence(self) -> None:
        if self.doubt and self.doubt[0] in (Operation.SUBMIT, Operation.STATUS):
            self.doubt = None

    @precondition(lambda self: self.life is Life.INITIALIZED)
    @rule()
    def submit(self) -> None:
        assert apply(self.order, SUBMITTED) is Outcome.APPLIED
        self.life = Life.SUBMITTED

    @rule()
    def wait(self) -> None:
        self.now += 1

    @precondition(lambda self: self.is_open)
    @rule()
    def accept(self) -> None:
        apply(self.order, ACCEPTED)
        self.evidence()
        self.resting = max(self.resting, Life.ACCEPTED)
        self.rest()

    @precondition(lambda self: self.is_open)
    @rule()
    def trigger(self) -> None:
        apply(self.order, TRIGGERED)
        self.evidence()
        self.resting = Life.TRIGGERED
        self.rest()

    @precondition(lambda self: self.is_open)
    @rule(part=st.integers(1, 120))
    def fill(self, part: int) -> None:
        self.now += 1
        trade = f"t{len(self.trades)}"
        outcome = apply(self.order, fill(part, trade, ts=self.now))
        self.trades[trade] = part
        self.evidence()
        self.resting = max(self.resting, Life.ACCEPTED)
        is_over = self.cum > self.quantity and "amend" not in self.pending.values()
        assert outcome is (Outcome.OVERFILLED if is_over else Outcome.APPLIED)
        self.rest()

    @precondition(lambda self: len(self.trades) > len(self.broken))
    @rule(data=st.data(), live=st.sampled_from([True, False, None]))
    def bust(self, data: st.DataObject, *, live: bool | None) -> None:
        self.now += 1
        trade = data.draw(st.sampled_from(sorted(set(self.trades) - self.broken)))
        apply(self.order, busted(trade, live=live, ts=self.now))
        self.broken.add(trade)
        if live:
            self.evidence()
            self.rest()
        else:
            self.lost += self.trades[trade]
            if self.life is Life.FILLED or self.is_open:
                self.rest()
        if live is None:
            self.doubt = (Operation.STATUS, 0)

    @precondition(lambda self: len(self.trades) > 0)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        trade = data.draw(st.sampled_from(sorted(self.trades)))
        assert apply(self.order, fill(self.trades[trade], trade)) is Outcome.DUPLICATE

    @precondition(lambda self: self.is_open)
    @rule(how=st.sampled_from(["cancel", "expire", "reject"]))
    def end(self, how: str) -> None:
        self.now += 1
        if how == "cancel":
            apply(self.order, canceled(self.now))
            self.move(Life.CANCELED)
        elif how == "expire":
            apply(self.order, expired(self.now))
            self.move(Life.EXPIRED)
        else:
            apply(self.order, rejected(self.now))
            self.move(Life.CANCELED if self.trades else Life.REJECTED)

    @precondition(lambda self: self.is_open)
    @rule(kind=st.sampled_from(["cancel", "amend"]))
    def ask(self, kind: str) -> None:
        self.requests += 1
        self.pending[self.requests] = kind
        if kind == "cancel":
            self.order.pending_cancels |= 1 << self.requests
        else:
            self.order.pending_amends |= 1 << self.requests

    @precondition(lambda self: self.is_open and self.pending)
    @rule(data=st.data(), quantity=st.integers(1, 200), grant=st.booleans())
    def answer(self, data: st.DataObject, quantity: int, *, grant: bool) -> None:
        self.now += 1
        request = data.draw(st.sampled_from(sorted(self.pending)))
        kind = self.pending.pop(request)
        if kind == "cancel":
            assert apply(self.order, cancel_rejected(request)) is Outcome.APPLIED
            self.settle(Operation.CANCEL, request)
        elif grant:
            newest = request > self.order.amend_id
            apply(self.order, updated(quantity, request, ts=self.now))
            self.settle(Operation.REPLACE, request)
            if newest:
                self.evidence()
                self.quantity = quantity
                self.rest()
        else:
            assert apply(self.order, amend_rejected(request)) is Outcome.APPLIED
            self.settle(Operation.REPLACE, request)

    def settle(self, operation: Operation, request: int) -> None:
        if self.doubt == (operation, request):
            self.doubt = None

    @precondition(lambda self: self.is_open)
    @rule(operation=st.sampled_from(Operation), data=st.data())
    def lose_sight(self, operation: Operation, data: st.DataObject) -> None:
        request = data.draw(st.sampled_from([0, *self.pending]))
        apply(self.order, unknown(operation, request))
        self.doubt = (operation, request)

    @invariant()
    def agrees(self) -> None:
        order = self.order
        assert order.life is self.life
        assert order.cum_qty == self.cum
        assert order.quantity == self.quantity
        over = max(self.cum - self.quantity, 0)
        assert self.quantity + over == order.cum_qty + order.leaves_qty + order.canceled_qty
        doubt = order.doubt and (order.doubt.operation, order.doubt.request_id)
        assert doubt == self.doubt

    @invariant()
    def shows_one_word(self) -> None:
        if self.doubt:
            expected = ReportedStatus.IN_DOUBT
        elif "cancel" in self.pending.values():
            expected = ReportedStatus.PENDING_CANCEL
        elif self.pending:
            expected = ReportedStatus.PENDING_REPLACE
        else:
            expected = ReportedStatus[self.life.name]
        assert self.order.reported_status is expected


TestOrderMachine = OrderMachine.TestCase
TestOrderMachine.settings = settings(max_examples=150, stateful_step_count=25)
