"""The journal on disk in a sound world."""

import errno
import logging
import os
from pathlib import Path

import pytest

from hexdesk.errors import InvariantError
from hexdesk.ports.journal import Journal
from hexdesk_journal import hexdesk_journals, memory_plugin
from hexdesk_journal.file import FileJournal
from hexdesk_journal.memory import MemoryJournal
from hexdesk_journal.settings import JournalSettings
from tests.adapters.journal.samples import context, eventually, order

GROUP = JournalSettings()
SYNCS = [JournalSettings(sync="group", sync_window_ms=1), JournalSettings(sync="each")]
SYNCS.append(JournalSettings(sync="none"))


def fill(journal: Journal, numbers: range) -> None:
    """Commit an order for each number."""
    for number in numbers:
        journal.append(order(number))
        journal.commit()


@pytest.mark.parametrize("settings", SYNCS, ids=lambda settings: settings.sync)
def test_what_was_committed_is_read_again(tmp_path: Path, settings: JournalSettings) -> None:
    journal = FileJournal(context(tmp_path / "not" / "yet"), settings)
    fill(journal, range(3))
    journal.append(order(3))
    assert list(journal.records()) == [order(0), order(1), order(2)]
    journal.close()
    journal.close()
    again = FileJournal(context(tmp_path / "not" / "yet"), settings)
    assert list(again.records()) == [order(number) for number in range(4)]
    assert again.sequence == 4
    assert again.torn_bytes == 0
    fill(again, range(4, 6))
    assert list(again.records()) == [order(number) for number in range(6)]
    again.close()


def test_an_empty_commit_writes_nothing(tmp_path: Path) -> None:
    journal = FileJournal(context(tmp_path), GROUP)
    (path,) = journal.folder.glob("*.seg")
    size = path.stat().st_size
    journal.commit()
    journal.close()
    assert path.stat().st_size == size


def test_one_run_goes_on_with_its_segment_and_another_begins_one(tmp_path: Path) -> None:
    segments: list[int] = []
    for count, run_id in enumerate(["run1", "run1", "run2"]):
        journal = FileJournal(context(tmp_path, run_id), GROUP)
        fill(journal, range(count, count + 1))
        segments.append(journal.segment)
        assert list(journal.records()) == [order(number) for number in range(count + 1)]
        journal.close()
    assert segments == [1, 1, 2]


def test_a_full_segment_is_followed_by_another(tmp_path: Path) -> None:
    journal = FileJournal(context(tmp_path), JournalSettings(segment_mb=1, sync_window_ms=1))
    batch = [order(number) for number in range(2_000)]
    for _ in range(20):
        for record in batch:
            journal.append(record)
        journal.commit()
    assert journal.segment == 3
    sizes = [path.stat().st_size for path in sorted(journal.folder.glob("*.seg"))]
    assert all(size <= 1 << 20 for size in sizes)
    assert list(journal.records()) == batch * 20
    journal.close()
    again = FileJournal(context(tmp_path), GROUP)
    assert again.sequence == 40_000
    assert again.segment == 3
    again.close()


def test_a_frame_larger_than_a_segment_gets_one_of_its_own(tmp_path: Path) -> None:
    journal = FileJournal(context(tmp_path), JournalSettings(segment_mb=1))
    batch = [order(number) for number in range(20_000)]
    for _ in range(2):
        for record in batch:
            journal.append(record)
        journal.commit()
    assert journal.segment == 2
    assert list(journal.records()) == batch * 2
    journal.close()


def test_a_closed_journal_takes_nothing(tmp_path: Path) -> None:
    journal = FileJournal(context(tmp_path), GROUP)
    journal.close()
    journal.append(order(1))
    with pytest.raises(InvariantError, match="closed"):
        journal.commit()


def test_a_record_that_cannot_be_kept_stops_the_journal(tmp_path: Path) -> None:
    journal = FileJournal(context(tmp_path), GROUP)
    journal.append(object())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(InvariantError, match="cannot be journalled"):
        journal.commit()
    journal.append(order(1))
    with pytest.raises(InvariantError, match="cannot be journalled"):
        journal.commit()
    journal.close()
    assert list(journal.records()) == []


def test_closing_frees_all_descriptors(tmp_path: Path) -> None:
    before = set(Path("/proc/self/fd").iterdir())
    for settings in SYNCS:
        FileJournal(context(tmp_path), settings).close()
    assert set(Path("/proc/self/fd").iterdir()) == before


def test_each_mode_forces_when_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forced: list[int] = []
    monkeypatch.setattr(os, "fdatasync", forced.append)
    none = FileJournal(context(tmp_path / "none"), JournalSettings(sync="none"))
    each = FileJournal(context(tmp_path / "each"), JournalSettings(sync="each"))
    group = FileJournal(context(tmp_path / "group"), JournalSettings(sync_window_ms=1))
    fill(none, range(3))
    none.close()
    assert forced == []
    fill(each, range(3))
    assert len(forced) == 3
    each.close()
    forced.clear()
    fill(group, range(1))
    eventually(lambda: len(forced) == 1)
    fill(group, range(1))
    eventually(lambda: len(forced) == 2)
    group.close()
    assert len(forced) == 3


def test_a_disk_that_cannot_be_forced_stops_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_fd: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    journal = FileJournal(context(tmp_path), JournalSettings(sync="each"))
    monkeypatch.setattr(os, "fdatasync", broken)
    for _ in range(2):
        with pytest.raises(
            OSError, match=r"number 1 on\); no order may be sent.*\n.*the disk"
        ) as caught:
            fill(journal, range(1))
        assert caught.value.errno == errno.EIO
    journal.close()


def test_a_frame_that_only_half_fits_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = FileJournal(context(tmp_path), GROUP)
    fill(journal, range(2))
    room = [10]
    write = os.write

    def nearly_full(fd: int, data: bytes) -> int:
        if not room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(fd, data[: room.pop()])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", nearly_full)
        with pytest.raises(OSError, match="No space left on device") as caught:
            fill(journal, range(2, 3))
    assert caught.value.errno == errno.ENOSPC
    assert "free disk space" in str(caught.value)
    journal.close()
    again = FileJournal(context(tmp_path), GROUP)
    assert again.torn_bytes == 0
    assert list(again.records()) == [order(0), order(1)]
    again.close()


def test_who_gives_up_while_it_is_opened_may_open_it_again(
    tmp_path: Path,
) -> None:
    """Ctrl-C within a long look at the end left it locked by this very process."""
    journal = FileJournal(context(tmp_path), GROUP)
    fill(journal, range(2))
    journal.close()
    (path,) = journal.folder.glob("*.seg")
    with path.open("ab") as file:
        file.write(b"torn")

    class Impatient(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise KeyboardInterrupt(record.getMessage())

    impatient = Impatient()
    logger = context(tmp_path).logger
    logger.addHandler(impatient)
    with pytest.raises(KeyboardInterrupt):
        FileJournal(context(tmp_path), GROUP)
    logger.removeHandler(impatient)
    again = FileJournal(context(tmp_path), GROUP)
    assert list(again.records()) == [order(0), order(1)]
    again.close()


def test_memory_keeps_what_was_committed() -> None:
    journal = MemoryJournal(logging.getLogger("hexdesk.journal"))
    journal.append(order(1))
    assert list(journal.records()) == []
    journal.commit()
    journal.append(order(2))
    assert list(journal.records()) == [order(1)]
    journal.close()
    assert list(journal.records()) == [order(1), order(2)]


def test_both_are_offered_as_plugins(tmp_path: Path) -> None:
    (on_disk,) = hexdesk_journals()
    (in_memory,) = memory_plugin.hexdesk_journals()
    assert [on_disk.name, in_memory.name] == ["journal", "memory"]
    for offered in (on_disk, in_memory):
        journal = offered.factory(context(tmp_path), offered.settings())
        fill(journal, range(2))
        journal.close()
        assert list(journal.records()) == [order(0), order(1)]
