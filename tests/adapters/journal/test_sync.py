"""The three modes of sync, shown on a pipe: it can be written, but forced to no disk."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hexdesk_journal.sync import EachSync, GroupSync, NoSync, Sync
from tests.adapters.journal.samples import context, eventually


@pytest.fixture
def pipe() -> Iterator[int]:
    """Return a descriptor that cannot be forced to a disk."""
    reader, writer = os.pipe()
    yield writer
    os.close(reader)
    os.close(writer)


def grouped(fd: int) -> GroupSync:
    return GroupSync(fd, 1, context(Path()).logger)


def refuses(sync: Sync) -> bool:
    try:
        sync.written()
    except OSError:
        return True
    return False


def test_each_commit_hears_of_the_refusal_at_once(pipe: int) -> None:
    assert refuses(EachSync(pipe))


def test_none_asks_no_disk() -> None:
    sync = NoSync()
    assert not refuses(sync)
    sync.force()


def test_a_refusal_in_the_background_stops_the_next_commit_and_every_other(pipe: int) -> None:
    sync = grouped(pipe)
    try:
        eventually(lambda: refuses(sync))
        assert refuses(sync)
        with pytest.raises(OSError, match="Invalid argument"):
            sync.force()
    finally:
        sync.close()


def test_a_file_that_was_left_is_not_touched_again(pipe: int, tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        sync = grouped(pipe)
        sync.follow(file.fileno())
        sync.written()
        sync.force()
        sync.close()
        assert not refuses(sync)
