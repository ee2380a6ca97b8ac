"""What is given up when, and that nothing else is."""

import os
from pathlib import Path

import pytest

from hexdesk.errors import DataError
from hexdesk.ports.journal import Snapshot
from hexdesk_journal.file import FileJournal
from hexdesk_journal.reader import FileJournalReader
from hexdesk_journal.settings import JournalSettings
from tests.adapters.journal.samples import context, order

DAY_S = 86_400
ONE_DAY = JournalSettings(keep_days=1)


def live(folder: Path, run: int, settings: JournalSettings = ONE_DAY) -> None:
    """Write three records and a snapshot behind the second, as a run of its own."""
    journal = FileJournal(context(folder, f"run{run}"), settings)
    for count in (2, 1):
        for _ in range(count):
            journal.append(order(journal.sequence + 1))
            journal.commit()
        if count > 1:
            journal.save_snapshot(b"state of %d" % journal.sequence)
            journal.snapshot()
    journal.close()


def age(folder: Path, days: float) -> None:
    """Make every segment so much older."""
    for path in (folder / "journal").glob("*.seg"):
        written_s = path.stat().st_mtime - days * DAY_S
        os.utime(path, (written_s, written_s))


def segments(folder: Path) -> list[int]:
    return sorted(int(path.stem) for path in (folder / "journal").glob("*.seg"))


def test_for_ever_is_the_default(tmp_path: Path) -> None:
    for run in range(5):
        live(tmp_path, run, JournalSettings())
        age(tmp_path, 1_000)
    assert segments(tmp_path) == [1, 2, 3, 4, 5]


def test_what_two_snapshots_stand_for_goes_when_it_is_old(tmp_path: Path) -> None:
    for run in range(4):
        live(tmp_path, run)
        assert segments(tmp_path)[0] == max(run, 1), "not before the older of two snapshots"
        age(tmp_path, 2)
    # Segments hold 1-3, 4-6, 7-9, 10-12; snapshots are behind 8 and 11.
    assert segments(tmp_path) == [3, 4]
    journal = FileJournal(context(tmp_path, "run9"), ONE_DAY)
    assert journal.snapshot() == Snapshot(11, b"state of 11")
    assert list(journal.records(6)) == [order(number) for number in range(7, 13)]
    with pytest.raises(DataError, match="records 1 to 6 are no longer kept") as caught:
        list(journal.records())
    assert "from record 7 on" in caught.value.remedy
    with pytest.raises(DataError, match="records 6 to 6 are no longer kept"):
        list(journal.records(5))
    journal.close()
    reader = FileJournalReader(tmp_path)
    assert reader.first_sequence == 7
    report = reader.verify()
    assert (report.faults, report.first_sequence, report.snapshots) == ((), 7, (8, 11))


def test_what_is_young_stays(tmp_path: Path) -> None:
    for run in range(4):
        live(tmp_path, run)
        age(tmp_path, 0.2)
    assert segments(tmp_path) == [1, 2, 3, 4]


def test_an_unsound_snapshot_gives_nothing_up(tmp_path: Path) -> None:
    for run in range(2):
        live(tmp_path, run, JournalSettings())
        age(tmp_path, 2)
    for path in (tmp_path / "journal").glob("*.snap"):
        path.write_bytes(b"damaged")
    live(tmp_path, 2)
    assert segments(tmp_path) == [1, 2, 3]


def test_first_segments_that_nothing_stands_for_are_missed(tmp_path: Path) -> None:
    for run in range(3):
        live(tmp_path, run, JournalSettings())
    (tmp_path / "journal" / "00000001.seg").unlink()
    assert FileJournalReader(tmp_path).verify().faults == (), "snapshots stand for them"
    for path in (tmp_path / "journal").glob("*.snap"):
        path.unlink()
    (fault,) = FileJournalReader(tmp_path).verify().faults
    assert "records 1 to 3 are gone, and no snapshot stands for them" in fault.text
    journal = FileJournal(context(tmp_path), JournalSettings())
    with pytest.raises(DataError, match="records 1 to 3 are no longer kept"):
        list(journal.records())
    journal.close()


def test_first_segments_that_are_gone_are_told_where_none_is_given_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody removed them: a snapshot stands for them, but nobody can look at them any more."""
    for run in range(3):
        live(tmp_path, run, JournalSettings())
    (tmp_path / "journal" / "00000001.seg").unlink()
    live(tmp_path, 3)
    assert not caplog.messages, "with keep_days they may have been given up"
    live(tmp_path, 4, JournalSettings())
    (told,) = caplog.messages
    assert "00000002.seg: the records before number 4 are gone, though keep_days is 0" in told
