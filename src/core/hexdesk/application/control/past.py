"""Use cases of the past: events that are kept, the equity curve."""

from hexdesk.application.control.chronicle import Chronicle
from hexdesk.application.control.errors import invalid
from hexdesk.application.control.listing import PIECE
from hexdesk.application.control.paging import SCAN_MAX, make_token, page_size, read_token
from hexdesk.ports.control import ControlError, Page, Pause, Reason
from hexdesk.ports.control_events import Event
from hexdesk.ports.control_history import (
    POINTS_DEFAULT,
    POINTS_MAX,
    EquityInfo,
    ListEquityPoints,
    ListEvents,
)
from hexdesk.ports.runtime import Runtime

CURRENCY_LENGTH_MAX = 20
SEQUENCE_DIGITS_MAX = 18


class Past:
    """What happened on a desk."""

    def __init__(self, run_id: str, chronicle: Chronicle, runtime: Runtime) -> None:
        self._run_id = run_id
        self._chronicle = chronicle
        self._runtime = runtime

    async def list_events(self, query: ListEvents, pause: Pause) -> Page[Event]:
        """Return events after a number, oldest first."""
        ring, size, begins = self._chronicle.ring, page_size(query), self._begins_after(query)
        number = begins or ring.oldest - 1
        end = min(ring.sequence, number + SCAN_MAX)
        found: list[Event] = []
        while number < end and len(found) < size:
            if number % PIECE == 0:
                await pause()
            if number + 1 < ring.oldest:  # the ring has gone on meanwhile
                if found or begins:
                    break  # the next page will be refused
                number = ring.oldest - 1
            number += 1
            event = ring.get(number)
            is_wanted = not query.kinds or event.kind in query.kinds
            if is_wanted and self._chronicle.show(event).payload is not None:
                found.append(event)
        more = make_token(query, f"{self._run_id}:{number}") if number < ring.sequence else ""
        return Page(tuple(found), more)

    def _begins_after(self, query: ListEvents) -> int:
        """Return the number behind which a page begins; 0 for the oldest event that is kept.

        Raises:
            ControlError: Not all that follows is kept, or the token is none of this list.
        """
        if query.after_sequence < 0:
            raise invalid("after_sequence", "expected 0 or more")
        run_id, _, number = read_token(query).rpartition(":")
        if number and not (number.isascii() and number.isdigit()):
            raise invalid("page_token", "expected next_page_token of the page before")
        begins = int(number[:SEQUENCE_DIGITS_MAX] or query.after_sequence)
        ring = self._chronicle.ring
        is_kept = ring.oldest - 1 <= begins <= ring.sequence
        if (begins and not is_kept) or (number and run_id != self._run_id):
            raise ControlError(
                Reason.EVENTS_NOT_KEPT,
                f"not all that follows event {begins} is kept; this run has {ring.oldest} to "
                f"{ring.sequence}",
                remedy="begin again; ListOrders, ListFills and GetOrderTimeline reach further back",
                facts={
                    "oldest_sequence": str(ring.oldest),
                    "latest_sequence": str(ring.sequence),
                },
            )
        return begins

    async def list_equity_points(self, query: ListEquityPoints) -> tuple[EquityInfo, ...]:
        """Return the equity curve."""
        if not 0 <= query.count_max <= POINTS_MAX:
            raise invalid("point_count_max", f"expected 0 to {POINTS_MAX}, was {query.count_max}")
        if len(query.currency) > CURRENCY_LENGTH_MAX:
            raise invalid("currency", f"expected at most {CURRENCY_LENGTH_MAX} letters")
        archive = self._runtime.archive
        if archive is None:
            raise ControlError(Reason.NOT_OFFERED, "this desk keeps no equity curve")
        return await archive.equity(query.currency, query.count_max or POINTS_DEFAULT)
