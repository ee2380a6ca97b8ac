"""From when on executions are asked for, and how far back they were listed."""

from collections.abc import Iterable

from hexdesk.application.reconciliation.findings import Finding
from hexdesk.application.reconciliation.settings import ReconciliationSettings, nanoseconds
from hexdesk.application.reconciliation.truth import Query
from hexdesk.domain.order import Order
from hexdesk.domain.values import TimeNs


class ExecutionWindow:
    """Moves on with each comparison, and back to what somebody wants to see."""

    def __init__(self, settings: ReconciliationSettings) -> None:
        self._overlap_ns = nanoseconds(settings.fill_overlap_s)
        self._lookback_ns = nanoseconds(settings.fill_lookback_s)
        self._from_ns: TimeNs = 0
        self._wanted: tuple[TimeNs, TimeNs] | None = None
        self._deep_ns: TimeNs = -1

    @property
    def since_ns(self) -> TimeNs:
        """From when on to ask now."""
        since_ns = self._from_ns
        return since_ns if self._wanted is None else max(min(since_ns, self._wanted[0]), 0)

    def start(self, from_ns: TimeNs) -> None:
        """Begin at a time."""
        self._from_ns = from_ns

    def before(self, time_ns: TimeNs) -> TimeNs:
        """Return from when on to ask for what happened at a time."""
        return max(time_ns - self._overlap_ns, 0)

    def before_all(self, orders: Iterable[Order]) -> TimeNs:
        """Return from when on to ask for executions of orders; as ever without any."""
        return self.before(min((order.intent.ts_init for order in orders), default=self._from_ns))

    def want(self, since_ns: TimeNs, now_ns: TimeNs) -> None:
        """Ask from a time on until that was answered."""
        known = self._wanted
        self._wanted = (since_ns if known is None else min(known[0], since_ns), now_ns)

    def want_all(self, now_ns: TimeNs) -> None:
        """Ask for all that may explain a position."""
        self.want(now_ns - self._lookback_ns, now_ns)

    def answered(self, query: Query) -> None:
        """Take that executions were listed."""
        wanted = self._wanted
        if wanted is not None and query.asked_ns >= wanted[1] and query.since_ns <= wanted[0]:
            self._wanted = None
        if query.since_ns <= query.asked_ns - self._lookback_ns:
            self._deep_ns = query.asked_ns

    def move(self, query: Query, findings: Iterable[Finding]) -> None:
        """Ask from later on, but never lose sight of an execution that differs."""
        times = [fill.ts_event for finding in findings for fill in finding.fills if fill.ts_event]
        if times:
            self._from_ns = min(self._from_ns, *times)
        else:
            self._from_ns = max(self._from_ns, query.asked_ns - self._overlap_ns)

    def was_searched_since(self, time_ns: TimeNs) -> bool:
        """Whether all that may explain a position was listed at a time or later."""
        return self._deep_ns >= time_ns
