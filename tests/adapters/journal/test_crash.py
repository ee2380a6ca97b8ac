"""The journal on disk when processes die, disks fill and bits flip: a defined end of each."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from hexdesk.errors import ConfigError, DataError
from hexdesk_journal.file import FileJournal
from hexdesk_journal.reader import FileJournalReader
from hexdesk_journal.segments import encode_header
from hexdesk_journal.settings import JournalSettings
from tests.adapters.journal.samples import context, order
from tests.child import Child

SETTINGS = JournalSettings(sync_window_ms=1)
TIMEOUT_S = 20.0
ROOT = Path(__file__).parents[3]


def written(folder: Path, count: int) -> list[int]:
    """Commit orders, one a frame, and return where the frames of the only segment end."""
    journal = FileJournal(context(folder), SETTINGS)
    ends = [segment(folder).stat().st_size]
    for number in range(count):
        journal.append(order(number))
        journal.commit()
        ends.append(segment(folder).stat().st_size)
    journal.close()
    return ends


def segment(folder: Path, number: int = 1) -> Path:
    return folder / "journal" / f"{number:08}.seg"


def numbers_in(folder: Path) -> list[int]:
    """Open a journal, read it, close it."""
    journal = FileJournal(context(folder), SETTINGS)
    try:
        return [getattr(record, "ts_init", -1) for record in journal.records()]
    finally:
        journal.close()


def script(folder: Path, text: str) -> subprocess.Popen[str]:
    """Run a program with `journal` open; `say(x)` prints a line."""
    head = f"""
        import os, resource
        from pathlib import Path
        from hexdesk.errors import ConfigError
        from hexdesk_journal.file import FileJournal
        from hexdesk_journal.settings import JournalSettings
        from tests.adapters.journal.samples import context, order
        def say(text):
            os.write(1, f"{{text}}\\n".encode())
        def opened():
            return FileJournal(context(Path({str(folder)!r})), JournalSettings(sync_window_ms=1))
    """
    return Child[str](
        [sys.executable, "-c", textwrap.dedent(head) + textwrap.dedent(text)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def output_of(process: subprocess.Popen[str]) -> str:
    """Return all that a program printed; it must have ended well."""
    output, problems = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, problems
    return output


def test_a_torn_tail_is_kept_aside_and_cut(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ends = written(tmp_path, 3)
    whole = segment(tmp_path).read_bytes()
    for length in range(ends[2] + 1, ends[3]):
        state = tmp_path / str(length)
        (state / "journal").mkdir(parents=True)
        segment(state).write_bytes(whole[:length])
        journal = FileJournal(context(state), SETTINGS)
        assert journal.torn_bytes == length - ends[2]
        (aside,) = journal.torn_copies
        assert aside.read_bytes() == whole[ends[2] : length]
        journal.append(order(9))
        journal.commit()
        journal.close()
        assert numbers_in(state) == [0, 1, 9]
        assert f"cut after record 2, {length - ends[2]} bytes kept in" in caplog.text
        caplog.clear()


def test_the_same_place_may_be_torn_twice(tmp_path: Path) -> None:
    (*_before, end, _last) = written(tmp_path, 2)
    whole = segment(tmp_path).read_bytes()
    for _ in range(2):
        segment(tmp_path).write_bytes(whole[: end + 5])
        assert numbers_in(tmp_path) == [0]
    names = sorted(path.name for path in (tmp_path / "journal").glob("*.torn-*"))
    assert names == [f"00000001.seg.torn-{end}", f"00000001.seg.torn-{end}-1"]


def test_zeros_behind_the_last_frame_are_a_torn_tail(tmp_path: Path) -> None:
    written(tmp_path, 2)
    with segment(tmp_path).open("ab") as file:
        file.write(bytes(4_096))
    assert numbers_in(tmp_path) == [0, 1]


@pytest.mark.parametrize("left", [b"", b"HEXD", bytes(64), encode_header])
def test_a_segment_that_was_never_begun_is_set_aside(tmp_path: Path, left: object) -> None:
    written(tmp_path, 2)
    whole = segment(tmp_path).read_bytes()
    segment(tmp_path, 2).write_bytes(left if isinstance(left, bytes) else whole[:20])
    assert numbers_in(tmp_path) == [0, 1]
    assert not segment(tmp_path, 2).exists()
    assert (tmp_path / "journal" / "00000002.seg.torn-0").exists()


def test_every_flipped_bit_before_the_last_frame_is_refused(tmp_path: Path) -> None:
    ends = written(tmp_path, 3)
    whole = segment(tmp_path).read_bytes()
    for place in range(ends[2]):
        broken = bytearray(whole)
        broken[place] ^= 1 << place % 8
        segment(tmp_path).write_bytes(broken)
        with pytest.raises(DataError) as caught:
            FileJournal(context(tmp_path), SETTINGS)
        assert caught.value.file == str(segment(tmp_path))
        assert "backup" in caught.value.remedy
        assert segment(tmp_path).read_bytes() == broken, "a refused journal is left as it was"
    segment(tmp_path).write_bytes(whole)
    assert numbers_in(tmp_path) == [0, 1, 2]


def test_the_remedy_for_a_damaged_frame_works(tmp_path: Path) -> None:
    ends = written(tmp_path, 3)
    broken = bytearray(segment(tmp_path).read_bytes())
    broken[ends[1] + 30] ^= 1
    segment(tmp_path).write_bytes(broken)
    with pytest.raises(DataError, match="records from number 2 on cannot be trusted") as caught:
        FileJournal(context(tmp_path), SETTINGS)
    assert f"`truncate -s {ends[1]} {segment(tmp_path)}`" in caught.value.remedy
    os.truncate(segment(tmp_path), ends[1])
    assert numbers_in(tmp_path) == [0]


def test_damage_in_an_earlier_segment_is_found_by_reading(tmp_path: Path) -> None:
    ends = written(tmp_path, 2)
    FileJournal(context(tmp_path, "run2"), SETTINGS).close()
    whole = segment(tmp_path).read_bytes()
    for broken in (whole[: ends[1]], whole[:-1], whole[:-1] + b"?"):
        segment(tmp_path).write_bytes(broken)
        journal = FileJournal(context(tmp_path, "run2"), SETTINGS)
        with pytest.raises(DataError):
            list(journal.records())
        journal.close()


def test_a_second_writer_is_told_who_is_first(tmp_path: Path) -> None:
    first = FileJournal(context(tmp_path), SETTINGS)
    with pytest.raises(ConfigError) as caught:
        FileJournal(context(tmp_path, "run2"), SETTINGS)
    assert caught.value.code == "JOURNAL_LOCKED"
    assert f"process {os.getpid()} on {os.uname().nodename}, run run1" in str(caught.value)
    first.append(order(1))
    first.close()
    assert numbers_in(tmp_path) == [1]


def test_a_writer_in_another_process_is_named_too(tmp_path: Path) -> None:
    process = script(tmp_path, "journal = opened()\nsay('open')\ninput()")
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        with pytest.raises(ConfigError, match=f"process {process.pid} "):
            FileJournal(context(tmp_path), SETTINGS)
    finally:
        process.kill()
        process.communicate(timeout=TIMEOUT_S)
    assert numbers_in(tmp_path) == []


def test_what_a_killed_process_committed_is_there(tmp_path: Path) -> None:
    told = 0
    for life in range(3):
        process = script(
            tmp_path,
            """
            journal = opened()
            number = journal.sequence + 1
            while True:
                journal.append(order(number))
                journal.append(order(number + 1))
                journal.commit()
                number += 2
                say(number - 1)
            """,
        )
        assert process.stdout is not None
        for _ in range(50 * (life + 1)):
            told = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read()
        process.communicate(timeout=TIMEOUT_S)
        told = max([told, *map(int, rest.split())])
        found = numbers_in(tmp_path)
        assert found == list(range(1, len(found) + 1))
        # The process may have died between a commit and its telling.
        assert len(found) in {told, told + 2}


def test_a_process_killed_over_its_snapshots_leaves_a_sound_one(tmp_path: Path) -> None:
    for life in range(2):
        process = script(
            tmp_path,
            """
            journal = opened()
            while True:
                for _ in range(3):
                    journal.append(order(journal.sequence + 1))
                    journal.commit()
                journal.save_snapshot(b"%d" % journal.sequence * 5_000)
                say(journal.sequence)
            """,
        )
        assert process.stdout is not None
        before = sorted((tmp_path / "journal").glob("*.snap"))[-1:]
        while sorted((tmp_path / "journal").glob("*.snap"))[-1:] == before:
            process.stdout.readline()
        for _ in range(50 * life):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=TIMEOUT_S)
        journal = FileJournal(context(tmp_path), SETTINGS)
        found = journal.snapshot()
        assert found is not None
        assert found.state == b"%d" % found.sequence * 5_000
        rest = list(journal.records(found.sequence))
        assert rest == [order(found.sequence + place + 1) for place in range(len(rest))]
        assert journal.sequence == found.sequence + len(rest)
        journal.close()
        assert FileJournalReader(tmp_path).verify().faults == ()


def test_a_full_disk_stops_the_journal_and_costs_nothing_committed(tmp_path: Path) -> None:
    output = output_of(
        script(
            tmp_path,
            """
            journal = opened()
            resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, -1))
            try:
                for number in range(1_000):
                    journal.append(order(number))
                    journal.commit()
            except OSError as error:
                say(number)
                say(error)
            resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
            for _ in range(2):
                journal.append(order(5_000))
                try:
                    journal.commit()
                except OSError as error:
                    say("still refused")
            journal.close()
            """,
        )
    )
    committed, text, remedy, *still = output.splitlines()
    assert f"(1 records from number {int(committed) + 1} on); no order may be sent" in text
    assert "File too large" in text
    assert "ulimit -f" in remedy
    assert still == ["still refused", "still refused"]
    journal = FileJournal(context(tmp_path), SETTINGS)
    assert journal.torn_bytes == 0, "the half-written frame was taken back"
    assert list(journal.records()) == [order(number) for number in range(int(committed))]
    journal.close()


def test_no_room_for_the_first_segment_leaves_nothing_behind(tmp_path: Path) -> None:
    output = output_of(
        script(
            tmp_path,
            """
            resource.setrlimit(resource.RLIMIT_FSIZE, (50, 50))
            try:
                opened()
            except ConfigError as error:
                say(error)
            """,
        )
    )
    assert "cannot be opened: File too large" in output
    assert not segment(tmp_path).exists()
    assert numbers_in(tmp_path) == []


def test_a_folder_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir(mode=0o555)
    tmp_path.chmod(0o755)
    output = output_of(
        script(
            Path(),
            f"""
            os.chdir({str(tmp_path)!r})
            if os.getuid() == 0:
                os.setuid(65534)  # root may write anywhere
            try:
                opened()
            except ConfigError as error:
                say(error)
            """,
        )
    )
    assert "JOURNAL_UNWRITABLE: in journal cannot be opened: Permission denied" in output
    assert "make the folder writable for this user" in output


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    with pytest.raises(ConfigError, match="cannot be opened: Not a directory"):
        FileJournal(context(tmp_path / "state"), SETTINGS)
