"""What stands between a strategy's order and the venue beside the gate: levels, then rules."""

from collections import deque
from collections.abc import Callable
from typing import TypeGuard

from hexdesk.application.gate.risk_rules import worst_price
from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.application.orders.working import is_close
from hexdesk.application.risk.books import Stake
from hexdesk.application.risk.case import MINUTE_NS, LiveCase
from hexdesk.application.risk.moment_rules import CloseLockRule
from hexdesk.application.risk.order_rules import RatioRule, SelfTrade
from hexdesk.domain.order import Order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.positions import Position
from hexdesk.domain.risk import REDUCING, RiskStepped, Verdict
from hexdesk.domain.values import BUY, MARKET, NS_PER_MS, QtyRaw, TimeNs
from hexdesk.ports.risk import OrderRule

Denial = tuple[str, str]
DECISIONS_MAX = 10_000
"""Market orders whose decision price is kept; beyond it the oldest is forgotten."""


MESSAGES_MAX = 100_000
CANCELS_MAX = 10_000


class MessageCount:
    """Requests to one venue within a minute, bounded by what it counts at the most.

    Attributes:
        cancels: Cancels of the desk that were counted already.
    """

    __slots__ = ("_times", "cancels")

    def __init__(self) -> None:
        self._times: deque[TimeNs] = deque(maxlen=MESSAGES_MAX)
        self.cancels = 0

    def with_one_more(self, now_ns: TimeNs, cancels: int) -> int:
        """Count the cancels since the last request; return how many there are with another one."""
        times = self._times
        for _ in range(min(cancels - self.cancels, CANCELS_MAX)):
            times.append(now_ns)
        self.cancels = cancels
        while times and times[0] <= now_ns - MINUTE_NS:
            times.popleft()
        return len(times) + 1

    def within_minute(self, now_ns: TimeNs, cancels: int) -> int:
        """Return how many there were; nothing is counted."""
        recent = sum(each > now_ns - MINUTE_NS for each in self._times)
        return recent + min(cancels - self.cancels, CANCELS_MAX)

    def add(self, now_ns: TimeNs) -> None:
        """Count a request."""
        self._times.append(now_ns)


class Brake:
    """A level that stands in the way, with what measures its throttle."""

    __slots__ = ("_gap_ns", "_latest_ns", "step")

    def __init__(self, step: RiskStepped, gap_ns: int) -> None:
        self.step = step
        self._gap_ns = gap_ns
        self._latest_ns: TimeNs = -gap_ns

    def denial(self, now_ns: TimeNs) -> Denial | None:
        """Return why what grows must not leave now; one that may is counted."""
        step = self.step
        if step.level >= REDUCING:
            return step.code, f"scope={step.scope} level={step.level.name} {step.text}"
        since = now_ns - self._latest_ns
        if since < self._gap_ns:
            wait = (self._gap_ns - since) // NS_PER_MS
            return step.code, f"scope={step.scope} level=THROTTLE wait_ms={wait} {step.text}"
        self._latest_ns = now_ns
        return None


class HostChecks:
    """Levels and rules of one strategy; the risk gate calls it where there are any.

    Attributes:
        brakes: Levels of the desk, the account and the strategy, from THROTTLE on.
        by_instrument: Levels of instruments; shared by all.
        decisions: Touch at which market orders were decided, by id; None where nobody asks.
    """

    __slots__ = (
        "_asked",
        "_asked_beside",
        "_cancels",
        "_case",
        "_close_locks",
        "_gross_max",
        "_messages",
        "_rules",
        "_stake_of",
        "_stakes",
        "brakes",
        "by_instrument",
        "decisions",
    )  # fmt: skip

    def __init__(
        self,
        rules: tuple[OrderRule, ...],
        case: LiveCase,
        *,
        stake_of: Callable[[Ledger], Stake],
        messages: MessageCount | None,
        cancels: Callable[[], int],
        by_instrument: dict[str, Brake],
        decisions: dict[str, int] | None,
    ) -> None:
        self._close_locks = [rule for rule in rules if isinstance(rule, CloseLockRule)]
        self._rules = tuple(rule for rule in rules if not isinstance(rule, CloseLockRule))
        self._asked = tuple(rule.check for rule in self._rules)
        self._asked_beside = tuple(rule.check for rule in self._rules if not _is_plain(rule))
        limits = [rule.limit for rule in self._rules if _limits_gross(rule)]
        self._gross_max = min(limits, default=0)
        self._case = case
        self._stake_of = stake_of
        self._stakes: dict[str, Stake] = {}
        self._messages = messages
        self._cancels = cancels
        self.by_instrument = by_instrument
        self.brakes: tuple[Brake, ...] = ()
        self.decisions = decisions

    def check(
        self, candidate: Order, ledger: Ledger, rest: QtyRaw, now_ns: TimeNs
    ) -> Denial | None:
        """Return why an order must not leave, or None; it is counted then."""
        order = candidate.intent
        if order.order_type is MARKET and self.decisions is not None:
            self._note_decision(order, ledger)
        messages = self._messages
        if (ledger.position.cost or order.reduce_only or order.position_effect) and _reduces(
            order, ledger, rest
        ):
            if self._close_locks:
                for lock in self._locked(candidate, ledger, rest, now_ns):
                    return lock.code, lock.text
            if messages is not None:
                messages.add(now_ns)
            return None
        try:
            stake = self._stakes[order.instrument_id]
        except KeyError:
            stake = self._stakes[order.instrument_id] = self._stake_of(ledger)
        case = self._case
        price = candidate.reserve_price
        sent = 1 if messages is None else messages.with_one_more(now_ns, self._cancels())
        limit = self._gross_max
        if limit and case.load_plainly(order, stake, price, rest, now_ns, sent, limit):
            asked = self._asked_beside
        else:
            case.load(order, stake, price, rest, now_ns, sent)
            asked = self._asked
        for check in asked:
            if check(case) is not None:
                case.refresh()  # sums may have been old: asked again, they are not
                verdict = check(case)
                if verdict is not None:
                    return verdict.code, verdict.text
        if self.brakes or self.by_instrument:
            denial = self._brake(order.instrument_id, now_ns)
            if denial is not None:
                return denial
        case.admit()
        stake.entry_ns = now_ns
        if messages is not None:
            messages.add(now_ns)
        return None

    def explain(
        self, candidate: Order, ledger: Ledger, rest: QtyRaw, now_ns: TimeNs
    ) -> tuple[Verdict, ...]:
        """Return the verdicts of all rules that deny an order; nothing is counted."""
        order = candidate.intent
        if _reduces(order, ledger, rest):
            return tuple(self._locked(candidate, ledger, rest, now_ns))
        stake = self._stake_of(ledger)
        case = self._case
        price = candidate.reserve_price or worst_price(order, ledger, 0)
        case.load(order, stake, price, rest, now_ns, 1)
        case.refresh()
        found = [rule.check(case) for rule in self._rules]
        steps = [brake.step for brake in self._brakes_of(order.instrument_id)]
        return (
            *(
                Verdict(step.rule, step.code, step.level.name, f"below {REDUCING.name}")
                for step in steps
                if step.level >= REDUCING
            ),
            *(verdict for verdict in found if verdict is not None),
        )

    def _locked(
        self, candidate: Order, ledger: Ledger, rest: QtyRaw, now_ns: TimeNs
    ) -> list[Verdict]:
        """Return why a close has to wait for another one."""
        case = self._case
        stake = self._stake_of(ledger)
        case.load(candidate.intent, stake, candidate.reserve_price, rest, now_ns, 1)
        found = [rule.check(case) for rule in self._close_locks]
        return [verdict for verdict in found if verdict is not None]

    def preview(
        self, candidate: Order, ledger: Ledger, rest: QtyRaw, now_ns: TimeNs
    ) -> Denial | None:
        """Return what `check` would, for an order that is only thought of."""
        verdicts = self.explain(candidate, ledger, rest, now_ns)
        return (verdicts[0].code, verdicts[0].text) if verdicts else None

    def _brakes_of(self, instrument_id: str) -> tuple[Brake, ...]:
        own = self.by_instrument.get(instrument_id) if self.by_instrument else None
        return self.brakes if own is None else (*self.brakes, own)

    def _brake(self, instrument_id: str, now_ns: TimeNs) -> Denial | None:
        for brake in sorted(self._brakes_of(instrument_id), key=_severest_first):
            denial = brake.denial(now_ns)
            if denial is not None:
                return denial
        return None

    def _note_decision(self, order: NewOrder, ledger: Ledger) -> None:
        quote = ledger.market.quote
        decisions = self.decisions
        if quote is None or decisions is None:
            return
        touch = quote.ask_price if order.side > 0 else quote.bid_price
        if touch:
            decisions[order.client_order_id] = touch
            if len(decisions) > DECISIONS_MAX:
                del decisions[next(iter(decisions))]


def _reduces(order: NewOrder, ledger: Ledger, rest: QtyRaw) -> bool:
    """Whether an order only shrinks what is held; the common answers first, and cheaply."""
    position = ledger.position
    if not position.cost or (
        type(position) is Position and (position.quantity > 0) is (order.side is BUY)
    ):
        return is_close(order)
    return ledger.is_reducing(order, rest)


def _limits_gross(rule: OrderRule) -> TypeGuard[RatioRule]:
    return isinstance(rule, RatioRule) and rule.part == "gross"


def _is_plain(rule: OrderRule) -> bool:
    """Whether `LiveCase.load_plainly` speaks for a rule."""
    return isinstance(rule, SelfTrade) or _limits_gross(rule)


def _severest_first(brake: Brake) -> int:
    return -brake.step.level
