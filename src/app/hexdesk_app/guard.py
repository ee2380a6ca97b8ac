"""A time limit around calls into plugins: a hanging one is stopped and its stack is kept."""

import faulthandler
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager
from time import monotonic
from types import FrameType
from typing import TypeVar

T = TypeVar("T")

AGAIN_S = 1.0
"""How often the alarm is repeated: a retry loop that swallows everything catches the first."""
KILL_FACTOR = 2
"""After this many time limits a call that cannot be interrupted ends the process."""
FRAMES_SHOWN_MAX = 5
SHORTEST_S = 0.001


class OverdueError(BaseException):
    """Raised inside a call that takes too long; no `except Exception` of a plugin stops it.

    Attributes:
        stack: Innermost calls, outer ones first, as `file:line in function`.
    """

    def __init__(self, stack: list[str]) -> None:
        super().__init__("overdue")
        self.stack = stack


def call_within(timeout_s: float, call: Callable[[], T]) -> T:
    """Return what a call returns, in this thread.

    The main thread of a Unix process is interrupted by an alarm. Code that never returns to Python
    cannot be: after twice the time the process ends with all stacks on stderr. Elsewhere the call
    is made without a limit.

    Raises:
        OverdueError: It took longer than the limit in seconds.
        KeyboardInterrupt: The user did not want to wait.
    """
    if not _can_alarm():
        return call()
    with _interruptible(), _alarm(timeout_s), _last_resort(timeout_s * KILL_FACTOR):
        return call()


def _can_alarm() -> bool:
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


@contextmanager
def _interruptible() -> Generator[None]:
    """Let Ctrl-C end the block at once; asyncio's own handler waits for the loop to turn."""
    handler = signal.getsignal(signal.SIGINT)
    if handler in {signal.SIG_IGN, None}:
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


@contextmanager
def _alarm(timeout_s: float) -> Generator[None]:
    """Interrupt the block after a time; an alarm that was set before rings at its own time."""
    started = monotonic()
    handler = signal.signal(signal.SIGALRM, _interrupt)
    remaining_s, interval_s = signal.setitimer(signal.ITIMER_REAL, timeout_s, AGAIN_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler or signal.SIG_DFL)
        if remaining_s:
            left_s = max(remaining_s - (monotonic() - started), SHORTEST_S)
            signal.setitimer(signal.ITIMER_REAL, left_s, interval_s)


@contextmanager
def _last_resort(timeout_s: float) -> Generator[None]:
    if sys.__stderr__ is None:
        yield
        return
    faulthandler.dump_traceback_later(timeout_s, exit=True, file=sys.__stderr__)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def _interrupt(_signal: int, frame: FrameType | None) -> None:
    calls = traceback.extract_stack(frame)[-FRAMES_SHOWN_MAX:]
    raise OverdueError([f"{each.filename}:{each.lineno} in {each.name}" for each in calls])
