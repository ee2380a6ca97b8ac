"""Looking up orders whose outcome is unknown, until evidence comes (orders.md section 3).

An order is looked up once the venue must show what it received, then 1 s apart with back-off. What
is found goes through `evidence`. Three answers "not found" in a row prove absence where the broker
says that they do; before that is believed, its executions are asked for, since some venues forget
closed orders sooner than trades.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from hexdesk.application.alerts import Alert
from hexdesk.application.orders.unlocated import is_unlocated
from hexdesk.application.reconciliation.actions import Action, FeedReport
from hexdesk.application.reconciliation.evidence import confirmed_absence, evidence
from hexdesk.application.reconciliation.fills import missed_fills, order_of
from hexdesk.application.reconciliation.fingerprints import match
from hexdesk.application.reconciliation.settings import (
    ReconciliationSettings,
    doubled,
    nanoseconds,
)
from hexdesk.domain.order import Doubt, Order
from hexdesk.domain.reports import Fill
from hexdesk.domain.values import NS_PER_MS, TimeNs
from hexdesk.ports.broker import Capabilities, VenueOrder

DOUBT_OPEN = "DOUBT_OPEN"
DOUBT_SETTLED = "DOUBT_SETTLED"


class _Watch:
    """One order in doubt.

    Attributes:
        doubt: Which one; another operation is another doubt.
        since_ns: Since when the order has been in doubt about anything.
        tries: Look-ups made for this doubt.
        misses: Answers "not found" in a row.
        due_ns: When to look up next.
        is_asked: Whether an answer is awaited.
        is_told: Whether a person was told.
        is_unexplained: Whether the start could not settle it.
        found: What was found and waits for its executions; None with `wants_fills` is an absence.
        wants_fills: Whether executions are awaited.
        asked_ns: When what was found was asked for.
    """

    __slots__ = (
        "asked_ns",
        "doubt",
        "due_ns",
        "found",
        "is_asked",
        "is_told",
        "is_unexplained",
        "misses",
        "since_ns",
        "tries",
        "wants_fills",
    )

    def __init__(self, doubt: Doubt, due_ns: TimeNs, since_ns: TimeNs) -> None:
        self.doubt = doubt
        self.since_ns = since_ns
        self.tries = 0
        self.misses = 0
        self.due_ns = due_ns
        self.is_asked = False
        self.is_told = False
        self.is_unexplained = False
        self.found: VenueOrder | None = None
        self.wants_fills = False
        self.asked_ns: TimeNs = 0


class Doubts:
    """The orders in doubt of one broker."""

    def __init__(self, capabilities: Capabilities, settings: ReconciliationSettings) -> None:
        self._visibility_ms = capabilities.visibility_delay_ms
        self._visibility_ns = capabilities.visibility_delay_ms * NS_PER_MS
        self._settings = settings
        self._watches: dict[str, _Watch] = {}
        self.has_lookup = bool(capabilities.lookup_key)
        self._can_prove = self.has_lookup and capabilities.absence_is_proof

    def __len__(self) -> int:
        return len(self._watches)

    def watch(self, orders: Mapping[str, Order], now_ns: TimeNs) -> list[Action]:
        """Take in new doubts, let settled ones go, and tell of old ones."""
        actions: list[Action] = []
        for order_id, doubtful in orders.items():
            if doubtful.doubt is not None:
                self._take_in(order_id, doubtful.doubt)
        for order_id, watch in list(self._watches.items()):
            order = orders.get(order_id)
            if order is None or order.doubt is None:
                del self._watches[order_id]
                if watch.is_told:
                    text = "evidence came" if order is not None else "no longer in the books"
                    actions.append(Alert(DOUBT_SETTLED, order_id, text, now_ns))
            elif not watch.is_told and self._is_old(watch, now_ns):
                watch.is_told = True
                actions.append(Alert(DOUBT_OPEN, order_id, self._story(watch), now_ns))
        return actions

    def reducing(self, orders: Mapping[str, Order], now_ns: TimeNs) -> dict[str, str]:
        """Return why instruments may only shrink.

        Nobody but a person can settle their orders, or the start did not.
        """
        return {
            orders[order_id].intent.instrument_id: f"{order_id}: {self._story(watch)}"
            for order_id, watch in self._watches.items()
            if order_id in orders
            and (watch.is_unexplained or (not self._can_prove and self._is_old(watch, now_ns)))
        }

    def is_searching(self) -> bool:
        """Whether a doubt has not been looked up as often as proof needs."""
        return any(
            watch.tries < self._settings.not_found_max or watch.wants_fills
            for watch in self._watches.values()
        )

    def mark_unexplained(self) -> None:
        """Reduce the instruments of all doubts there are until they are settled."""
        for watch in self._watches.values():
            watch.is_unexplained = True

    def due(self, now_ns: TimeNs, room: int) -> list[str]:
        """Return up to `room` orders to look up now; each must be answered or failed."""
        due = [
            order_id
            for order_id, watch in self._watches.items()
            if watch.due_ns <= now_ns and not watch.is_asked and not watch.wants_fills
        ][:room]
        for order_id in due:
            self._watches[order_id].is_asked = True
        return due

    def reconnected(self, now_ns: TimeNs) -> None:
        """Look all of them up at once, and soon again: the failures before say nothing of now."""
        for watch in self._watches.values():
            watch.tries = 0
            watch.due_ns = max(now_ns, watch.doubt.since_ns + self._visibility_ns)

    def fills_wanted_since_ns(self, orders: Mapping[str, Order]) -> TimeNs | None:
        """Return from when on executions are needed; None if they are not."""
        overlap_ns = nanoseconds(self._settings.fill_overlap_s)
        starts = [
            orders[order_id].intent.ts_init - overlap_ns
            for order_id, watch in self._watches.items()
            if watch.wants_fills and order_id in orders
        ]
        return max(min(starts), 0) if starts else None

    def looked_up(
        self, order: Order, found: VenueOrder | None, asked_ns: TimeNs, now_ns: TimeNs
    ) -> list[Action]:
        """Take the answer to one look-up."""
        watch = self._watches.get(order.intent.client_order_id)
        if watch is None or order.doubt is None:
            return []
        self._next(watch, now_ns)
        watch.asked_ns = asked_ns
        if found is not None:
            watch.misses = 0
            if found.cum_qty > order.cum_qty:
                watch.found, watch.wants_fills = found, True
                return []
            return self._settle(order, found, (), asked_ns, now_ns)
        if self._is_late_enough(order, asked_ns):
            watch.misses += 1
            if self._can_prove and watch.misses >= self._settings.not_found_max:
                watch.found, watch.wants_fills = None, True
        return []

    def failed(self, client_order_id: str, now_ns: TimeNs) -> None:
        """Note that a look-up had no answer: that says nothing."""
        watch = self._watches.get(client_order_id)
        if watch is not None:
            self._next(watch, now_ns)

    def executed(
        self,
        orders: Mapping[str, Order],
        at_venue: Mapping[str, Order],
        fills: Sequence[Fill],
        *,
        asked_ns: TimeNs,
        since_ns: TimeNs,
        now_ns: TimeNs,
    ) -> list[Action]:
        """Take executions, for the orders that wait for them."""
        actions: list[Action] = []
        overlap_ns = nanoseconds(self._settings.fill_overlap_s)
        for order_id, watch in self._watches.items():
            order = orders.get(order_id)
            if not watch.wants_fills or order is None or asked_ns < watch.asked_ns:
                continue
            if since_ns > max(order.intent.ts_init - overlap_ns, 0):
                continue
            watch.wants_fills = False
            own = [
                fill
                for fill in fills
                if order_of(fill, orders, at_venue) is order or _is_of(fill, watch.found)
            ]
            if watch.found is not None:
                actions += self._settle(order, watch.found, own, watch.asked_ns, now_ns)
                continue
            watch.misses = 0
            if not self._is_late_enough(order, watch.asked_ns):
                continue  # it was sent again meanwhile
            missed = missed_fills(order, own, now_ns)
            actions += [FeedReport(fill) for fill in missed]
            if not missed:
                actions.append(FeedReport(confirmed_absence(order, now_ns)))
        return actions

    def search(
        self,
        orders: Mapping[str, Order],
        open_orders: Sequence[VenueOrder],
        fills: Sequence[Fill],
        *,
        asked_ns: TimeNs,
        now_ns: TimeNs,
    ) -> list[Action]:
        """Look for orders where the venue takes no client ids: by its id, else by fingerprint."""
        visible_ns = asked_ns - self._visibility_ns
        listed = {order.venue_order_id: order for order in open_orders}
        matches: dict[str, VenueOrder] = {}
        for order_id, watch in self._watches.items():
            order = orders.get(order_id)
            if order is None or watch.doubt.since_ns > visible_ns:
                continue
            if watch.is_asked:
                self._next(watch, now_ns)
            found = listed.get(order.venue_order_id) if order.venue_order_id else None
            if found is None and is_unlocated(order):
                found = match(order, orders.values(), open_orders, fills).order
            if found is not None:
                matches[order_id] = found
        claims = Counter(found.venue_order_id for found in matches.values())
        actions: list[Action] = []
        for order_id, found in matches.items():
            if claims[found.venue_order_id] == 1:  # else two of ours would share one of theirs
                own = [fill for fill in fills if _is_of(fill, found)]
                actions += self._settle(orders[order_id], found, own, asked_ns, now_ns)
        return actions

    def _take_in(self, order_id: str, doubt: Doubt) -> None:
        known = self._watches.get(order_id)
        if known is None or (known.doubt != doubt):
            since_ns = doubt.since_ns if known is None else known.since_ns
            watch = _Watch(doubt, doubt.since_ns + self._visibility_ns, since_ns)
            watch.is_told = known is not None and known.is_told
            self._watches[order_id] = watch

    def _next(self, watch: _Watch, now_ns: TimeNs) -> None:
        settings = self._settings
        watch.is_asked = False
        watch.tries += 1
        watch.due_ns = now_ns + doubled(settings.lookup_s, watch.tries, settings.lookup_s_max)

    def _is_late_enough(self, order: Order, asked_ns: TimeNs) -> bool:
        """Whether an answer to a look-up must show what was sent last."""
        return order.doubt is not None and asked_ns >= order.doubt.since_ns + self._visibility_ns

    def _is_old(self, watch: _Watch, now_ns: TimeNs) -> bool:
        return now_ns - watch.since_ns >= nanoseconds(self._settings.doubt_alert_s)

    def _story(self, watch: _Watch) -> str:
        what = watch.doubt.operation.name.lower()
        tried = f"{watch.tries} look-ups" if watch.tries else "no look-up yet"
        if watch.misses:
            tried += f", the last {watch.misses} found nothing"
        if not self.has_lookup:
            tried = "the broker has no look-up by client id, and nothing fits beyond doubt"
        elif not self._can_prove:
            tried += "; that proves nothing at this broker"
        return f"outcome of {what} unknown: {tried}"

    def _settle(
        self,
        order: Order,
        found: VenueOrder,
        fills: Iterable[Fill],
        asked_ns: TimeNs,
        now_ns: TimeNs,
    ) -> list[Action]:
        reports = evidence(
            order,
            found,
            fills,
            asked_ns=asked_ns,
            visibility_ms=self._visibility_ms,
            now_ns=now_ns,
        )
        return [FeedReport(report) for report in reports]


def _is_of(fill: Fill, found: VenueOrder | None) -> bool:
    """Whether an execution names a venue's order by the venue's id."""
    return found is not None and fill.venue_order_id == found.venue_order_id != ""
