"""From the journal's records to timelines and histograms of orders, in a thread of its own.

What is not taken in time is dropped and counted: see `hexdesk_app.telemetry.source`. The thread
takes a small share of the processor while there is much to do: a storm of orders costs the desk a
few percent and loses telemetry, never the other way round.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.metrics import Exemplar, Log2Histogram
from hexdesk.domain.timeline import EndedOrder, Positions, TimelineFold
from hexdesk.domain.values import TimeNs
from hexdesk.plugin.pacing import Pace
from hexdesk.ports.journal import Journal, TailedJournal
from hexdesk.ports.telemetry import CallLog, Reading, Telemetry, order_traceparent
from hexdesk_app.running.live_clock import wall_time_ns
from hexdesk_app.telemetry.labels import Labels
from hexdesk_app.telemetry.requests import RequestBook
from hexdesk_app.telemetry.source import ReadSource, Source, ToldSource

SHARE = 0.015
"""Part of the time that the thread may use while commits wait."""
REST_S = 0.02
"""Shortest rest while commits wait: each time that the thread wakes disturbs the desk."""
WINDOW_S = 0.05
CLOSE_TIMEOUT_S = 5.0


class TimelineFeed:
    """Follows one journal."""

    def __init__(
        self,
        journal: Journal,
        instruments: Mapping[str, Instrument],
        telemetry: Telemetry | None,
        logger: logging.Logger,
        *,
        wall_ns: Callable[[], TimeNs] | None,
        requests: RequestBook | None = None,
        positions: Callable[[], Positions] = dict,
        calls: CallLog | None = None,
        labels: Labels | None = None,
        share: float = SHARE,
    ) -> None:
        """Prepare to follow.

        Args:
            journal: Of the desk.
            instruments: By id.
            telemetry: Takes the timelines; None for histograms only.
            logger: Told once if something is wrong.
            wall_ns: The desk's clock, None where its time is virtual.
            requests: What brokers sent, for the traces of kept orders.
            positions: Returns what is held at the start.
            labels: Which values are told apart, everywhere the same.
            calls: Which records came of which call; a journal in memory is then read.
            share: Part of the time that the thread may use while there is much to do.
        """
        self._source = _source(journal, wall_ns, calls)
        self._telemetry = telemetry
        self._logger = logger
        self._pace = Pace(share, REST_S)
        self._fold = TimelineFold(instruments)
        self._requests = requests
        self._positions = positions
        self._labels = labels or Labels()
        self._histograms: dict[tuple[str, str, str], Log2Histogram] = {}
        self._ended: dict[tuple[str, str], int] = {}
        self._quantities: dict[str, list[float]] = {}
        self._failures = self._noticed = 0
        self._deadline = float("inf")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="timelines", daemon=True)

    # --- the desk's thread -----------------------------------------------------------------------

    def start(self) -> None:
        """Begin to follow."""
        self._fold.hold(self._positions())
        if self._requests is not None and self._telemetry is not None:
            self._requests.follow()
        self._source.start()
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Commits, or records, that found no room."""
        return self._source.dropped

    def readings(self) -> list[Reading]:
        """Return what is known of the orders that have ended."""
        found = [
            Reading(metric, (strategy, instrument), histogram.distribution())
            for (metric, strategy, instrument), histogram in list(self._histograms.items())
        ]
        found += [Reading("hexdesk.order.ended", key, n) for key, n in list(self._ended.items())]
        for strategy, (filled, asked) in list(self._quantities.items()):
            found.append(Reading("hexdesk.order.fill_ratio", (strategy,), filled / asked))
        dropped = "hexdesk.telemetry.dropped"
        found.append(Reading(dropped, ("commits",), self._source.dropped))
        found.append(Reading(dropped, ("timelines",), self._fold.given_up))
        if self._requests is not None:
            found.append(Reading(dropped, ("requests",), self._requests.dropped))
        return found

    def close(self, timeout_s: float = CLOSE_TIMEOUT_S) -> None:
        """Handle what waits, within a time; call it after the journal's last commit."""
        self._deadline = time.monotonic() + timeout_s
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s + WINDOW_S)

    # --- the feed's thread -----------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            stopping = self._stop.is_set()
            try:
                self._feed()
                if stopping:
                    for ended in self._fold.give_up():
                        self._take(ended)
            except Exception:  # whatever it is, the desk must not notice
                self._failures += 1
                if self._failures == 1:
                    self._logger.exception("telemetry of orders failed; the desk goes on without")
            if stopping:
                return
            self._stop.wait(WINDOW_S)

    def _feed(self) -> None:
        source, fold = self._source, self._fold
        if self._requests is not None and self._telemetry is not None:
            self._requests.pass_on(self._telemetry)
        while source.has_more:
            self._pace.begin()
            for written_ns, origin, records in source.take():
                fold.add(records, written_ns=written_ns, origin=origin)
            if source.dropped > self._noticed:
                self._noticed = source.dropped
                fold.forget_positions()
            for ended in fold.take():
                self._take(ended)
            if self._stop.is_set():
                if time.monotonic() > self._deadline:
                    return
            elif source.has_more:
                self._pace.rest(self._stop)

    def _take(self, ended: EndedOrder) -> None:
        timeline = ended.timeline
        is_kept = self._telemetry is not None and self._telemetry.order(timeline)
        if self._requests is not None and self._telemetry is not None:
            order_id = timeline.intent.client_order_id
            self._requests.decide(order_id, self._telemetry, is_kept=is_kept)
        strategy = self._labels.cap("strategy", timeline.intent.strategy_id)
        instrument = self._labels.cap("instrument", timeline.intent.instrument_id)
        for metric, value in (
            ("hexdesk.order.tick_to_signal", timeline.tick_to_signal_ns),
            ("hexdesk.order.tick_to_order", timeline.tick_to_order_ns),
            ("hexdesk.order.order_to_ack", timeline.order_to_ack_ns),
            ("hexdesk.order.ack_to_fill", timeline.ack_to_fill_ns),
            ("hexdesk.order.slippage", ended.slippage_ppm),
        ):
            if value is None:
                continue
            key = (metric, strategy, instrument)
            histogram = self._histograms.get(key)
            if histogram is None:
                histogram = self._histograms[key] = Log2Histogram()
            histogram.add(value)
            if is_kept:
                histogram.exemplar = _exemplar(ended, value)
        state = (strategy, timeline.state)
        self._ended[state] = self._ended.get(state, 0) + 1
        quantities = self._quantities.setdefault(strategy, [0.0, 0.0])
        quantities[0] += timeline.filled
        quantities[1] += timeline.intent.quantity or 1


def _source(
    journal: Journal, wall_ns: Callable[[], TimeNs] | None, calls: CallLog | None
) -> Source:
    if wall_ns is None and calls is not None and isinstance(journal, TailedJournal):
        return ReadSource(journal, calls)
    return ToldSource(journal, wall_ns)


def _exemplar(ended: EndedOrder, value: int) -> Exemplar:
    timeline = ended.timeline
    span = order_traceparent(timeline.intent.client_order_id, "order", timeline.origin)
    # of now, also where time is virtual: what is measured is looked for by when it was measured
    return Exemplar(value, span.trace_id, span.span_id, wall_time_ns())
