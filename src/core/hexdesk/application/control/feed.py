"""Readers of the event stream: a snapshot or a token first, then what follows."""

from collections import deque
from collections.abc import Callable
from functools import partial

from hexdesk.application.control.chronicle import Chronicle
from hexdesk.application.control.ring import EventRing
from hexdesk.application.control.sight import Sight
from hexdesk.application.desk import Desk
from hexdesk.ports.control import EventBatch, EventFilter
from hexdesk.ports.control_events import Event, Resync, ResyncInfo, Snapshot

PART_SIZE = 256
"""Resources in one part of a snapshot: what the desk's thread is held up for at once."""
SCAN_MAX = 8
"""Events looked at for each one asked for, so that a narrow filter holds nobody up."""
_TOKEN_PARTS = 3


class DeskFeed:
    """One reader; implements `EventFeed`.

    Attributes:
        admit: Called before each read; raises where the reader may not read any more.
    """

    def __init__(
        self,
        desk: Desk,
        sight: Sight,
        chronicle: Chronicle,
        wanted: EventFilter,
        resume_token: str = "",
    ) -> None:
        self._desk = desk
        self._sight = sight
        self._chronicle = chronicle
        self._ring: EventRing = chronicle.ring
        self._wanted = wanted
        self._mark = _mark_of(wanted)
        self._place = 0
        self._told = 0
        self._parts: deque[Callable[[], Snapshot | None]] = deque()
        self._resync: ResyncInfo | None = None
        self._callback: Callable[[], None] | None = None
        self._is_closed = False
        self.admit: Callable[[], None] = _admit
        chronicle.catch_up()
        if resume_token:
            self._resume(resume_token)
        else:
            self._begin()

    def read(self, limit: int) -> EventBatch | None:
        """Return the next events or part of a snapshot; None if there are none."""
        if self._is_closed:
            return None
        self.admit()
        self._chronicle.catch_up()
        if self._place + 1 < self._ring.oldest:
            missed = self._ring.oldest - 1 - self._place
            self._start_anew(Resync.TOO_SLOW, missed)
        resync, self._resync = self._resync, None
        while self._parts:
            part = self._parts.popleft()()
            if part is not None:
                return self._batch(snapshot=part, resync=resync)
        events = self._take(limit)
        if not events and resync is None and self._told == self._place:
            return None
        return self._batch(events=events, resync=resync)

    def wake(self, callback: Callable[[], None]) -> None:
        """Call back once, soon after the next event comes, or at once if there is one."""
        if self._callback is not None:
            self._ring.forget(self._callback)
        self._callback = callback
        if self._parts or self._place < self._ring.sequence:
            callback()
        else:
            self._ring.wake_later(callback)

    def close(self) -> None:
        """Forget the reader."""
        self._is_closed = True
        self._parts.clear()
        if self._callback is not None:
            self._ring.forget(self._callback)
            self._callback = None

    # --- inside --------------------------------------------------------------------------------

    def _batch(
        self,
        *,
        events: tuple[Event, ...] = (),
        snapshot: Snapshot | None = None,
        resync: ResyncInfo | None = None,
    ) -> EventBatch:
        # a reader that loses the stream within a snapshot must ask for a whole one again
        token = "" if self._parts else f"{self._desk.run_id}:{self._place}:{self._mark}"
        self._told = self._place
        return EventBatch(
            sequence=self._place,
            resume_token=token,
            events=events,
            snapshot=snapshot,
            resync=resync,
        )

    def _take(self, limit: int) -> tuple[Event, ...]:
        show = self._chronicle.show
        return tuple([each if each.wire else show(each) for each in self._next(limit)])

    def _next(self, limit: int) -> list[Event]:
        """Return the next events that are wanted, and go behind them."""
        ring, wanted, place = self._ring, self._wanted, self._place
        if not wanted.kinds and not wanted.strategy_id:
            self._place = last = min(ring.sequence, place + limit)
            return ring.between(place + 1, last)
        last = min(ring.sequence, place + limit * SCAN_MAX)
        events: list[Event] = []
        while self._place < last and len(events) < limit:
            self._place += 1
            event = ring.get(self._place)
            if wanted.kinds and event.kind not in wanted.kinds:
                continue
            if event.strategy_id and wanted.strategy_id not in ("", event.strategy_id):
                continue
            events.append(event)
        return events

    def _resume(self, token: str) -> None:
        parts = token.split(":", _TOKEN_PARTS - 1)
        if len(parts) != _TOKEN_PARTS or not parts[1].isascii() or not parts[1].isdigit():
            self._start_anew(Resync.TOKEN_UNUSABLE, -1)
            return
        run_id, number, mark = parts[0], int(parts[1][:18]), parts[2]
        if run_id != self._desk.run_id:
            self._start_anew(Resync.OTHER_RUN, -1)
        elif mark != self._mark or number > self._ring.sequence:
            self._start_anew(Resync.TOKEN_UNUSABLE, -1)
        elif number + 1 < self._ring.oldest:
            self._start_anew(Resync.TOKEN_TOO_OLD, self._ring.oldest - 1 - number)
        else:
            self._place = self._told = number

    def _start_anew(self, cause: Resync, missed_count: int) -> None:
        self._resync = ResyncInfo(cause, missed_count)
        self._begin()

    def _begin(self) -> None:
        """Begin a snapshot: parts are made as they are read, each no older than this moment.

        What changes until then comes again as an event, so that nothing is missed.
        """
        self._place = self._told = self._ring.sequence
        self._parts.clear()
        self._parts.append(self._head)
        keys = [
            (host.strategy_id, instrument_id)
            for host in self._desk.hosts.values()
            for instrument_id in host.ledgers
            if self._is_wanted(host.strategy_id)
        ]
        orders = [
            client_order_id
            for client_order_id, order in self._desk.execution.open.items()
            if self._is_wanted(order.intent.strategy_id)
        ]
        for first in range(0, len(keys), PART_SIZE):
            self._parts.append(partial(self._positions, keys[first : first + PART_SIZE]))
        for first in range(0, len(orders), PART_SIZE):
            self._parts.append(partial(self._orders, orders[first : first + PART_SIZE]))
        self._parts.append(lambda: Snapshot(is_complete=True))

    def _is_wanted(self, strategy_id: str) -> bool:
        return self._wanted.strategy_id in ("", strategy_id)

    def _head(self) -> Snapshot:
        sight, desk = self._sight, self._desk
        accounts = (sight.account_by_name(name) for name in desk.accounts)
        return Snapshot(
            desk=sight.desk_info(),
            strategies=tuple(
                sight.strategy(host)
                for host in desk.hosts.values()
                if self._is_wanted(host.strategy_id)
            ),
            accounts=tuple(account for account in accounts if account is not None),
        )

    def _positions(self, keys: list[tuple[str, str]]) -> Snapshot | None:
        found = (self._sight.position_by_key(key) for key in keys)
        held = tuple(each for each in found if each is not None and not each.is_flat)
        return Snapshot(positions=held) if held else None

    def _orders(self, client_order_ids: list[str]) -> Snapshot | None:
        found = (self._sight.order_by_id(each) for each in client_order_ids)
        orders = tuple(each for each in found if each is not None)
        return Snapshot(orders=orders) if orders else None


def _mark_of(wanted: EventFilter) -> str:
    """Return what of the filter a token must match."""
    kinds = ".".join(str(int(kind)) for kind in sorted(wanted.kinds))
    return f"{kinds}/{wanted.strategy_id}"


def _admit() -> None:
    """Let anybody read."""
