"""What a plugin may declare of its metrics and alert rules (E36)."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexdesk.domain.metrics import MetricKind
from hexdesk.plugin.measures import (
    METRICS_MAX,
    PluginAlertRule,
    PluginMetric,
    measure_fault,
)


def metric(
    name: str = "signals",
    calculate: Callable[[Any], Any] = lambda _strategy: 1,
    **more: Any,
) -> PluginMetric:
    given_: dict[str, Any] = {
        "kind": MetricKind.COUNTER,
        "unit": "{signal}",
        "text": "Signals",
        **more,
    }
    return PluginMetric(name=name, calculate=calculate, **given_)


def rule(name: str = "storm", **more: Any) -> PluginAlertRule:
    given_: dict[str, Any] = {"metric": "signals", "text": "x", "above": 1.0, **more}
    return PluginAlertRule(name=name, **given_)


def test_a_metric_has_a_stable_name_of_its_own() -> None:
    shown = metric().shown_as("acme")
    assert (shown.name, shown.labels) == ("hexdesk.plugin.acme.signals", ("strategy",))
    assert shown.prometheus_name == "hexdesk_plugin_acme_signals_total"
    assert metric(by_instrument=True).shown_as("acme").labels == ("strategy", "instrument")


def test_what_is_sound_has_no_fault() -> None:
    rules = (rule(rate=True), rule("own", metric="hexdesk.order.in_doubt"))
    assert not measure_fault("acme", (metric(),), rules)
    assert rule().metric_name("acme") == "hexdesk.plugin.acme.signals"
    assert rules[1].metric_name("acme") == "hexdesk.order.in_doubt"


@pytest.mark.parametrize(
    ("metrics", "rules", "fault"),
    [
        ((metric("Signals"),), (), "small letters"),
        ((metric(), metric()), (), "declared twice"),
        ((metric(kind=MetricKind.HISTOGRAM),), (), "counter or a gauge"),
        ((metric(unit="a b"),), (), "UCUM"),
        (tuple(metric(f"m{n}") for n in range(METRICS_MAX + 1)), (), "at most"),
        ((metric(),), (rule(metric="none"),), "there is no metric"),
        ((metric(),), (rule(below=0.0),), "one of above and below"),
        ((metric(),), (rule(above=None),), "one of above and below"),
        ((metric(kind=MetricKind.GAUGE),), (rule(rate=True),), "rate is for counters"),
        ((metric(),), (rule(for_s=-1.0),), "for_s"),
    ],
)
def test_what_is_wrong_is_said(
    metrics: tuple[PluginMetric, ...], rules: tuple[PluginAlertRule, ...], fault: str
) -> None:
    assert fault in measure_fault("acme", metrics, rules)


@given(st.one_of(st.floats(), st.integers(), st.booleans(), st.none(), st.text(max_size=3)))
def test_only_finite_numbers_are_taken(found: object) -> None:
    asked = metric(calculate=lambda _strategy: found)
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    if is_number and math.isfinite(found):  # type: ignore[arg-type]
        assert asked.values(object()) == {"": found}
        return
    with pytest.raises((ValueError, TypeError)):
        asked.values(object())


def test_a_number_for_each_instrument_is_asked_for() -> None:
    with pytest.raises(ValueError, match="mapping"):
        metric(by_instrument=True).values(object())
    with pytest.raises(ValueError, match="a number"):
        metric(calculate=lambda _strategy: {"a": 1.0}).values(object())
    each = metric(calculate=lambda _strategy: {"a": 1.0}, by_instrument=True)
    assert each.values(object()) == {"a": 1.0}
