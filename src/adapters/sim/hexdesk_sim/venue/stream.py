"""The venue's stream, seen from a client: one websocket of a connection that comes back by itself.

How long things may take, and what happens when they fail, is the link's matter
(`hexdesk.connection`); here is only how this venue is reached.
"""

import asyncio
from collections.abc import Awaitable, Callable

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, WebSocketException

from hexdesk.connection import LinkError
from hexdesk.errors import VenueCredentialsError, VenueUnavailableError
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

CLOSE_TIMEOUT_S = 1.0
MESSAGE_BYTES_MAX = 16 * 1_048_576
QUEUE_MAX = 64
"""Messages read ahead; then the venue has to wait."""

Greet = Callable[[], Hello]
OnWelcome = Callable[[Welcome], Awaitable[None]]
Refill = Callable[[], Awaitable[None]]
Take = Callable[[ServerMessage], None]


class Stream:
    """A `Peer` over a websocket."""

    def __init__(
        self,
        settings: LinkSettings,
        *,
        greet: Greet,
        on_welcome: OnWelcome,
        refill: Refill,
        take: Take,
    ) -> None:
        """Prepare a stream.

        `greet` makes the first message; `on_welcome` is awaited after each new connection, `refill`
        after a gap; `take` gets every message, must not block, and raises `GapError` where one is
        missing.
        """
        self._settings = settings
        self._greet = greet
        self._on_welcome = on_welcome
        self._refill = refill
        self._take = take
        self._socket: ClientConnection | None = None
        self._welcome: Welcome | None = None

    # --- of a peer ---------------------------------------------------------------------------

    async def open(self) -> None:
        """Open the websocket."""
        url = "ws" + self._settings.url.removeprefix("http") + STREAM_PATH
        try:
            self._socket = await connect(
                url,
                open_timeout=None,  # the link's
                close_timeout=CLOSE_TIMEOUT_S,
                ping_interval=None,  # the link's, too
                max_size=MESSAGE_BYTES_MAX,
                max_queue=QUEUE_MAX,
                compression=None,
                proxy=None,
            )
        except (OSError, TimeoutError, InvalidHandshake, WebSocketException) as error:
            raise self._unavailable(str(error) or repr(error)) from error

    async def authenticate(self) -> None:
        """Say hello, with the token, and be welcomed."""
        await self.send(self._greet())
        message = await self.next()
        if not isinstance(message, Welcome):
            raise LinkError("the stream began without a welcome")
        self._welcome = message

    async def sync(self) -> None:
        """Take up the state: after the welcome of a new stream, or after a gap."""
        welcome, self._welcome = self._welcome, None
        if welcome is not None:
            await self._on_welcome(welcome)
        else:
            await self._refill()

    async def receive(self) -> None:
        """Hand on the next message."""
        self._take(await self.next())

    async def ping(self) -> None:
        """Wait for a pong."""
        try:
            await (await self._open_socket().ping())
        except ConnectionClosed as error:
            raise LinkError(str(error)) from error

    async def close(self) -> None:
        """Close the websocket; idempotent."""
        socket, self._socket = self._socket, None
        self._welcome = None
        if socket is not None:
            await socket.close()

    # --- for its owner -----------------------------------------------------------------------

    async def send(self, message: ClientMessage) -> None:
        """Send a message.

        Raises:
            LinkError: The stream is down or breaks.
        """
        try:
            await self._open_socket().send(encode(message), text=True)
        except ConnectionClosed as error:
            raise LinkError(str(error)) from error

    async def next(self) -> ServerMessage:
        """Return the next message.

        Raises:
            LinkError: The stream ended, or the message cannot be understood.
            VenueCredentialsError: The venue refuses this client.
        """
        try:
            return read(SERVER_MESSAGES, await self._open_socket().recv(decode=False))
        except ConnectionClosed as error:
            if error.rcvd is not None and error.rcvd.code == CLOSE_UNAUTHORIZED:
                raise VenueCredentialsError(
                    f"{self._settings.url}: {error.rcvd.reason}",
                    remedy="correct the token or the account",
                ) from error
            raise LinkError(str(error)) from error
        except WireError as error:
            raise LinkError(f"a message that cannot be read: {error}") from error

    async def welcome(self) -> Welcome:
        """Return the next welcome; what comes before it was sent before it was asked for."""
        while True:
            message = await self.next()
            if isinstance(message, Welcome):
                return message
            await asyncio.sleep(0)

    def _open_socket(self) -> ClientConnection:
        if self._socket is None:
            raise LinkError("the stream is down")
        return self._socket

    def _unavailable(self, reason: str) -> VenueUnavailableError:
        return VenueUnavailableError(
            f"{self._settings.url}{STREAM_PATH}: {reason}",
            remedy="start the venue, or correct the url",
        )
