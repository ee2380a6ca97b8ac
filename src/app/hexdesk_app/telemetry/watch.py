"""What watches a running desk: one object that a session starts, asks to sample, and closes.

There is none where nobody asked for telemetry or alerts: then nothing follows, nothing samples.
"""

import logging
from importlib.metadata import version
from itertools import islice
from typing import cast

from hexdesk.application.desk import Desk
from hexdesk.domain.metrics import Metric
from hexdesk.domain.timeline import Positions
from hexdesk.domain.values import NS_PER_SECOND, TimeNs
from hexdesk.errors import require
from hexdesk.plugin.contexts import TelemetryContext
from hexdesk.plugin.registrations import StrategyRegistration
from hexdesk.ports.journal import TimedJournal
from hexdesk.ports.telemetry import Reading, Readings, Telemetry
from hexdesk_app.alerting.alarm import Alarm
from hexdesk_app.alerting.routes import alarm_of, make_routes
from hexdesk_app.build import Application
from hexdesk_app.history.keeping import History
from hexdesk_app.plugins import make
from hexdesk_app.running.latency import LatencyHistogram
from hexdesk_app.running.live_clock import wall_time_ns
from hexdesk_app.telemetry.feed import TimelineFeed
from hexdesk_app.telemetry.labels import Labels
from hexdesk_app.telemetry.measures import PluginMeasures, metrics_of
from hexdesk_app.telemetry.process import ProcessGauges, disk_readings
from hexdesk_app.telemetry.sampler import ReadingsSampler

STEP_NS = NS_PER_SECOND
"""Shortest real time between two samples."""
CLOSE_TIMEOUT_S = 5.0
logger = logging.getLogger("hexdesk.telemetry")


class Watch:
    """Publishes a desk's readings, and hands its orders' timelines to an exporter.

    Attributes:
        latest: The latest readings, immutable; None before the first.
        before: The readings before those.
        alarm: Knows what is wrong, and tells people; None where nobody would ask.
    """

    def __init__(
        self,
        app: Application,
        telemetry: Telemetry | None,
        latency: LatencyHistogram,
        alarm: Alarm | None = None,
    ) -> None:
        """Prepare to watch; `latency` holds how long the desk took to handle what waited."""
        self.alarm = alarm
        self._alert_count = 0
        self.latest: Readings | None = None
        self.before: Readings | None = None
        self._app = app
        self._telemetry = telemetry
        self._latency = latency
        self._history: History | None = None
        self._event_count = 0
        assembly = app.assembly
        labels = Labels()
        self._sampler = ReadingsSampler(assembly.desk, assembly.inbox, app.links, labels)
        self._measures = PluginMeasures(assembly.desk.hosts, labels, logger)
        self._offers: dict[str, StrategyRegistration] = {}
        self._plugin_metrics: tuple[Metric, ...] = ()
        self._process = ProcessGauges()
        self._feed = TimelineFeed(
            app.journal,
            app.instruments,
            telemetry,
            logger,
            wall_ns=None if app.desk.is_virtual else wall_time_ns,
            requests=app.requests,
            calls=app.process.calls,
            labels=labels,
            positions=lambda: positions_of(app.desk),
        )
        self._start_ns: TimeNs = 0
        self._next_ns: TimeNs = 0

    def start(self, history: History | None = None) -> None:
        """Begin; on the desk's thread and loop, after the desk is made and before it trades.

        Raises:
            HexdeskError: The exporter cannot start: its port is taken, say.
        """
        self._history = history
        self._start_ns = wall_time_ns()
        if self._telemetry is not None:
            self._telemetry.start(lambda: self.latest)
        self._process.start()
        self._feed.start()
        self.sample(self._app.clock.now_ns(), 0)
        if self.alarm is not None:
            self.alarm.start(lambda: self.latest)

    def sample(self, now_ns: TimeNs, event_count: int) -> None:
        """Publish new readings if the last are old enough; on the desk's thread.

        Args:
            now_ns: The desk's time, which may be virtual.
            event_count: Market events handled so far.
        """
        self._pass_alerts()
        wall_ns = wall_time_ns()
        if wall_ns < self._next_ns:
            return
        self._next_ns = wall_ns + STEP_NS
        values = [
            *self._sampler.sample(now_ns),
            *self._measured(),
            *self._feed.readings(),
            *self._process.readings(),
            *disk_readings(self._app.config.state_path),
            Reading("hexdesk.market.events", (), event_count),
            Reading("hexdesk.desk.handling", (), self._latency.distribution()),
            Reading("hexdesk.process.uptime", (), (wall_ns - self._start_ns) / NS_PER_SECOND),
            *self._exporter(),
        ]
        journal = self._app.journal
        if isinstance(journal, TimedJournal):
            values.append(Reading("hexdesk.journal.sync", (), journal.sync_times))
        if self._history is not None:
            values.append(Reading("hexdesk.history.behind", (), self._history.stats.behind))
        self.before = self.latest
        self.latest = Readings(wall_ns, self._start_ns, tuple(values), self._plugin_metrics)

    def sampled(self) -> Readings:
        """Return the latest readings; there are some once it has been started."""
        require(self.latest is not None, "readings were asked for before anything was sampled")
        return cast("Readings", self.latest)

    def close(self) -> None:
        """Export what waits, within a time; after the journal's last commit."""
        self._pass_alerts()
        self._process.close()
        self._feed.close()
        if self.alarm is not None:
            self.alarm.close()
        if self._telemetry is not None:
            self._telemetry.close(CLOSE_TIMEOUT_S)

    def exported(self, signal: str) -> int:
        """Return how many items of a signal receivers took."""
        stats = self._telemetry.stats if self._telemetry is not None else {}
        return stats[signal].exported if signal in stats else 0

    @property
    def dropped(self) -> int:
        """How many items found no room anywhere."""
        stats = self._telemetry.stats if self._telemetry is not None else {}
        return self._feed.dropped + sum(each.dropped for each in stats.values())

    def _pass_alerts(self) -> None:
        """Hand the desk's new alerts to the alarm."""
        alerts = self._app.desk.alerts
        new = alerts.count - self._alert_count
        if new and self.alarm is not None:
            kept = len(alerts.recent)
            for alert in islice(alerts.recent, max(kept - new, 0), None):
                self.alarm.take(alert)
        self._alert_count = alerts.count

    def _measured(self) -> list[Reading]:
        """Return what plugins measure; some may have been loaded meanwhile."""
        strategies = self._app.parts.strategies
        offers = {name: part.registration for name, part in strategies.items()}
        if offers != self._offers:
            self._offers, self._plugin_metrics = offers, metrics_of(offers.values())
            if self.alarm is not None:
                self.alarm.learn(offers.values())
        return self._measures.readings(offers)

    def _exporter(self) -> list[Reading]:
        found: list[Reading] = []
        stats = self._telemetry.stats if self._telemetry is not None else {}
        for signal, each in stats.items():
            found += [
                Reading("hexdesk.telemetry.exported", (signal,), each.exported),
                Reading("hexdesk.telemetry.dropped", (signal,), each.dropped),
                Reading("hexdesk.telemetry.failures", (signal,), each.failures),
            ]
        return found


def positions_of(desk: Desk) -> Positions:
    """Return what each strategy holds, by strategy and instrument."""
    return {
        (host.strategy_id, instrument_id): ledger.position.quantity
        for host in desk.hosts.values()
        for instrument_id, ledger in host.ledgers.items()
    }


def make_telemetry(app: Application) -> Telemetry | None:
    """Make the configured exporter; None where there is no `[telemetry]`."""
    part = app.parts.telemetry
    if part is None:
        return None
    context = TelemetryContext(
        desk=app.config.desk.name,
        mode=app.config.desk.mode.value,
        run_id=app.run_id,
        version=version("hexdesk"),
        logger=logger,
    )
    return make(part.registration.factory, context, part.settings, part.plugin, part.place)


def make_watch(app: Application, latency: LatencyHistogram) -> Watch | None:
    """Make what watches a desk; None where nobody asked for it."""
    telemetry, alarm = make_telemetry(app), make_alarm(app)
    if telemetry is not None and not telemetry.is_on:
        telemetry = None
    if telemetry is None and alarm is None:
        return None
    return Watch(app, telemetry, latency, alarm)


def make_alarm(app: Application) -> Alarm | None:
    """Make what tells people, and those who ask the control plane; None where there is neither."""
    config = app.config
    is_asked = any(part.registration.controls for part in app.parts.servers.values())
    if not (config.channels or config.alerts.heartbeat_url or is_asked):
        return None
    return alarm_of(config, make_routes(app.parts), app.parts)
