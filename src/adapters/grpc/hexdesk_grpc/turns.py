"""Turns at the desk's loop: clients' work comes piece by piece, and ticks between the pieces."""

import asyncio


class Turns:
    """Gives out one turn for each round of the loop.

    A loop carries everything out that is ready before it looks for what has come: with ten clients
    ready a tick would wait for ten of them. So it waits for one.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def next(self) -> None:
        """Wait for a turn; what follows, up to the next wait, should take 0.2 ms at most."""
        await self._lock.acquire()
        asyncio.get_running_loop().call_soon(self._lock.release)
