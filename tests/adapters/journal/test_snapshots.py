"""Snapshots of the journal on disk, in a sound world and in a damaged one."""

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexdesk.errors import DataError, InvariantError
from hexdesk.ports.journal import Snapshot
from hexdesk_journal import snapshots
from hexdesk_journal.file import FileJournal
from hexdesk_journal.reader import FileJournalReader
from hexdesk_journal.settings import JournalSettings
from hexdesk_journal.snapshots import (
    SnapshotError,
    SnapshotHeader,
    StoredSnapshot,
    decode_snapshot,
    encode_snapshot,
    snapshot_path,
)
from tests.adapters.journal.samples import context, order

SETTINGS = JournalSettings(sync_window_ms=1)


def opened(folder: Path, run_id: str = "run1", settings: JournalSettings = SETTINGS) -> FileJournal:
    return FileJournal(context(folder, run_id), settings)


def fill(journal: FileJournal, count: int) -> None:
    """Commit so many orders, numbered as the journal numbers them."""
    for _ in range(count):
        journal.append(order(journal.sequence + 1))
        journal.commit()


def states(folder: Path) -> list[str]:
    """Return the names of the snapshot files, without zeros."""
    return sorted(path.name.lstrip("0") for path in (folder / "journal").glob("*.snap"))


def path_of(folder: Path, sequence: int) -> Path:
    return snapshot_path(folder / "journal", sequence)


def two_snapshots(folder: Path) -> None:
    """Write ten records, with snapshots of 4 and 8."""
    journal = opened(folder)
    for count in (4, 4):
        fill(journal, count)
        journal.save_snapshot(b"state of %d" % journal.sequence)
        journal.snapshot()  # each is written before the next
    fill(journal, 2)
    journal.close()


# --------------------------------------------------------------------------------------------------
# The file


@given(st.integers(0, 2**63), st.binary(max_size=60), st.binary(min_size=16, max_size=16))
def test_a_snapshot_comes_back_as_it_was(sequence: int, state: bytes, chain: bytes) -> None:
    header = SnapshotHeader(sequence=sequence, chain=chain.hex(), segment=3, run_id="run1")
    stored = StoredSnapshot(header, state)
    assert decode_snapshot(encode_snapshot(stored)) == stored


def test_any_flipped_bit_and_any_cut_is_found() -> None:
    header = SnapshotHeader(sequence=7, chain="ab" * 16, segment=1, run_id="run1")
    data = encode_snapshot(StoredSnapshot(header, b"state"))
    for bit in range(8 * len(data)):
        broken = bytearray(data)
        broken[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SnapshotError):
            decode_snapshot(bytes(broken))
    for length in range(len(data)):
        with pytest.raises(SnapshotError):
            decode_snapshot(data[:length])


def test_a_snapshot_of_a_newer_hexdesk_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(snapshots, "SNAPSHOT_VERSION", 2)
    two_snapshots(tmp_path)
    monkeypatch.undo()
    journal = opened(tmp_path)
    assert journal.snapshot() is None
    assert "written in snapshot format 2, this hexdesk reads 1; not used" in caplog.text
    assert len(list(journal.records())) == 10
    journal.close()


# --------------------------------------------------------------------------------------------------
# A sound world


def test_the_latest_is_found_again_and_the_records_behind_it(tmp_path: Path) -> None:
    two_snapshots(tmp_path)
    for run_id in ("run1", "run2", "run3"):
        journal = opened(tmp_path, run_id)
        assert journal.snapshot() == Snapshot(8, b"state of 8")
        assert list(journal.records(8)) == [order(9), order(10)]
        journal.close()


def test_only_the_last_ones_are_kept(tmp_path: Path) -> None:
    two_snapshots(tmp_path)
    journal = opened(tmp_path, settings=JournalSettings(keep_snapshots=3))
    for _ in range(3):
        fill(journal, 1)
        journal.save_snapshot(b"")
        journal.snapshot()
    journal.close()
    assert states(tmp_path) == ["11.snap", "12.snap", "13.snap"]


def test_one_that_is_overtaken_before_it_is_written_need_not_be(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    for _ in range(50):
        fill(journal, 1)
        journal.save_snapshot(b"state of %d" % journal.sequence)
    assert journal.snapshot() == Snapshot(50, b"state of 50")
    journal.close()
    assert len(states(tmp_path)) <= 2


def test_closing_waits_for_the_last(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    fill(journal, 1)
    journal.save_snapshot(b"last")
    journal.close()
    assert states(tmp_path) == ["1.snap"]


def test_a_state_between_commits_is_nobodys(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.append(order(1))
    with pytest.raises(InvariantError, match="nothing left to commit"):
        journal.save_snapshot(b"")
    journal.close()
    journal.save_snapshot(b"")
    assert states(tmp_path) == []


def test_what_a_killed_process_left_of_one_is_removed(tmp_path: Path) -> None:
    two_snapshots(tmp_path)
    draft = path_of(tmp_path, 9).with_suffix(snapshots.DRAFT_SUFFIX)
    draft.write_bytes(b"half")
    journal = opened(tmp_path)
    assert not draft.exists()
    assert journal.snapshot() == Snapshot(8, b"state of 8")
    journal.close()


# --------------------------------------------------------------------------------------------------
# A damaged world


def test_a_full_disk_costs_a_snapshot_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_fd: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    two_snapshots(tmp_path)
    journal = opened(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        journal.save_snapshot(b"new")
        assert journal.snapshot() == Snapshot(8, b"state of 8")
    assert "the snapshot of record 10 is not kept" in caplog.text
    assert "No space left" in caplog.text
    fill(journal, 1)
    journal.save_snapshot(b"newer")
    assert journal.snapshot() == Snapshot(11, b"newer")
    journal.close()
    assert not list((tmp_path / "journal").glob(f"*{snapshots.DRAFT_SUFFIX}"))


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "renamed"])
def test_a_damaged_one_is_passed_with_a_warning(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    two_snapshots(tmp_path)
    path = path_of(tmp_path, 8)
    data = bytearray(path.read_bytes())
    match damage:
        case "flip":
            data[-1] ^= 1
        case "cut":
            del data[-1]
        case "empty":
            data.clear()
        case _:
            path.rename(path_of(tmp_path, 9))
            path = path_of(tmp_path, 9)
    path.write_bytes(data)
    journal = opened(tmp_path)
    assert journal.snapshot() == Snapshot(4, b"state of 4")
    assert f"{path}: " in caplog.text
    assert "not used" in caplog.text
    path_of(tmp_path, 4).unlink()
    assert journal.snapshot() is None
    assert len(list(journal.records())) == 10, "the records are still there"
    journal.close()


def test_damaged_ones_do_not_count_among_the_kept(tmp_path: Path) -> None:
    two_snapshots(tmp_path)
    path_of(tmp_path, 8).write_bytes(b"")
    journal = opened(tmp_path)
    journal.save_snapshot(b"")
    journal.close()
    assert states(tmp_path) == ["10.snap", "4.snap", "8.snap"]


def test_one_of_another_journal_is_passed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    two_snapshots(tmp_path / "one")
    journal = opened(tmp_path / "other")
    fill(journal, 9)
    path_of(tmp_path / "other", 8).write_bytes(path_of(tmp_path / "one", 8).read_bytes())
    assert journal.snapshot() == Snapshot(8, b"state of 8"), "equal records, equal chain"
    journal.close()
    journal = opened(tmp_path / "third", "another run")
    fill(journal, 9)
    path_of(tmp_path / "third", 8).write_bytes(path_of(tmp_path / "one", 8).read_bytes())
    assert journal.snapshot() is None
    assert "it does not belong to the records that are here" in caplog.text
    journal.close()


def lose_tail(folder: Path, kept: int) -> None:
    """Cut the journal behind a record, as a disk does that lied about having written."""
    reader = FileJournalReader(folder)
    path = reader.folder / reader.segments()[-1].name
    whole = path.read_bytes()
    for length in range(len(whole), 0, -1):
        path.write_bytes(whole[:length])
        if sum(1 for _ in reader.records()) == kept:
            return


@pytest.mark.parametrize("run_id", ["run1", "run2"])
def test_a_snapshot_that_outlived_its_records_wins_and_the_loss_is_written_down(
    tmp_path: Path, run_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    two_snapshots(tmp_path)
    lose_tail(tmp_path, kept=5)
    journal = opened(tmp_path, run_id)
    assert "records 6 to 8 are lost; the snapshot of record 8 holds what they did" in caplog.text
    assert journal.snapshot() == Snapshot(8, b"state of 8")
    assert journal.sequence == 8
    assert list(journal.records(8)) == []
    fill(journal, 2)
    journal.save_snapshot(b"state of 10")
    journal.close()

    journal = opened(tmp_path, run_id)
    assert journal.snapshot() == Snapshot(10, b"state of 10")
    assert list(journal.records(8)) == [order(9), order(10)]
    for after, before_the_gap in ((0, 5), (4, 1), (5, 0), (7, 0)):
        walk = journal.records(after)
        assert [next(walk) for _ in range(before_the_gap)] == [
            order(number) for number in range(after + 1, 6)
        ][:before_the_gap]
        with pytest.raises(DataError, match="records 6 to 8 were lost") as caught:
            next(walk)
        assert "the snapshot of record 8 holds what they did" in caught.value.remedy
        assert "`hexdesk replay --from-snapshot`, `journal cat --from 9`" in caught.value.remedy
    fill(journal, 1)
    journal.save_snapshot(b"state of 11")
    journal.close()
    reader = FileJournalReader(tmp_path)
    (fault,) = reader.verify().faults
    assert "records 6 to 8 were lost" in fault.text
    assert reader.snapshot(9) == Snapshot(8, b"state of 8"), "what is behind is read from it on"
    assert reader.snapshot(7) is None, "older ones are replaced as ever"


def test_a_snapshot_without_any_records_wins_too(tmp_path: Path) -> None:
    two_snapshots(tmp_path)
    for path in [*(tmp_path / "journal").glob("*.seg"), tmp_path / "journal" / "head"]:
        path.unlink()
    journal = opened(tmp_path, "run2")
    assert (journal.sequence, journal.segment) == (8, 2)
    assert journal.snapshot() == Snapshot(8, b"state of 8")
    fill(journal, 1)
    assert list(journal.records(8)) == [order(9)]
    with pytest.raises(DataError, match="records 1 to 8 are no longer kept"):
        list(journal.records())
    journal.close()


def test_a_torn_tail_behind_the_snapshot_changes_nothing_about_it(tmp_path: Path) -> None:
    two_snapshots(tmp_path)
    path = tmp_path / "journal" / "00000001.seg"
    path.write_bytes(path.read_bytes()[:-1])
    journal = opened(tmp_path)
    assert journal.snapshot() == Snapshot(8, b"state of 8")
    assert list(journal.records(8)) == [order(9)]
    journal.close()
