"""Turns at the desk's loop: clients' work comes piece by piece, and ticks between the pieces."""

import asyncio
from collections import deque
from collections.abc import Callable
from time import perf_counter

PIECE_S = 0.000_15
"""How long a piece goes on before it makes room for others: what a tick waits for, about."""


class Turns:
    """Gives out one turn for each round of the loop, in the order in which they were asked for.

    A loop carries everything out that is ready before it looks for what has come: with ten clients
    ready a tick would wait for ten of them. So it waits for one.
    """

    def __init__(self, now_s: Callable[[], float] = perf_counter) -> None:
        self._now_s = now_s
        self._is_taken = False
        self._begun_s = 0.0
        self._release: asyncio.Handle | None = None
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def next(self) -> None:
        """Wait for a turn; ask for another every now and then in what follows: `pause`."""
        if self._is_taken:
            await self._until_ours()
        self._is_taken = True
        self._pass_on()
        self._begun_s = self._now_s()

    async def pause(self) -> None:
        """Wait for another turn, but only once the one that began has taken `PIECE_S`.

        It costs next to nothing to ask often, and a slow machine gets smaller pieces.
        """
        if self._now_s() - self._begun_s > PIECE_S:
            await self.next()

    async def _until_ours(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            if self._release is not None:  # nobody waits: the next round is ours
                self._release.cancel()
                self._release = None
                await asyncio.sleep(0)
            else:
                self._waiting.append(turn)
                await turn
        except asyncio.CancelledError:
            if turn in self._waiting:
                self._waiting.remove(turn)
            else:
                self._pass_on()  # it was ours already
            raise

    def _pass_on(self) -> None:
        """Give the next round to the first who waits."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._release = asyncio.get_running_loop().call_soon(self._free)

    def _free(self) -> None:
        self._release = None
        self._is_taken = False
