"""What is told of a damaged journal can be done, and helps; a refused start changes nothing."""

from pathlib import Path

import pytest

from hexdesk.errors import ConfigError, DataError
from hexdesk_journal.file import FileJournal
from hexdesk_journal.framing import FORMAT_VERSION
from hexdesk_journal.reader import FileJournalReader
from hexdesk_journal.segments import decode_header, encode_header, segment_path
from hexdesk_journal.settings import JournalSettings
from tests.adapters.journal.samples import context, order

SETTINGS = JournalSettings(sync_window_ms=1)
WITHOUT = "without one move it and all segments before it away"


def runs(folder: Path, count: int, *, snapshot: bool = True) -> Path:
    """Write so many runs of two records, each a segment, and a snapshot; return the folder."""
    for run in range(count):
        journal = FileJournal(context(folder, f"run{run}"), SETTINGS)
        for _ in range(2):
            journal.append(order(journal.sequence + 1))
            journal.commit()
        if snapshot and run == count - 1:
            journal.save_snapshot(b"state")
        journal.close()
    return folder / "journal"


def start(folder: Path) -> bytes | None:
    """Start a run and end it; return the state that it begins with."""
    journal = FileJournal(context(folder, "later"), SETTINGS)
    try:
        found = journal.snapshot()
        assert len(list(journal.records(found.sequence if found else 0))) >= 0
        return found.state if found else None
    finally:
        journal.close()


def faults(folder: Path) -> list[str]:
    return [fault.text for fault in FileJournalReader(folder).verify().faults]


@pytest.mark.parametrize("tail", [b"rubbish" * 10, None], ids=["rubbish", "flipped bit"])
def test_a_bad_end_is_mended_by_the_next_start_and_readers_say_so(
    tmp_path: Path, tail: bytes | None
) -> None:
    path = segment_path(runs(tmp_path, 1, snapshot=False), 1)
    data = path.read_bytes()
    path.write_bytes(data + tail if tail else data[:-1] + b"?")
    with pytest.raises(DataError, match="nothing sound follows") as caught:
        list(FileJournalReader(tmp_path).records())
    (fault,) = FileJournalReader(tmp_path).verify().faults
    for remedy in (caught.value.remedy, fault.remedy):
        assert remedy.startswith("start the desk: it keeps these bytes aside")
    assert "nothing sound follows" in fault.text
    start(tmp_path)
    assert faults(tmp_path) == []


@pytest.mark.parametrize("what", ["missing", "headless"])
def test_a_segment_that_a_snapshot_stands_for_can_be_done_without(
    tmp_path: Path, what: str
) -> None:
    folder = runs(tmp_path, 3)
    path = segment_path(folder, 2)
    path.unlink() if what == "missing" else path.write_bytes(b"no header")
    with pytest.raises(DataError, match=r"00000002\.seg") as caught:
        list(FileJournalReader(tmp_path).records())
    assert WITHOUT in caught.value.remedy
    path.unlink(missing_ok=True)
    segment_path(folder, 1).unlink()
    assert start(tmp_path) == b"state"
    assert faults(tmp_path) == []


def test_a_last_segment_that_is_missing_can_be_given_up(tmp_path: Path) -> None:
    folder = runs(tmp_path, 3)
    segment_path(folder, 3).unlink()
    with pytest.raises(DataError, match="missing, as the file head shows") as caught:
        start(tmp_path)
    assert "without one move the file `head` away" in caught.value.remedy
    (folder / "head").unlink()
    assert start(tmp_path) == b"state"


def newer(path: Path) -> None:
    """Let a segment be of a format to come."""
    data = path.read_bytes()
    header, _version, frames_from = decode_header(data)
    path.write_bytes(encode_header(header, FORMAT_VERSION + 1) + data[frames_from:])


@pytest.mark.parametrize("what", ["newer", "headless"])
def test_a_start_that_is_refused_for_the_first_segment_begins_none(
    tmp_path: Path, what: str
) -> None:
    folder = runs(tmp_path, 2)
    path = segment_path(folder, 1)
    newer(path) if what == "newer" else path.write_bytes(b"no header")
    for _ in range(2):
        with pytest.raises(DataError, match=r"00000001\.seg"):
            start(tmp_path)
    assert len(list(folder.glob("*.seg"))) == 2


@pytest.mark.parametrize("what", ["missing", "newer"])
def test_a_backup_takes_what_there_is(tmp_path: Path, what: str) -> None:
    folder = runs(tmp_path / "desk", 3)
    segment_path(folder, 2).unlink() if what == "missing" else newer(segment_path(folder, 3))
    report = FileJournalReader(tmp_path / "desk").backup(tmp_path / "copy")
    assert [fault.text for fault in report.faults] == faults(tmp_path / "desk")
    names = {path.name for path in folder.iterdir()} - {"lock"}
    assert {path.name for path in (tmp_path / "copy").iterdir()} == names


def test_a_backup_into_a_file_says_what_to_name(tmp_path: Path) -> None:
    runs(tmp_path / "desk", 1)
    (tmp_path / "copy").write_text("mine")
    with pytest.raises(ConfigError, match="copy is not an empty folder"):
        FileJournalReader(tmp_path / "desk").backup(tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "mine"


def test_a_damaged_snapshot_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = runs(tmp_path, 2)
    (path,) = folder.glob("*.snap")
    path.write_bytes(b"?")
    journal = FileJournal(context(tmp_path, "later"), SETTINGS)
    for _ in range(2):
        assert journal.snapshot() is None
    journal.close()
    assert caplog.text.count("not used") == 1
    caplog.clear()
    reader = FileJournalReader(tmp_path)
    for _ in range(2):
        assert reader.snapshot() is None
    assert caplog.text.count("not used") == 1
