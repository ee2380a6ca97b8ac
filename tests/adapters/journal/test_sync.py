"""The three modes of sync, shown on a pipe: it can be written, but forced to no disk."""

import os
import re
import threading
import time
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


def test_a_thread_that_rests_is_woken_by_the_next_frame(tmp_path: Path) -> None:
    """While nothing is written it wants no processor: not a wake in a hundred windows."""
    if not Path("/proc/self/task").exists():
        pytest.skip("this system does not tell how often a thread was woken")
    others = set(threading.enumerate())
    with (tmp_path / "file").open("wb") as file:
        sync = grouped(file.fileno())
        (thread,) = set(threading.enumerate()) - others
        try:
            for count in range(1, 4):
                eventually(lambda: not any(wakes(thread, 0.1) for _ in range(2)))
                sync.written()
                eventually(lambda: sync.times.distribution().count == count)  # noqa: B023
        finally:
            sync.close()


def wakes(thread: threading.Thread, seconds: float) -> int:
    """Count how often a thread is woken within some time."""
    status = Path(f"/proc/self/task/{thread.native_id}/status")

    def count() -> int:
        found = re.search(r"^voluntary_ctxt_switches:\s*(\d+)", status.read_text(), re.MULTILINE)
        return int(found[1]) if found else 0

    before = count()
    time.sleep(seconds)
    return count() - before
