"""From loaded plugins to channels, and to the alarm that tells by them."""

import logging
from collections.abc import Callable, Collection, Mapping

from hexdesk.domain.values import TimeNs
from hexdesk.plugin.contexts import AlertChannelContext
from hexdesk.ports.alerts import AlertLevel
from hexdesk.ports.clock import TimerHandle
from hexdesk_app.alerting.alarm import Alarm
from hexdesk_app.alerting.post import Route
from hexdesk_app.config import Config
from hexdesk_app.display.look import find_zone
from hexdesk_app.plugins import make
from hexdesk_app.resolve import Parts
from hexdesk_app.running.live_clock import wall_time_ns


class WallClock:
    """Real time for channels, which have no timers of the desk's."""

    def now_ns(self) -> TimeNs:
        """Return the time."""
        return wall_time_ns()

    def call_at(self, due_ns: TimeNs, callback: Callable[[], None]) -> TimerHandle:
        """Refuse: a channel waits on its own loop.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError


def make_routes(parts: Parts, names: Collection[str] | None = None) -> dict[str, Route]:
    """Make every configured channel, or some of them; nothing connects yet."""
    routes: dict[str, Route] = {}
    for name, part in parts.channels.items():
        if names is not None and name not in names:
            continue
        context = AlertChannelContext(
            name=name, clock=WallClock(), logger=logging.getLogger(f"hexdesk.alert.{name}")
        )
        channel = make(part.registration.factory, context, part.settings, part.plugin, part.place)
        level = AlertLevel[part.section.level.upper()]
        routes[name] = Route(name, channel, level, part.section.stage)
    return routes


def prepare_alarm(alarm: Alarm, old: Config, new: Config, parts: Parts) -> Callable[[], None]:
    """Return what lets a running alarm tell people by another configuration.

    Raises:
        ConfigError: A rule makes no sense.
        PluginError: A channel cannot be made.
    """
    changed = [
        name
        for name in old.channels.keys() | new.channels.keys()
        if old.channels.get(name) != new.channels.get(name)
    ]
    made = make_routes(parts, changed)
    routes = {name: made.get(name) for name in changed}
    return alarm.prepare(new.alerts, routes, find_zone(new.desk.display_zone))


def alarm_of(config: Config, routes: Mapping[str, Route], parts: Parts) -> Alarm:
    """Make what tells people by these channels; `parts` are those of the configuration.

    Raises:
        ConfigError: A rule makes no sense.
    """
    return Alarm(
        config.alerts,
        routes,
        desk=config.desk.name,
        mode=config.desk.mode.value,
        wall_ns=wall_time_ns,
        zone=find_zone(config.desk.display_zone),
        offers=[part.registration for part in parts.strategies.values()],
    )
