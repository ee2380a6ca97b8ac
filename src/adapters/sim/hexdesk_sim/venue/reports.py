"""The reports of one account, numbered, for as many readers as there are."""

from collections.abc import Callable, Sequence

from hexdesk.domain.reports import VenueReport


class ReportLog:
    """Reports numbered from 1; the latest `keep_max` can be read again.

    Attributes:
        sequence: Number of the latest report.
        listeners: Called after each one; they must not block or raise.
    """

    def __init__(self, keep_max: int) -> None:
        self.sequence = 0
        self.listeners: set[Callable[[], None]] = set()
        self._keep_max = keep_max
        self._kept: list[VenueReport] = []

    @property
    def first_kept(self) -> int:
        """Number of the oldest report that can still be read."""
        return self.sequence - len(self._kept) + 1

    def add(self, report: VenueReport) -> None:
        """Number a report and tell the listeners; the sink of the account at the venue."""
        self._kept.append(report)
        self.sequence += 1
        if len(self._kept) >= 2 * self._keep_max:  # rarely, so that it costs nothing per report
            del self._kept[: -self._keep_max]
        for listener in self.listeners:
            listener()

    def has_all_after(self, sequence: int) -> bool:
        """Whether every report after a number can be read, the number itself being possible."""
        return self.first_kept - 1 <= sequence <= self.sequence

    def after(self, sequence: int, limit: int) -> Sequence[VenueReport]:
        """Return up to `limit` reports after a number; `has_all_after` must hold."""
        start = len(self._kept) - (self.sequence - sequence)
        return self._kept[start : start + limit]
