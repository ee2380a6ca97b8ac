"""When to ask a broker what: intervals, back-off after failures, a pause, and how old it all is."""

from hexdesk.application.reconciliation.settings import (
    ReconciliationSettings,
    doubled,
    nanoseconds,
)
from hexdesk.application.reconciliation.truth import QueryKind
from hexdesk.domain.values import TimeNs

ROUND: tuple[QueryKind, ...] = (
    QueryKind.FILLS,
    QueryKind.ORDERS,
    QueryKind.POSITIONS,
    QueryKind.BALANCES,
)
"""What a full round asks; executions first, since they explain the rest."""
VERIFIED: tuple[QueryKind, ...] = (QueryKind.ORDERS, QueryKind.FILLS, QueryKind.POSITIONS)
"""What must be fresh for entries; cash alone never blocks them."""
NEVER = 2**63 - 1


class _Line:
    """One kind of query.

    Attributes:
        due_ns: When to ask next.
        is_asked: Whether an answer is awaited.
        again_ns: When to ask again if it is asked now; `NEVER` for the interval.
        blocked_until_ns: End of a back-off, which nothing shortens.
        failures: In a row.
        verified_ns: When the latest answered query was asked.
        count: Answers since the start or the last reconnect.
    """

    __slots__ = (
        "again_ns",
        "blocked_until_ns",
        "count",
        "due_ns",
        "failures",
        "is_asked",
        "verified_ns",
    )

    def __init__(self, now_ns: TimeNs) -> None:
        self.due_ns = now_ns
        self.is_asked = False
        self.again_ns = NEVER
        self.blocked_until_ns: TimeNs = 0
        self.failures = 0
        self.verified_ns = now_ns
        self.count = 0


class Schedule:
    """The queries of one broker; at most one of each kind awaits its answer."""

    def __init__(self, settings: ReconciliationSettings, now_ns: TimeNs) -> None:
        self._settings = settings
        self._intervals = {
            QueryKind.ORDERS: nanoseconds(settings.orders_s),
            QueryKind.FILLS: nanoseconds(settings.orders_s),
            QueryKind.POSITIONS: nanoseconds(settings.positions_s),
            QueryKind.BALANCES: nanoseconds(settings.balances_s),
        }
        self._lines = {kind: _Line(now_ns) for kind in ROUND}
        self._is_connected = True

    def due(self, now_ns: TimeNs) -> list[QueryKind]:
        """Return what to ask now; each must end in `answered` or `failed`."""
        if not self._is_connected:
            return []
        kinds = [
            kind
            for kind, line in self._lines.items()
            if not line.is_asked and max(line.due_ns, line.blocked_until_ns) <= now_ns
        ]
        for kind in kinds:
            self._lines[kind].is_asked = True
            self._lines[kind].again_ns = NEVER
        return kinds

    def force(self, kind: QueryKind, at_ns: TimeNs) -> None:
        """Ask no later than a time, unless a back-off says otherwise; anew if it is asked now."""
        line = self._lines[kind]
        if line.is_asked:
            line.again_ns = min(line.again_ns, at_ns)
        else:
            line.due_ns = min(line.due_ns, at_ns)

    def answered(self, kind: QueryKind, asked_ns: TimeNs, now_ns: TimeNs) -> None:
        """Note an answer."""
        line = self._lines[kind]
        line.is_asked = False
        line.failures = 0
        line.blocked_until_ns = 0
        line.verified_ns = max(line.verified_ns, asked_ns)
        line.count += 1
        line.due_ns = min(now_ns + self._intervals[kind], line.again_ns)

    def failed(self, kind: QueryKind, now_ns: TimeNs) -> bool:
        """Note that there was no answer; return whether that begins a pause."""
        settings = self._settings
        line = self._lines[kind]
        line.is_asked = False
        line.failures += 1
        is_pausing = line.failures >= settings.failures_max
        if is_pausing:
            line.failures = 0
            wait_ns = nanoseconds(settings.pause_s)
        else:
            wait_ns = doubled(settings.backoff_s_min, line.failures, settings.backoff_s_max)
        line.blocked_until_ns = now_ns + wait_ns
        line.due_ns = now_ns
        return is_pausing

    def lost(self) -> None:
        """Ask nothing until the connection is back."""
        self._is_connected = False

    def restored(self, now_ns: TimeNs) -> None:
        """Ask everything at once, and count rounds anew."""
        self._is_connected = True
        for line in self._lines.values():
            line.failures = 0
            line.blocked_until_ns = 0
            line.due_ns = now_ns
            line.again_ns = now_ns
            line.count = 0

    def count(self, kind: QueryKind) -> int:
        """Return how many answers came since the start or the last reconnect."""
        return self._lines[kind].count

    def failures(self, kind: QueryKind) -> int:
        """Return how many failures in a row there were."""
        return self._lines[kind].failures

    def age_ns(self, now_ns: TimeNs) -> TimeNs:
        """Return how long orders, executions or positions have not been compared."""
        return now_ns - min(self._lines[kind].verified_ns for kind in VERIFIED)

    def is_stale(self, now_ns: TimeNs) -> bool:
        """Whether that is too long for entries."""
        return self.age_ns(now_ns) > nanoseconds(self._settings.stale_s)
