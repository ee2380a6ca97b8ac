"""Measures what the watching rules ask for: on marks of the market, and on venues' reports.

A mark costs a comparison unless the market's sums are older than the plan allows. Reports cost a
look at their kind; fills, refusals and unknown outcomes cost more.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from hexdesk.application.host import StrategyHost
from hexdesk.application.risk.books import NEVER, Purse, Stake
from hexdesk.application.risk.case import MINUTE_NS
from hexdesk.application.risk.days import TradingDays
from hexdesk.application.risk.ladders import (
    DailyLoss,
    FillRatio,
    LadderRule,
    Slippage,
    StrategyLoss,
    Volatility,
)
from hexdesk.application.risk.numbers import ONE, percent, share
from hexdesk.domain.market import Quote, Trade
from hexdesk.domain.money import SCALE_MAX, pow10
from hexdesk.domain.order import Order
from hexdesk.domain.reports import Fill, OrderAccepted, OrderRejected, OutcomeUnknown, VenueReport
from hexdesk.domain.values import NS_PER_SECOND, PriceRaw, TimeNs

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
    """Daily loss, drawdown, loss of a strategy and exposure: all that follows from equity."""

    __slots__ = ("_days", "_note", "_report", "_rules")

    def __init__(self, days: TradingDays, report: Report, note: Note) -> None:
        self._days = days
        self._report = report
        self._note = note
        self._rules: dict[Purse, tuple[tuple[Callable[[Purse], int], LadderRule], ...]] = {}

    def watch(self, purse: Purse, rules: dict[str, tuple[LadderRule, object]]) -> None:
        """Watch a purse by some of these rules, in place of those before."""
        found: list[tuple[Callable[[Purse], int], LadderRule]] = []
        for name, (rule, settings) in rules.items():
            measure = self._measure(purse, name, settings)
            if measure is not None:
                found.append((measure, rule))
        self._rules[purse] = tuple(found)

    def look(self, purse: Purse, now_ns: TimeNs) -> None:
        """Measure a purse, unless something in it has no price yet."""
        rules = self._rules.get(purse)
        if not rules or purse.blind:
            return
        if now_ns >= purse.day_end_ns:
            self._begin_day(purse, now_ns)
        result = purse.equity - purse.paid_in
        if result > purse.peak:
            purse.peak = result
            if now_ns - purse.noted_ns >= PEAK_NOTE_NS:
                self.note_peak(purse, now_ns)
        for measure, rule in rules:
            self._report(purse.scope, rule, measure(purse))

    def remember(self, purse: Purse, day: tuple[int, ...], peak: tuple[int, ...]) -> None:
        """Take over what was written down before a restart."""
        if day:
            purse.day_end_ns = self._days.bounds(day[0])[1]
            purse.day_base = day[1]
        if peak:
            purse.peak = purse.noted_peak = peak[0]

    def begin_anew(self, purse: Purse, now_ns: TimeNs) -> None:
        """Let day and peak begin here: a person says that what was lost is accepted."""
        self._begin_day(purse, now_ns)
        purse.peak = purse.equity - purse.paid_in
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

    @staticmethod
    def _measure(purse: Purse, name: str, settings: object) -> Callable[[Purse], int] | None:
        in_amount = getattr(settings, "unit", "pct") == "amount"
        if name == "gross_watch":
            return _gross if purse.is_account else None
        if name == "drawdown":
            return _drawdown if purse.is_account else None
        if isinstance(settings, DailyLoss) and purse.is_account:
            return _day_amount if in_amount else _day_share
        if isinstance(settings, StrategyLoss) and not purse.is_account:
            if in_amount:
                return _loss_amount
            return _loss_share if purse.capital else None
        return None


def _gross(purse: Purse) -> int:
    return share(purse.gross, purse.equity)


def _drawdown(purse: Purse) -> int:
    peak = purse.paid_in + purse.peak
    return share(peak - purse.equity, peak)


def _day_share(purse: Purse) -> int:
    base = purse.paid_in + purse.day_base
    return share(base - purse.equity, base)


def _day_amount(purse: Purse) -> int:
    return _amount(purse, purse.paid_in + purse.day_base - purse.equity)


def _loss_share(purse: Purse) -> int:
    return share(-purse.result, purse.capital)


def _loss_amount(purse: Purse) -> int:
    return _amount(purse, -purse.result)


def _amount(purse: Purse, loss: int) -> int:
    return loss * pow10(SCALE_MAX - purse.balance.scale)


class MarketWatch:
    """Marks what is held in one instrument when its market moves, but not too often."""

    __slots__ = ("_due_ns", "_every_ns", "_look", "_movement", "stakes")

    def __init__(
        self, every_ns: int, look: Callable[["MarketWatch", TimeNs], None],
        movement: "Movement | None",
    ) -> None:  # fmt: skip
        self._every_ns = every_ns
        self._due_ns: TimeNs = 0
        self._look = look
        self._movement = movement
        self.stakes: list[Stake] = []

    def on_market(self, event: Quote | Trade) -> None:
        """Take a quote or trade; this is on the path of every tick."""
        now_ns = event.ts_init
        if now_ns >= self._due_ns:
            self._due_ns = now_ns + self._every_ns
            self._look(self, now_ns)

    def mark(self, price: PriceRaw, now_ns: TimeNs) -> None:
        """Take a price for movement."""
        if self._movement is not None and price:
            self._movement.take(price, now_ns)


class Movement:
    """How far an instrument's price goes within a window, against what is usual."""

    __slots__ = ("_end_ns", "_high", "_history", "_low", "_report", "_rule", "_scope", "_settings",
                 "_usual")  # fmt: skip

    def __init__(self, scope: str, rule: LadderRule, settings: Volatility, report: Report) -> None:
        self._scope = scope
        self._rule = rule
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
            self._report(self._scope, self._rule, share(moved, self._usual))


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

    __slots__ = ("_ends", "_over", "_report", "_rules", "_slips", "losses", "scope")

    def __init__(
        self, scope: str, report: Report, rules: dict[str, tuple[LadderRule, Any]]
    ) -> None:
        self.scope = scope
        self.losses = 0
        self._report = report
        self._rules = {name: rule for name, (rule, _) in rules.items()}
        settings = {name: each for name, (_, each) in rules.items()}
        slip: Slippage = settings.get("slippage", Slippage())
        ratio: FillRatio = settings.get("fill_ratio", FillRatio())
        self._over = percent("over_pct", slip.over_pct)
        self._slips: deque[bool] = deque(maxlen=slip.window)
        self._ends: deque[bool] = deque(maxlen=ratio.window)

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
            self._slips.append(worse * ONE > self._over * touch)
            self._report(self.scope, rule, sum(self._slips))

    def end(self, order: Order) -> None:
        """Take an order that has ended."""
        rule = self._rules.get("fill_ratio")
        if rule is None:
            return
        ends = self._ends
        ends.append(not order.cum_qty)
        if len(ends) == ends.maxlen:
            self._report(self.scope, rule, share(sum(ends), len(ends)))


class ReportWatch:
    """Takes every report to the desk first, and then to whom it concerns."""

    __slots__ = ("_decisions", "_hosts", "_inner", "_open", "accounts", "strategies")

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

    def on_report(self, report: VenueReport) -> None:
        """Take a report."""
        order = self._open.get(report.client_order_id)
        if order is None:
            self._inner(report)
            return
        intent = order.intent
        account = self.accounts.get(intent.account_id)
        kind = type(report)
        if kind is OrderAccepted:
            if account is not None and account.failures:
                account.succeed()
            self._inner(report)
            return
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
                return
        elif isinstance(report, OutcomeUnknown):
            if not was_doubted:
                account.fail()
            return
        account.succeed()

    def _filled(self, strategy: StrategyReports, fill: Fill, gain: int) -> None:
        strategy.close(gain)
        touch = self._decisions.get(fill.client_order_id) if self._decisions else None
        if touch is not None:
            strategy.slip(fill, touch)
