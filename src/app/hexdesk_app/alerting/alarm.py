"""The alarm of a running desk: a thread with a loop of its own that judges, escalates, delivers.

The desk's thread only appends alerts to a bounded queue and publishes readings. While the desk
publishes, the alarm calls its heartbeat address; when the desk hangs or dies the calls end, and
whoever waits for them alarms from outside.
"""

import asyncio
import logging
import threading
import urllib.request
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime, tzinfo

from msgspec.structs import replace

from hexdesk.application.alerts import Alert
from hexdesk.domain.values import NS_PER_SECOND, TimeNs
from hexdesk.plugin.redaction import redact
from hexdesk.plugin.registrations import StrategyRegistration
from hexdesk.ports.alerts import AlertLevel
from hexdesk.ports.control_monitoring import AlarmInfo, SilenceInfo
from hexdesk.ports.telemetry import LatestReadings, order_trace_id
from hexdesk_app.alerting.incidents import IncidentBook, Notice
from hexdesk_app.alerting.post import Post, Route, RouteStats
from hexdesk_app.alerting.rules import (
    ABOUT_ORDERS,
    BUILT_IN,
    ENDS,
    RuleBook,
    event_level,
    event_remedy,
)
from hexdesk_app.config.schema import AlertSettings
from hexdesk_app.telemetry.measures import metrics_of, rules_of

EVENTS_MAX = 1_000
"""Alerts that may wait for the alarm; beyond it the oldest is dropped, and counted."""
STEP_S = 0.25
SHOW_NS = NS_PER_SECOND
"""What is shown is at most so old."""
CLOSE_TIMEOUT_S = 3.0
HEARTBEAT_TIMEOUT_S = 5.0
FRESH_S = 10.0
"""A desk that published nothing for so long is taken for dead."""
HUNG = "DESK_HANGS"
logger = logging.getLogger("hexdesk.alert.delivery")


class Alarm:
    """Tells people; owned by whoever runs the desk."""

    def __init__(
        self,
        settings: AlertSettings,
        routes: Mapping[str, Route],
        *,
        desk: str,
        mode: str,
        wall_ns: Callable[[], TimeNs],
        zone: tzinfo = UTC,
        step_s: float = STEP_S,
        offers: Iterable[StrategyRegistration] = (),
    ) -> None:
        """Prepare.

        Args:
            settings: `[alerts]`.
            routes: Channels by name.
            desk: Name of the desk.
            mode: Its mode.
            wall_ns: Real time.
            zone: Of quiet hours.
            step_s: Seconds between two looks.
            offers: What strategies are made of: their plugins may declare rules.

        Raises:
            ConfigError: A rule makes no sense.
        """
        self._settings = settings
        self._offers = {each.name: each for each in offers}
        self._rules = _rules_of(settings, self._offers.values())
        self._book = IncidentBook(
            settings, desk=desk, mode=mode, is_quiet=quiet_hours(settings, zone)
        )
        self._post = Post(routes)
        self._wall_ns = wall_ns
        self._step_s = step_s
        self._events: deque[Alert] = deque(maxlen=EVENTS_MAX)
        self._orders: deque[Callable[[], object]] = deque(maxlen=EVENTS_MAX)
        self._shown: tuple[AlarmInfo, ...] = ()
        self._silences: tuple[SilenceInfo, ...] = ()
        self._latest: LatestReadings = lambda: None
        self._judged_ns: TimeNs = 0
        self._show_ns: TimeNs = 0
        self._beat_ns: TimeNs = 0
        self._beating: asyncio.Task[None] | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alarm", daemon=True)

    # --- any thread ------------------------------------------------------------------------------

    def start(self, latest: LatestReadings) -> None:
        """Begin to watch."""
        self._latest = latest
        self._thread.start()

    def take(self, alert: Alert) -> None:
        """Take an alert of the desk; neither blocks nor raises."""
        self._events.append(alert)

    def acknowledge(self, number: int, by: str) -> None:
        """Say that somebody knows; the incident is not escalated any more."""
        self._orders.append(lambda: self._book.acknowledge(number, by))

    def silence(self, silence: SilenceInfo) -> None:
        """Say nothing of a rule until a time; an empty scope is every scope."""
        self._orders.append(lambda: self._book.silence(silence))

    def unsilence(self, code: str, scope: str) -> None:
        """End a silence."""
        self._orders.append(lambda: self._book.unsilence(code, scope))

    def prepare(
        self, settings: AlertSettings, routes: Mapping[str, Route | None], zone: tzinfo
    ) -> Callable[[], None]:
        """Return what lets other settings hold, and channels take the places of others.

        Args:
            settings: `[alerts]`.
            routes: Channels that are new or changed, by name; None for one that is gone.
            zone: Of quiet hours.

        Raises:
            ConfigError: A rule makes no sense.
        """
        rules = _rules_of(settings, self._offers.values())

        def adopt() -> None:
            gone = self._rules.names - rules.names
            self._settings, self._rules = settings, rules
            self._book.adopt(settings, quiet_hours(settings, zone))
            ended = [key for key in self._book.open if key[0] in gone]
            for key in ended:
                for notice in self._book.recover(*key, "its rule is gone", self._wall_ns()):
                    self._post.send(notice)
            self._post.change(routes)

        return lambda: self._orders.append(adopt)

    def learn(self, offers: Iterable[StrategyRegistration]) -> None:
        """Watch the rules of plugins, too, that came while the desk runs."""
        new = {each.name: each for each in offers if self._offers.get(each.name) != each}
        if not new:
            return
        self._offers = {**self._offers, **new}

        def adopt() -> None:
            self._rules = _rules_of(self._settings, self._offers.values())

        self._orders.append(adopt)

    def shown(self) -> tuple[AlarmInfo, ...]:
        """Return every incident known, as of the last look, oldest first."""
        return self._shown

    def silences(self) -> tuple[SilenceInfo, ...]:
        """Return the silences that hold, as of the last look."""
        return self._silences

    @property
    def stats(self) -> dict[str, RouteStats]:
        """How each channel is doing."""
        return self._post.stats

    def close(self) -> None:
        """Deliver what waits, within a time."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(2 * CLOSE_TIMEOUT_S)

    # --- the alarm's thread ----------------------------------------------------------------------

    def _run(self) -> None:
        asyncio.run(self._watch())

    async def _watch(self) -> None:
        self._post.start()
        while not self._stop.is_set():
            try:
                self._step()
            except Exception:  # whatever it is, watching goes on
                logger.exception("the alarm stumbled")
            await asyncio.sleep(self._step_s)
        self._step()
        if self._beating is not None:
            self._beating.cancel()
        await self._post.close(CLOSE_TIMEOUT_S)

    def _step(self) -> None:
        now_ns = self._wall_ns()
        is_changed = bool(self._orders or self._events)
        while self._orders:
            self._orders.popleft()()
        notices: list[Notice] = []
        while self._events:
            notices += self._event(self._events.popleft(), now_ns)
        notices += self._judge(now_ns)
        notices += self._book.tick(now_ns)
        for notice in notices:
            self._post.send(notice)
        if is_changed or notices or now_ns >= self._show_ns:
            self._show_ns = now_ns + SHOW_NS
            self._shown = self._book.shown(now_ns)
            if not self._post.stats:  # without a channel people are told by asking only
                self._shown = tuple(replace(each, told_ns=0) for each in self._shown)
            self._silences = self._book.silences()
        self._beat(now_ns)

    def _event(self, alert: Alert, now_ns: TimeNs) -> list[Notice]:
        """Take an alert of the desk."""
        text = redact(alert.text)
        notices: list[Notice] = []
        for ended in ENDS.get(alert.code, ()):
            notices += self._book.recover(ended, alert.scope, text, now_ns)
        if notices:
            return notices
        trace_id = f"{order_trace_id(alert.scope):032x}" if alert.code in ABOUT_ORDERS else ""
        level = event_level(alert.code)
        return self._book.happen(
            alert.code,
            alert.scope,
            level,
            text,
            now_ns,
            remedy=event_remedy(alert.code, text),
            trace_id=trace_id,
        )

    def _judge(self, now_ns: TimeNs) -> list[Notice]:
        readings = self._latest()
        if readings is None:
            return []
        age_s = (now_ns - readings.ts_ns) / NS_PER_SECOND
        if age_s > FRESH_S:
            text = f"the desk has published nothing for {age_s:.0f} s"
            if (HUNG, "") in self._book.open:
                return []
            return self._book.happen(HUNG, "", AlertLevel.EMERGENCY, text, now_ns)
        notices = self._book.recover(HUNG, "", "the desk publishes again", now_ns)
        if readings.ts_ns == self._judged_ns:
            return notices
        self._judged_ns = readings.ts_ns
        for verdict in self._rules.judge(readings):
            key = (verdict.name, verdict.scope)
            if not verdict.is_breached:
                notices += self._book.recover(*key, verdict.text, now_ns)
            elif key not in self._book.open:
                level = AlertLevel[verdict.rule.level.upper()]
                notices += self._book.happen(
                    *key, level, verdict.text, now_ns, remedy=verdict.rule.remedy
                )
        return notices

    def _beat(self, now_ns: TimeNs) -> None:
        """Call the heartbeat address if it is time and the desk is alive."""
        url, every_ns = self._settings.heartbeat_url, self._settings.heartbeat_s * NS_PER_SECOND
        readings = self._latest()
        if not url or readings is None or now_ns - self._beat_ns < every_ns:
            return
        is_alive = now_ns - readings.ts_ns < FRESH_S * NS_PER_SECOND
        is_calling = self._beating is not None and not self._beating.done()
        if is_alive and not is_calling:
            self._beat_ns = now_ns
            self._beating = asyncio.get_running_loop().create_task(_call(url))


async def _call(url: str) -> None:
    """Call an address; a failure is told to the log only, for whoever waits there notices."""

    def work() -> None:
        # the scheme is checked by the settings: http or https
        with urllib.request.urlopen(url, timeout=HEARTBEAT_TIMEOUT_S):  # noqa: S310
            return

    try:
        await asyncio.to_thread(work)
    except (OSError, ValueError) as error:
        logger.warning("the heartbeat was not taken: %s", type(error).__name__)


def _rules_of(settings: AlertSettings, offers: Collection[StrategyRegistration]) -> RuleBook:
    rules = {
        **(BUILT_IN if settings.built_in else {}),
        **rules_of(offers),
        **settings.rules,
    }
    return RuleBook(rules, metrics_of(offers))


def quiet_hours(settings: AlertSettings, zone: tzinfo) -> Callable[[TimeNs], bool]:
    """Return what tells whether a moment is in quiet hours; they may span midnight."""
    begin, end = settings.quiet_from, settings.quiet_until

    def is_quiet(now_ns: TimeNs) -> bool:
        if not begin or not end or begin == end:
            return False
        clock = datetime.fromtimestamp(now_ns / NS_PER_SECOND, zone).strftime("%H:%M")
        if begin < end:
            return begin <= clock < end
        return clock >= begin or clock < end

    return is_quiet
