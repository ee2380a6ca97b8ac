"""How fast a desk is: latencies, throughput, queues of its readings; beside system E's numbers.

Pure: readings in, a report out.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from hexdesk.domain.metrics import BY_NAME, SCALE, Distribution
from hexdesk.domain.values import NS_PER_SECOND
from hexdesk.ports.control_monitoring import (
    ComparisonInfo,
    GaugeInfo,
    LatencyInfo,
    PerformanceInfo,
    ThroughputInfo,
)
from hexdesk.ports.telemetry import Readings

US_PER_S = 1e6
LATENCIES = (
    "hexdesk.order.tick_to_signal", "hexdesk.order.tick_to_order", "hexdesk.order.order_to_ack",
    "hexdesk.order.ack_to_fill", "hexdesk.desk.handling", "hexdesk.desk.loop_lag",
    "hexdesk.desk.gc_pause", "hexdesk.journal.sync",
)  # fmt: skip
THROUGHPUTS = (
    "hexdesk.market.events", "hexdesk.order.intents", "hexdesk.order.fills",
    "hexdesk.order.cancels", "hexdesk.journal.records",
)  # fmt: skip
GAUGES = (
    "hexdesk.inbox.depth", "hexdesk.inbox.conflated", "hexdesk.inbox.dropped",
    "hexdesk.order.open", "hexdesk.order.in_doubt", "hexdesk.history.behind",
    "hexdesk.process.memory", "hexdesk.telemetry.dropped",
)  # fmt: skip


def performance(latest: Readings, before: Readings | None) -> PerformanceInfo:
    """Return a report of the latest readings; rates are those since the ones before."""
    now = Sums(latest)
    then = Sums(before) if before is not None else None
    seconds = (latest.ts_ns - before.ts_ns) / NS_PER_SECOND if before is not None else 0.0
    cpu_pct = _rate(now, then, "hexdesk.process.cpu_time", seconds) * 100
    latencies = [_latency(name, now.distribution(name)) for name in LATENCIES]
    gauges = [GaugeInfo(_short(name), now.number(name), BY_NAME[name].unit) for name in GAUGES]
    return PerformanceInfo(
        measured_ns=max(latest.ts_ns - latest.start_ns, 0),
        latencies=tuple(latencies),
        throughputs=tuple(
            ThroughputInfo(_short(name), int(now.number(name)), _rate(now, then, name, seconds))
            for name in THROUGHPUTS
        ),
        gauges=(*gauges, GaugeInfo("cpu", cpu_pct, "%")),
        comparisons=tuple(_comparisons(now, cpu_pct)),
        notes=_notes(latencies, before),
    )


class Sums:
    """Readings added up over their labels."""

    def __init__(self, readings: Readings) -> None:
        self._numbers: dict[str, float] = {}
        self._counts: Counter[str] = Counter()
        self._distributions: dict[str, list[Distribution]] = {}
        for each in readings.values:
            if isinstance(each.value, Distribution):
                self._distributions.setdefault(each.metric, []).append(each.value)
            else:
                self._counts[each.metric] += 1
                self._numbers[each.metric] = self._numbers.get(each.metric, 0) + each.value

    def count(self, metric: str) -> int:
        """Return how many counters or gauges were added up."""
        return self._counts[metric]

    def number(self, metric: str) -> float:
        """Return the sum of a counter or gauge; 0 where nobody measured it."""
        return self._numbers.get(metric, 0.0)

    def distribution(self, metric: str) -> Distribution:
        """Return one histogram made of all."""
        found = self._distributions.get(metric, [])
        counts = tuple(sum(each) for each in zip(*(one.counts for one in found), strict=True))
        return Distribution(counts, sum(counts), sum(each.total for each in found))


def _rate(now: Sums, then: Sums | None, metric: str, seconds: float) -> float:
    if then is None or seconds <= 0:
        return 0.0
    return max(now.number(metric) - then.number(metric), 0.0) / seconds


def _latency(metric: str, found: Distribution) -> LatencyInfo:
    to_us = SCALE["s"] * US_PER_S
    return LatencyInfo(
        name=_short(metric),
        definition=BY_NAME[metric].text,
        count=found.count,
        mean_us=found.total * to_us / found.count if found.count else 0.0,
        p50_us=found.percentile(0.5) * to_us,
        p99_us=found.percentile(0.99) * to_us,
    )


def _comparisons(now: Sums, cpu_pct: float) -> Iterable[ComparisonInfo]:
    """Yield system E's numbers (seeds E6, E19, E20, E21) with ours."""
    handling = _latency("hexdesk.desk.handling", now.distribution("hexdesk.desk.handling"))
    orders, rejects = now.number("hexdesk.order.intents"), now.number("hexdesk.order.rejects")
    doubts = now.number("hexdesk.order.in_doubt")
    is_measured = handling.count > 0
    yield ComparisonInfo(
        name="latency, mean",
        ours=f"{handling.mean_us / 1e3:.3f} ms" if is_measured else "",
        theirs="0.39 ms",
        mark="< 5 ms",
        definition="theirs: one event through the bus; ours: one look at all that waited, from"
        " quote to order in the journal",
    )
    yield ComparisonInfo(
        name="latency, 99 of 100 below",
        ours=f"{handling.p99_us / 1e3:.3f} ms" if is_measured else "",
        theirs="2 ms",
        mark="< 5 ms; a tick < 1 ms",
        definition="as above; ours is an upper bound",
    )
    yield ComparisonInfo(
        name="operations a second",
        ours=f"{US_PER_S / handling.mean_us:,.0f}" if is_measured and handling.mean_us else "",
        theirs="2,584",
        mark="> 1,000",
        definition="what one core could handle: a second by the mean latency; hexdesk bench live"
        " measures it",
    )
    yield ComparisonInfo(
        name="success",
        ours=f"{100 * (1 - (rejects + doubts) / orders):.2f} %" if orders else "",
        theirs="100 %",
        mark="> 99.5 %",
        definition="orders that no venue refused and that are not in doubt, of all that were made",
    )
    yield ComparisonInfo(
        name="processor", ours=f"{cpu_pct:.1f} %", theirs="< 10 %", mark="",
        definition="of one core, over the last interval",
    )  # fmt: skip
    yield ComparisonInfo(
        name="memory",
        ours=f"{now.number('hexdesk.process.memory') / 1e9:.2f} GB",
        theirs="< 4 GB",
        mark="< 8 GB",
        definition="resident",
    )
    links, up = now.count("hexdesk.link.up"), now.number("hexdesk.link.up")
    yield ComparisonInfo(
        name="connections",
        ours=f"{100 * up / links:.1f} %" if links else "",
        theirs="99.9 %",
        mark="> 99 %",
        definition="theirs: part of the time; ours: part of the links that are current now",
    )


def _notes(latencies: Sequence[LatencyInfo], before: Readings | None) -> tuple[str, ...]:
    found: list[str] = []
    if before is None:
        found.append("measuring begins now: ask again in a few seconds")
    elif not latencies[2].count:
        found.append("no order has ended since measuring began: its latencies come then")
    return tuple(found)


def _short(metric: str) -> str:
    """Return a metric's name as the report shows it: `order_to_ack`, `inbox_depth`."""
    group, _, name = metric.removeprefix("hexdesk.").partition(".")
    return name if metric.startswith("hexdesk.order.") and "_to_" in name else f"{group}_{name}"
