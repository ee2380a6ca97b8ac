"""A bounded queue with a thread behind it: what finds no room is dropped and counted.

Whoever puts never waits. The thread hands batches to an exporter that may be slow, refuse or hang;
while it does, the queue fills and then drops. Nothing is kept for a receiver that comes back: what
it missed is told by the counts.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from hexdesk.plugin.pacing import Pace
from hexdesk.ports.telemetry import SignalStats

T = TypeVar("T")
BATCH_MAX = 32
WINDOW_S = 1.0
"""Longest wait of an item for its batch, when all is well: a batch costs as much as its items."""
REST_S = 0.02
"""Shortest rest while much waits."""
SHARE = 0.02
"""Part of the time that the thread may use while much waits: the desk has the rest."""


class Outlet(Generic[T]):
    """Takes items in any thread and exports them in its own."""

    def __init__(
        self,
        signal: str,
        export: Callable[[Sequence[T]], bool],
        logger: logging.Logger,
        *,
        queue_max: int,
        shutdown: Callable[[], object],
        receiver: str = "the receiver",
    ) -> None:
        """Prepare.

        Args:
            signal: Its name, for messages.
            export: Sends a batch and returns whether a receiver took it; may raise.
            logger: Told when it begins to fail, and when it works again.
            queue_max: Items that may wait.
            shutdown: Frees the exporter, in the outlet's own thread.
            receiver: Who takes the items, for messages.
        """
        self._signal = signal
        self._export = export
        self._logger = logger
        self._queue_max = queue_max
        self._shutdown = shutdown
        self._receiver = receiver
        self._queue: deque[T] = deque()
        self._pace = Pace(SHARE, REST_S)
        self._exported = self._failures = self._lost = 0
        self._refused = 0
        self._problem = ""
        self._deadline = float("inf")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"otel-{signal}", daemon=True)

    def start(self) -> None:
        """Begin to export."""
        self._thread.start()

    def put(self, item: T) -> bool:
        """Take an item if there is room; never waits."""
        if len(self._queue) >= self._queue_max:
            self._refused += 1
            return False
        self._queue.append(item)
        return True

    @property
    def stats(self) -> SignalStats:
        """How it is doing."""
        return SignalStats(
            exported=self._exported,
            dropped=self._refused + self._lost,
            failures=self._failures,
            waiting=len(self._queue),
            problem=self._problem,
        )

    @property
    def is_busy(self) -> bool:
        """Whether its thread still runs: after `close`, an exporter that hangs."""
        return self._thread.is_alive()

    def close(self, timeout_s: float) -> None:
        """Export what waits, within a time; an exporter that hangs is left behind."""
        self._deadline = time.monotonic() + timeout_s
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stop.wait(WINDOW_S):
            self._drain()
        self._drain()
        self._lost += len(self._queue)
        self._queue.clear()
        self._shutdown()

    def _drain(self) -> None:
        while self._queue and time.monotonic() < self._deadline:
            self._pace.begin()
            self._send([self._queue.popleft() for _ in range(min(BATCH_MAX, len(self._queue)))])
            if self._queue and not self._stop.is_set():
                self._pace.rest(self._stop)

    def _send(self, batch: list[T]) -> None:
        problem = f"{self._receiver} did not take it"
        try:
            is_taken = self._export(batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, the desk must not notice
            is_taken, problem = False, f"{type(error).__name__}: {error}"
        if is_taken:
            self._exported += len(batch)
            if self._problem:
                self._logger.info("%s are exported again", self._signal)
            self._problem = ""
            return
        was_well, self._problem = not self._problem, problem
        self._failures += 1
        self._lost += len(batch)
        if was_well:
            self._logger.warning(
                "%s are not exported for now, the desk goes on without: %s", self._signal, problem
            )
