"""A bounded queue whose work keeps its order per key, while several keys are worked at once."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Lanes(Generic[T]):
    """Items wait by key; of one key only one is worked at a time, in the order of `put`.

    `work` must not raise. Overflow: `put` returns False and the item is not taken.
    """

    def __init__(
        self, work: Callable[[T], Awaitable[None]], *, workers: int, capacity: int
    ) -> None:
        self._work = work
        self._worker_count = workers
        self._capacity = capacity
        self._lanes: dict[str, deque[T]] = {}
        self._ready: asyncio.Queue[str] = asyncio.Queue()  # one entry a lane: bounded as they are
        self._waiting = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits or is worked."""
        return self._is_idle.is_set()

    def start(self) -> None:
        """Begin to work, on the running loop."""
        self._tasks = [asyncio.create_task(self._run()) for _ in range(self._worker_count)]

    def put(self, key: str, item: T) -> bool:
        """Take an item, unless too many wait."""
        if self._waiting >= self._capacity:
            return False
        self._waiting += 1
        self._is_idle.clear()
        lane = self._lanes.get(key)
        if lane is None:
            self._lanes[key] = deque((item,))
            self._ready.put_nowait(key)
        else:  # its worker takes the key up again
            lane.append(item)
        return True

    async def close(self, timeout_s: float) -> list[T]:
        """Wait until all is done, but not longer than a time; return what was never begun."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._is_idle.wait()
        except TimeoutError:
            unbegun = [item for lane in self._lanes.values() for item in lane]
        else:
            unbegun = []
        self._lanes.clear()
        self._waiting = 0
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        self._is_idle.set()
        return unbegun

    async def _run(self) -> None:
        while True:
            key = await self._ready.get()
            lane = self._lanes[key]
            self._waiting -= 1
            await self._work(lane.popleft())
            if lane:
                self._ready.put_nowait(key)
            else:
                del self._lanes[key]
                if not self._lanes:
                    self._is_idle.set()
