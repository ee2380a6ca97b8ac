"""The live feeds of a desk: reached, asked for what they list, and for what the desk wants."""

from collections.abc import Callable, Collection
from functools import partial

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import MarketEvent
from hexdesk.ports.journal import Journal
from hexdesk.ports.market_data import MarketData
from hexdesk_app.build import Application
from hexdesk_app.running.attaching import Attaching
from hexdesk_app.running.feed_gate import Listings
from hexdesk_app.running.links import LinkKind

Put = Callable[[MarketEvent], None]


class LiveFeeds:
    """Feeds that push into a desk as soon as they can be reached.

    A desk cannot be made without knowing its instruments: where neither the configuration nor the
    journal does, it waits for its feeds. Each is asked for what it lists; for what none lists all
    are, so that one refuses it.

    Attributes:
        listings: What each of them lists.
    """

    def __init__(self, app: Application, attaching: Attaching, put: Put) -> None:
        self._app = app
        self._attaching = attaching
        self._put = put
        self.listings = Listings(app.feeds)
        self._found: dict[str, Instrument] = {}
        self._wanted: set[str] = set()
        self._connected: set[str] = set()
        self._subscribed: dict[str, set[str]] = {}
        self._journal: Journal | None = None

    async def reach(self) -> None:
        """Connect what can be reached, and as much more as has to be; the rest later.

        Raises:
            HexdeskError: A feed refused, or the desk shall not wait.
        """
        feeds = self._app.feeds
        missing = {
            name: partial(self._connect, name, feed)
            for name, feed in feeds.items()
            if not await self._attaching.first(
                LinkKind.FEED, name, partial(self._connect, name, feed)
            )
        }
        for name, connect in missing.items():
            if self._knows_all():
                self._attaching.later(LinkKind.FEED, name, connect)
            else:
                await self._attaching.until(LinkKind.FEED, name, connect)
        self._app.discover(self._found)

    async def subscribe(self, instrument_ids: Collection[str]) -> None:
        """Ask the feeds for these as well, those not reached yet as soon as they are.

        Raises:
            VenueError: A feed refuses.
        """
        self._wanted |= set(instrument_ids)
        for name in list(self._connected):
            await self._subscribe(name, self._app.feeds[name])

    def close(self) -> None:
        """Free what a look at the past has opened."""
        if self._journal is not None:
            self._journal.close()

    async def _connect(self, name: str, feed: MarketData) -> None:
        if name not in self._connected:
            await feed.connect(self._put)
            self._connected.add(name)
        found = {each.id: each for each in await feed.instruments()}
        self._found.update(found)
        self.listings.note(name, found)
        await self._subscribe(name, feed)

    async def _subscribe(self, name: str, feed: MarketData) -> None:
        known = self._subscribed.setdefault(name, set())
        fresh = {each for each in self._wanted - known if self.listings.carries(name, each)}
        if fresh:
            await feed.subscribe(sorted(fresh))
            known |= fresh

    def _knows_all(self) -> bool:
        """Whether every instrument that strategies trade is known, and any at all."""
        app = self._app
        wanted = {
            each for part in app.parts.strategies.values() for each in part.section.instruments
        }
        self._journal = app.journal
        past = app.past.state.instruments if app.past is not None else ()
        known = {*self._found, *app.config.instruments, *(each.id for each in past)}
        return bool(known) and wanted <= known
