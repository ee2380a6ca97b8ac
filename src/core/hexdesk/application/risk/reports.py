"""Measures what the watching rules ask of venues' reports: failures, refusals, slippage, closes.

A report costs a look at its kind; fills, refusals and unknown outcomes cost more. What is counted
is written down whenever it changes, under the name of its rule, and read again after a restart.
"""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from hexdesk.application.risk.case import MINUTE_NS
from hexdesk.application.risk.ladders import FillRatio, LadderRule, Slippage
from hexdesk.application.risk.numbers import ONE, percent, share
from hexdesk.application.risk.watch import Note, Recall, Report
from hexdesk.application.strategies.host import StrategyHost
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


LINK, REJECTS = "link", "rejects"
REJECTS_NOTED = range(100, 1_001)
"""Of how many refusals the times are written down at most: as many as levels ask for within it."""


class AccountReports:
    """Refusals and failures of one account's venue.

    Attributes:
        link: The rule about failures; None for off.
        rejects: The rule about refusals; likewise.
        failures: Requests in a row that failed.
    """

    __slots__ = ("_note", "_rejects", "_report", "failures", "link", "rejects", "scope")

    def __init__(self, scope: str, report: Report, note: Note, recall: Recall) -> None:
        """Go on with what was written down."""
        self.scope = scope
        self.link: LadderRule | None = None
        self.rejects: LadderRule | None = None
        self.failures = sum(recall(scope, LINK))
        self._note = note
        self._report = report
        self._rejects: deque[TimeNs] = deque(recall(scope, REJECTS), maxlen=10_000)

    def readings(self) -> Iterator[tuple[LadderRule, int]]:
        """Yield each rule with what it has counted so far."""
        if self.link is not None:
            yield self.link, self.failures
        if self.rejects is not None:
            yield self.rejects, len(self._rejects)

    def succeed(self) -> None:
        """Take an answer that shows that the link works."""
        if self.failures:
            self._set_failures(0)

    def fail(self) -> None:
        """Take a failure of the link."""
        self._set_failures(self.failures + 1)

    def _set_failures(self, failures: int) -> None:
        is_new = failures != self.failures
        self.failures = failures
        if self.link is not None:
            if is_new:
                self._note(self.scope, LINK, (failures,))
            self._report(self.scope, self.link, failures)

    def reject(self, now_ns: TimeNs) -> None:
        """Take a refusal."""
        self._rejects.append(now_ns)
        self.count(now_ns)
        if self.rejects is not None:
            asked = self.rejects.thresholds[0][1]
            most = min(max(asked, REJECTS_NOTED[0]), REJECTS_NOTED[-1])
            self._note(self.scope, REJECTS, tuple(self._rejects)[-most:])

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
            self._set_failures(min(self.failures, self.link.thresholds[0][1] - 1))


STREAK, SLIPPAGE, FILL_RATIO = "streak", "slippage", "fill_ratio"
STRATEGY_RULES = frozenset({STREAK, SLIPPAGE, FILL_RATIO})


class StrategyReports:
    """Losing closes, slippage and fills of one strategy.

    Attributes:
        names: Of its rules.
        losses: Losing closes in a row.
        slips: The latest fills of market orders: 1 for each that was worse than allowed.
        ends: The latest orders that ended: 1 for each without any fill.
    """

    __slots__ = ("_note", "_over", "_report", "_rules", "ends", "losses", "names", "scope", "slips")

    def __init__(
        self,
        scope: str,
        report: Report,
        note: Note,
        recall: Recall,
        rules: dict[str, tuple[LadderRule, Any]],
    ) -> None:
        """Go on with what was written down, by these rules."""
        self.scope = scope
        self._note = note
        self._report = report
        self._rules = {name: rule for name, (rule, _) in rules.items()}
        self.names = frozenset(rules)
        settings = {name: each for name, (_, each) in rules.items()}
        slip: Slippage = settings.get(SLIPPAGE, Slippage())
        ratio: FillRatio = settings.get(FILL_RATIO, FillRatio())
        self._over = percent("over_pct", slip.over_pct)
        self.losses = sum(recall(scope, STREAK))
        self.slips = deque(recall(scope, SLIPPAGE), maxlen=slip.window)
        self.ends = deque(recall(scope, FILL_RATIO), maxlen=ratio.window)

    def readings(self) -> Iterator[tuple[LadderRule, int]]:
        """Yield each rule with what it has counted so far."""
        numbers = {STREAK: self.losses, SLIPPAGE: sum(self.slips), FILL_RATIO: self._unfilled()}
        for name, rule in self._rules.items():
            yield rule, numbers[name]

    def close(self, gain: int) -> None:
        """Take what a fill realised, before fees."""
        rule = self._rules.get(STREAK)
        if rule is not None and gain:
            self._count(rule, self.losses + 1 if gain < 0 else 0)

    def _count(self, rule: LadderRule, losses: int) -> None:
        if losses != self.losses:
            self.losses = losses
            self._note(self.scope, STREAK, (losses,))
        self._report(self.scope, rule, losses)

    def slip(self, fill: Fill, touch: PriceRaw) -> None:
        """Take a fill of an order that was decided at a touch."""
        rule = self._rules.get(SLIPPAGE)
        if rule is not None:
            worse = (fill.price - touch) * fill.side
            self._add(SLIPPAGE, self.slips, int(worse * ONE > self._over * touch))
            self._report(self.scope, rule, sum(self.slips))

    def end(self, order: Order) -> None:
        """Take an order that has ended."""
        rule = self._rules.get(FILL_RATIO)
        if rule is not None:
            self._add(FILL_RATIO, self.ends, int(not order.cum_qty))
            if len(self.ends) == self.ends.maxlen:
                self._report(self.scope, rule, self._unfilled())

    def begin_anew(self, name: str) -> None:
        """Forget what a rule has counted: a person says that it is accepted."""
        rule = self._rules.get(name)
        if rule is None:
            return
        if name == STREAK:
            self._count(rule, 0)
            return
        (self.slips if name == SLIPPAGE else self.ends).clear()
        self._note(self.scope, name, ())
        self._report(self.scope, rule, 0)

    def _add(self, name: str, window: deque[int], entry: int) -> None:
        """Let one more into a window; it is written down unless that looks the same."""
        before = tuple(window)
        window.append(entry)
        after = tuple(window)
        if after != before:
            self._note(self.scope, name, after)

    def _unfilled(self) -> int:
        """Return the part of the latest orders without any fill; 0 while there are too few."""
        ends = self.ends
        return share(sum(ends), len(ends)) if len(ends) == ends.maxlen else 0


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
