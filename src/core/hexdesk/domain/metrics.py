"""What hexdesk measures: every metric's stable name, unit, labels and meaning; and log2 buckets.

Names follow OpenTelemetry (dots, UCUM units, seconds); `prometheus_name` gives the form that a
Prometheus endpoint shows. A name once published does not change.
"""

from enum import StrEnum

import msgspec

from hexdesk.domain.values import TimeNs


class MetricKind(StrEnum):
    """How a metric behaves over time."""

    COUNTER = "counter"
    """Only grows while a process lives."""
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Metric(msgspec.Struct, frozen=True):
    """One metric; `unit` is UCUM (`s`, `By`, `{order}`, `1`), empty where a currency label says.

    `labels` are in the order in which a reading gives their values.
    """

    name: str
    kind: MetricKind
    unit: str
    labels: tuple[str, ...]
    text: str

    @property
    def prometheus_name(self) -> str:
        """Return the name at a Prometheus endpoint, without a histogram's suffixes."""
        name = self.name.replace(".", "_")
        suffix = _SUFFIXES.get(self.unit, "")
        if suffix and not name.endswith(suffix):
            name += suffix
        return f"{name}_total" if self.kind is MetricKind.COUNTER else name


_SUFFIXES = {"s": "_seconds", "By": "_bytes", "1": "_ratio"}

BUCKETS = 48
"""Buckets of a `Log2Histogram`: the last holds all from 2**46 on."""
EXPORTED_FIRST = 10
EXPORTED_LAST = 36
"""Exponents of the first and last bound that leave the process: 1.02 us and 68.7 s for ns."""
EXPORTED_BOUNDS = tuple(1 << exponent for exponent in range(EXPORTED_FIRST, EXPORTED_LAST + 1))

BEYOND = 2 * EXPORTED_BOUNDS[-1]
"""Stands for values beyond the last bound where a percentile is asked for."""


class Exemplar(msgspec.Struct, frozen=True):
    """A single measurement that stands for its bucket, with the trace that it belongs to."""

    value: int
    trace_id: int
    span_id: int
    ts_ns: TimeNs


class Distribution(msgspec.Struct, frozen=True):
    """What a histogram came to: counts at or below each of `EXPORTED_BOUNDS`, then the rest.

    `counts` has one more item than there are bounds and is not cumulative. Values are integers; a
    metric in seconds holds nanoseconds, one in ratios millionths: see `SCALE`.
    """

    counts: tuple[int, ...]
    count: int
    total: int
    exemplar: Exemplar | None = None

    def percentile(self, part: float) -> int:
        """Return a bound that a part (0 to 1) of all values stay at or below; 0 without any.

        What is beyond the last bound counts as twice that.
        """
        wanted, seen = part * self.count, 0
        for bound, number in zip((*EXPORTED_BOUNDS, BEYOND), self.counts, strict=False):
            seen += number
            if number and seen >= wanted:
                return bound
        return 0


SCALE = {"s": 1e-9, "1": 1e-6}
"""By which an integer of a histogram becomes its metric's unit."""


class Log2Histogram:
    """Counts non-negative integers in buckets by their highest bit; one writer, any reader.

    Attributes:
        count: Values added.
        total: Their sum.
        exemplar: A recent one of a trace that is kept.
    """

    __slots__ = ("_buckets", "count", "exemplar", "total")

    def __init__(self) -> None:
        self._buckets = [0] * BUCKETS
        self.count = 0
        self.total = 0
        self.exemplar: Exemplar | None = None

    def add(self, value: int) -> None:
        """Count a value; a negative one (clocks differ) counts as 0."""
        self.add_many(value, 1)

    def add_many(self, value: int, number: int) -> None:
        """Count a value several times."""
        value = max(value, 0)
        # (value - 1): a bound belongs to its bucket, as in OpenTelemetry and Prometheus
        exponent = (value - 1).bit_length() if value else 0
        self._buckets[min(exponent, BUCKETS - 1)] += number
        self.count += number
        self.total += value * number

    def percentile(self, part: float) -> int:
        """Return a bound that a part (0 to 1) of all values stay at or below; 0 without any."""
        wanted = part * self.count
        seen = 0
        for exponent, number in enumerate(self._buckets):
            seen += number
            if number and seen >= wanted:
                return 1 << exponent
        return 0

    def distribution(self) -> Distribution:
        """Return what it holds now, with the bounds that leave the process."""
        buckets = self._buckets.copy()
        counts = (
            sum(buckets[: EXPORTED_FIRST + 1]),
            *buckets[EXPORTED_FIRST + 1 : EXPORTED_LAST + 1],
            sum(buckets[EXPORTED_LAST + 1 :]),
        )
        return Distribution(counts, sum(counts), self.total, self.exemplar)


_C, _G, _H = MetricKind.COUNTER, MetricKind.GAUGE, MetricKind.HISTOGRAM
_BOOK = ("strategy", "instrument")

METRICS: tuple[Metric, ...] = (
    # Latencies of orders
    Metric("hexdesk.order.tick_to_signal", _H, "s", _BOOK,
           "Venue's time of a market event to the desk's time of the decision it caused"),
    Metric("hexdesk.order.tick_to_order", _H, "s", _BOOK,
           "Receipt of a market event to the order's intent being in the journal; live desks only"),
    Metric("hexdesk.order.order_to_ack", _H, "s", _BOOK,
           "Order leaving the desk to the venue's acceptance being received"),
    Metric("hexdesk.order.ack_to_fill", _H, "s", _BOOK,
           "Acceptance received to the first fill received"),
    Metric("hexdesk.order.slippage", _H, "1", _BOOK,
           "Fill price worse than the touch that caused a taking order; better counts as 0"),
    # Orders
    Metric("hexdesk.order.intents", _C, "{order}", (), "Orders decided, denied ones included"),
    Metric("hexdesk.order.cancels", _C, "{request}", (), "Cancel requests sent"),
    Metric("hexdesk.order.amends", _C, "{request}", (), "Amend requests sent"),
    Metric("hexdesk.order.amend_denials", _C, "{request}", ("code",),
           "Amendments that risk refused, by code"),
    Metric("hexdesk.order.denials", _C, "{order}", ("code",), "Orders that risk refused, by code"),
    Metric("hexdesk.order.rejects", _C, "{order}", ("code",), "Orders that a venue refused"),
    Metric("hexdesk.order.fills", _C, "{fill}", (), "Executions booked"),
    Metric("hexdesk.order.ended", _C, "{order}", ("strategy", "state"),
           "Orders that ended, by last state; those that telemetry saw"),
    Metric("hexdesk.order.open", _G, "{order}", ("state",), "Orders that are open, by state"),
    Metric("hexdesk.order.in_doubt", _G, "{order}", (), "Open orders whose outcome is unknown"),
    Metric("hexdesk.order.fill_ratio", _G, "1", ("strategy",),
           "Part of the ended orders' quantity that was filled"),
    # Reports
    Metric("hexdesk.report.duplicates", _C, "{report}", (), "Trades that were seen twice"),
    Metric("hexdesk.report.ignored", _C, "{report}", (), "Reports without effect"),
    Metric("hexdesk.report.dead_letters", _C, "{report}", (), "Reports that fit no order"),
    # Money
    Metric("hexdesk.pnl.realised", _G, "", ("strategy", "currency"), "Realised result before fees"),
    Metric("hexdesk.pnl.unrealised", _G, "", ("strategy", "currency"), "Open result at the mark"),
    Metric("hexdesk.pnl.fees", _G, "", ("strategy", "currency"), "Fees paid"),
    Metric("hexdesk.pnl.funding", _G, "", ("strategy", "currency"), "Funding received less paid"),
    Metric("hexdesk.account.equity", _G, "", ("account", "currency"),
           "Cash and open results; account `all` is the sum"),
    Metric("hexdesk.account.drawdown", _G, "1", ("currency",),
           "Equity below its peak since the process began, as a part of the peak"),
    Metric("hexdesk.position.quantity", _G, "", _BOOK, "Signed position"),
    Metric("hexdesk.position.exposure", _G, "", (*_BOOK, "currency"), "Absolute value at the mark"),
    # Risk
    Metric("hexdesk.risk.limit_use", _G, "1", (*_BOOK, "limit"),
           "Part of a limit that is used: position_notional_max, open_orders_max"),
    Metric("hexdesk.risk.halted", _G, "", (), "1 while nothing may be sent"),
    Metric("hexdesk.risk.level", _G, "", ("rule", "scope"),
           "Step of the ladder that a rule holds a scope at: 0 normal, 1 warn, 2 throttle,"
           " 3 reducing, 4 flatten, 5 halted; rule `all` is the severest"),
    Metric("hexdesk.risk.reducing", _G, "{instrument}", ("code",),
           "Instruments of which only reducing orders pass, by reason"),
    Metric("hexdesk.live.grant_left", _G, "s", (),
           "Until the leave to trade real money ends; live desks that are armed"),
    Metric("hexdesk.strategy.up", _G, "", ("strategy",), "1 while a strategy runs"),
    Metric("hexdesk.strategy.faulted", _G, "", ("strategy",), "1 once a strategy is quarantined"),
    Metric("hexdesk.strategy.entries_allowed", _G, "", ("strategy",), "0 after stop-entries"),
    # Market data
    Metric("hexdesk.market.events", _C, "{event}", (), "Market events handled"),
    Metric("hexdesk.market.age", _G, "s", ("instrument",), "Since the latest quote was received"),
    Metric("hexdesk.market.unknown_instruments", _C, "{event}", (),
           "Events of instruments that the desk does not know"),
    Metric("hexdesk.market.time_regressions", _C, "{event}", (), "Inputs older than one before"),
    # Queues
    Metric("hexdesk.inbox.depth", _G, "{input}", (), "Inputs that wait for the desk"),
    Metric("hexdesk.inbox.conflated", _C, "{event}", (), "Quotes that a newer one replaced"),
    Metric("hexdesk.inbox.dropped", _C, "{event}", (), "Market events dropped"),
    Metric("hexdesk.inbox.overflows", _C, "{input}", (), "Reports and commands beyond the limit"),
    Metric("hexdesk.inbox.overtaken", _C, "{input}", (), "Inputs handled after later ones"),
    # Links
    Metric("hexdesk.link.up", _G, "", ("kind", "link"), "1 while what a link carries is current"),
    Metric("hexdesk.link.state_age", _G, "s", ("kind", "link"), "Since a link changed its state"),
    Metric("hexdesk.link.attempts", _G, "{attempt}", ("kind", "link"),
           "Reconnections in a row; 0 while all is well"),
    Metric("hexdesk.link.losses", _C, "{loss}", ("kind", "link"), "Times that a link was lost"),
    Metric("hexdesk.link.gaps", _C, "{gap}", ("kind", "link"), "Gaps in sequence numbers"),
    # Process
    Metric("hexdesk.desk.handling", _H, "s", (), "Time to handle what waited at once"),
    Metric("hexdesk.desk.loop_lag", _H, "s", (), "How late the event loop woke a sleeper"),
    Metric("hexdesk.desk.gc_pause", _H, "s", (), "Pauses for garbage collection"),
    Metric("hexdesk.desk.alerts", _C, "{alert}", (), "Alerts raised"),
    Metric("hexdesk.journal.records", _C, "{record}", (), "Number of the last journal record"),
    Metric("hexdesk.journal.sync", _H, "s", (),
           "Forcing the journal to the disk, where it is on one"),
    Metric("hexdesk.disk.free", _G, "By", (), "Free space where the desk keeps its state"),
    Metric("hexdesk.history.behind", _G, "{record}", (), "Records that the read model lacks"),
    Metric("hexdesk.process.cpu_time", _C, "s", (), "Processor time used"),
    Metric("hexdesk.process.memory", _G, "By", (), "Resident memory"),
    Metric("hexdesk.process.uptime", _G, "s", (), "Since telemetry began"),
    # Telemetry itself
    Metric("hexdesk.telemetry.dropped", _C, "{item}", ("signal",),
           "Items that found no room, or that nobody took"),
    Metric("hexdesk.telemetry.exported", _C, "{item}", ("signal",), "Items a receiver took"),
    Metric("hexdesk.telemetry.failures", _C, "{batch}", ("signal",), "Batches nobody took"),
)  # fmt: skip
"""Everything that is measured, in the order in which the guide lists it."""

BY_NAME = {metric.name: metric for metric in METRICS}
