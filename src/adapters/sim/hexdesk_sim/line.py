"""The way between a desk and the venue: latency, jitter, and faults on purpose.

Requests arrive, and reports come back, in the order in which they were sent, as over one
connection; only a delayed report may be overtaken.
"""

from collections import deque
from collections.abc import Callable
from functools import partial
from random import Random

import msgspec

from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.reports import (
    AmendRejected,
    CancelRejected,
    Fill,
    OrderRejected,
    VenueReport,
)
from hexdesk.domain.values import NS_PER_MS, TimeNs
from hexdesk.ports.broker import ReportSink
from hexdesk.ports.clock import Clock
from hexdesk_sim.checks import VENUE_RATE
from hexdesk_sim.engine import Venue
from hexdesk_sim.faults import Faults
from hexdesk_sim.settings import RequestKind, SimSettings


class Line:
    """One account's connection to a venue."""

    def __init__(
        self,
        venue: Venue,
        account_id: str,
        clock: Clock,
        deliver: ReportSink,
        *,
        settings: SimSettings,
        seed: int,
    ) -> None:
        self._venue = venue
        self._account_id = account_id
        self._clock = clock
        self._deliver = deliver
        self._faults = Faults(settings)
        self._submit_ns = _nanoseconds(settings.submit_latency_ms)
        self._amend_ns = _nanoseconds(settings.amend_latency_ms)
        self._cancel_ns = _nanoseconds(settings.cancel_latency_ms)
        self._report_ns = _nanoseconds(settings.report_latency_ms)
        self._jitter_ns = _nanoseconds(settings.jitter_ms)
        self._chance = Random(f"{seed}:jitter")
        self._requests_max = settings.requests_in_flight_max
        self._requests: deque[Callable[[], None]] = deque()
        self._reports: deque[VenueReport] = deque()
        self._request_due_ns: TimeNs = 0
        self._report_due_ns: TimeNs = 0

    # ----------------------------------------------------------------------------------------------
    # Towards the venue

    def submit(self, order: NewOrder) -> None:
        """Send a new order."""
        client_order_id = order.client_order_id
        if self._is_full():
            now = self._clock.now_ns()
            text = self._full_text()
            self._return(OrderRejected(client_order_id, VENUE_RATE, text, now, now))
        elif not self._is_lost("submit", client_order_id, 0):
            self._send(self._submit_ns, partial(self._venue.submit, order))

    def amend(self, request: AmendOrder) -> None:
        """Send an amendment."""
        client_order_id, request_id = request.client_order_id, request.request_id
        if self._is_full():
            now = self._clock.now_ns()
            text = self._full_text()
            self._return(AmendRejected(client_order_id, request_id, VENUE_RATE, text, now, now))
        elif not self._is_lost("amend", client_order_id, request_id):
            self._send(self._amend_ns, partial(self._venue.amend, self._account_id, request))

    def cancel(self, request: CancelOrder) -> None:
        """Send a cancel."""
        client_order_id, request_id = request.client_order_id, request.request_id
        if self._is_full():
            now = self._clock.now_ns()
            text = self._full_text()
            self._return(CancelRejected(client_order_id, request_id, VENUE_RATE, text, now, now))
        elif not self._is_lost("cancel", client_order_id, request_id):
            self._send(self._cancel_ns, partial(self._venue.cancel, self._account_id, request))

    def drain(self) -> None:
        """Let everything under way arrive now; timers that fire later find nothing."""
        while self._requests:
            self._arrive()
        while self._reports:
            self._hand_over()

    def _is_full(self) -> bool:
        return len(self._requests) >= self._requests_max

    def _full_text(self) -> str:
        return f"requests_in_flight={self._requests_max} expected=fewer"

    def _is_lost(self, kind: RequestKind, client_order_id: str, request_id: int) -> bool:
        unknown = self._faults.lose(kind, client_order_id, request_id, self._clock.now_ns())
        if unknown is not None:
            self._return(unknown)
        return unknown is not None

    def _send(self, latency_ns: TimeNs, request: Callable[[], None]) -> None:
        delay = self._delay(latency_ns)
        if not delay and not self._requests:
            request()
            return
        due = self._request_due_ns = max(self._clock.now_ns() + delay, self._request_due_ns)
        self._requests.append(request)
        self._clock.call_at(due, self._arrive)

    def _arrive(self) -> None:
        if self._requests:
            self._requests.popleft()()

    # ----------------------------------------------------------------------------------------------
    # Back to the desk

    def report(self, report: VenueReport) -> None:
        """Take a report of the venue and let it travel; the account's sink."""
        faults = self._faults
        if not faults:
            self._return(report)
            return
        if isinstance(report, Fill):
            for bust in faults.busts():
                due = self._clock.now_ns() + _nanoseconds(bust.delay_ms)
                self._clock.call_at(due, partial(self._bust, report.trade_id, bust.leaves_live))
        for arriving, delay_ns in faults.strike(report):
            if delay_ns:
                due = self._clock.now_ns() + self._delay(self._report_ns) + delay_ns
                self._clock.call_at(due, partial(self._stamp, arriving))
            else:
                self._return(arriving)

    def _return(self, report: VenueReport) -> None:
        delay = self._delay(self._report_ns)
        if not delay and not self._reports:
            self._deliver(report)
            return
        due = self._report_due_ns = max(self._clock.now_ns() + delay, self._report_due_ns)
        self._reports.append(report)
        self._clock.call_at(due, self._hand_over)

    def _hand_over(self) -> None:
        if self._reports:
            self._stamp(self._reports.popleft())

    def _stamp(self, report: VenueReport) -> None:
        self._deliver(msgspec.structs.replace(report, ts_init=self._clock.now_ns()))

    def _bust(self, trade_id: str, leaves_live: bool | None) -> None:  # noqa: FBT001 - a timer's
        self._venue.bust(self._account_id, trade_id, leaves_live=leaves_live)

    def _delay(self, latency_ns: TimeNs) -> TimeNs:
        jitter = self._jitter_ns
        return latency_ns + self._chance.randint(0, jitter) if jitter else latency_ns


def _nanoseconds(milliseconds: float) -> TimeNs:
    return round(milliseconds * NS_PER_MS)
