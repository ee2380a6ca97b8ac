"""Reaches the feeds and brokers of a live desk at its start, as often as it takes.

What cannot be reached is tried again for ever, with exponential waits and full jitter, while the
desk is up and opens nothing there. Once it was reached its adapter keeps the connection. What more
tries cannot mend, such as a wrong token, ends the desk.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from random import Random

from hexdesk.connection.backoff import Backoff
from hexdesk.domain.links import LinkState, LinkStatus
from hexdesk.domain.values import NS_PER_MS, NS_PER_SECOND, TimeNs
from hexdesk.errors import HexdeskError, VenueUnavailableError
from hexdesk.ports.clock import Clock
from hexdesk_app.running.links import LinkKind, Links
from hexdesk_app.running.session import CONNECT_TIMEOUT_S

FIRST_WAIT_NS = 500 * NS_PER_MS
LONGEST_WAIT_NS = 60 * NS_PER_SECOND
ALERT_ATTEMPTS = 5
"""So many tries in a row are told as an alert; the same as of a link that is lost later."""
Connect = Callable[[], Awaitable[None]]
logger = logging.getLogger("hexdesk.run")


class Attaching:
    """The first connections of one desk.

    Attributes:
        failure: What ended the desk; None while nothing did.
        missing: What has not been reached yet.
    """

    def __init__(self, links: Links, clock: Clock, *, seed: int, waits: bool) -> None:
        self.failure: HexdeskError | None = None
        self.missing: set[tuple[LinkKind, str]] = set()
        self._links = links
        self._clock = clock
        self._seed = seed
        self._waits = waits
        self._stop: Callable[[str], None] = _nobody
        self._tasks: set[asyncio.Task[None]] = set()

    def attend(self, stop: Callable[[str], None]) -> None:
        """Stop the desk by this, where trying on is no use."""
        self._stop = stop
        if self.failure is not None:
            stop("")

    async def first(self, kind: LinkKind, name: str, connect: Connect) -> bool:
        """Try once; return whether it was reached.

        Raises:
            HexdeskError: It was refused, or the desk shall not wait.
        """
        problem = await self._try(kind, name, connect)
        if problem is None:
            return True
        if not self._waits:
            raise problem
        self.missing.add((kind, name))
        now_ns = self._clock.now_ns()
        self._tell(kind, name, LinkState.BACKING_OFF, 0, problem.message, since_ns=now_ns)
        logger.warning(
            "%s %s cannot be reached, trying on: %s%s",
            *(kind.value, name, problem.message, f" ({problem.remedy})" if problem.remedy else ""),
        )
        return False

    async def until(self, kind: LinkKind, name: str, connect: Connect) -> None:
        """Try on until it is reached.

        Raises:
            HexdeskError: It was refused.
        """
        backoff = Backoff(FIRST_WAIT_NS, LONGEST_WAIT_NS, Random(f"{self._seed}:{kind}:{name}"))
        since_ns, attempts, at_least_ns = self._clock.now_ns(), 0, 0
        while True:
            wait_ns = backoff.wait_ns(attempts, at_least_ns=at_least_ns)
            await asyncio.sleep(wait_ns / NS_PER_SECOND)
            attempts += 1
            problem = await self._try(kind, name, connect)
            if problem is None:
                break
            at_least_ns = problem.retry_after_ms * NS_PER_MS
            text = problem.message
            self._tell(kind, name, LinkState.BACKING_OFF, attempts, text, since_ns=since_ns)
            if attempts == ALERT_ATTEMPTS:
                message = "%s %s: no connection after %d attempts: %s"
                logger.error(message, kind.value, name, attempts, text)
        self.missing.discard((kind, name))
        latest = self._links.latest.get((kind, name))
        if latest is None or latest.state is LinkState.BACKING_OFF:  # its adapter tells nothing
            self._tell(kind, name, LinkState.LIVE, 0, "", since_ns=self._clock.now_ns())
        logger.info("%s %s is reached after %d attempts", kind.value, name, attempts)

    def later(self, kind: LinkKind, name: str, connect: Connect) -> None:
        """Try on in the background."""
        task = asyncio.create_task(self._in_background(kind, name, connect))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Give up what is not reached yet."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _in_background(self, kind: LinkKind, name: str, connect: Connect) -> None:
        try:
            await self.until(kind, name, connect)
        except HexdeskError as error:
            self.failure = error
            self._stop("")

    async def _try(
        self, kind: LinkKind, name: str, connect: Connect
    ) -> VenueUnavailableError | None:
        """Return what was in the way, where another try may succeed."""
        try:
            await asyncio.wait_for(connect(), CONNECT_TIMEOUT_S)
        except VenueUnavailableError as error:
            return error
        except TimeoutError:
            text = f"{kind.value} {name!r} connects: no answer within {CONNECT_TIMEOUT_S:g} s"
            return VenueUnavailableError(text, remedy="check the address and the network")
        return None

    def _tell(
        self,
        kind: LinkKind,
        name: str,
        state: LinkState,
        attempts: int,
        error: str,
        *,
        since_ns: TimeNs,
    ) -> None:
        is_alerting = attempts >= ALERT_ATTEMPTS
        now_ns = self._clock.now_ns()
        status = LinkStatus(name, state, since_ns, attempts, error, 0, is_alerting, now_ns)
        self._links.observer(kind)(status)


def _nobody(_reason: str) -> None:
    """Stop nothing: the desk does not stand yet."""
