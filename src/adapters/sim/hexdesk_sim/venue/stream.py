"""The venue's stream, seen from a client: it comes back by itself, for ever.

One line is logged when it is lost, one when it is back.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from random import Random

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, WebSocketException

from hexdesk.errors import VenueCredentialsError, VenueError, VenueUnavailableError
from hexdesk_sim.venue.backoff import Backoff
from hexdesk_sim.venue.settings import LinkSettings
from hexdesk_sim.venue.wire import (
    CLOSE_UNAUTHORIZED,
    SERVER_MESSAGES,
    STREAM_PATH,
    ClientMessage,
    Hello,
    ServerMessage,
    Welcome,
    WireError,
    encode,
    read,
)

MS_PER_S = 1_000
CLOSE_TIMEOUT_S = 1.0
MESSAGE_BYTES_MAX = 16 * 1_048_576
QUEUE_MAX = 64
"""Messages read ahead; then the venue has to wait."""

Greet = Callable[[], Hello]
OnWelcome = Callable[[Welcome], Awaitable[None]]
Take = Callable[[ServerMessage], None]


class GapError(Exception):
    """A message is missing; the stream has to begin anew."""


class Stream:
    """A stream with its reconnections."""

    def __init__(
        self,
        settings: LinkSettings,
        *,
        greet: Greet,
        on_welcome: OnWelcome,
        take: Take,
        chance: Random,
        logger: logging.Logger,
    ) -> None:
        """Prepare a stream; `open` connects.

        `greet` makes the first message, `on_welcome` is awaited after each new connection (a
        `VenueError` makes it try again), `take` gets every message and must not block.
        """
        self._settings = settings
        self._greet = greet
        self._on_welcome = on_welcome
        self._take = take
        self._logger = logger
        self._backoff = Backoff(
            settings.reconnect_first_ms / MS_PER_S, settings.reconnect_max_ms / MS_PER_S, chance
        )
        self._socket: ClientConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self._connected_s = 0.0

    @property
    def is_connected(self) -> bool:
        """Whether messages can be sent now."""
        return self._socket is not None

    async def open(self) -> None:
        """Connect for the first time, then listen.

        Raises:
            VenueError: The venue cannot be reached now, or refuses.
        """
        await self._connect()
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(self._on_end)

    async def send(self, message: ClientMessage) -> None:
        """Send a message; on a stream that is down or breaks it is lost."""
        socket = self._socket
        if socket is not None:
            try:
                await socket.send(encode(message), text=True)
            except ConnectionClosed:
                self._logger.debug("a message was lost with the stream")

    async def close(self) -> None:
        """End the stream; idempotent, and possible after its loop has ended."""
        task, self._task = self._task, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        try:
            while True:
                reason = await self._listen()
                self._socket = None
                self._logger.warning("stream of %s is lost: %s", self._settings.url, reason)
                await self._reconnect()
                self._logger.info("stream of %s is back", self._settings.url)
        finally:
            socket, self._socket = self._socket, None
            if socket is not None:
                await socket.close()

    async def _listen(self) -> str:
        """Take messages until the stream ends; return why it did."""
        socket = self._socket
        if socket is None:
            return "not connected"
        try:
            while True:
                self._take(read(SERVER_MESSAGES, await socket.recv(decode=False)))
        except ConnectionClosed as error:
            return str(error)
        except (WireError, GapError) as error:
            await socket.close(code=4000, reason=str(error)[:100])
            return str(error)

    async def _reconnect(self) -> None:
        lived_s = asyncio.get_running_loop().time() - self._connected_s
        if lived_s >= self._settings.reconnect_stable_ms / MS_PER_S:
            self._backoff.reset()
        while True:
            await asyncio.sleep(self._backoff.next_s())
            try:
                await self._connect()
            except VenueError as error:
                self._logger.debug("still no stream: %s", error)
            else:
                return

    async def _connect(self) -> None:
        settings = self._settings
        timeout_s = settings.connect_timeout_ms / MS_PER_S
        url = "ws" + settings.url.removeprefix("http") + STREAM_PATH
        try:
            socket = await connect(
                url,
                open_timeout=timeout_s,
                close_timeout=CLOSE_TIMEOUT_S,
                ping_interval=settings.heartbeat_ms / MS_PER_S,
                ping_timeout=settings.heartbeat_timeout_ms / MS_PER_S,
                max_size=MESSAGE_BYTES_MAX,
                max_queue=QUEUE_MAX,
                compression=None,
                proxy=None,
            )
        except (OSError, TimeoutError, InvalidHandshake, WebSocketException) as error:
            raise self._unavailable(str(error) or "no answer in time") from error
        self._socket = socket
        try:
            await self._shake_hands(socket, timeout_s)
        except BaseException:
            self._socket = None
            await socket.close()
            raise
        self._connected_s = asyncio.get_running_loop().time()

    async def _shake_hands(self, socket: ClientConnection, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await socket.send(encode(self._greet()), text=True)
                welcome = read(SERVER_MESSAGES, await socket.recv(decode=False))
        except ConnectionClosed as error:
            if error.rcvd is not None and error.rcvd.code == CLOSE_UNAUTHORIZED:
                raise VenueCredentialsError(
                    f"{self._settings.url}: {error.rcvd.reason}",
                    remedy="correct the token or the account",
                ) from error
            raise self._unavailable(str(error)) from error
        except (TimeoutError, WireError) as error:
            raise self._unavailable(str(error) or "no greeting in time") from error
        if not isinstance(welcome, Welcome):
            raise self._unavailable("the stream began without a welcome")
        await self._on_welcome(welcome)

    def _on_end(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            self._logger.error(
                "stream of %s broke and stays down", self._settings.url, exc_info=task.exception()
            )

    def _unavailable(self, reason: str) -> VenueUnavailableError:
        return VenueUnavailableError(
            f"{self._settings.url}{STREAM_PATH}: {reason}",
            remedy="start the venue, or correct the url",
        )
