"""Reading, verifying and copying a journal that another one writes, without its lock."""

import threading
from pathlib import Path

import pytest

from hexdesk.errors import ConfigError, DataError
from hexdesk.ports.journal import JournalReader, Snapshot
from hexdesk_journal import hexdesk_journals, memory_plugin
from hexdesk_journal.file import FileJournal
from hexdesk_journal.reader import FileJournalReader
from hexdesk_journal.segments import encode_header, segment_path
from hexdesk_journal.settings import JournalSettings
from tests.adapters.journal.samples import context, order

SETTINGS = JournalSettings(sync_window_ms=1)


def opened(folder: Path, run_id: str = "run1") -> FileJournal:
    return FileJournal(context(folder, run_id), SETTINGS)


def fill(journal: FileJournal, count: int) -> None:
    """Commit so many orders, numbered as the journal numbers them."""
    for _ in range(count):
        journal.append(order(journal.sequence + 1))
        journal.commit()


def numbers(reader: JournalReader, after: int = 0) -> list[int]:
    """Return the numbers of records, which are those of their orders."""
    found = list(reader.records(after))
    assert all(record == order(number) for number, record in found)
    return [number for number, _record in found]


def test_it_is_offered_by_the_plugin_that_keeps_records(tmp_path: Path) -> None:
    (on_disk,) = hexdesk_journals()
    (in_memory,) = memory_plugin.hexdesk_journals()
    assert in_memory.open_reader is None
    assert on_disk.open_reader is not None
    opened(tmp_path).close()
    for path in (tmp_path, tmp_path / "journal"):
        assert numbers(on_disk.open_reader(path)) == []


@pytest.mark.parametrize("what", ["folder", "file", "nothing"])
def test_where_no_journal_is_that_is_said(tmp_path: Path, what: str) -> None:
    if what == "folder":
        (tmp_path / "state").mkdir()
    elif what == "file":
        (tmp_path / "state").touch()
    with pytest.raises(DataError, match="there is no journal") as caught:
        FileJournalReader(tmp_path / "state")
    assert caught.value.file == str(tmp_path / "state")


def test_what_is_committed_is_read_while_the_desk_writes(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    reader = FileJournalReader(tmp_path)
    assert numbers(reader) == []
    for _ in range(3):
        fill(journal, 2)
        journal.append(order(0))  # not committed, so not there
        assert numbers(reader) == list(range(1, journal.sequence + 1))
        assert numbers(reader, 1) == list(range(2, journal.sequence + 1))
        journal._pending.clear()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    assert reader.verify().last_sequence == 6
    journal.close()


def test_half_a_frame_is_the_end_for_now(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    fill(journal, 3)
    journal.close()
    path = segment_path(tmp_path / "journal", 1)
    whole = path.read_bytes()
    last = whole.rindex(b"HXFR")
    reader = FileJournalReader(tmp_path)
    for length in range(last, len(whole)):
        path.write_bytes(whole[:length])
        assert numbers(reader) == [1, 2]
        report = reader.verify()
        assert (report.faults, report.unfinished_bytes) == ((), length - last)
    path.write_bytes(whole)
    assert numbers(reader) == [1, 2, 3]


def test_a_segment_that_is_being_begun_is_not_there_yet(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    fill(journal, 2)
    header = encode_header(journal._writer.header)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    journal.close()
    reader = FileJournalReader(tmp_path)
    for length in range(len(header)):
        segment_path(reader.folder, 2).write_bytes(header[:length])
        assert numbers(reader) == [1, 2]
        assert len(reader.segments()) == 1
        report = reader.verify()
        assert (report.faults, report.unfinished_bytes) == ((), length)


def test_damage_is_no_end(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    fill(journal, 3)
    journal.close()
    path = segment_path(tmp_path / "journal", 1)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    reader = FileJournalReader(tmp_path)
    walk = reader.records()
    assert [next(walk)[0] for _ in range(2)] == [1, 2]
    with pytest.raises(DataError, match="checksum"):
        next(walk)
    (fault,) = reader.verify().faults
    assert (fault.offset, fault.sequence) == (data.rindex(b"HXFR"), 3)


def test_what_segments_say_of_themselves(tmp_path: Path) -> None:
    for run_id in ("run1", "run2"):
        journal = opened(tmp_path, run_id)
        fill(journal, 2)
        journal.close()
    found = [(each.name, each.run_id, each.first_sequence) for each in
             FileJournalReader(tmp_path).segments()]  # fmt: skip
    assert found == [("00000001.seg", "run1", 1), ("00000002.seg", "run2", 3)]


def test_the_snapshot_at_or_before_a_record(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    for count in (3, 4):
        fill(journal, count)
        journal.save_snapshot(b"state of %d" % journal.sequence)
        journal.snapshot()
    reader = FileJournalReader(tmp_path)
    older, latest = Snapshot(3, b"state of 3"), Snapshot(7, b"state of 7")
    assert reader.snapshot() == latest
    expected = {0: None, 2: None, 3: older, 6: older, 7: latest, 99: latest}
    assert {until: reader.snapshot(until) for until in expected} == expected
    journal.close()


def test_the_report_tells_where_and_when_it_begins_and_ends(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    fill(journal, 3)
    journal.save_snapshot(b"")
    journal.close()
    report = FileJournalReader(tmp_path).verify()
    assert (report.first_sequence, report.last_sequence, report.snapshots) == (1, 3, (3,))
    assert (report.first_ns, report.last_ns) == (order(1).ts_init, order(3).ts_init)
    assert report.chain == journal._chain.hex()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]


# --------------------------------------------------------------------------------------------------
# Backup


def test_a_copy_is_a_journal_of_its_own(tmp_path: Path) -> None:
    for run_id in ("run1", "run2"):
        journal = opened(tmp_path / "desk", run_id)
        fill(journal, 3)
        journal.save_snapshot(b"state")
        journal.close()
    copy = tmp_path / "copy" / "journal"
    source = FileJournalReader(tmp_path / "desk")
    report = source.backup(copy)
    assert report == source.verify()
    assert report.faults == ()
    assert list(FileJournalReader(copy).records()) == list(source.records())
    journal = opened(tmp_path / "copy", "run3")
    assert journal.snapshot() == Snapshot(6, b"state")
    fill(journal, 1)
    journal.close()
    assert FileJournalReader(copy).verify().faults == ()


def test_a_copy_is_as_private_as_the_journal(tmp_path: Path) -> None:
    journal = opened(tmp_path / "desk")
    fill(journal, 3)
    journal.save_snapshot(b"state")
    journal.close()
    FileJournalReader(tmp_path / "desk").backup(tmp_path / "copy")
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "copy").iterdir()}
    assert len(modes) == 3
    assert set(modes.values()) == {0o600}, modes


def test_a_copy_ends_with_a_whole_commit(tmp_path: Path) -> None:
    journal = opened(tmp_path / "desk")
    fill(journal, 3)
    journal.close()
    path = segment_path(tmp_path / "desk" / "journal", 1)
    path.write_bytes(path.read_bytes()[:-1])
    report = FileJournalReader(tmp_path / "desk").backup(tmp_path / "copy")
    assert (report.last_sequence, report.unfinished_bytes, report.faults) == (2, 0, ())


def test_a_copy_overwrites_nothing(tmp_path: Path) -> None:
    opened(tmp_path / "desk").close()
    reader = FileJournalReader(tmp_path / "desk")
    (tmp_path / "copy").mkdir()
    assert reader.backup(tmp_path / "copy").faults == ()
    with pytest.raises(ConfigError, match="is not an empty folder"):
        reader.backup(tmp_path / "copy")


def test_damage_is_copied_and_told(tmp_path: Path) -> None:
    journal = opened(tmp_path / "desk")
    fill(journal, 3)
    journal.close()
    path = segment_path(tmp_path / "desk" / "journal", 1)
    data = bytearray(path.read_bytes())
    data[data.index(b"HXFR") + 45] ^= 1
    path.write_bytes(data)
    (fault,) = FileJournalReader(tmp_path / "desk").backup(tmp_path / "copy").faults
    assert "checksum" in fault.text
    assert segment_path(tmp_path / "copy", 1).read_bytes() == data


def test_copies_and_checks_of_a_journal_under_load_are_all_sound(tmp_path: Path) -> None:
    settings = JournalSettings(segment_mb=1, sync="none", keep_days=0)
    journal = FileJournal(context(tmp_path / "desk"), settings)
    fill(journal, 1)
    reader = FileJournalReader(tmp_path / "desk")
    done = threading.Event()
    problems: list[object] = []

    def look() -> None:
        for number in range(1_000):
            copied = reader.backup(tmp_path / f"copy{number}")
            checked = reader.verify()
            problems.extend([*copied.faults, *checked.faults])
            read = numbers(reader, copied.last_sequence - 1)
            if read[:1] != [copied.last_sequence] or read != list(range(read[0], read[-1] + 1)):
                problems.append(read)
            if done.is_set():
                return

    thread = threading.Thread(target=look)
    thread.start()
    while journal.segment < 4:
        for _ in range(50):
            for _record in range(20):
                journal.append(order(journal.sequence + 1 + _record))
            journal.commit()
        journal.save_snapshot(bytes(1_000))
    done.set()
    thread.join(60)
    assert not thread.is_alive()
    assert problems == []
    journal.close()
