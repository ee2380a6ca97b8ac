"""Measures what the watching rules ask for: on marks of the market, and on venues' reports.

A mark costs a comparison unless the market's sums are older than the plan allows. Reports cost a
look at their kind; fills, refusals and unknown outcomes cost more.
"""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from hexdesk.application.host import StrategyHost
from hexdesk.application.risk.books import NEVER, Purse, Stake
from hexdesk.application.risk.case import MINUTE_NS
from hexdesk.application.risk.days import TradingDays
from hexdesk.application.risk.ladders import FillRatio, LadderRule, Slippage, Volatility
from hexdesk.application.risk.numbers import NO_LIMIT, ONE, percent, share
from hexdesk.domain.market import Quote, Trade
from hexdesk.domain.money import SCALE_MAX, pow10
from hexdesk.domain.order import Order
from hexdesk.domain.reports import (
    Fill,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderUpdated,
    OutcomeUnknown,
    VenueReport,
)
from hexdesk.domain.values import NS_PER_SECOND, MoneyRaw, PriceRaw, TimeNs

Report = Callable[[str, LadderRule, int], None]
"""Takes a scope, a rule and what it measured."""
Note = Callable[[str, str, tuple[int, ...]], None]
"""Writes down what is to be remembered: scope, name, numbers."""
PEAK_NOTE_NS = 60 * NS_PER_SECOND
"""How long a new peak may wait to be written down."""
FAILURE_CODES = frozenset({"VENUE_OTHER", "VENUE_RATE", "VENUE_AUTH", "VENUE_PERMISSION"})
"""Refusals that speak of the link and not of the order."""
MIN_HISTORY = 12
"""Measurements of movement before one can be called unusual."""


class Losses:
    """Daily loss, drawdown, loss of a strategy and exposure: all that follows from equity.

    A full look works out above which result nothing can happen; until then a look is a comparison.
    """

    __slots__ = ("_days", "_note", "_report", "_rules", "_steps")

    def __init__(
        self, days: TradingDays, report: Report, note: Note, steps: Mapping[tuple[str, str], object]
    ) -> None:
        self._days = days
        self._report = report
        self._note = note
        self._steps = steps
        self._rules: dict[Purse, tuple[tuple[Measure, LadderRule], ...]] = {}

    def watch(self, purse: Purse, rules: dict[str, tuple[LadderRule, object]]) -> None:
        """Watch a purse by some of these rules, in place of those before."""
        found: list[tuple[Measure, LadderRule]] = []
        for name, (rule, settings) in rules.items():
            measure = _measure(purse, name, settings)
            if measure is not None:
                found.append((measure, rule))
        self._rules[purse] = tuple(found)
        purse.calm_above = NO_LIMIT

    def look(self, purse: Purse, now_ns: TimeNs) -> None:
        """Measure a purse, unless something in it has no price yet."""
        paid_in = purse.paid_in
        result = purse.equity - paid_in
        if (
            purse.calm_above < result <= purse.peak
            and now_ns < purse.day_end_ns
            and paid_in == purse.calm_paid_in
        ):
            return
        rules = self._rules.get(purse)
        if not rules or purse.blind:
            return
        if now_ns >= purse.day_end_ns:
            self._begin_day(purse, now_ns)
        if result > purse.peak:
            purse.peak = result
            if now_ns - purse.noted_ns >= PEAK_NOTE_NS:
                self.note_peak(purse, now_ns)
        for measure, rule in rules:
            self._report(purse.scope, rule, measure.of(purse))
        purse.calm_paid_in = paid_in
        is_calm = not any(scope == purse.scope for scope, _ in self._steps)
        purse.calm_above = (
            max(measure.calm_above(purse, rule.thresholds[-1][1]) for measure, rule in rules)
            if is_calm
            else NO_LIMIT
        )

    @property
    def names(self) -> frozenset[str]:
        """Names of all rules that follow from equity."""
        return _EQUITY_RULES

    def readings(self, purse: Purse) -> list[tuple[LadderRule, int]]:
        """Return what the rules of a purse measure now; nothing follows from it."""
        if purse.blind:
            return []
        return [(rule, measure.of(purse)) for measure, rule in self._rules.get(purse, ())]

    def remember(
        self, purse: Purse, day: tuple[int, ...], peak: tuple[int, ...], accepted: tuple[int, ...]
    ) -> None:
        """Take over what was written down before a restart."""
        if accepted:
            purse.accepted = accepted[0]
        if day:
            purse.day_end_ns = self._days.bounds(day[0])[1]
            purse.day_base = day[1]
        if peak:
            purse.peak = purse.noted_peak = peak[0]

    def begin_anew(self, purse: Purse, now_ns: TimeNs) -> None:
        """Let day and peak begin here: a person says that what was lost is accepted."""
        if not purse.is_account:
            purse.accepted = purse.equity - purse.paid_in
            self._note(purse.scope, f"accepted.{purse.balance.currency}", (purse.accepted,))
        self._begin_day(purse, now_ns)
        purse.peak = purse.equity - purse.paid_in
        purse.calm_above = NO_LIMIT
        self.note_peak(purse, now_ns)

    def note_peak(self, purse: Purse, now_ns: TimeNs) -> None:
        """Write the peak down."""
        purse.noted_ns = now_ns
        if purse.peak != purse.noted_peak:
            purse.noted_peak = purse.peak
            self._note(purse.scope, f"peak.{purse.balance.currency}", (purse.peak,))

    def _begin_day(self, purse: Purse, now_ns: TimeNs) -> None:
        begin_ns, purse.day_end_ns = self._days.bounds(now_ns)
        purse.day_base = purse.equity - purse.paid_in
        name = f"day.{purse.balance.currency}"
        self._note(purse.scope, name, (begin_ns, purse.day_base))


class Measure(Protocol):
    """A number that follows from equity, and the result above which it is below a threshold."""

    def of(self, purse: Purse, /) -> int:
        """Return the number."""
        ...

    def calm_above(self, purse: Purse, threshold: int, /) -> MoneyRaw:
        """Return a result above which the number is surely below a threshold."""
        ...


class _Gross:
    """Exposure against equity; it changes with orders too, so there is no calm."""

    @staticmethod
    def of(purse: Purse) -> int:
        return share(purse.gross, purse.equity)

    @staticmethod
    def calm_above(_purse: Purse, _threshold: int) -> MoneyRaw:
        return NO_LIMIT


class _Loss:
    """Loss since a result: of a day's start, a peak, or nothing."""

    def __init__(self, start: Callable[[Purse], MoneyRaw], *, in_amount: bool) -> None:
        self._start = start
        self._in_amount = in_amount

    def of(self, purse: Purse) -> int:
        start = self._start(purse)
        loss = start - (purse.equity - purse.paid_in)
        if self._in_amount:
            return loss * pow10(SCALE_MAX - purse.balance.scale)
        return share(loss, purse.paid_in + start)

    def calm_above(self, purse: Purse, threshold: int) -> MoneyRaw:
        start = self._start(purse)
        if self._in_amount:
            return start - (threshold - 1) // pow10(SCALE_MAX - purse.balance.scale)
        whole = purse.paid_in + start
        return start - (threshold - 1) * whole // ONE if whole > 0 else NO_LIMIT


DESK_WATCHES = frozenset({"desk_loss", "desk_drawdown"})
ACCOUNT_WATCHES = frozenset({"daily_loss", "drawdown", "gross_watch"})
_WATCHES = {
    "desk": DESK_WATCHES,
    "account": ACCOUNT_WATCHES,
    "strategy": frozenset({"strategy_loss"}),
}
"""Rules about equity by what they are about."""
_EQUITY_RULES = frozenset(name for names in _WATCHES.values() for name in names)


def _measure(purse: Purse, name: str, settings: object) -> Measure | None:
    """Return how a rule measures a purse; None where it does not hold for it."""
    in_amount = getattr(settings, "unit", "pct") == "amount"
    if name not in _WATCHES[purse.scope.partition(":")[0]]:
        return None
    if name == "gross_watch":
        return _Gross()
    if name in {"drawdown", "desk_drawdown"}:
        return _Loss(_peak, in_amount=False)
    if name in {"daily_loss", "desk_loss"}:
        return _Loss(_day_base, in_amount=in_amount)
    return _Loss(_accepted, in_amount=in_amount) if in_amount or purse.capital else None


def _peak(purse: Purse) -> MoneyRaw:
    return purse.peak


def _day_base(purse: Purse) -> MoneyRaw:
    return purse.day_base


def _accepted(purse: Purse) -> MoneyRaw:
    return purse.accepted


class MarketWatch:
    """What is held in one instrument, to be marked when its market moves, but not too often.

    Attributes:
        stakes: What is held.
        on_market: Takes a quote or trade; a closure, for it is on the path of every tick.
    """

    __slots__ = ("_movement", "on_market", "stakes")

    def __init__(
        self, every_ns: int, look: Callable[["MarketWatch", TimeNs], None],
        movement: "Movement | None",
    ) -> None:  # fmt: skip
        self._movement = movement
        self.stakes: list[Stake] = []
        due_ns: TimeNs = 0

        def on_market(event: Quote | Trade) -> None:
            nonlocal due_ns
            now_ns = event.ts_init
            if now_ns >= due_ns:
                due_ns = now_ns + every_ns
                look(self, now_ns)

        self.on_market = on_market

    def change(self, rule: LadderRule, settings: object) -> None:
        """Measure movement by another rule from now on, if this is about movement."""
        if self._movement is not None and isinstance(settings, Volatility):
            self._movement.rule = rule

    def mark(self, price: PriceRaw, now_ns: TimeNs) -> None:
        """Take a price for movement."""
        if self._movement is not None and price:
            self._movement.take(price, now_ns)


class Movement:
    """How far an instrument's price goes within a window, against what is usual."""

    __slots__ = ("_end_ns", "_high", "_history", "_low", "_report", "_scope", "_settings",
                 "_usual", "rule")  # fmt: skip

    def __init__(self, scope: str, rule: LadderRule, settings: Volatility, report: Report) -> None:
        self._scope = scope
        self.rule = rule
        self._settings = settings
        self._report = report
        self._history: deque[int] = deque(maxlen=settings.history)
        self._end_ns: TimeNs = NEVER
        self._high = 0
        self._low = 0
        self._usual = 0

    def take(self, price: PriceRaw, now_ns: TimeNs) -> None:
        """Take a price; the first of a window closes the one before."""
        if now_ns >= self._end_ns:
            if self._low:
                self._history.append((self._high - self._low) * ONE // self._low)
                enough = len(self._history) >= MIN_HISTORY
                self._usual = sorted(self._history)[len(self._history) // 2] if enough else 0
            self._end_ns = now_ns + self._settings.window_s * NS_PER_SECOND
            self._high = self._low = price
        self._high = max(self._high, price)
        self._low = min(self._low, price)
        if self._usual:
            moved = (self._high - self._low) * ONE // self._low
            self._report(self._scope, self.rule, share(moved, self._usual))


class AccountReports:
    """Refusals and failures of one account's venue."""

    __slots__ = ("_rejects", "_report", "failures", "link", "rejects", "scope")

    def __init__(
        self, scope: str, report: Report, link: LadderRule | None, rejects: LadderRule | None
    ) -> None:
        self.scope = scope
        self.link = link
        self.rejects = rejects
        self.failures = 0
        self._report = report
        self._rejects: deque[TimeNs] = deque(maxlen=10_000)

    def succeed(self) -> None:
        """Take an answer that shows that the link works."""
        if self.failures:
            self.failures = 0
            if self.link is not None:
                self._report(self.scope, self.link, 0)

    def fail(self) -> None:
        """Take a failure of the link."""
        self.failures += 1
        if self.link is not None:
            self._report(self.scope, self.link, self.failures)

    def reject(self, now_ns: TimeNs) -> None:
        """Take a refusal."""
        self._rejects.append(now_ns)
        self.count(now_ns)

    def count(self, now_ns: TimeNs) -> None:
        """Count the refusals of the last minute."""
        times = self._rejects
        while times and times[0] <= now_ns - MINUTE_NS:
            times.popleft()
        if self.rejects is not None:
            self._report(self.scope, self.rejects, len(times))

    def probe(self) -> None:
        """Let one request try whether a blocked link is back: the next failure blocks it again."""
        if self.link is not None:
            self.failures = min(self.failures, self.link.thresholds[0][1] - 1)
            self._report(self.scope, self.link, self.failures)


class StrategyReports:
    """Losing closes, slippage and fills of one strategy."""

    __slots__ = ("_over", "_report", "_rules", "ends", "losses", "names", "scope", "slips")

    def __init__(
        self, scope: str, report: Report, rules: dict[str, tuple[LadderRule, Any]]
    ) -> None:
        self.scope = scope
        self.losses = 0
        self._report = report
        self._rules = {name: rule for name, (rule, _) in rules.items()}
        self.names = frozenset(rules)
        settings = {name: each for name, (_, each) in rules.items()}
        slip: Slippage = settings.get("slippage", Slippage())
        ratio: FillRatio = settings.get("fill_ratio", FillRatio())
        self._over = percent("over_pct", slip.over_pct)
        self.slips: deque[bool] = deque(maxlen=slip.window)
        self.ends: deque[bool] = deque(maxlen=ratio.window)

    def close(self, gain: int) -> None:
        """Take what a fill realised, before fees."""
        rule = self._rules.get("streak")
        if rule is not None and gain:
            self.losses = self.losses + 1 if gain < 0 else 0
            self._report(self.scope, rule, self.losses)

    def slip(self, fill: Fill, touch: PriceRaw) -> None:
        """Take a fill of an order that was decided at a touch."""
        rule = self._rules.get("slippage")
        if rule is not None:
            worse = (fill.price - touch) * fill.side
            self.slips.append(worse * ONE > self._over * touch)
            self._report(self.scope, rule, sum(self.slips))

    def begin_anew(self) -> None:
        """Forget what was lost: a person says that it is accepted."""
        self.losses = 0
        rule = self._rules.get("streak")
        if rule is not None:
            self._report(self.scope, rule, 0)

    def take_over(self, before: "StrategyReports") -> None:
        """Go on where another left off: its rules have changed, what happened has not."""
        self.losses = before.losses
        self.slips.extend(before.slips)
        self.ends.extend(before.ends)

    def end(self, order: Order) -> None:
        """Take an order that has ended."""
        rule = self._rules.get("fill_ratio")
        if rule is None:
            return
        ends = self.ends
        ends.append(not order.cum_qty)
        if len(ends) == ends.maxlen:
            self._report(self.scope, rule, share(sum(ends), len(ends)))


_ROUTINE = frozenset({OrderAccepted, Fill, OrderCanceled, OrderUpdated})
"""Reports that say that all is well, and mostly nothing else."""


class ReportWatch:
    """Takes every report to the desk first, and then to whom it concerns.

    Attributes:
        accounts: By account id.
        strategies: By strategy id.
    """

    __slots__ = ("_decisions", "_hosts", "_inner", "_open", "_quiet", "_wanted", "accounts",
                 "strategies")  # fmt: skip

    def __init__(
        self,
        inner: Callable[[VenueReport], None],
        open_orders: dict[str, Order],
        hosts: dict[str, StrategyHost],
        decisions: dict[str, int] | None,
    ) -> None:
        self._inner = inner
        self._open = open_orders
        self._hosts = hosts
        self._decisions = decisions
        self.accounts: dict[str, AccountReports] = {}
        self.strategies: dict[str, StrategyReports] = {}
        self._wanted: set[str] = set()
        self._quiet = _ROUTINE

    def join(self, strategy_id: str, strategy: StrategyReports) -> None:
        """Tell a strategy's rules from here on."""
        before = self.strategies.get(strategy_id)
        if before is not None:
            strategy.take_over(before)
        self.strategies[strategy_id] = strategy
        self._wanted |= strategy.names
        self._look_closer()

    def on_report(self, report: VenueReport) -> None:
        """Take a report."""
        kind = type(report)
        if kind in self._quiet and (kind is not Fill or not self._decisions):
            self._inner(report)
            return
        order = self._open.get(report.client_order_id)
        if order is None:
            self._inner(report)
            return
        intent = order.intent
        account = self.accounts.get(intent.account_id)
        ledger = self._hosts[intent.strategy_id].ledgers[intent.instrument_id]
        booked = ledger.fill_count
        realised = ledger.position.realised
        was_doubted = order.doubt is not None
        self._inner(report)
        strategy = self.strategies.get(intent.strategy_id)
        if strategy is not None:
            if isinstance(report, Fill) and ledger.fill_count > booked:
                self._filled(strategy, report, ledger.position.realised - realised)
            if order.is_closed:
                strategy.end(order)
                if self._decisions:
                    self._decisions.pop(intent.client_order_id, None)
        if account is None:
            return
        if isinstance(report, OrderRejected):
            account.reject(report.ts_init)
            if report.code in FAILURE_CODES:
                account.fail()
                self._look_closer()
                return
        elif isinstance(report, OutcomeUnknown):
            if not was_doubted:
                account.fail()
                self._look_closer()
            return
        account.succeed()
        if not self._quiet:
            self._look_closer()

    def _look_closer(self) -> None:
        """Let those reports pass quickly that nobody has anything to learn from."""
        if "fill_ratio" in self._wanted or any(each.failures for each in self.accounts.values()):
            self._quiet = frozenset()
        else:
            self._quiet = _ROUTINE - {Fill} if "streak" in self._wanted else _ROUTINE

    def _filled(self, strategy: StrategyReports, fill: Fill, gain: int) -> None:
        strategy.close(gain)
        touch = self._decisions.get(fill.client_order_id) if self._decisions else None
        if touch is not None:
            strategy.slip(fill, touch)
