"""Asks running strategies for the numbers that their plugins declare; on the desk's thread.

A calculator that raises, or is slow, is left out until the desk starts again, and the log says so
once: it must neither stop the others nor hold the desk up.
"""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from hexdesk.application.strategies.host import HostState, StrategyHost
from hexdesk.domain.metrics import Metric
from hexdesk.plugin.measures import PluginAlertRule, PluginMetric
from hexdesk.plugin.registrations import StrategyRegistration
from hexdesk.ports.telemetry import Reading
from hexdesk_app.config.schema import AlertRule
from hexdesk_app.telemetry.labels import OTHER, Labels

SLOW_S = 0.005
"""A calculator may take so long, in processor time."""
SLOW_MAX = 3
"""Times in a row that it may take longer."""
ALIVE = (HostState.RUNNING, HostState.STOPPED)

Key = tuple[str, str]
"""Strategy id and name of a metric."""


class PluginMeasures:
    """Numbers of one desk's strategies."""

    def __init__(
        self,
        hosts: Mapping[str, StrategyHost],
        labels: Labels,
        logger: logging.Logger,
    ) -> None:
        """Ask these strategies, of which some may come and go; `labels` are as everywhere."""
        self._hosts = hosts
        self._labels = labels
        self._logger = logger
        self._off: set[tuple[Key, int]] = set()
        self._slow: dict[Key, int] = {}

    def readings(self, offers: Mapping[str, StrategyRegistration]) -> list[Reading]:
        """Return what they say now; `offers` are what the strategies were made of, by id."""
        found: dict[tuple[str, tuple[str, ...]], float] = {}
        for strategy_id, offer in offers.items():
            host = self._hosts.get(strategy_id)
            if host is None or host.state not in ALIVE:
                continue
            for metric in offer.metrics:
                name = metric.shown_as(offer.name).name
                for labels, value in self._values(host, metric):
                    # those that share the label `other` are added up
                    found[name, labels] = found.get((name, labels), 0.0) + value
        return [Reading(name, labels, value) for (name, labels), value in found.items()]

    def _values(
        self, host: StrategyHost, metric: PluginMetric
    ) -> Iterator[tuple[tuple[str, ...], float]]:
        key = (host.strategy_id, metric.name)
        if (key, id(host.strategy)) in self._off:
            return
        begun_s = time.thread_time()
        try:
            values = metric.values(host.strategy)
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything
            self._leave_out(host, key, f"{type(error).__name__}: {error}")
            return
        is_slow = time.thread_time() - begun_s > SLOW_S
        self._slow[key] = self._slow.get(key, 0) + 1 if is_slow else 0
        if self._slow[key] >= SLOW_MAX:
            self._leave_out(host, key, f"it takes more than {SLOW_S * 1e3:g} ms")
        strategy = self._labels.cap("strategy", host.strategy_id)
        for instrument_id, value in values.items():
            if not metric.by_instrument:
                yield (strategy,), value
            elif instrument_id in host.ledgers:
                yield (strategy, self._labels.cap("instrument", instrument_id)), value
            else:
                yield (strategy, OTHER), value

    def _leave_out(self, host: StrategyHost, key: Key, why: str) -> None:
        """Ask no more, until the strategy is made anew."""
        self._off.add((key, id(host.strategy)))
        self._slow.pop(key, None)
        self._logger.warning("metric %s of strategy %s is left out: %s", key[1], key[0], why)


def metrics_of(offers: Iterable[StrategyRegistration]) -> tuple[Metric, ...]:
    """Return what plugins measure, each once."""
    found = {each.name: each for offer in offers for each in _shown(offer)}
    return tuple(found.values())


def rules_of(offers: Iterable[StrategyRegistration]) -> dict[str, AlertRule]:
    """Return the alert rules of plugins by their full names."""
    return {
        f"{offer.name}_{rule.name}": _rule(offer.name, rule)
        for offer in offers
        for rule in offer.alert_rules
    }


def _rule(plugin: str, rule: PluginAlertRule) -> AlertRule:
    said = msgspec.structs.asdict(rule)
    del said["name"]
    said["metric"], said["level"] = rule.metric_name(plugin), rule.level.name.lower()
    return msgspec.convert(said, AlertRule)


def _shown(offer: StrategyRegistration) -> list[Metric]:
    return [metric.shown_as(offer.name) for metric in offer.metrics]
