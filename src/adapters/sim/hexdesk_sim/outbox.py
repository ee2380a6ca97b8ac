"""Reports leave after the venue's state is settled, in the order in which they arose.

Whoever receives a report may send the next request at once; that request then finds a consistent
book, and its own reports queue up behind those not delivered yet.
"""

from hexdesk.domain.reports import VenueReport
from hexdesk.ports.broker import ReportSink


class Outbox:
    """Reports of one operation, for one or more accounts."""

    __slots__ = ("_flushing", "_pending")

    def __init__(self) -> None:
        self._pending: list[tuple[ReportSink, VenueReport]] = []
        self._flushing = False

    def push(self, deliver: ReportSink, report: VenueReport) -> None:
        """Keep a report until the operation is done."""
        self._pending.append((deliver, report))

    def send(self, deliver: ReportSink, report: VenueReport) -> None:
        """Deliver the only report of an operation that is done."""
        if self._flushing:
            self._pending.append((deliver, report))
        else:
            deliver(report)

    def flush(self) -> None:
        """Deliver what is kept, and what arises meanwhile."""
        if self._flushing or not self._pending:
            return
        self._flushing = True
        try:
            for deliver, report in self._pending:
                deliver(report)
        finally:
            self._pending.clear()
            self._flushing = False
