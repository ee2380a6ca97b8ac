"""Work that may take its time, away from the loop: calls into plugins while a desk runs."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

STUCK_MAX = 4
"""Threads that may be stuck in plugins; with more of them nothing further is begun."""


class StuckError(Exception):
    """Work did not end in time, or too much of it never did."""


class Aside:
    """Does one piece of work after the other, each on a thread of its own.

    A thread that hangs cannot be stopped; it is left behind, does not keep the process from ending,
    and what it gives in the end is dropped.
    """

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._turn = asyncio.Lock()
        self._stuck: list[threading.Thread] = []

    async def do(self, work: Callable[[], T], name: str) -> T:
        """Return what work returns; the loop goes on meanwhile.

        Raises:
            StuckError: It takes too long, or too many threads are stuck.
            BaseException: Whatever the work raises.
        """
        async with self._turn:
            self._stuck = [thread for thread in self._stuck if thread.is_alive()]
            if len(self._stuck) >= STUCK_MAX:
                message = f"{STUCK_MAX} plugins never came back; restart the desk"
                raise StuckError(message)
            return await self._do(work, name)

    async def _do(self, work: Callable[[], T], name: str) -> T:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def run() -> None:
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 - whoever waits decides
                _tell(loop, done, error=error)
            else:
                _tell(loop, done, result=result)

        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        try:
            return await asyncio.wait_for(done, self._timeout_s)
        except TimeoutError:
            message = f"it took longer than {self._timeout_s:g} s"
            raise StuckError(message) from None
        finally:
            self._stuck.append(thread)  # one that has ended is left out the next time


def _tell(
    loop: asyncio.AbstractEventLoop,
    done: "asyncio.Future[T]",
    *,
    result: T | None = None,
    error: BaseException | None = None,
) -> None:
    """Pass on what came of it, unless nobody waits any more."""

    def tell() -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]  # work's own result

    try:
        loop.call_soon_threadsafe(tell)
    except RuntimeError:  # the loop is closed: the desk has ended
        return
