"""Processes that die while they write, and disks that fill: nothing is missing afterwards."""

import errno
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

from tests.adapters.sqlite.samples import journal, opened, rows
from tests.child import Child

ROOT = Path(__file__).parents[3]
TIMEOUT_S = 30.0
HEAD = """
    import os, resource, sys
    from pathlib import Path
    from tests.adapters.sqlite.samples import journal, opened
    def say(text):
        os.write(1, f"{text}\\n".encode())
"""


def script(text: str) -> subprocess.Popen[str]:
    """Run a program; `say(x)` prints a line."""
    return Child[str](
        [sys.executable, "-c", textwrap.dedent(HEAD) + textwrap.dedent(text)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_killed_writer_loses_nothing_that_it_said_it_wrote(tmp_path: Path) -> None:
    records = journal(2_000)
    reached = 0
    for life in range(4):
        process = script(
            f"""
            records = journal(2_000)
            model = opened(Path({str(tmp_path)!r}))
            sequence = model.open().sequence
            while sequence < len(records):
                sequence += model.write(sequence + 1, records[sequence : sequence + 7])
                say(sequence)
            """
        )
        assert process.stdout is not None
        told = reached
        for _ in range(20 * (life + 1)):
            told = int(process.stdout.readline() or told)
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read()
        process.communicate(timeout=TIMEOUT_S)
        told = max([told, *map(int, rest.split())])
        model = opened(tmp_path)
        reached = model.open().sequence
        assert told <= reached <= told + 7, "what was written stays, in whole batches"
        model.close()
    model = opened(tmp_path)
    model.write(reached + 1, records[reached:])
    model.close()
    whole = opened(tmp_path / "whole")
    whole.write(1, records)
    whole.close()
    assert rows(model.path) == rows(whole.path)


def test_a_killed_rebuild_leaves_the_old_rows(tmp_path: Path) -> None:
    model = opened(tmp_path)
    model.write(1, journal(50))
    model.close()
    before = rows(model.path)
    process = script(
        f"""
        def slowly():
            for number, record in enumerate(journal(50_000)):
                if number == 30_000:
                    say("half way")
                    sys.stdin.readline()
                yield record
        opened(Path({str(tmp_path)!r})).rebuild(slowly())
        """
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "half way\n"
    process.kill()
    process.communicate(timeout=TIMEOUT_S)
    assert rows(model.path) == before
    model = opened(tmp_path)
    assert model.rebuild(iter(journal(60))) == 121
    assert not list(tmp_path.glob("*.new*"))
    model.close()


def test_a_full_disk_is_an_error_and_nothing_is_half_written(tmp_path: Path) -> None:
    process = script(
        f"""
        records = journal(5_000)
        model = opened(Path({str(tmp_path)!r}))
        sequence = model.write(1, records[:100])
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, -1))
        try:
            while True:
                sequence += model.write(sequence + 1, records[sequence : sequence + 100])
        except OSError as error:
            say(error.errno)
            say(sequence)
        resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
        model.write(sequence + 1, records[sequence:])
        model.close()
        """
    )
    output, problems = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, problems
    number, sequence = map(int, output.split())
    assert number in {errno.EIO, errno.ENOSPC}
    assert 100 <= sequence < 10_001
    whole = opened(tmp_path / "whole")
    whole.write(1, journal(5_000))
    whole.close()
    assert rows(tmp_path / "history.sqlite") == rows(whole.path)
