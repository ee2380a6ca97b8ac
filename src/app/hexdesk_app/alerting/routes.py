"""From loaded plugins to channels, and to the alarm that tells by them."""

import logging
from collections.abc import Callable, Mapping

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


def make_routes(parts: Parts) -> dict[str, Route]:
    """Make every configured channel; nothing connects yet."""
    routes: dict[str, Route] = {}
    for name, part in parts.channels.items():
        context = AlertChannelContext(
            name=name, clock=WallClock(), logger=logging.getLogger(f"hexdesk.alert.{name}")
        )
        channel = make(part.registration.factory, context, part.settings, part.plugin, part.path)
        level = AlertLevel[part.section.level.upper()]
        routes[name] = Route(name, channel, level, part.section.stage)
    return routes


def alarm_of(config: Config, routes: Mapping[str, Route]) -> Alarm:
    """Make what tells people by these channels.

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
    )
