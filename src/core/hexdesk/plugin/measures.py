"""Numbers that a strategy's plugin shows about itself, and alarms on them; in its registration.

A calculator is asked about once a second, on the desk's thread and between inputs: never on the way
from a tick to an order, so a strategy needs no lock and pays nothing for being watched.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from hexdesk.domain.metrics import BY_NAME, Metric, MetricKind
from hexdesk.ports.alerts import AlertLevel

METRICS_MAX = 32
"""Metrics, and alert rules, of one plugin."""
FOR_S_MAX = 86_400.0
NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")
UNIT = re.compile(r"[A-Za-z0-9%/.{}_^*-]{0,30}")


class PluginMetric(msgspec.Struct, frozen=True, kw_only=True):
    """A gauge or counter of a strategy; it is shown as `hexdesk.plugin.PLUGIN.NAME`.

    Attributes:
        name: Stable, small letters, digits and underscores.
        kind: Counter (only grows while the strategy lives) or gauge.
        unit: UCUM: `s`, `By`, `1`, `{signal}`; empty for none.
        text: What it means, one line.
        calculate: Given the strategy, returns the number now; or one for each instrument id, where
            `by_instrument` says so. Quick, without side effects.
        by_instrument: Whether there is a number for each instrument.
    """

    name: str
    kind: MetricKind
    unit: str
    text: str
    calculate: Callable[[Any], float | Mapping[str, float]]
    by_instrument: bool = False

    def shown_as(self, plugin: str) -> Metric:
        """Return it as a desk that runs the plugin shows it."""
        labels = ("strategy", "instrument") if self.by_instrument else ("strategy",)
        return Metric(full_name(plugin, self.name), self.kind, self.unit, labels, self.text)

    def values(self, strategy: object) -> dict[str, float]:
        """Return numbers by instrument id; under an empty one where there is one for all.

        Raises:
            ValueError: What was calculated is no finite number.
        """
        found = self.calculate(strategy)
        by_instrument = found if isinstance(found, Mapping) else {"": found}
        if isinstance(found, Mapping) is not self.by_instrument:
            raise ValueError("expected " + ("a number" if not self.by_instrument else "a mapping"))
        for value in by_instrument.values():
            if isinstance(value, bool) or not math.isfinite(value):
                raise ValueError(f"expected a finite number, was {value!r}")
        return dict(by_instrument)


class PluginAlertRule(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm on a metric, on where the plugin runs; `PLUGIN_NAME` is the name of its rule.

    `[alerts.rules.PLUGIN_NAME]` of the configuration takes its place.

    Attributes:
        name: Stable, as a metric's.
        metric: `name` of one of the plugin's metrics, or of one of hexdesk's own.
        above: Alarm while the value is above this; this or `below`.
        below: Alarm while the value is below this.
        for_s: Seconds that it must last before anybody is told.
        level: Severity.
        rate: Watch a counter's growth per second instead of its value.
        text: What it means, in words.
        remedy: What to do about it.
    """

    name: str
    metric: str
    text: str
    above: float | None = None
    below: float | None = None
    for_s: float = 0.0
    level: AlertLevel = AlertLevel.WARNING
    rate: bool = False
    remedy: str = ""

    def metric_name(self, plugin: str) -> str:
        """Return the full name of the metric that it watches."""
        return self.metric if self.metric in BY_NAME else full_name(plugin, self.metric)


def full_name(plugin: str, name: str) -> str:
    """Return under which name a plugin's metric is shown."""
    return f"hexdesk.plugin.{plugin}.{name}"


def measure_fault(
    plugin: str, metrics: tuple[PluginMetric, ...], rules: tuple[PluginAlertRule, ...]
) -> str:
    """Return what is wrong with what a registration declares; empty for nothing."""
    if len(metrics) > METRICS_MAX or len(rules) > METRICS_MAX:
        return f"at most {METRICS_MAX} metrics and as many alert rules, were {len(metrics)}"
    names = [each.name for each in metrics]
    for kind, given in (("metric", names), ("alert rule", [each.name for each in rules])):
        for name in given:
            if not NAME.fullmatch(name):
                return f"{kind} {name!r}: expected small letters, digits and underscores"
            if given.count(name) > 1:
                return f"{kind} {name!r} is declared twice"
    for metric in metrics:
        if metric.kind is MetricKind.HISTOGRAM:
            return f"metric {metric.name!r}: expected a counter or a gauge"
        if not UNIT.fullmatch(metric.unit):
            return f"metric {metric.name!r}: unit {metric.unit!r} is none of UCUM, as `s` or `1`"
    known = {**BY_NAME, **{each.name: each.shown_as(plugin) for each in metrics}}
    return next((fault for fault in (_rule_fault(rule, known) for rule in rules) if fault), "")


def _rule_fault(rule: PluginAlertRule, known: Mapping[str, Metric]) -> str:
    metric = known.get(rule.metric)
    if metric is None:
        return f"alert rule {rule.name!r}: there is no metric {rule.metric!r}"
    if (rule.above is None) is (rule.below is None):
        return f"alert rule {rule.name!r}: expected one of above and below"
    if rule.rate and metric.kind is not MetricKind.COUNTER:
        return f"alert rule {rule.name!r}: rate is for counters"
    if not 0.0 <= rule.for_s <= FOR_S_MAX:
        return f"alert rule {rule.name!r}: for_s is 0 to {FOR_S_MAX:g} seconds"
    return ""
