"""Drives a link on asyncio: one connection at a time, opened again for ever.

An adapter says in a `Peer` how to open, log in, take up the state, receive and close; when to do
so, and how long it may take, is decided by the pure `Link`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from random import Random
from typing import Protocol

from hexdesk.connection.limits import LinkLimits
from hexdesk.connection.link import (
    CLOSED,
    CONNECTED,
    GONE,
    NEVER,
    Action,
    Link,
    LinkEvent,
    Note,
    NoteKind,
    Step,
    StepKind,
)
from hexdesk.connection.sequence import GapError
from hexdesk.domain.links import LinkObserver, LinkStatus, unobserved
from hexdesk.domain.values import NS_PER_SECOND, TimeNs
from hexdesk.errors import HexdeskError, VenueUnavailableError, require

CLOSE_TIMEOUT_S = 5.0
IDLE_S = 3_600.0
"""Longest wait at a time; a link that is not closed always has something due before."""
LEVELS = {
    NoteKind.LOST: logging.WARNING,
    NoteKind.BACK: logging.INFO,
    NoteKind.GAP: logging.WARNING,
    NoteKind.ALERT: logging.ERROR,
}
DONE = {
    StepKind.OPEN: LinkEvent.OPENED,
    StepKind.AUTHENTICATE: LinkEvent.AUTHENTICATED,
    StepKind.SYNC: LinkEvent.SYNCED,
}
EXPECTED = (HexdeskError, OSError, TimeoutError, EOFError)
"""What a wire does; anything else is logged with its traceback, and tried again all the same."""


class LinkError(HexdeskError):
    """A connection failed; `retry_after_ms` is how long the venue asks to be left alone."""

    code = "LINK"

    def __init__(self, message: str, *, retry_after_ms: int = 0, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after_ms = retry_after_ms


class Peer(Protocol):
    """The other side, as an adapter reaches it.

    Each method may raise: that is a failed connection, which is closed and opened again. None is
    called before the one before it has ended, but `ping`, which runs beside `receive`.
    """

    async def open(self) -> None:
        """Open a connection."""
        ...

    async def authenticate(self) -> None:
        """Log in; nothing to do where the venue wants no login."""
        ...

    async def sync(self) -> None:
        """Subscribe and take up the state; after a gap, on the same connection, take it up anew."""
        ...

    async def receive(self) -> None:
        """Wait for what comes next and hand it on; each return is a sign of life.

        Raises:
            GapError: A message is missing; `sync` is called next.
        """
        ...

    async def ping(self) -> None:
        """Ask for a sign of life; return when it has come."""
        ...

    async def close(self) -> None:
        """Free the connection, whatever state it is in; may be called twice."""
        ...


class Connection:
    """A peer that stays connected.

    Attributes:
        link: Its state; read only.
    """

    def __init__(
        self,
        name: str,
        peer: Peer,
        limits: LinkLimits,
        *,
        random: Random,
        now_ns: Callable[[], TimeNs],
        logger: logging.Logger,
        on_link: LinkObserver = unobserved,
    ) -> None:
        """Prepare; `open` connects.

        Args:
            name: For status and log.
            peer: How to reach the other side.
            limits: How long things may take.
            random: Spreads the waits.
            now_ns: UTC, asked once; from then on the loop's own time counts.
            logger: Gets one line when it is lost and one when it is back.
            on_link: Told every change.
        """
        self.link = Link(name, limits, random)
        self._peer = peer
        self._utc_ns = now_ns
        self._logger = logger
        self._on_link = on_link
        self._steps: list[Step] = []
        self._task: asyncio.Task[None] | None = None
        self._ping: asyncio.Task[None] | None = None
        self._first: asyncio.Future[None] | None = None
        self._tells_failure = True
        self._failure: BaseException | None = None
        self._base_ns: TimeNs = 0
        self._base_s = 0.0

    @property
    def status(self) -> LinkStatus:
        """What is known of the link now."""
        return self.link.status

    @property
    def is_up(self) -> bool:
        """Whether messages can be sent now."""
        return self.link.state in CONNECTED

    def now_ns(self) -> TimeNs:
        """Return the link's own time: UTC at `open`, and what passed since on the loop."""
        passed_s = asyncio.get_running_loop().time() - self._base_s
        return self._base_ns + round(passed_s * NS_PER_SECOND)

    async def open(self) -> None:
        """Connect for the first time; from then on it stays connected by itself.

        Raises:
            HexdeskError: The first attempt failed, and it is closed again.
        """
        self.start(tells_failure=False)
        first = self._first
        require(first is not None, "a connection was started")
        try:
            if first is not None:
                await asyncio.shield(first)
        except BaseException:
            await self.close()
            raise

    def start(self, *, tells_failure: bool = True) -> None:
        """Connect in the background, and stay connected.

        Whoever waits for the first attempt is told of its failure, and the log is not.
        """
        require(self._task is None, f"link {self.link.name} is open already")
        loop = asyncio.get_running_loop()
        self._base_ns = self._utc_ns()
        self._base_s = loop.time()
        self._first = loop.create_future()
        self._first.add_done_callback(_seen)
        self._tells_failure = tells_failure
        self._feed(LinkEvent.START)
        self._task = loop.create_task(self._run())

    async def close(self) -> None:
        """Close for good; idempotent."""
        task, self._task = self._task, None
        if task is None:
            return
        self._feed(LinkEvent.CLOSE)
        await self._end(task, 3 * CLOSE_TIMEOUT_S)
        self._ping = None
        self._steps.clear()

    def note_gap(self, text: str) -> None:
        """Say that something is lost for good: what it led to has to be asked for.

        For a `sync` that learns that the venue cannot repeat what was missed.
        """
        self._act(self.link.note_gap(self.now_ns(), text))

    # --- the loop ----------------------------------------------------------------------------

    async def _run(self) -> None:
        """Do what the link asks for until it is closed."""
        try:
            while self.link.state is not CLOSED:
                if self._steps:
                    await self._do(self._steps.pop(0))
                elif self.link.state in CONNECTED:
                    await self._listen()
                else:
                    await asyncio.sleep(self._patience_s())
                    self._act(self.link.tick(self.now_ns()))
        finally:  # also when the loop itself ends
            await self._end(self._ping)
            await self._close_peer()

    async def _do(self, step: Step) -> None:
        match step.kind:
            case StepKind.OPEN:
                await self._attempt(step, self._peer.open())
            case StepKind.AUTHENTICATE:
                await self._attempt(step, self._peer.authenticate())
            case StepKind.SYNC:
                await self._attempt(step, self._peer.sync())
            case StepKind.CLOSE:
                await self._end(self._ping)
                self._ping = None
                await self._close_peer()
            case StepKind.PING:  # started at once, by `_act`
                return

    async def _attempt(self, step: Step, work: Awaitable[None]) -> None:
        """Do a step; its time limit is the link's."""
        if await self._watch(work):
            self._feed(DONE[step.kind], connection=step.connection)

    async def _listen(self) -> None:
        """Receive until the link is not connected any more, or has something else to do."""
        await self._watch(self._receive())

    async def _receive(self) -> None:
        receive, heard, now_ns = self._peer.receive, self.link.heard, self.now_ns
        while True:
            await receive()
            if actions := heard(now_ns()):
                self._act(actions)

    async def _watch(self, work: Awaitable[None]) -> bool:
        """Await work while the link's deadlines are kept; return whether it was done well."""
        task = asyncio.ensure_future(work)
        connection = self.link.connection
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=self._patience_s())
                self._act(self.link.tick(self.now_ns()))
                if self.link.state in GONE or self.link.connection != connection:
                    return False
            error = LinkError("given up from within") if task.cancelled() else task.exception()
        finally:
            await self._end(task)
        if error is not None:
            self._fail(error)
        return error is None

    async def _ask_for_life(self, connection: int) -> None:
        try:
            await self._peer.ping()
        except EXPECTED as error:  # whoever receives notices, or the silence is noticed
            self._logger.debug("%s: a ping failed: %r", self.link.name, error)
        except Exception:
            self._logger.exception("%s: a bug of the adapter's ping", self.link.name)
        else:
            self._feed(LinkEvent.HEARD, connection=connection)

    def _fail(self, error: BaseException) -> None:
        if isinstance(error, GapError):
            self._feed(LinkEvent.GAP, str(error))
            return
        if not isinstance(error, EXPECTED):
            self._logger.error("%s: a bug of the adapter", self.link.name, exc_info=error)
        text = error.message if isinstance(error, HexdeskError) else str(error) or repr(error)
        retry_after_ms = error.retry_after_ms if isinstance(error, LinkError) else 0
        self._failure = error
        self._feed(LinkEvent.FAILED, text, retry_after_ms=retry_after_ms)

    async def _close_peer(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._peer.close()
        except EXPECTED as error:
            self._logger.debug("%s does not close: %r", self.link.name, error)
        except Exception:
            self._logger.exception("%s: a bug of the adapter's close", self.link.name)

    async def _end(
        self, task: asyncio.Future[None] | None, timeout_s: float = CLOSE_TIMEOUT_S
    ) -> None:
        """Cancel a task and wait for its end, but not for ever."""
        if task is None or task.done():
            return
        task.cancel()
        _, late = await asyncio.wait({task}, timeout=timeout_s)
        if late:
            self._logger.error("%s: a bug of the adapter: it cannot be stopped", self.link.name)

    def _patience_s(self) -> float:
        due_ns = self.link.due_ns
        if due_ns == NEVER:
            return IDLE_S
        return min(max(due_ns - self.now_ns(), 0) / NS_PER_SECOND, IDLE_S)

    # --- what the link says --------------------------------------------------------------------

    def _feed(
        self, event: LinkEvent, text: str = "", *, connection: int = 0, retry_after_ms: int = 0
    ) -> None:
        actions = self.link.handle(
            event, self.now_ns(), text, connection=connection, retry_after_ms=retry_after_ms
        )
        self._act(actions)

    def _act(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Step(StepKind.PING):
                    if self._ping is None or self._ping.done():
                        self._ping = asyncio.create_task(self._ask_for_life(action.connection))
                case Step():
                    self._steps.append(action)
                case Note() if self._tells_failure:
                    self._logger.log(LEVELS[action.kind], "%s", action.text)
                case Note():
                    pass
                case LinkStatus():
                    self._tell(action)

    def _tell(self, status: LinkStatus) -> None:
        self._tell_first(status)
        try:
            self._on_link(status)
        except Exception:  # an observer's bug must not end the link
            self._logger.exception("%s: a bug of who observes it", self.link.name)

    def _tell_first(self, status: LinkStatus) -> None:
        first = self._first
        if first is None or first.done():
            return
        if status.is_live:
            self._tells_failure = True
            first.set_result(None)
        elif self.link.state in GONE:
            failure, name = self._failure, self.link.name
            text = f"{name}: {status.error or 'closed'}"
            known = failure if isinstance(failure, HexdeskError) else VenueUnavailableError(text)
            first.set_exception(known)


def _seen(future: asyncio.Future[None]) -> None:
    """Take note of a failure that nobody awaits: `start` does not."""
    if not future.cancelled():
        future.exception()
