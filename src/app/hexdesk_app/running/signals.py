"""SIGINT and SIGTERM as a wish to stop, on every platform."""

import asyncio
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

NUMBERS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_signals(stop: Callable[[str], None]) -> Generator[None]:
    """Call `stop` with a signal's name on the running loop, in the main thread.

    A SIGINT after the first signal raises `KeyboardInterrupt` wherever the program is just then:
    it also ends what never returns to the loop. `loop.add_signal_handler` could not do that, and
    is not there on Windows.
    """
    loop = asyncio.get_running_loop()
    was_asked = False

    def handle(number: int, _frame: FrameType | None) -> None:
        nonlocal was_asked
        if was_asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        was_asked = True
        loop.call_soon_threadsafe(stop, signal.Signals(number).name)

    before = {number: signal.signal(number, handle) for number in NUMBERS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
