"""Alerts of a running desk in its log, until channels take them further."""

from collections import Counter
from collections.abc import Callable
from itertools import islice
from logging import getLogger
from time import monotonic

from hexdesk.application.alerts import Alert, AlertLog
from hexdesk.ports.telemetry import ORDER_KEY
from hexdesk_app.alerting.rules import ABOUT_ORDERS

LOGGER = getLogger("hexdesk.alert")
LINES_MAX = 100
"""Lines of one code within `PERIOD_S`; the rest is counted: an account that others trade on."""
PERIOD_S = 60.0


class AlertEcho:
    """Logs each alert once, soon after it was raised; the desk itself logs nothing."""

    def __init__(self, now_s: Callable[[], float] = monotonic) -> None:
        self._now_s = now_s
        self._told = 0
        self._lines: Counter[str] = Counter()
        self._period_ends_s = 0.0

    def tell(self, alerts: AlertLog) -> None:
        """Log what is new."""
        if self._lines and self._now_s() >= self._period_ends_s:
            self.end_period()
        new = alerts.count - self._told
        if not new:
            return
        self._told = alerts.count
        kept = len(alerts.recent)
        if new > kept:
            LOGGER.warning("%d alerts came faster than they could be told", new - kept)
        for alert in islice(alerts.recent, max(kept - new, 0), None):
            self._tell_one(alert)

    def end_period(self) -> None:
        """Say how many alerts were not told one by one."""
        for code, count in self._lines.items():
            if count > LINES_MAX:
                LOGGER.warning(
                    "%s: %d more within a minute, kept as events", code, count - LINES_MAX
                )
        self._lines.clear()

    def _tell_one(self, alert: Alert) -> None:
        if not self._lines:
            self._period_ends_s = self._now_s() + PERIOD_S
        self._lines[alert.code] += 1
        if self._lines[alert.code] <= LINES_MAX:
            about = {ORDER_KEY: alert.scope} if alert.code in ABOUT_ORDERS else {}
            LOGGER.warning("%s %s: %s", alert.code, alert.scope, alert.text, extra=about)
