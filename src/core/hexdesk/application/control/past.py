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

    def __init__(self, chronicle: Chronicle, runtime: Runtime) -> None:
        self._chronicle = chronicle
        self._runtime = runtime

    async def list_events(self, query: ListEvents, pause: Pause) -> Page[Event]:
        """Return events after a number, oldest first."""
        ring, size, place = self._chronicle.ring, page_size(query), read_token(query)
        if query.after_sequence < 0:
            raise invalid("after_sequence", "expected 0 or more")
        if place and not (place.isdigit() and len(place) <= SEQUENCE_DIGITS_MAX):
            raise invalid("page_token", "expected next_page_token of the page before")
        number = max(int(place or 0), query.after_sequence, ring.oldest - 1)
        end = min(ring.sequence, number + SCAN_MAX)
        found: list[Event] = []
        while number < end and len(found) < size:
            if number % PIECE == 0:
                await pause()
                number = max(number, ring.oldest - 1)  # the ring may have gone on
            number += 1
            event = ring.get(number)
            is_wanted = not query.kinds or event.kind in query.kinds
            if is_wanted and self._chronicle.show(event).payload is not None:
                found.append(event)
        more = make_token(query, str(number)) if number < ring.sequence else ""
        return Page(tuple(found), more)

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
