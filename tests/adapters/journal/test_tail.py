"""A reader that comes back where it stopped: every record once, whatever the writer does meanwhile.

Seeds: E7.
"""

import tempfile
from pathlib import Path

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings

from hexdesk.domain.commands import Halt
from hexdesk.errors import DataError
from hexdesk.ports.journal import JournalRecord
from hexdesk_journal.file import FileJournal
from hexdesk_journal.segments import segment_path
from hexdesk_journal.settings import JournalSettings
from hexdesk_journal.tail import TailReader
from tests.adapters.journal.samples import context

SETTINGS = JournalSettings(sync="none")


def commit(journal: FileJournal, *texts: str) -> None:
    for text in texts:
        journal.append(Halt(text, 1))
    journal.commit()


def written(folder: Path, *texts: str) -> FileJournal:
    """Return a closed journal with a commit for each text."""
    journal = FileJournal(context(folder), SETTINGS)
    for text in texts:
        commit(journal, text)
    journal.close()
    return journal


def reasons(records: list[JournalRecord]) -> list[str]:
    return [record.reason for record in records if isinstance(record, Halt)]


def all_behind(reader: TailReader, after: int, limit: int) -> list[JournalRecord]:
    """Read until there is no more, as a feed does."""
    found: list[JournalRecord] = []
    while more := reader.read(after + len(found), limit):
        assert len(more) <= limit
        found += more
    return found


class Run(msgspec.Struct, frozen=True):
    """A commit: sizes of its records, whether a new run makes it, whether it is read at once."""

    sizes: list[int]
    is_new: bool
    is_read: bool


RUNS = st.builds(
    Run, st.lists(st.integers(1, 400), min_size=1, max_size=4), st.booleans(), st.booleans()
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(RUNS, min_size=1, max_size=8), st.integers(0, 3), st.integers(1, 7),
    st.integers(30, 300),
)  # fmt: skip
def test_every_record_comes_once_and_in_order(
    runs: list[Run], after: int, limit: int, chunk_bytes: int
) -> None:
    """Frames larger than a chunk, limits within a frame, segments that end between two reads."""
    with tempfile.TemporaryDirectory() as folder:
        journal = FileJournal(context(Path(folder)), SETTINGS)
        reader = TailReader(journal.folder, chunk_bytes=chunk_bytes)
        found: list[JournalRecord] = []
        for number, run in enumerate(runs):
            if run.is_new:  # and so a new segment
                journal.close()
                journal = FileJournal(context(Path(folder), f"run{number}"), SETTINGS)
            commit(journal, *("x" * size for size in run.sizes))
            if run.is_read and journal.sequence >= after:
                found += all_behind(reader, after + len(found), limit)
        found += all_behind(reader, after + len(found), limit)
        assert found == list(journal.records(after))
        journal.close()


def test_a_commit_that_is_being_written_is_waited_for(tmp_path: Path) -> None:
    journal = written(tmp_path, "a", "b")
    path = segment_path(journal.folder, 1)
    whole = path.read_bytes()
    reader = TailReader(journal.folder)
    for cut in (1, 20, 40):
        path.write_bytes(whole[:-cut])
        assert reasons(reader.read(0, 9)) == ["a"]
        assert reader.read(1, 9) == []
    path.write_bytes(whole)
    assert reasons(reader.read(1, 9)) == ["b"]


def test_damage_is_no_end(tmp_path: Path) -> None:
    journal = written(tmp_path, "a", "b", "c")
    path = segment_path(journal.folder, 1)
    data = bytearray(path.read_bytes())
    data[data.index(b"b", len(data) - 140)] ^= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match="records from number 2 on cannot be trusted"):
        all_behind(TailReader(journal.folder), 0, 9)


def test_readers_do_not_lose_each_others_place(tmp_path: Path) -> None:
    journal = written(tmp_path, *"abcdef")
    reader = TailReader(journal.folder)
    readers = [all_behind(reader, start, 1) for start in range(6)]
    assert [len(found) for found in readers] == [6, 5, 4, 3, 2, 1]
    assert journal.tail(6, 5) == []
    assert journal.tail(9, 5) == []
