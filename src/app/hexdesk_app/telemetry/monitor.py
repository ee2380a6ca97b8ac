"""What operators may ask of what watches a desk; implements `Monitor` of the Control port."""

import logging
from collections.abc import Callable

from hexdesk.ports.control_monitoring import Alarms, LogLevelInfo, PerformanceInfo
from hexdesk_app.telemetry.performance import performance
from hexdesk_app.telemetry.watch import Watch


class DeskMonitor:
    """Alarms, performance and logs of one desk; use it on the desk's thread."""

    def __init__(self, find: Callable[[], Watch | None], begin: Callable[[], Watch]) -> None:
        """Ask what watches.

        Args:
            find: Returns it, None while nothing does.
            begin: Begins to watch, for who asks how fast the desk is.
        """
        self._find = find
        self._begin = begin

    @property
    def alarms(self) -> Alarms | None:
        """What tells people; None where there is nobody to tell."""
        watch = self._find()
        return None if watch is None else watch.alarm

    def performance(self) -> PerformanceInfo:
        """Return how fast the desk is; the first to ask lets it be measured, then it stays so."""
        watch = self._find() or self._begin()
        return performance(watch.sampled(), watch.before)

    def log_levels(self) -> tuple[LogLevelInfo, ...]:
        """Return the loggers that have a level of their own, by name."""
        known = logging.Logger.manager.loggerDict
        own = [logging.getLogger(), *(known[name] for name in sorted(known))]
        return tuple(
            LogLevelInfo(_name(each), logging.getLevelName(each.level).lower())
            for each in own
            if isinstance(each, logging.Logger) and each.level
        )

    def set_log_level(self, logger: str, level: str) -> None:
        """Let a logger say more or less."""
        logging.getLogger(logger or None).setLevel(level.upper())


def _name(logger: logging.Logger) -> str:
    return "" if logger is logging.getLogger() else logger.name
