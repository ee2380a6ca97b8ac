"""The time limit around calls into plugins."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from hexdesk_app.guard import OverdueError, call_within


@pytest.fixture
def alarms() -> Iterator[list[int]]:
    """Alarms that rang outside the guard; the runner's own alarm is put back."""
    rang: list[int] = []
    handler = signal.signal(signal.SIGALRM, lambda number, _frame: rang.append(number))
    timer = signal.setitimer(signal.ITIMER_REAL, 0)
    yield rang
    signal.setitimer(signal.ITIMER_REAL, *timer)
    signal.signal(signal.SIGALRM, handler)


def test_a_quick_call_leaves_no_alarm(alarms: list[int]) -> None:
    assert call_within(5.0, lambda: 7) == 7
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert alarms == []


@pytest.mark.usefixtures("alarms")
def test_an_error_passes() -> None:
    with pytest.raises(ZeroDivisionError):
        call_within(5.0, lambda: 1 / 0)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.usefixtures("alarms")
def test_an_alarm_that_was_set_before_still_rings() -> None:
    signal.setitimer(signal.ITIMER_REAL, 100.0)
    call_within(5.0, lambda: None)
    remaining, _ = signal.getitimer(signal.ITIMER_REAL)
    assert 0.0 < remaining <= 100.0


def test_a_long_call_is_interrupted_with_its_stack() -> None:
    with pytest.raises(OverdueError) as caught:
        call_within(0.05, threading.Event().wait)
    assert any("in wait" in line for line in caught.value.stack)


def test_other_threads_are_not_limited() -> None:
    results: list[int] = []
    thread = threading.Thread(target=lambda: results.append(call_within(0.001, lambda: 3)))
    thread.start()
    thread.join(10)
    assert results == [3]


def test_a_call_that_cannot_be_interrupted_ends_the_process() -> None:
    program = (
        "from hexdesk_app.guard import call_within\n"
        "def stubborn():\n"
        "    while True:\n"
        "        try:\n"
        "            while True: pass\n"
        "        except BaseException: pass\n"
        "call_within(0.2, stubborn)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "in stubborn" in done.stderr


def test_ctrl_c_ends_a_call_though_the_loop_does_not_turn() -> None:
    runner = signal.getsignal(signal.SIGINT)

    def hang() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        while True:
            pass

    signal.signal(signal.SIGINT, lambda _number, _frame: None)  # as asyncio's, which only asks
    try:
        with pytest.raises(KeyboardInterrupt):
            call_within(30.0, hang)
    finally:
        signal.signal(signal.SIGINT, runner)
