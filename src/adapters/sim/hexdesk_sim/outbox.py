"""Reports leave after the venue's state is settled, in the order in which they arose.

Whoever receives a report may send the next request at once; that request then finds a consistent
book, and its own reports queue up behind those not delivered yet.
"""

from hexdesk.domain.reports import VenueReport
from hexdesk.ports.broker import ReportSink


class Outbox:
    """Reports of one operation, for one or more accounts.

    Attributes:
        is_busy: Whether reports are being delivered; further ones then wait for them.
    """

    __slots__ = ("_pending", "is_busy")

    def __init__(self) -> None:
        self._pending: list[tuple[ReportSink, VenueReport]] = []
        self.is_busy = False

    def push(self, deliver: ReportSink, report: VenueReport) -> None:
        """Keep a report until the operation is done."""
        self._pending.append((deliver, report))

    def send(self, deliver: ReportSink, report: VenueReport) -> None:
        """Deliver the only report of an operation that is done."""
        if self.is_busy:
            self._pending.append((deliver, report))
        else:
            deliver(report)

    def send_both(self, deliver: ReportSink, first: VenueReport, second: VenueReport) -> None:
        """Deliver the two reports of an operation that is done, while none is being delivered."""
        self.is_busy = True
        try:
            deliver(first)
            deliver(second)
        finally:
            self.is_busy = False
        if self._pending:
            self.flush()

    def flush(self) -> None:
        """Deliver what is kept, and what arises meanwhile."""
        if self.is_busy or not self._pending:
            return
        self.is_busy = True
        try:
            for deliver, report in self._pending:
                deliver(report)
        finally:
            self._pending.clear()
            self.is_busy = False
