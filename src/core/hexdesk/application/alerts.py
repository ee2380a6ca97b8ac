"""What a person should know, kept until somebody reads it."""

from collections import deque

import msgspec

from hexdesk.domain.values import TimeNs

ALERTS_MAX = 1_000
"""Alerts kept; beyond it the oldest is dropped and counted."""


class Alert(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One event that a person should know about.

    `scope` is the strategy, order or instrument concerned.
    """

    code: str
    scope: str
    text: str
    ts_init: TimeNs


class AlertLog:
    """A bounded log; the newest stay."""

    def __init__(self) -> None:
        self.recent: deque[Alert] = deque(maxlen=ALERTS_MAX)
        self.count = 0

    def add(self, alert: Alert) -> None:
        """Keep an alert."""
        self.recent.append(alert)
        self.count += 1

    @property
    def dropped_count(self) -> int:
        """How many are no longer kept."""
        return self.count - len(self.recent)
