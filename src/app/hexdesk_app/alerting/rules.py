"""Conditions on metrics, and how urgent what the desk itself says is."""

from collections.abc import Iterable, Mapping

import msgspec

from hexdesk.domain.metrics import BY_NAME, SCALE, Distribution, Metric, MetricKind
from hexdesk.domain.values import NS_PER_SECOND, TimeNs
from hexdesk.errors import ConfigError
from hexdesk.ports.alerts import AlertLevel
from hexdesk.ports.telemetry import Reading, Readings
from hexdesk_app.config.schema import AlertRule

BUILT_IN: dict[str, AlertRule] = {
    "drawdown": AlertRule(
        metric="hexdesk.account.drawdown", above=0.10, level="warning",
        text="drawdown above 10 %", remedy="hexdesk status",
    ),
    "slippage": AlertRule(
        metric="hexdesk.order.slippage", above=0.002, level="warning",
        text="mean slippage above 0.2 %", remedy="hexdesk orders",
    ),
    "reconnects": AlertRule(
        metric="hexdesk.link.attempts", above=4, level="critical",
        text="fifth reconnection in a row", remedy="check the network and the venue's status page",
    ),
    "stale_feed": AlertRule(
        metric="hexdesk.link.up", below=1, for_s=10, level="critical",
        labels={"kind": "feed"}, text="a feed is not current", remedy="hexdesk status",
    ),
    "doubt": AlertRule(
        metric="hexdesk.order.in_doubt", above=0, for_s=10, level="critical",
        text="orders whose outcome is unknown", remedy="hexdesk orders resolve",
    ),
    "memory": AlertRule(
        metric="hexdesk.process.memory", above=500e6, for_s=60, level="warning",
        text="more than 500 MB of memory", remedy="hexdesk status",
    ),
    "queue": AlertRule(
        metric="hexdesk.inbox.dropped", above=0, rate=True, level="critical",
        text="the inbox is full: market events are dropped", remedy="hexdesk status",
    ),
    "loop_lag": AlertRule(
        metric="hexdesk.desk.loop_lag", above=0.5, for_s=10, level="warning",
        text="the event loop is late", remedy="hexdesk status",
    ),
    "limit": AlertRule(
        metric="hexdesk.risk.limit_use", above=0.9, level="warning",
        text="more than 90 % of a limit is used", remedy="hexdesk risk report",
    ),
    "disk": AlertRule(
        metric="hexdesk.disk.free", below=1e9, level="critical",
        text="less than 1 GB is left for journal and state", remedy="free disk space",
    ),
    "journal_sync": AlertRule(
        metric="hexdesk.journal.sync", above=0.1, for_s=10, level="warning",
        text="the disk is slow: forcing the journal takes long", remedy="look at the disk",
    ),
    "duplicate_fill": AlertRule(
        metric="hexdesk.report.duplicates", above=0, rate=True, level="warning",
        text="a trade was reported twice; it is booked once", remedy="hexdesk trades",
    ),
    "grant": AlertRule(
        metric="hexdesk.live.grant_left", below=1_800, level="warning",
        text="the leave to trade real money ends soon", remedy="hexdesk live arm ACCOUNT ...",
    ),
    "history": AlertRule(
        metric="hexdesk.history.behind", above=100_000, for_s=60, level="warning",
        text="the read model is far behind the journal", remedy="hexdesk history status",
    ),
}  # fmt: skip
"""Rules that are on unless `[alerts] built_in = false`; one of the same name replaces one."""

EVENT_LEVELS: dict[str, AlertLevel] = {
    "DESK_GONE": AlertLevel.EMERGENCY,
    "DESK_BACK": AlertLevel.INFO,
    "HALTED": AlertLevel.EMERGENCY,
    "RISK_HALTED": AlertLevel.EMERGENCY,
    "JOURNAL_UNWRITABLE": AlertLevel.EMERGENCY,
    "AUDIT_UNWRITABLE": AlertLevel.CRITICAL,
    "RISK_FLATTEN": AlertLevel.EMERGENCY,
    "RISK_REDUCING": AlertLevel.CRITICAL,
    "RISK_NORMAL": AlertLevel.INFO,
    "STRATEGY_FAULTED": AlertLevel.CRITICAL,
    "STRATEGY_NOT_LOADED": AlertLevel.CRITICAL,
    "STRATEGY_DISABLED": AlertLevel.CRITICAL,
    "DOUBT_OPEN": AlertLevel.CRITICAL,
    "FLATTEN_OPPOSED": AlertLevel.CRITICAL,
    "GHOST_ORDER": AlertLevel.CRITICAL,
    "FILL_MISSED": AlertLevel.CRITICAL,
    "FILL_UNKNOWN_TO_VENUE": AlertLevel.CRITICAL,
    "FILL_BUSTED": AlertLevel.CRITICAL,
    "OVERFILLED": AlertLevel.CRITICAL,
    "POSITION_PHANTOM": AlertLevel.CRITICAL,
    "POSITION_QUANTITY": AlertLevel.CRITICAL,
    "POSITION_UNOWNED": AlertLevel.CRITICAL,
    "POSITION_OPPOSED": AlertLevel.CRITICAL,
    "RECONCILE_ASK": AlertLevel.CRITICAL,
    "RECON_STALE": AlertLevel.CRITICAL,
    "PROTECTION_DENIED": AlertLevel.CRITICAL,
    "PAIR_DENIED": AlertLevel.CRITICAL,
    "RISK_BYPASS": AlertLevel.CRITICAL,
    "VERB_QUEUED": AlertLevel.CRITICAL,
    "VERB_DONE": AlertLevel.INFO,
    "VERB_CALLED_OFF": AlertLevel.INFO,
    "DOUBT_SETTLED": AlertLevel.INFO,
    "HALT_ENDED": AlertLevel.INFO,
    "LIVE_ARMED": AlertLevel.INFO,
    "LIVE_DISARMED": AlertLevel.INFO,
    "REDUCING_ENDED": AlertLevel.INFO,
    "RECONCILE_DONE": AlertLevel.INFO,
    "RECON_FRESH": AlertLevel.INFO,
    "RISK_REARMED": AlertLevel.INFO,
}
"""How urgent alerts of the desk are, by code; those that are not named are warnings."""

CRITICAL_EVENTS = frozenset(
    code for code, level in EVENT_LEVELS.items() if level >= AlertLevel.CRITICAL
)
"""After one of these a trading day is not clean."""

EVENT_REMEDIES: dict[str, str] = {
    "AUDIT_UNWRITABLE": "free space in the state folder: what is done now is not in the audit log",
    "DESK_GONE": "hexdesk health, then start it again: it goes on from its journal",
    "DOUBT_OPEN": "hexdesk orders resolve ORDER --as ... --reason ...",
    "FILL_BUSTED": "hexdesk why ORDER",
    "FLATTEN_OPPOSED": "hexdesk reconcile",
    "GHOST_ORDER": "hexdesk cancel ORDER",
    "HALTED": "hexdesk risk rearm --reason ...",
    "JOURNAL_UNWRITABLE": "free disk space or replace the disk, then start the desk again",
    "PROTECTION_DENIED": "hexdesk positions: one is without its stop",
    "PROTECTION_LOST": "hexdesk positions: one is without its stop",
    "RECONCILE_ASK": "hexdesk reconcile",
    "RECON_STALE": "hexdesk reconcile",
    "REDUCING": "hexdesk status",
    "STRATEGY_FAULTED": "hexdesk strategy start NAME, once its fault is found",
    "MODE": "set the account's mode back at the broker, then hexdesk risk rearm --reason ...",
    **dict.fromkeys(
        (
            "CASH",
            "FILL_UNKNOWN_TO_VENUE",
            "ORDER_EXTERNAL",
            "POSITION_PHANTOM",
            "POSITION_QUANTITY",
            "POSITION_UNOWNED",
            "POSITION_OPPOSED",
        ),
        "hexdesk reconcile",
    ),
    **dict.fromkeys(
        ("RISK_WARN", "RISK_THROTTLE", "RISK_REDUCING", "RISK_FLATTEN", "RISK_HALTED"),
        "hexdesk risk report",
    ),
}
"""What to do about alerts of the desk, by code."""

_LADDER = ("RISK_WARN", "RISK_THROTTLE", "RISK_REDUCING", "RISK_FLATTEN", "RISK_HALTED")
ENDS: dict[str, tuple[str, ...]] = {
    "DESK_BACK": ("DESK_GONE",),
    "DOUBT_SETTLED": ("DOUBT_OPEN",),
    "HALT_ENDED": ("HALTED",),
    "REDUCING_ENDED": ("REDUCING",),
    "RECON_FRESH": ("RECON_STALE",),
    "RISK_NORMAL": _LADDER,
    "RISK_REARMED": _LADDER,
}
"""Alerts that say that others' reason is over, for the same scope."""

ABOUT_ORDERS = frozenset(
    {
        "DEAD_LETTER", "DOUBT_OPEN", "DOUBT_SETTLED", "FILL_BUSTED", "GHOST_ORDER",
        "ORDER_REOPENED", "OVERFILLED", "PAIR_DENIED", "PROTECTION_DENIED", "PROTECTION_LOST",
    }
)  # fmt: skip
"""Alerts whose scope is a client order id: their messages name its trace."""


class Verdict(msgspec.Struct, frozen=True):
    """What a rule says of one reading; `scope` is its labels, as `strategy=mm`."""

    name: str
    rule: AlertRule
    scope: str
    is_breached: bool
    value: float

    @property
    def text(self) -> str:
        """Say what, with value and limit."""
        rule = self.rule
        limit = f"limit {rule.above:g}" if rule.above is not None else f"at least {rule.below:g}"
        rate = " a second" if rule.rate else ""
        return f"{rule.text or rule.metric}: {self.value:.6g}{rate} ({limit})"


class RuleBook:
    """Rules with the state that they need: since when, and the counts before."""

    def __init__(
        self, rules: Mapping[str, AlertRule], plugin_metrics: Iterable[Metric] = ()
    ) -> None:
        """Take rules; on metrics of hexdesk, and of plugins.

        Raises:
            ConfigError: A rule names a metric or label that is not there, or has no limit.
        """
        self._metrics = {**BY_NAME, **{each.name: each for each in plugin_metrics}}
        for name, rule in rules.items():
            _check(name, rule, self._metrics)
        self._rules = dict(rules)
        self._since: dict[tuple[str, str], TimeNs] = {}
        self._before: dict[tuple[str, str], tuple[TimeNs, float, int]] = {}

    @property
    def names(self) -> frozenset[str]:
        """Names of all rules."""
        return frozenset(self._rules)

    def judge(self, readings: Readings) -> list[Verdict]:
        """Return what each rule says now; a breach counts once it has lasted long enough."""
        by_metric: dict[str, list[Reading]] = {}
        for reading in readings.values:
            by_metric.setdefault(reading.metric, []).append(reading)
        found: list[Verdict] = []
        for name, rule in self._rules.items():
            for reading in by_metric.get(rule.metric, ()):
                labels = dict(zip(self._metrics[rule.metric].labels, reading.labels, strict=True))
                if any(labels.get(key) != value for key, value in rule.labels.items()):
                    continue
                scope = ",".join(f"{key}={value}" for key, value in labels.items())
                value = self._value(name, scope, rule, reading, readings.ts_ns)
                if value is not None:
                    found.append(self._verdict(name, scope, rule, value, readings.ts_ns))
        return found

    def _verdict(
        self, name: str, scope: str, rule: AlertRule, value: float, now_ns: TimeNs
    ) -> Verdict:
        is_out = (rule.above is not None and value > rule.above) or (
            rule.below is not None and value < rule.below
        )
        key = (name, scope)
        if not is_out:
            self._since.pop(key, None)
            return Verdict(name, rule, scope, is_breached=False, value=value)
        since_ns = self._since.setdefault(key, now_ns)
        lasts = now_ns - since_ns >= rule.for_s * NS_PER_SECOND
        return Verdict(name, rule, scope, is_breached=lasts, value=value)

    def _value(
        self, name: str, scope: str, rule: AlertRule, reading: Reading, now_ns: TimeNs
    ) -> float | None:
        """Return what to compare: a value, a growth per second, or the mean of what came since."""
        found = reading.value
        if isinstance(found, Distribution):
            total, count = found.total * SCALE[self._metrics[rule.metric].unit], found.count
        elif rule.rate:
            total, count = float(found), 0
        else:
            return float(found)
        before = self._before.get((name, scope))
        self._before[name, scope] = (now_ns, total, count)
        if before is None:
            return None
        then_ns, total_before, count_before = before
        if isinstance(found, Distribution):
            grown = count - count_before
            return (total - total_before) / grown if grown > 0 else None
        seconds = (now_ns - then_ns) / NS_PER_SECOND
        return (total - total_before) / seconds if seconds > 0 else None


def event_level(code: str) -> AlertLevel:
    """Return how urgent an alert of the desk is."""
    return EVENT_LEVELS.get(code, AlertLevel.WARNING)


def event_remedy(code: str, text: str) -> str:
    """Return what to do about an alert of the desk: a text that begins with a code is its cause."""
    cause = text.partition(":")[0]
    return EVENT_REMEDIES.get(cause, "") or EVENT_REMEDIES.get(code, "")


def _check(name: str, rule: AlertRule, metrics: Mapping[str, Metric]) -> None:
    metric = metrics.get(rule.metric)
    if metric is None:
        problem = f"there is no metric {rule.metric!r}"
    elif (rule.above is None) is (rule.below is None):
        problem = "expected one of above and below"
    elif set(rule.labels) - set(metric.labels):
        problem = f"{rule.metric} has the labels {_words(metric.labels)}"
    elif rule.rate and metric.kind is not MetricKind.COUNTER:
        problem = f"rate is for counters, {rule.metric} is a {metric.kind.value}"
    else:
        return
    raise ConfigError(
        problem,
        code="CONFIG_VALUE",
        path=f"alerts.rules.{name}",
        remedy="docs/telemetry.md lists every metric with its labels",
    )


def _words(labels: Iterable[str]) -> str:
    return ", ".join(labels) or "none"
