"""Which feed carries what, and what may not be opened while one of them is not current."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeAlias

from hexdesk.application.orders.standing import Standing
from hexdesk.domain.commands import ClearReducing, SetReducing
from hexdesk.domain.links import LinkStatus
from hexdesk.domain.values import TimeNs
from hexdesk_app.running.links import LinkKind

FEED_STALE = "FEED_STALE"
Statuses: TypeAlias = Mapping[tuple[LinkKind, str], LinkStatus]


class Listings:
    """What the feeds of a desk list."""

    def __init__(self, names: Iterable[str]) -> None:
        self._missing = set(names)
        self._listed: dict[str, set[str]] = {}

    def note(self, name: str, instrument_ids: Iterable[str]) -> None:
        """Remember what a feed lists, now that it was reached."""
        self._missing.discard(name)
        self._listed[name] = set(instrument_ids)

    def carries(self, name: str, instrument_id: str) -> bool:
        """Whether an instrument is asked of a feed: it lists it, or it may, and no other does.

        One that lists other things may not, until all were reached: then it is its turn to refuse.
        """
        listed = self._listed.get(name)
        if listed and instrument_id in listed:
            return True
        if any(instrument_id in each for each in self._listed.values()):
            return False
        return not (listed and self._missing)


class FeedGate:
    """Lets nothing be opened on an instrument while a feed that carries it is not current."""

    def __init__(
        self,
        standing: Standing,
        put: Callable[[SetReducing | ClearReducing], None],
        now_ns: Callable[[], TimeNs],
        listings: Listings,
        statuses: Statuses,
    ) -> None:
        """Begin; `standing` says what the run before left shut, `statuses` how links are now."""
        self._standing = standing
        self._put = put
        self._now_ns = now_ns
        self._listings = listings
        self._statuses = statuses
        self._instrument_ids: set[str] = set()
        self._shut: set[str] = set()  # as asked for: the desk may not have come to it yet

    def watch(self, instrument_ids: Collection[str]) -> None:
        """Look after these, too."""
        self._instrument_ids.update(instrument_ids)
        for each in sorted(instrument_ids):
            if FEED_STALE in self._standing.reducing.get(each, {}):
                self._shut.add(each)
            self._look(each, "its feed is current")

    def on_link(self, status: LinkStatus) -> None:
        """Take a change of a feed's link."""
        for each in sorted(self._instrument_ids):
            if self._listings.carries(status.name, each):
                self._look(each, f"feed {status.name} is back")

    def _look(self, instrument_id: str, reason: str) -> None:
        is_shut = instrument_id in self._shut
        late = self._not_current(instrument_id)
        if late is None and is_shut:
            self._shut.remove(instrument_id)
            self._put(ClearReducing(instrument_id, FEED_STALE, reason, self._now_ns()))
        elif late is not None and not is_shut:
            self._shut.add(instrument_id)
            text = f"feed {late.name}: {late.state.name.lower()}"
            self._put(SetReducing(instrument_id, FEED_STALE, text, self._now_ns()))

    def _not_current(self, instrument_id: str) -> LinkStatus | None:
        """Return a feed that carries an instrument and is not live, None if there is none."""
        for (kind, name), status in self._statuses.items():
            if kind is not LinkKind.FEED or status.is_live:
                continue
            if self._listings.carries(name, instrument_id):
                return status
        return None
