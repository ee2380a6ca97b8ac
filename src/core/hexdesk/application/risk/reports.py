"""Measures what the watching rules ask of venues' reports: failures, refusals, slippage, closes.

A report costs a look at its kind; fills, refusals and unknown outcomes cost more.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from hexdesk.application.host import StrategyHost
from hexdesk.application.risk.case import MINUTE_NS
from hexdesk.application.risk.ladders import FillRatio, LadderRule, Slippage
from hexdesk.application.risk.numbers import ONE, percent, share
from hexdesk.application.risk.watch import Note, Report
from hexdesk.domain.links import LINK_DOWN
from hexdesk.domain.order import Order
from hexdesk.domain.reports import (
    AmendRejected,
    CancelRejected,
    Fill,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderUpdated,
    OutcomeUnknown,
    VenueReport,
)
from hexdesk.domain.values import PriceRaw, TimeNs

VENUE_OTHER = "VENUE_OTHER"
FAILURE_CODES = frozenset({LINK_DOWN, VENUE_OTHER, "VENUE_RATE", "VENUE_AUTH", "VENUE_PERMISSION"})
"""Refusals that speak of the link and not of the order."""


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


STREAK = "streak"
"""What losing closes in a row are remembered as."""


class StrategyReports:
    """Losing closes, slippage and fills of one strategy."""

    __slots__ = ("_note", "_over", "_report", "_rules", "ends", "losses", "names", "scope", "slips")

    def __init__(
        self,
        scope: str,
        report: Report,
        note: Note,
        rules: dict[str, tuple[LadderRule, Any]],
        losses: tuple[int, ...],
    ) -> None:
        """Begin to watch a strategy with the losing closes in a row that were written down."""
        self.scope = scope
        self.losses = losses[0] if losses else 0
        self._note = note
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
            self._count(rule, self.losses + 1 if gain < 0 else 0)

    def _count(self, rule: LadderRule, losses: int) -> None:
        if losses != self.losses:
            self.losses = losses
            self._note(self.scope, STREAK, (losses,))
        self._report(self.scope, rule, losses)

    def slip(self, fill: Fill, touch: PriceRaw) -> None:
        """Take a fill of an order that was decided at a touch."""
        rule = self._rules.get("slippage")
        if rule is not None:
            worse = (fill.price - touch) * fill.side
            self.slips.append(worse * ONE > self._over * touch)
            self._report(self.scope, rule, sum(self.slips))

    def begin_anew(self) -> None:
        """Forget what was lost: a person says that it is accepted."""
        rule = self._rules.get("streak")
        if rule is not None:
            self._count(rule, 0)

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
        self._quiet: frozenset[type] = _ROUTINE

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
        if _is_failure(report, was_doubted=was_doubted):
            account.fail()
            self._look_closer()
        elif not isinstance(report, OutcomeUnknown):
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


def _is_failure(report: VenueReport, *, was_doubted: bool) -> bool:
    """Whether a report is one more request that failed; a doubt is counted once, when it begins."""
    if isinstance(report, OutcomeUnknown):
        return not was_doubted
    if isinstance(report, OrderRejected):
        return report.code in FAILURE_CODES and not (was_doubted and report.code == LINK_DOWN)
    if isinstance(report, CancelRejected | AmendRejected):
        return report.code in FAILURE_CODES and report.code != VENUE_OTHER  # mostly "too late"
    return False
