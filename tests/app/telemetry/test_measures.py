"""Numbers of plugins, and alarms on them, in a desk that runs (E36)."""

import itertools
import logging
import time
from collections.abc import Callable
from typing import Any

import pytest

from hexdesk.domain.commands import StartStrategy
from hexdesk.domain.metrics import MetricKind
from hexdesk.errors import ConfigError
from hexdesk.plugin import (
    CONTRACT_VERSION,
    NoSettings,
    PluginAlertRule,
    PluginMetric,
    StrategyRegistration,
)
from hexdesk.ports.alerts import AlertLevel
from hexdesk.ports.telemetry import LABEL_VALUES_MAX, Readings
from hexdesk.testing.alerts import FakeAlertChannel
from hexdesk_app.alerting.alarm import Alarm
from hexdesk_app.alerting.post import Route
from hexdesk_app.bench.market import batches, instrument_ids, make_app
from hexdesk_app.bench.orders import Storm
from hexdesk_app.bench.ticks import play
from hexdesk_app.build import Application
from hexdesk_app.config.schema import AlertRule, AlertSettings
from hexdesk_app.telemetry.labels import OTHER, Labels
from hexdesk_app.telemetry.measures import SLOW_MAX, SLOW_S, PluginMeasures, metrics_of, rules_of
from hexdesk_otel.metrics import grouped

S = 10**9
LOGGER = logging.getLogger("hexdesk.telemetry")


def metric(name: str, calculate: Callable[[Any], Any], **more: Any) -> PluginMetric:
    return PluginMetric(
        name=name, kind=MetricKind.GAUGE, unit="1", text="x", calculate=calculate, **more
    )


def offer(*metrics: PluginMetric, rules: tuple[PluginAlertRule, ...] = ()) -> StrategyRegistration:
    return StrategyRegistration(
        name="acme", summary="x", settings=NoSettings, factory=lambda context, _: Storm(context),
        contract=CONTRACT_VERSION, metrics=metrics, alert_rules=rules,
    )  # fmt: skip


def storms(count: int) -> Application:
    names = instrument_ids(2)
    app = make_app(names, {})
    for number in range(count):
        app.desk.add_strategy(f"s{number}", Storm, broker="sim", instrument_ids=names)
    app.desk.command(StartStrategy("", app.clock.now_ns()))
    play(app, next(batches(10, names)))
    return app


def asked(measures: PluginMeasures, **offers: StrategyRegistration) -> dict[Any, float]:
    found = measures.readings(offers)
    return {(each.metric.rpartition(".")[2], each.labels): each.value for each in found}  # type: ignore[misc]


def test_strategies_are_asked_for_their_numbers() -> None:
    """E36: `add_metric(name, calculator)` is a line of the registration."""
    app = storms(1)
    acme = offer(
        metric("orders", lambda strategy: len(strategy.context.open_orders())),
        metric("each", lambda _: dict.fromkeys(instrument_ids(2), 2.0), by_instrument=True),
    )
    measures = PluginMeasures(app.desk.hosts, Labels(), LOGGER)
    found = asked(measures, s0=acme, gone=acme)
    first, second = instrument_ids(2)
    assert found == {
        ("orders", ("s0",)): app.desk.hosts["s0"].open_count,
        ("each", ("s0", first)): 2.0,
        ("each", ("s0", second)): 2.0,
    }
    readings = Readings(1, 0, tuple(measures.readings({"s0": acme})), metrics_of([acme]))
    assert [(each.name, len(values)) for each, values in grouped(readings)] == [
        ("hexdesk.plugin.acme.orders", 1), ("hexdesk.plugin.acme.each", 2),
    ]  # fmt: skip


def test_labels_stay_few() -> None:
    app = storms(LABEL_VALUES_MAX + 3)
    acme = offer(metric("one", lambda _: 1.0), metric("far", lambda _: {"x": 1.0, "y": 2.0},
                 by_instrument=True))  # fmt: skip
    measures = PluginMeasures(app.desk.hosts, Labels(), LOGGER)
    found = asked(measures, **dict.fromkeys(app.desk.hosts, acme))
    assert found["one", (OTHER,)] == 3
    assert found["far", ("s0", OTHER)] == 3, "instruments that it does not trade have no name"
    assert len(found) == 2 * (LABEL_VALUES_MAX + 1)


def test_one_that_fails_or_is_slow_is_left_out_and_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def dawdle(_strategy: object) -> float:
        begun = time.thread_time()
        while time.thread_time() - begun < 2 * SLOW_S:
            pass
        return 1.0

    app = storms(2)
    acme = offer(
        metric("broken", lambda strategy: strategy.no_such_thing),
        metric("nothing", lambda _: float("nan")),
        metric("slow", dawdle),
        metric("well", lambda _: 1.0),
    )
    measures = PluginMeasures(app.desk.hosts, Labels(), LOGGER)
    for number in range(SLOW_MAX + 2):
        found = {name for name, _labels in asked(measures, s0=acme)}
        assert found == ({"well", "slow"} if number < SLOW_MAX else {"well"})
    said = [record.getMessage() for record in caplog.records]
    assert [words.split()[1] for words in said] == ["broken", "nothing", "slow"]
    assert "no_such_thing" in said[0]


QUIET = PluginAlertRule(
    name="many", metric="orders", above=100, level=AlertLevel.CRITICAL, text="many orders are open"
)


def test_a_plugins_rule_alarms_and_the_configuration_may_replace_it() -> None:
    """E36: `add_alert_rule(name, threshold=100)` is another."""
    acme = offer(metric("orders", lambda _: 101.0), rules=(QUIET,))
    app = storms(1)
    values = tuple(PluginMeasures(app.desk.hosts, Labels(), LOGGER).readings({"s0": acme}))
    channel = FakeAlertChannel()
    routes = {"a": Route("a", channel, AlertLevel.WARNING, 1)}

    def alarm(*offers: StrategyRegistration, **rules: AlertRule) -> Alarm:
        settings = AlertSettings(rules=rules)
        return Alarm(settings, routes, desk="d", mode="paper", wall_ns=lambda: 2 * S,
                     step_s=0.01, offers=offers)  # fmt: skip

    told = alarm()
    moments = itertools.count(2 * S)
    told.start(lambda: Readings(next(moments), 0, values, metrics_of([acme])))
    told.learn([acme])  # it was loaded while the desk ran
    deadline = time.monotonic() + 60
    while not channel.messages and time.monotonic() < deadline:
        time.sleep(0.01)
    told.close()
    (message,) = channel.messages
    assert (message.code, message.scope) == ("acme_many", "strategy=s0")
    assert message.text == "many orders are open: 101 (limit 100)"
    laxer = AlertRule(metric="hexdesk.plugin.acme.orders", above=1_000)
    alarm(acme, acme_many=laxer).close()
    with pytest.raises(ConfigError, match="there is no metric"):
        alarm(acme_many=laxer)
    assert rules_of([acme])["acme_many"].level == "critical"
