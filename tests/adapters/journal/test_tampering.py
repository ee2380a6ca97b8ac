"""The hash chain over segments, the head, and journals of format 1."""

import re
import shutil
import zlib
from pathlib import Path

import msgspec
import pytest

from hexdesk.errors import DataError
from hexdesk_journal.file import FileJournal
from hexdesk_journal.framing import CHAIN_BYTES, FORMAT_VERSION
from hexdesk_journal.reader import FileJournalReader
from hexdesk_journal.segments import (
    SegmentHeader,
    decode_header,
    encode_header,
    open_segment,
    segment_path,
)
from hexdesk_journal.settings import JournalSettings
from tests.adapters.journal.samples import context, order

SETTINGS = JournalSettings(sync="group", sync_window_ms=1)
FORMAT_1 = Path(__file__).parent / "format1"
FORMAT_1_RECORDS = 12


def live(folder: Path, run: int, count: int = 3) -> None:
    """Write some records as a run of its own, which is a segment of its own."""
    journal = FileJournal(context(folder, f"run{run}"), SETTINGS)
    for _ in range(count):
        journal.append(order(journal.sequence + 1))
        journal.commit()
    journal.close()


def segment(folder: Path, number: int) -> Path:
    return segment_path(folder / "journal", number)


def faults(folder: Path) -> list[str]:
    return [fault.text for fault in FileJournalReader(folder).verify().faults]


def with_header(path: Path, **changes: object) -> None:
    """Change a segment's header by hand and compute its checksum again."""
    data = path.read_bytes()
    header, _version, frames_from = decode_header(data)
    changed = msgspec.structs.replace(header, **changes)
    path.write_bytes(encode_header(changed) + data[frames_from:])


def test_the_chain_leads_from_segment_to_segment(tmp_path: Path) -> None:
    chains: list[str] = []
    for run in range(3):
        live(tmp_path, run)
        report = FileJournalReader(tmp_path).verify()
        assert report.faults == ()
        chains.append(report.chain)
    assert len(set(chains)) == 3
    headers = [open_segment(segment(tmp_path, number)).header for number in (1, 2, 3)]
    assert [header.chain for header in headers] == ["00" * CHAIN_BYTES, *chains[:2]]


def test_a_run_without_records_leaves_the_chain_as_it_was(tmp_path: Path) -> None:
    live(tmp_path, 1)
    chain = FileJournalReader(tmp_path).verify().chain
    live(tmp_path, 2, count=0)
    assert FileJournalReader(tmp_path).verify().chain == chain
    live(tmp_path, 3)
    assert faults(tmp_path) == []


def test_an_edited_record_is_evident_though_its_checksum_is_right(tmp_path: Path) -> None:
    live(tmp_path, 1)
    path = segment(tmp_path, 1)
    data = bytearray(path.read_bytes())
    begin = data.index(b"HXFR")
    end = data.index(b"HXFR", begin + 4)
    data[end - 1] ^= 1
    data[begin + 4 : begin + 8] = zlib.crc32(data[begin + 8 : end]).to_bytes(4, "little")
    path.write_bytes(data)
    (text,) = faults(tmp_path)
    assert "its chain does not follow from what is before it" in text
    with pytest.raises(DataError, match="its chain does not follow"):
        FileJournal(context(tmp_path), SETTINGS)
    assert path.read_bytes() == data, "a refused journal is left as it was"


def test_the_last_frame_edited_is_no_torn_tail(tmp_path: Path) -> None:
    live(tmp_path, 1, count=1)
    path = segment(tmp_path, 1)
    data = bytearray(path.read_bytes())
    begin = data.index(b"HXFR")
    data[-1] ^= 1
    data[begin + 4 : begin + 8] = zlib.crc32(data[begin + 8 :]).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(DataError, match="its chain does not follow"):
        FileJournal(context(tmp_path), SETTINGS)


@pytest.mark.parametrize(
    "changes", [{"run_id": "another"}, {"lost_from": 2}, {"chain": "11" * CHAIN_BYTES}]
)
def test_an_edited_header_is_evident(tmp_path: Path, changes: dict[str, object]) -> None:
    for run in (1, 2):
        live(tmp_path, run)
    with_header(segment(tmp_path, 2), **changes)
    assert any("chain does not follow" in text for text in faults(tmp_path))
    with pytest.raises(DataError, match="chain does not follow"):
        FileJournal(context(tmp_path), SETTINGS)


def test_segments_under_each_others_names_are_named_and_nothing_is_written(tmp_path: Path) -> None:
    for run in range(1, 5):
        live(tmp_path, run)
    segment(tmp_path, 3).rename(tmp_path / "aside")
    segment(tmp_path, 4).rename(segment(tmp_path, 3))
    (tmp_path / "aside").rename(segment(tmp_path, 4))
    report = FileJournalReader(tmp_path).verify()
    assert [(fault.file, fault.text) for fault in report.faults] == [
        (str(segment(tmp_path, 3)), "its header says that it is segment 4"),
        (str(segment(tmp_path, 4)), "its header says that it is segment 3"),
    ]
    assert "name it 00000004.seg again" in report.faults[0].remedy
    names = sorted(path.name for path in (tmp_path / "journal").iterdir())
    with pytest.raises(DataError, match="says that it is segment 3"):
        FileJournal(context(tmp_path), SETTINGS)
    with pytest.raises(DataError, match="says that it is segment 4"):
        list(FileJournalReader(tmp_path).records())
    assert sorted(path.name for path in (tmp_path / "journal").iterdir()) == names


def test_a_segment_of_another_journal_is_evident(tmp_path: Path) -> None:
    for folder in ("one", "other"):
        live(tmp_path / folder, 1)
    live(tmp_path / "one", 2)
    live(tmp_path / "other", 3)
    live(tmp_path / "one", 4)
    shutil.copy(segment(tmp_path / "other", 2), segment(tmp_path / "one", 2))
    (text,) = faults(tmp_path / "one")
    assert "its chain does not follow from the segment before" in text
    journal = FileJournal(context(tmp_path / "one"), SETTINGS)
    with pytest.raises(DataError, match="its chain does not follow from the segment before"):
        list(journal.records())
    journal.close()


def test_a_removed_frame_at_the_end_of_an_earlier_segment_is_evident(tmp_path: Path) -> None:
    for run in (1, 2):
        live(tmp_path, run)
    path = segment(tmp_path, 1)
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex(b"HXFR")])
    (text,) = faults(tmp_path)
    assert "it begins with record 4" in text


def test_the_last_segment_is_missed(tmp_path: Path) -> None:
    for run in (1, 2):
        live(tmp_path, run)
    segment(tmp_path, 2).unlink()
    with pytest.raises(DataError, match="missing, as the file head shows") as caught:
        FileJournal(context(tmp_path), SETTINGS)
    assert caught.value.file == str(segment(tmp_path, 2))
    (text,) = faults(tmp_path)
    assert "missing, as the file head shows" in text
    reader = FileJournalReader(tmp_path)
    walk = reader.records()
    assert [next(walk)[0] for _ in range(3)] == [1, 2, 3]
    with pytest.raises(DataError, match="missing, as the file head shows"):
        next(walk)
    report = reader.backup(tmp_path / "copy")
    assert [fault.text for fault in report.faults] == [text]
    (tmp_path / "journal" / "head").unlink()
    live(tmp_path, 3)
    assert FileJournalReader(tmp_path).verify().last_sequence == 6


@pytest.mark.parametrize("left", [b"", b"0000", b"00000001\n", b"rubbish"])
def test_a_head_that_is_behind_or_unreadable_says_nothing(tmp_path: Path, left: bytes) -> None:
    for run in (1, 2):
        live(tmp_path, run)
    (tmp_path / "journal" / "head").write_bytes(left)
    live(tmp_path, 3)
    assert (tmp_path / "journal" / "head").read_text() == "00000003\n"
    assert faults(tmp_path) == []


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    for run in range(1, 6):
        live(tmp_path, run)
    segment(tmp_path, 1).write_bytes(b"?" + segment(tmp_path, 1).read_bytes()[1:])
    segment(tmp_path, 3).unlink()
    path = segment(tmp_path, 4)
    data = bytearray(path.read_bytes())
    data[-40] ^= 1
    path.write_bytes(data)
    report = FileJournalReader(tmp_path).verify()
    texts = [fault.text for fault in report.faults]
    expected = ("does not begin as a journal", "missing", "checksum is wrong")
    for text, words in zip(texts, expected, strict=True):
        assert words in text
    assert report.faults[2].offset == data.rindex(b"HXFR")
    assert report.faults[2].sequence == 12
    assert report.last_sequence == 15


def test_what_only_follows_from_damage_is_not_told_beside_it(tmp_path: Path) -> None:
    """Else people would cut, or restore, files that are sound."""
    for run in (1, 2):
        live(tmp_path, run)
    journal = FileJournal(context(tmp_path, "run3"), SETTINGS)
    journal.append(order(journal.sequence + 1))
    journal.commit()
    journal.save_snapshot(b"state")
    journal.close()
    whole = segment(tmp_path, 3).read_bytes()
    for number in (2, 3):
        path = segment(tmp_path, number)
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
        (text,) = faults(tmp_path)
        assert "checksum is wrong" in text
        path.write_bytes(bytes(data[:-1]) + bytes([data[-1] ^ 1]))
    assert segment(tmp_path, 3).read_bytes() == whole
    segment(tmp_path, 3).unlink()
    (text,) = faults(tmp_path)
    assert "missing, as the file head shows" in text
    (tmp_path / "journal" / "head").unlink()
    (text,) = faults(tmp_path)
    assert "records 7 to 7, which it holds, are missing" in text


# --------------------------------------------------------------------------------------------------
# Format 1


@pytest.fixture
def format_1(tmp_path: Path) -> Path:
    """Return the state folder of a journal that an older hexdesk wrote."""
    shutil.copytree(FORMAT_1, tmp_path / "journal")
    return tmp_path


def numbers_in(journal: FileJournal) -> list[int]:
    return [int(re.sub(r"\D", "", record.client_order_id)) for record in journal.records()]  # type: ignore[union-attr]


def test_a_journal_of_format_1_is_read_and_continued_in_the_present_one(format_1: Path) -> None:
    journal = FileJournal(context(format_1, "run2"), SETTINGS)
    assert journal.sequence == FORMAT_1_RECORDS
    assert journal.segment == 3, "even the same run begins a new segment"
    assert numbers_in(journal) == list(range(FORMAT_1_RECORDS))
    assert getattr(next(iter(journal.records(4))), "quantity", 0) == 2**70
    journal.append(order(FORMAT_1_RECORDS))
    journal.commit()
    journal.save_snapshot(b"state")
    journal.close()
    journal = FileJournal(context(format_1, "run3"), SETTINGS)
    assert numbers_in(journal) == list(range(FORMAT_1_RECORDS + 1))
    assert journal.snapshot() is not None
    journal.close()
    report = FileJournalReader(format_1).verify()
    assert [each.format for each in report.segments] == [1, 1, 2, 2]
    assert report.faults == ()


def test_a_torn_tail_of_format_1_is_cut(format_1: Path) -> None:
    path = segment(format_1, 2)
    path.write_bytes(path.read_bytes()[:-1])
    journal = FileJournal(context(format_1), SETTINGS)
    assert numbers_in(journal) == list(range(FORMAT_1_RECORDS - 2))
    journal.close()


def test_damage_in_format_1_is_refused(format_1: Path) -> None:
    path = segment(format_1, 2)
    data = bytearray(path.read_bytes())
    data[data.index(b"HXFR") + 30] ^= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match="checksum is wrong"):
        FileJournal(context(format_1), SETTINGS)


def test_going_back_to_format_1_is_evident(tmp_path: Path) -> None:
    live(tmp_path, 1)
    header = SegmentHeader(segment=2, first_sequence=4, run_id="forged")
    segment(tmp_path, 2).write_bytes(encode_header(header, 1))
    live(tmp_path, 3)
    assert any("its chain does not follow" in text for text in faults(tmp_path))


def test_a_newer_format_is_refused_by_all(tmp_path: Path) -> None:
    live(tmp_path, 1)
    header = SegmentHeader(segment=2, first_sequence=4, run_id="newer")
    segment(tmp_path, 2).write_bytes(encode_header(header, FORMAT_VERSION + 1))
    text = f"format {FORMAT_VERSION + 1}, this hexdesk reads"
    with pytest.raises(DataError, match=text):
        FileJournal(context(tmp_path), SETTINGS)
    with pytest.raises(DataError, match=text):
        list(FileJournalReader(tmp_path).records())
    assert any(text in fault for fault in faults(tmp_path))
