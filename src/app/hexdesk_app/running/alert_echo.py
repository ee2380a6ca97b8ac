"""Alerts of a running desk in its log, until channels take them further."""

from itertools import islice
from logging import getLogger

from hexdesk.application.alerts import AlertLog
from hexdesk.ports.telemetry import ORDER_KEY
from hexdesk_app.alerting.rules import ABOUT_ORDERS

LOGGER = getLogger("hexdesk.alert")


class AlertEcho:
    """Logs each alert once, soon after it was raised; the desk itself logs nothing."""

    def __init__(self) -> None:
        self._told = 0

    def tell(self, alerts: AlertLog) -> None:
        """Log what is new."""
        new = alerts.count - self._told
        if not new:
            return
        self._told = alerts.count
        kept = len(alerts.recent)
        if new > kept:
            LOGGER.warning("%d alerts came faster than they could be told", new - kept)
        for alert in islice(alerts.recent, max(kept - new, 0), None):
            about = {ORDER_KEY: alert.scope} if alert.code in ABOUT_ORDERS else {}
            LOGGER.warning("%s %s: %s", alert.code, alert.scope, alert.text, extra=about)
