"""The way between a desk and the venue: latency, jitter, and faults on purpose.

Requests arrive, and reports come back, in the order in which they were sent, as over one
connection; only a delayed report may be overtaken.
"""

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any, TypeAlias

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
from hexdesk_sim.lane import Lane
from hexdesk_sim.settings import RequestKind, SimSettings

Request: TypeAlias = tuple[Callable[[Any], None], NewOrder | AmendOrder | CancelOrder]
"""What takes a request at the venue, and the request."""


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
        self._has_faults = bool(self._faults)
        self._submit_ns = _nanoseconds(settings.submit_latency_ms)
        self._amend_ns = _nanoseconds(settings.amend_latency_ms)
        self._cancel_ns = _nanoseconds(settings.cancel_latency_ms)
        self._report_ns = _nanoseconds(settings.report_latency_ms)
        self._jitter_ns = _nanoseconds(settings.jitter_ms)
        self._chance = Random(f"{seed}:jitter")
        self._requests_max = settings.requests_in_flight_max
        self._requests = Lane[Request](clock, _execute)
        self._reports = Lane[VenueReport](clock, self._stamp)
        self._in_flight = self._requests.waiting
        self._amend = partial(venue.amend, account_id)
        self._cancel = partial(venue.cancel, account_id)

    # ----------------------------------------------------------------------------------------------
    # Towards the venue

    def submit(self, order: NewOrder) -> None:
        """Send a new order."""
        client_order_id = order.client_order_id
        if len(self._in_flight) >= self._requests_max:
            now = self._clock.now_ns()
            self._return(OrderRejected(client_order_id, VENUE_RATE, self._full_text(), now, now))
        elif not (self._has_faults and self._is_lost("submit", client_order_id, 0)):
            self._requests.send((self._venue.submit, order), self._delay(self._submit_ns))

    def amend(self, request: AmendOrder) -> None:
        """Send an amendment."""
        client_order_id, request_id = request.client_order_id, request.request_id
        if len(self._in_flight) >= self._requests_max:
            now = self._clock.now_ns()
            text = self._full_text()
            self._return(AmendRejected(client_order_id, request_id, VENUE_RATE, text, now, now))
        elif not (self._has_faults and self._is_lost("amend", client_order_id, request_id)):
            self._requests.send((self._amend, request), self._delay(self._amend_ns))

    def cancel(self, request: CancelOrder) -> None:
        """Send a cancel."""
        client_order_id, request_id = request.client_order_id, request.request_id
        if len(self._in_flight) >= self._requests_max:
            now = self._clock.now_ns()
            text = self._full_text()
            self._return(CancelRejected(client_order_id, request_id, VENUE_RATE, text, now, now))
        elif not (self._has_faults and self._is_lost("cancel", client_order_id, request_id)):
            self._requests.send((self._cancel, request), self._delay(self._cancel_ns))

    def drain(self) -> None:
        """Let everything under way arrive now."""
        self._requests.drain()
        self._reports.drain()

    def _full_text(self) -> str:
        return f"requests_in_flight={self._requests_max} expected=fewer"

    def _is_lost(self, kind: RequestKind, client_order_id: str, request_id: int) -> bool:
        unknown = self._faults.lose(kind, client_order_id, request_id, self._clock.now_ns())
        if unknown is not None:
            self._return(unknown)
        return unknown is not None

    # ----------------------------------------------------------------------------------------------
    # Back to the desk

    def report(self, report: VenueReport) -> None:
        """Take a report of the venue and let it travel; the account's sink."""
        if not self._has_faults:
            self._return(report)
            return
        faults = self._faults
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
        self._reports.send(report, self._delay(self._report_ns))

    def _stamp(self, report: VenueReport) -> None:
        now = self._clock.now_ns()
        if report.ts_init != now:
            report = msgspec.structs.replace(report, ts_init=now)
        self._deliver(report)

    def _bust(self, trade_id: str, leaves_live: bool | None) -> None:  # noqa: FBT001 - a timer's
        self._venue.bust(self._account_id, trade_id, leaves_live=leaves_live)

    def _delay(self, latency_ns: TimeNs) -> TimeNs:
        jitter = self._jitter_ns
        return latency_ns + self._chance.randint(0, jitter) if jitter else latency_ns


def _execute(request: Request) -> None:
    send, message = request
    send(message)


def _nanoseconds(milliseconds: float) -> TimeNs:
    return round(milliseconds * NS_PER_MS)
