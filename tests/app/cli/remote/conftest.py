"""A desk that is served in this process, and the command line in front of it."""

import asyncio
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest

from hexdesk.domain.risk import RiskLimits
from hexdesk.testing.strategy import WIDE_LIMITS
from hexdesk_grpc.settings import GrpcSettings
from tests.adapters.grpc.rig import ServedRig
from tests.app.cli.conftest import Answer, Run

T = TypeVar("T")
PATIENCE_S = 30.0


class ServedDesk:
    """A desk that runs on a thread of its own, behind a real server.

    Attributes:
        rig: The desk; touch it through `do` alone.
        address: Where it listens.
    """

    def __init__(self, run: Run, rig: ServedRig, loop: asyncio.AbstractEventLoop) -> None:
        self.rig = rig
        self.address = rig.server.address
        self._run = run
        self._loop = loop

    def do(self, act: Callable[[ServedRig], T]) -> T:
        """Do something with the desk on its own thread."""

        async def work() -> T:
            return act(self.rig)

        return asyncio.run_coroutine_threadsafe(work(), self._loop).result(PATIENCE_S)

    def __call__(self, *words: str) -> Answer:
        """Run a verb against it."""
        return self._run(*words, "--address", self.address)


@contextmanager
def serve(
    run: Run, *, mode: str = "paper", limits: RiskLimits = WIDE_LIMITS
) -> Generator[ServedDesk]:
    """Serve a desk of two strategies on a thread, until the end of the block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="desk", daemon=True)
    thread.start()

    async def start() -> ServedRig:
        rig = ServedRig("a", "b", mode=mode, limits=limits)
        rig.runtime.mode = mode
        rig.runtime.reconciliation = None
        rig.start()
        rig.server = rig.make_server(GrpcSettings(listen="127.0.0.1:0"))
        await rig.server.start()
        return rig

    rig = asyncio.run_coroutine_threadsafe(start(), loop).result(PATIENCE_S)
    try:
        yield ServedDesk(run, rig, loop)
    finally:
        asyncio.run_coroutine_threadsafe(rig.server.stop(), loop).result(PATIENCE_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE_S)
        loop.close()


@pytest.fixture
def desk(hexdesk: Run) -> Iterator[ServedDesk]:
    """A paper desk."""
    with serve(hexdesk) as served:
        yield served
