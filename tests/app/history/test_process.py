"""History written by another process: nothing is missing, whatever becomes of that process.

Seeds: E7.
"""

import logging
import os
import signal
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from hexdesk.domain.commands import Halt
from hexdesk.plugin import JournalContext
from hexdesk.ports.read_model import EquityQuery, EventQuery
from hexdesk_app.history.messages import Setup
from hexdesk_app.history.opening import DEFAULT_SECTION
from hexdesk_app.history.process import HistoryProcess
from hexdesk_app.history.samples import SAMPLES_MAX
from hexdesk_journal.file import FileJournal
from hexdesk_journal.settings import JournalSettings
from tests.adapters.sqlite.samples import opened, reading, sample

LOGGER = logging.getLogger("hexdesk.history")
TIMEOUT_S = 60.0


class Rig:
    """A journal on disk and the process that writes its history.

    Attributes:
        journal: Of the desk.
        feed: The process.
    """

    def __init__(self, state_path: Path, answer_timeout_s: float = TIMEOUT_S) -> None:
        context = JournalContext(name="journal", run_id="run", state_path=state_path, logger=LOGGER)
        self.journal = FileJournal(context, JournalSettings(sync="none", segment_mb=1))
        setup = Setup(section=DEFAULT_SECTION, journal="journal", state_path=str(state_path))
        self.feed = HistoryProcess(
            setup,
            self.journal,
            LOGGER,
            window_s=0.005,
            retry_s=0.01,
            answer_timeout_s=answer_timeout_s,
        )

    def commit(self, count: int = 1) -> None:
        """Add that many records."""
        for _ in range(count):
            number = self.journal.sequence + 1
            self.journal.append(Halt(f"reason {number}", number))
            self.journal.commit()

    def catch_up(self) -> None:
        """Wait until all is written."""
        eventually(lambda: not self.feed.stats.behind and bool(self.feed.stats.sequence))

    def pid(self) -> int:
        """Return the number of the process."""
        child = self.feed.child
        assert child is not None
        return child.pid


@contextmanager
def running(state_path: Path, answer_timeout_s: float = TIMEOUT_S) -> Generator[Rig]:
    rig = Rig(state_path, answer_timeout_s)
    rig.feed.start()
    try:
        yield rig
    finally:
        rig.feed.close(TIMEOUT_S)
        rig.journal.close()


def eventually(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not check():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.002)


def reasons(state_path: Path) -> list[str]:
    with closing(reading(state_path)) as model:
        return [row.text for row in model.events(EventQuery(limit=10_000)).rows]


def expected(count: int) -> list[str]:
    return [f"reason {number}" for number in range(1, count + 1)]


def test_all_that_is_committed_is_written_once_and_in_order(tmp_path: Path) -> None:
    with running(tmp_path) as rig:
        rig.commit(50)
        rig.catch_up()
        rig.commit(3_000)
        rig.feed.add_equity(sample(number) for number in range(1, 1_501))
        rig.catch_up()
        eventually(lambda: rig.feed.stats.samples_written == 1_500)
        assert rig.feed.stats.written == 3_050
    assert reasons(tmp_path) == expected(3_050)
    with closing(reading(tmp_path)) as model:
        assert len(model.equity(EquityQuery(limit=10_000)).rows) == 1_500


def test_closing_writes_what_waits_and_ends_the_process(tmp_path: Path) -> None:
    with running(tmp_path) as rig:
        rig.commit()
        rig.catch_up()
        pid = rig.pid()
        rig.commit(2_000)
        rig.feed.add_equity(sample(number) for number in range(1, SAMPLES_MAX + 1))
        assert rig.feed.close(TIMEOUT_S)
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert rig.feed.stats.samples_written == SAMPLES_MAX
        assert rig.feed.stats.samples_dropped == 0
    assert reasons(tmp_path) == expected(2_001)


def test_it_may_be_closed_before_it_was_ever_ready(tmp_path: Path) -> None:
    with running(tmp_path) as rig:
        rig.commit(5)
        assert rig.feed.close(TIMEOUT_S)
    assert reasons(tmp_path) == expected(5)


def test_what_was_never_begun_is_closed_in_silence(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.commit()
    assert rig.feed.close(TIMEOUT_S)
    assert rig.feed.child is None
    rig.journal.close()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_process_that_ends_is_replaced_and_nothing_is_missing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, number: signal.Signals
) -> None:
    caplog.set_level(logging.INFO)
    with running(tmp_path) as rig:
        for life in range(1, 4):
            rig.commit(500)
            rig.feed.add_equity([sample(life)])
            rig.catch_up()
            failures = rig.feed.stats.failures
            pid = rig.pid()
            os.kill(pid, number)
            rig.commit(200)
            rig.feed.add_equity([sample(10 + life)])
            eventually(lambda: rig.feed.stats.failures > failures)  # noqa: B023 - at once
            rig.catch_up()
            assert rig.pid() != pid
        eventually(lambda: rig.feed.stats.samples_written == 6)
        stats = rig.feed.stats
        assert (stats.written, stats.rebuilds, stats.problem) == (2_100, 0, "")
    assert reasons(tmp_path) == expected(2_100)
    with closing(reading(tmp_path)) as model:
        times = [row.ts_ns for row in model.equity(EquityQuery()).rows]
    assert times == [1, 2, 3, 11, 12, 13]
    assert f"its process ended with exit code {-number}" in caplog.text
    assert "history is written again" in caplog.text


def test_a_process_that_hangs_is_replaced(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with running(tmp_path, answer_timeout_s=1.0) as rig:
        rig.commit()
        rig.catch_up()
        os.kill(rig.pid(), signal.SIGSTOP)
        rig.commit()
        rig.catch_up()
    assert reasons(tmp_path) == expected(2)
    assert "its process has not answered for 1 s" in caplog.text


def test_closing_takes_no_longer_than_its_limit(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running(tmp_path) as rig:
        rig.commit()
        rig.catch_up()
        os.kill(rig.pid(), signal.SIGSTOP)
        rig.commit(7)
        begun = time.monotonic()
        assert not rig.feed.close(0.1)
        assert time.monotonic() - begun < TIMEOUT_S / 2
        assert "history is 7 records behind" in caplog.text


def test_signals_for_the_desk_are_not_for_it(tmp_path: Path) -> None:
    with running(tmp_path) as rig:
        rig.commit()
        rig.catch_up()
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(rig.pid(), number)
        rig.commit()
        rig.catch_up()
        assert not rig.feed.stats.failures


def test_what_it_cannot_begin_is_said_once_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = opened(tmp_path)
    with running(tmp_path) as rig:
        rig.commit(3)
        eventually(lambda: rig.feed.stats.failures >= 2)
        assert "READ_MODEL_LOCKED" in rig.feed.stats.problem
        other.close()
        rig.catch_up()
        assert not rig.feed.stats.problem
    assert caplog.text.count("READ_MODEL_LOCKED") == 1
    assert reasons(tmp_path) == expected(3)


def test_what_it_logs_is_in_the_log_of_the_desk(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(opened(tmp_path)) as model:
        model.write(1, [Halt("of another journal", number) for number in range(8)])
    with running(tmp_path) as rig:
        rig.commit(4)
        eventually(lambda: rig.feed.stats.rebuilds == 1)
        rig.catch_up()
    assert "is of another journal than this one" in caplog.text
    assert reasons(tmp_path) == expected(4)


def test_whoever_asks_sees_the_file_that_was_made_again(tmp_path: Path) -> None:
    """A damaged one is moved aside while others have it open."""
    with running(tmp_path) as rig:
        rig.commit(5)
        rig.catch_up()
    with closing(reading(tmp_path)) as model:
        assert len(model.events(EventQuery()).rows) == 5
        path = model.path
        path.rename(path.with_name("elsewhere"))
        for companion in ("-wal", "-shm"):
            with suppress(FileNotFoundError):
                path.with_name(path.name + companion).unlink()
        with running(tmp_path) as rig:
            rig.commit(1)
            rig.catch_up()
        assert len(model.events(EventQuery()).rows) == 6
