"""Who may stand at the HTTP server's door: so many connections, and none that is idle for long.

aiohttp waits for a first request, or the rest of its head, without end. So a connection's protocol
stands behind one that counts, and that ends what asks for nothing in time.
"""

import asyncio
from ssl import SSLContext

from aiohttp import web


class Door:
    """Counts connections.

    Attributes:
        connection_count: Open now.
        refused_count: Connections that were one too many.
    """

    def __init__(self, connections_max: int, idle_s: float) -> None:
        self.connection_count = 0
        self.refused_count = 0
        self.connections_max = connections_max
        self.idle_s = idle_s


class Entrance(asyncio.Protocol):
    """One connection; all that it receives goes on to the protocol behind it."""

    def __init__(self, door: Door, behind: asyncio.Protocol) -> None:
        self._door = door
        self._behind = behind
        self._transport: asyncio.Transport | None = None
        self._is_let_in = False
        self._call_count = 0
        self._timer: asyncio.TimerHandle | None = None

    def begin_call(self) -> None:
        """Note that a whole request came: the connection is not idle until it is answered."""
        self._call_count += 1
        self._stop_timer()

    def end_call(self) -> None:
        """Note that a request was answered."""
        self._call_count -= 1
        if not self._call_count:
            self._start_timer()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let a connection in, or end it."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("expected a stream")
        self._transport = transport
        if self._door.connection_count >= self._door.connections_max:
            self._door.refused_count += 1
            transport.abort()
            return
        self._door.connection_count += 1
        self._is_let_in = True
        self._start_timer()
        self._behind.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection."""
        self._stop_timer()
        if self._is_let_in:
            self._door.connection_count -= 1
            self._is_let_in = False
            self._behind.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Pass on; a head that comes byte by byte is as idle as none."""
        if self._is_let_in:
            self._behind.data_received(data)

    def eof_received(self) -> bool | None:
        """Pass on."""
        return self._behind.eof_received() if self._is_let_in else None

    def pause_writing(self) -> None:
        """Pass on."""
        self._behind.pause_writing()

    def resume_writing(self) -> None:
        """Pass on."""
        self._behind.resume_writing()

    def _start_timer(self) -> None:
        self._stop_timer()
        if self._transport is not None and not self._transport.is_closing():
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._door.idle_s, self._transport.abort)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def entrance_of(request: web.Request) -> Entrance | None:
    """Return the connection that a request came over; None once it is lost."""
    transport = request.transport
    protocol = None if transport is None else transport.get_protocol()
    return protocol if isinstance(protocol, Entrance) else None


class GuardedSite(web.BaseSite):
    """A place to listen whose connections pass a door."""

    __slots__ = ("_door", "_host", "_port")

    def __init__(
        self,
        runner: web.AppRunner,
        door: Door,
        host: str,
        port: int,
        ssl_context: SSLContext | None,
    ) -> None:
        super().__init__(runner, ssl_context=ssl_context)
        self._door = door
        self._host = host
        self._port = port

    @property
    def name(self) -> str:
        """Where it listens."""
        return f"{self._host}:{self._port}"

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: The address is taken.
        """
        await super().start()
        make = self._runner.server
        if make is None:
            raise RuntimeError("the runner was not set up")
        self._server = await asyncio.get_running_loop().create_server(
            lambda: Entrance(self._door, make()),
            self._host,
            self._port,
            ssl=self._ssl_context,
            ssl_handshake_timeout=self._door.idle_s if self._ssl_context else None,
        )
