"""SIGINT and SIGTERM as a wish to stop, on every platform."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any

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


async def done_before(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Do some work, and give it up when `stop` is set; return whether it was done.

    Raises:
        Exception: Whatever the work raises.
    """
    task, asked = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((task, asked), return_when=asyncio.FIRST_COMPLETED)
        is_done = task.done()
        if is_done:
            task.result()
        return is_done
    finally:
        for each in (task, asked):
            each.cancel()
        await asyncio.gather(task, asked, return_exceptions=True)
