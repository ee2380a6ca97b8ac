"""The feed: bounded, behind the journal's back, and never in the desk's way.

Seeds: E7.
"""

import errno
import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from hexdesk.domain.commands import Halt
from hexdesk.domain.history import EquityRow
from hexdesk.errors import DataError
from hexdesk.plugin import JournalContext
from hexdesk.ports.journal import Journal, JournalRecord, JournalSink
from hexdesk.ports.read_model import EquityQuery, EventQuery, Head
from hexdesk.testing.journal import FakeJournal
from hexdesk.testing.read_model import FakeReadModel
from hexdesk_app.history.feed import HistoryFeed
from hexdesk_app.history.samples import SAMPLES_MAX
from hexdesk_journal.file import FileJournal
from hexdesk_journal.settings import JournalSettings

LOGGER = logging.getLogger("hexdesk.history")
TIMEOUT_S = 20.0


class GatedModel(FakeReadModel):
    """Writes only while its gate is open.

    Attributes:
        gate: Open by default.
        opens: How often it was opened.
    """

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()
        self.opens = 0

    def open(self) -> Head:
        self.opens += 1
        return super().open()

    def write(
        self, first: int, records: Sequence[JournalRecord], equity: Sequence[EquityRow] = ()
    ) -> int:
        assert self.gate.wait(TIMEOUT_S)
        return super().write(first, records, equity)


def commit(journal: FakeJournal, count: int = 1) -> None:
    for _ in range(count):
        number = journal.sequence + 1
        journal.append(Halt(f"reason {number}", number))
        journal.commit()


def sample(ts_ns: int) -> EquityRow:
    return EquityRow(ts_ns=ts_ns, account_id="", currency="USDT", scale=8, equity=ts_ns, cash=0)


def eventually(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not check():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.002)


def reasons(model: FakeReadModel) -> list[str]:
    return [row.text for row in model.events(EventQuery(limit=10_000)).rows]


def expected(count: int) -> list[str]:
    return [f"reason {number}" for number in range(1, count + 1)]


@contextmanager
def feeding(model: FakeReadModel, journal: Journal) -> Generator[HistoryFeed]:
    feed = HistoryFeed(model, journal, LOGGER, window_s=0.002, retry_s=0.01)
    feed.start()
    try:
        yield feed
    finally:
        feed.close(TIMEOUT_S)


def test_what_is_committed_is_written_once_and_in_order() -> None:
    model, journal = FakeReadModel(), FakeJournal()
    commit(journal, 5)
    with feeding(model, journal) as feed:
        commit(journal, 300)
        eventually(lambda: model.head.sequence == 305)
        commit(journal, 3)
    assert reasons(model) == expected(308)
    assert feed.stats.written == 308
    assert (feed.stats.behind, feed.stats.problem, feed.stats.failures) == (0, "", 0)


def test_closing_writes_what_waits() -> None:
    model, journal = GatedModel(), FakeJournal()
    feed = HistoryFeed(model, journal, LOGGER, window_s=10.0)
    feed.start()
    commit(journal, 700)
    assert feed.close(TIMEOUT_S)
    assert reasons(model) == expected(700)


def test_closing_takes_no_longer_than_its_limit(caplog: pytest.LogCaptureFixture) -> None:
    model, journal = GatedModel(), FakeJournal()
    model.gate.clear()
    feed = HistoryFeed(model, journal, LOGGER, window_s=0.002)
    commit(journal)
    feed.start()
    assert not feed.close(0.01)
    assert "history is 1 records behind" in caplog.text
    model.gate.set()


def test_what_was_never_begun_is_closed_in_silence() -> None:
    assert HistoryFeed(FakeReadModel(), FakeJournal(), LOGGER).close(TIMEOUT_S)


def test_the_desk_tells_it_nothing_and_keeps_nothing_for_it() -> None:
    """An order costs the same with a read model as without."""

    class Unfollowed(FakeJournal):
        def follow(self, sink: JournalSink) -> None:
            raise AssertionError(sink)

    model, journal = GatedModel(), Unfollowed()
    with feeding(model, journal):
        model.gate.clear()
        commit(journal, 1_000)
        model.gate.set()
        eventually(lambda: model.head.sequence == 1_000)
    assert reasons(model) == expected(1_000)


def test_a_journal_on_disk_is_read_where_it_grows(tmp_path: Path) -> None:
    """Over segments: a new run begins one."""
    model = FakeReadModel()
    for run in range(3):
        context = JournalContext(
            name="journal", run_id=f"run{run}", state_path=tmp_path, logger=LOGGER
        )
        journal = FileJournal(context, JournalSettings(sync="none"))
        with feeding(model, journal):
            for _ in range(200):
                number = journal.sequence + 1
                journal.append(Halt(f"reason {number}", number))
                journal.commit()
            eventually(lambda: model.head.sequence == journal.sequence)  # noqa: B023 - at once
        journal.close()
    assert reasons(model) == expected(600)
    assert model.rebuilds == 0


def test_it_goes_on_where_the_read_model_ends() -> None:
    model, journal = FakeReadModel(), FakeJournal()
    commit(journal, 10)
    model.write(1, journal.committed[:7])
    with feeding(model, journal) as feed:
        eventually(lambda: model.head.sequence == 10)
    assert feed.stats.written == 3
    assert model.rebuilds == 0


@pytest.mark.parametrize("count", [4, 12])
def test_history_of_another_journal_is_made_again(
    count: int, caplog: pytest.LogCaptureFixture
) -> None:
    model, journal = FakeReadModel(), FakeJournal()
    model.write(1, [Halt("of another journal", number) for number in range(8)])
    commit(journal, count)
    with feeding(model, journal):
        eventually(lambda: model.head.sequence == count)
    assert reasons(model) == expected(count)
    assert model.rebuilds == 1
    assert f"is of another journal than this one, which ends with {count}" in caplog.text


def test_a_full_disk_is_said_once_and_nothing_is_lost(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    model, journal = FakeReadModel(), FakeJournal()
    with feeding(model, journal) as feed:
        model.failing = OSError(errno.ENOSPC, "database or disk is full")
        commit(journal, 10)
        eventually(lambda: feed.stats.failures >= 3)
        assert "disk is full" in feed.stats.problem
        assert feed.stats.behind == 10
        model.failing = None
        eventually(lambda: model.head.sequence == 10)
        eventually(lambda: not feed.stats.problem)
    assert reasons(model) == expected(10)
    assert caplog.text.count("the desk goes on without") == 1
    assert "history is written again, up to record 10" in caplog.text


class DamagedModel(FakeReadModel):
    """Turns out to be damaged at its third record; opened again it is empty."""

    def __init__(self) -> None:
        super().__init__()
        self.is_damaged = True
        self.opens = 0

    def open(self) -> Head:
        self.opens += 1
        if self.opens > 1:
            self.is_damaged = False
            self.rebuild(())
        return self.head

    def write(
        self, first: int, records: Sequence[JournalRecord], equity: Sequence[EquityRow] = ()
    ) -> int:
        if self.is_damaged and first + len(records) > 3:
            raise DataError("is damaged", file="history.sqlite")
        return super().write(first, records, equity)


def test_damage_found_while_writing_is_repaired_from_the_journal() -> None:
    model, journal = DamagedModel(), FakeJournal()
    with feeding(model, journal):
        for _ in range(6):
            commit(journal)
        eventually(lambda: model.head.sequence == 6)
    assert reasons(model) == expected(6)
    assert model.opens == 2


def test_a_journal_that_cannot_be_read_costs_the_desk_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Unreadable(FakeJournal):
        def records(self, after: int = 0) -> Iterator[JournalRecord]:
            raise DataError("segment 1 is missing")

    model, journal = FakeReadModel(), Unreadable()
    commit(journal, 3)
    with feeding(model, journal) as feed:
        eventually(lambda: feed.stats.failures >= 2)
        commit(journal, 3)
    assert journal.sequence == 6
    assert "segment 1 is missing" in feed.stats.problem
    assert caplog.text.count("segment 1 is missing") == 1


def test_samples_of_equity_are_written_and_the_oldest_dropped() -> None:
    model, journal = GatedModel(), FakeJournal()
    with feeding(model, journal) as feed:
        feed.add_equity([sample(1)])
        eventually(lambda: len(model.equity(EquityQuery()).rows) == 1)
        model.gate.clear()
        commit(journal)
        feed.add_equity(sample(ts_ns) for ts_ns in range(2, 3 * SAMPLES_MAX))
        dropped = feed.stats.samples_dropped
        model.gate.set()
        eventually(lambda: not feed.stats.behind)
    assert 0 < dropped < 3 * SAMPLES_MAX
    assert feed.stats.samples_dropped == dropped
    rows = model.equity(EquityQuery(limit=1, newest_first=True)).rows
    assert rows[0].ts_ns == 3 * SAMPLES_MAX - 1


def test_a_failed_write_keeps_its_samples() -> None:
    model, journal = FakeReadModel(), FakeJournal()
    with feeding(model, journal) as feed:
        model.failing = OSError(errno.EIO, "broken")
        feed.add_equity([sample(1)])
        eventually(lambda: feed.stats.failures >= 1)
        feed.add_equity([sample(2)])
        model.failing = None
        eventually(lambda: len(model.equity(EquityQuery()).rows) == 2)
    assert feed.stats.samples_dropped == 0
