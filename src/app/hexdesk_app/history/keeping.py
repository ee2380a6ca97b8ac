"""A running desk's history: what feeds it, what answers, and samples of equity on the way."""

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Protocol

from hexdesk.application.desk import Desk
from hexdesk.domain.history import EquityRow
from hexdesk.domain.values import NS_PER_SECOND, TimeNs
from hexdesk.ports.read_model import ReadModel
from hexdesk_app.build import Application
from hexdesk_app.history.equity import equity_rows
from hexdesk_app.history.feed import FeedStats, HistoryFeed
from hexdesk_app.history.messages import Setup
from hexdesk_app.history.opening import read_model_context
from hexdesk_app.history.process import HistoryProcess
from hexdesk_app.plugins import make

LOGGER = logging.getLogger("hexdesk.history")
SAMPLE_STEP_NS = NS_PER_SECOND
"""Shortest time between two samples of equity."""


class Feed(Protocol):
    """What `History` wants of a feed; see `HistoryFeed`."""

    @property
    def stats(self) -> FeedStats:
        """How it is doing; from any thread."""
        ...

    def start(self) -> None:
        """Begin to follow the journal."""
        ...

    def add_equity(self, rows: Iterable[EquityRow]) -> None:
        """Take equity samples; neither blocks nor raises."""
        ...

    def close(self) -> bool:
        """Write what waits; return whether nothing was left."""
        ...


class History:
    """Keeps a running desk's history."""

    def __init__(
        self,
        desk: Desk,
        feed: Feed,
        open_reader: Callable[[], ReadModel],
        reader: ReadModel | None = None,
    ) -> None:
        self._desk = desk
        self._feed = feed
        self._open_reader = open_reader
        self._reader = reader
        self._opening = threading.Lock()
        self._next_ns: TimeNs = 0

    @property
    def stats(self) -> FeedStats:
        """How the feed is doing."""
        return self._feed.stats

    def read_model(self) -> ReadModel:
        """Return what answers questions, opened with the first; from any thread.

        Raises:
            DataError: It is damaged or of an older version, and not made again yet.
            OSError: The medium refuses.
        """
        with self._opening:
            if self._reader is None:
                self._reader = self._open_reader()
            return self._reader

    def start(self) -> None:
        """Begin to follow the journal."""
        self._feed.start()

    def sample(self, now_ns: TimeNs) -> None:
        """Take a sample of equity if the last one is old enough; in the desk's own thread."""
        if now_ns >= self._next_ns:
            self._next_ns = now_ns + SAMPLE_STEP_NS
            self._feed.add_equity(equity_rows(self._desk, now_ns))

    def close(self) -> None:
        """Write what waits, within a time limit; call it after the journal's last commit."""
        self._feed.close()
        with self._opening:
            if self._reader is not None:
                self._reader.close()


def make_history(app: Application) -> History | None:
    """Make the configured history; None where there is no `[read_model]`.

    Raises:
        ConfigError: Another process writes the read model.
        DataError: It was written by a newer version.
        OSError: The medium refuses.
    """
    part = app.parts.read_model
    if part is None:
        return None
    state_path = app.config.base_path / app.config.desk.state_path

    def opened(*, is_read_only: bool) -> ReadModel:
        context = read_model_context(state_path, is_read_only=is_read_only)
        return make(part.registration.factory, context, part.settings, part.plugin, part.place)

    model = opened(is_read_only=False)
    journal = app.parts.journal
    if not (journal and journal.registration.open_reader and part.registration.is_durable):
        feed = HistoryFeed(model, app.journal, LOGGER)
        return History(app.desk, feed, lambda: model, reader=model)
    model.close()  # it can be written; from here on another process does
    setup = Setup(section=part.section, journal=journal.section.plugin, state_path=str(state_path))
    process = HistoryProcess(setup, app.journal, LOGGER)
    return History(app.desk, process, lambda: opened(is_read_only=True))
