"""A feed in a process of its own, so that it takes nothing of the interpreter from the desk.

A thread tells it twenty times a second how far the journal is, and asks how it does. A process that
ends or hangs is replaced; what it did not write comes again from the journal.
"""

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from random import Random

import msgspec

from hexdesk.connection.backoff import Backoff
from hexdesk.domain.history import EquityRow
from hexdesk.domain.values import NS_PER_SECOND
from hexdesk_app.history.feed import (
    CLOSE_TIMEOUT_S,
    RETRY_S_MAX,
    RETRY_S_MIN,
    WINDOW_S,
    FeedStats,
    Source,
    left_behind,
)
from hexdesk_app.history.messages import Answer, Progress, Setup
from hexdesk_app.history.samples import SAMPLES_MAX, Samples
from hexdesk_app.history.trouble import Trouble

MODULE = "hexdesk_app.history.child"
ROWS_MAX = 512
"""Samples of one message, which must fit into a socket that nobody reads."""
START_TIMEOUT_S = 120.0
"""For its first answer: a machine with ten processes to a core takes as long to import it."""
ANSWER_TIMEOUT_S = 30.0
END_TIMEOUT_S = 5.0
STABLE_S = 60.0
"""A process that lived as long was well: the next retry comes soon."""

_encode = msgspec.json.Encoder().encode
_decode_answer = msgspec.json.Decoder(Answer).decode


class HistoryProcess:
    """Has one journal written into one read model by another process.

    Attributes:
        child: The latest one; None before the first.
    """

    def __init__(
        self,
        setup: Setup,
        journal: Source,
        logger: logging.Logger,
        *,
        window_s: float = WINDOW_S,
        retry_s: float = RETRY_S_MIN,
        answer_timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> None:
        self.child: subprocess.Popen[bytes] | None = None
        self._setup = _encode(setup)
        self._journal = journal
        self._logger = logger
        self._window_s = window_s
        self._backoff = Backoff(
            round(retry_s * NS_PER_SECOND), round(RETRY_S_MAX * NS_PER_SECOND), Random()
        )
        self._answer_timeout_s = answer_timeout_s
        self._samples = Samples()
        self._now, self._before = FeedStats(), FeedStats()
        self._trouble = Trouble(logger)
        self._close_s: float | None = None
        self._is_closed = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="history-feed", daemon=True)

    # --- the desk's thread -----------------------------------------------------------------------

    def start(self) -> None:
        """Begin with what the read model misses of the journal, and go on as it grows."""
        self._thread.start()

    def add_equity(self, rows: Iterable[EquityRow]) -> None:
        """Take equity samples; neither blocks nor raises."""
        self._samples.add(rows)

    def close(self, timeout_s: float = CLOSE_TIMEOUT_S) -> bool:
        """Have written what waits, within a time, and end the process.

        What is left comes from the journal at the next start. Return whether nothing was left.
        """
        if self._thread.ident is None:
            return True  # it was never begun
        self._close_s = timeout_s
        self._stop.set()
        self._thread.join(timeout_s + END_TIMEOUT_S)
        if self._thread.is_alive() and (child := self.child) is not None:
            child.kill()
            self._thread.join(END_TIMEOUT_S)
        stats = self.stats
        if stats.behind and not self._is_closed:  # else it has said so itself
            self._logger.warning("%s", left_behind(stats))
        return self._is_closed and not stats.behind

    @property
    def stats(self) -> FeedStats:
        """How it is doing; from any thread."""
        now, before = self._now, self._before
        return FeedStats(
            sequence=now.sequence,
            behind=max(self._journal.sequence - now.sequence, 0),
            written=before.written + now.written,
            rebuilds=before.rebuilds + now.rebuilds,
            failures=before.failures + now.failures + self._trouble.count,
            samples_written=self._samples.written,
            samples_dropped=self._samples.dropped,
            problem=self._trouble.text or now.problem,
        )

    # --- the feed's thread -----------------------------------------------------------------------

    def _run(self) -> None:
        attempts = 0
        while True:
            begun = time.monotonic()
            try:
                with self._other_side() as link:
                    self._serve(link)
                return
            except Exception as error:  # noqa: BLE001 - whatever it is, the desk must not notice
                self._trouble.note(error, self._end_of_child(error))
            if self._stop.is_set():
                return
            if time.monotonic() - begun > STABLE_S:
                attempts = 0
            least_ns = self._backoff.limit_ns(attempts) // 2
            wait_ns = self._backoff.wait_ns(attempts, at_least_ns=least_ns)
            self._stop.wait(wait_ns / NS_PER_SECOND)
            attempts += 1

    @contextmanager
    def _other_side(self) -> Generator["Connection[bytes, bytes]"]:
        """Start a process that writes; end it afterwards."""
        mine, theirs = Pipe()
        try:
            with mine:
                with theirs:
                    self.child = _start(theirs)
                yield mine
        finally:
            if self.child is not None:
                _end(self.child)

    def _serve(self, link: "Connection[bytes, bytes]") -> None:
        """Tell a new process what it may write, until it is to end.

        Raises:
            OSError: It is gone, cannot begin, or has not answered in time.
            EOFError: It is gone.
        """
        now, before = self._now, self._before
        self._before = FeedStats(
            written=before.written + now.written,
            rebuilds=before.rebuilds + now.rebuilds,
            failures=before.failures + now.failures,
        )
        self._now = FeedStats(sequence=now.sequence)
        link.send_bytes(self._setup)
        equity = list(self._samples.pending)
        told = 0
        is_ready = False
        while not self._is_closed:
            close_s = self._close_s if self._stop.is_set() else None
            if close_s is not None:
                equity += self._samples.take(SAMPLES_MAX)
            elif not self._samples.pending:
                equity += self._samples.take(ROWS_MAX)
            told += len(equity)
            timeout_s = self._answer_timeout_s if is_ready else START_TIMEOUT_S
            stats = self._exchange(link, equity, close_s, timeout_s + (close_s or 0))
            is_ready = True
            if stats.samples_written == told:
                self._samples.finish()
            equity = []
            self._is_closed = close_s is not None
            self._rest()

    def _exchange(
        self,
        link: "Connection[bytes, bytes]",
        equity: list[EquityRow],
        close_s: float | None,
        timeout_s: float,
    ) -> FeedStats:
        sequence = self._journal.sequence
        link.send_bytes(_encode(Progress(sequence=sequence, equity=equity, close_s=close_s)))
        if not link.poll(timeout_s):
            raise TimeoutError(f"its process has not answered for {timeout_s:g} s")
        answer = _decode_answer(link.recv_bytes())
        for note in answer.notes:
            self._logger.log(note.level, "%s", note.text)
        if answer.refusal:
            raise OSError(answer.refusal)
        self._now = answer.stats
        if answer.stats.sequence or not sequence:
            self._trouble.end(answer.stats.sequence)
        return answer.stats

    def _rest(self) -> None:
        """Wait until there is something to tell or to hear."""
        while not self._stop.wait(self._window_s):
            if self._now.sequence != self._journal.sequence or not self._samples.is_empty:
                return

    def _end_of_child(self, error: Exception) -> str:
        """Return what to say of an error that means that the process ended; empty for others."""
        is_gone = isinstance(error, EOFError | ConnectionError)
        code = self.child.returncode if self.child is not None else None
        return f"its process ended with exit code {code}" if is_gone else ""


def _start(link: "Connection[bytes, bytes]") -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - this very program
        [sys.executable, "-P", "-m", MODULE, str(link.fileno())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=(link.fileno(),),
        process_group=0,  # Ctrl-C is for the desk
    )


def _end(child: subprocess.Popen[bytes]) -> None:
    """Wait for a process whose socket is closed, which ends it."""
    try:
        child.wait(END_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
