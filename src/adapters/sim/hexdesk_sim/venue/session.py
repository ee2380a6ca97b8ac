"""One client's stream, seen from the venue.

What is to be sent is bounded: an account's reports are read from its log, where they stay for
clients that come back; market events wait in a queue. A client that is `backlog_max` behind in
either is disconnected (4008), never served with gaps; so is one that says nothing for too long.
"""

import asyncio
import hmac
import logging
from collections import deque
from collections.abc import Coroutine

from aiohttp import WSMsgType, web

from hexdesk.domain.market import MarketEvent
from hexdesk_sim.venue.faults import WireFaults
from hexdesk_sim.venue.house import House, RefusedError
from hexdesk_sim.venue.reports import ReportLog
from hexdesk_sim.venue.settings import (
    DelayReports,
    DropReports,
    DuplicateReports,
    HalfOpenStream,
    ReorderReports,
    VenueServerSettings,
)
from hexdesk_sim.venue.wire import (
    CLIENT_MESSAGES,
    CLOSE_BAD_MESSAGE,
    CLOSE_GOING_AWAY,
    CLOSE_IDLE,
    CLOSE_SLOW_READER,
    CLOSE_UNAUTHORIZED,
    FROM_NOW,
    ClientMessage,
    Heartbeat,
    Hello,
    Market,
    Reports,
    Resume,
    ServerMessage,
    Subscribe,
    Subscribed,
    Unsubscribe,
    Welcome,
    WireError,
    encode,
    read,
)

BATCH_MAX = 512
"""Reports or events in one message."""
CLOSE_TIMEOUT_S = 1.0
REASON_BYTES_MAX = 120
"""Of a close frame, by RFC 6455 at most 123."""
HALF_OPEN_S = 600.0
"""How long a half-open stream is kept."""
MS_PER_S = 1_000


class StreamEndError(Exception):
    """A stream ends; `code` of the websocket, 0 to break it without a word."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class Session:
    """One stream, from its greeting to its end."""

    def __init__(
        self,
        house: House,
        socket: web.WebSocketResponse,
        request: web.Request,
        settings: VenueServerSettings,
        *,
        faults: WireFaults,
        logger: logging.Logger,
    ) -> None:
        self._house = house
        self._socket = socket
        self._request = request
        self._transport = request.transport
        self._settings = settings
        self._faults = faults
        self._logger = logger
        self._heartbeat_s = settings.heartbeat_ms / MS_PER_S
        self._idle_s = settings.idle_ms / MS_PER_S
        self._wake = asyncio.Event()
        self._end: asyncio.Future[StreamEndError] = asyncio.get_running_loop().create_future()
        self._has_ended = asyncio.Event()
        self._log = ReportLog(1)
        self._reported = 0
        self._replies: deque[ServerMessage] = deque()
        self._events: deque[MarketEvent] = deque()
        self._market_count = 0
        self._is_silent = False
        self._held: Reports | None = None
        self._subscribed: set[str] = set()

    async def run(self) -> None:
        """Serve the client until one side ends it."""
        try:
            self._greet(await self._receive())
            self._log.listeners.add(self._on_report)
            end = await self._serve()
        except StreamEndError as error:
            end = error
        finally:
            self._detach()
        try:
            await self._close(end)
        finally:
            self._has_ended.set()

    def cut(self) -> None:
        """Break the stream without a word."""
        self._finish(StreamEndError(0, "cut on purpose"))

    async def stop(self) -> None:
        """End the stream, because the venue goes away."""
        self._finish(StreamEndError(CLOSE_GOING_AWAY, "the venue stops"))
        await self._has_ended.wait()

    # --- life --------------------------------------------------------------------------------

    def _greet(self, hello: ClientMessage) -> None:
        if not isinstance(hello, Hello):
            raise StreamEndError(CLOSE_BAD_MESSAGE, "expected hello first")
        token = self._settings.token
        if token is not None and not hmac.compare_digest(
            hello.token.encode(), token.reveal().encode()
        ):
            raise StreamEndError(CLOSE_UNAUTHORIZED, "the token is wrong")
        if hello.account:
            try:
                self._log = self._house.account(hello.account)
            except RefusedError as error:
                raise StreamEndError(CLOSE_UNAUTHORIZED, str(error)) from error
        self._welcome(hello.epoch, hello.after)

    def _welcome(self, epoch: str, after: int) -> None:
        """Begin with the report after one; say whether none is missing."""
        is_complete = after == FROM_NOW or (
            epoch == self._house.epoch and self._log.has_all_after(after)
        )
        resumes = is_complete and after != FROM_NOW
        self._reported = after if resumes else self._log.sequence
        self._held = None
        self._reply(
            Welcome(
                epoch=self._house.epoch,
                sequence=self._reported,
                is_complete=is_complete,
                instruments=self._house.listed(),
            )
        )

    async def _serve(self) -> StreamEndError:
        tasks = [asyncio.create_task(self._ending(work)) for work in (self._write(), self._read())]
        try:
            return await asyncio.shield(self._end)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _ending(self, work: Coroutine[object, object, None]) -> None:
        """Do one direction's work; its end is the stream's."""
        try:
            await work
        except StreamEndError as error:
            self._finish(error)
        except (ConnectionError, RuntimeError) as error:  # aiohttp: the socket is closing
            self._finish(StreamEndError(0, f"lost: {error}"))
        except Exception as error:
            self._logger.exception("a stream broke: a bug")
            self._finish(StreamEndError(0, f"broken: {error!r}"))

    def _finish(self, end: StreamEndError) -> None:
        if not self._end.done():
            self._end.set_result(end)

    def _detach(self) -> None:
        self._log.listeners.discard(self._on_report)
        for instrument_id in self._subscribed:
            self._house.unlisten(instrument_id, self._on_event)
        self._subscribed.clear()

    async def _close(self, end: StreamEndError) -> None:
        """Say why, and give the client a moment to read it; then break the connection."""
        self._logger.debug("stream of %s ends: %s", self._request.remote, end)
        is_closed = False
        try:
            if end.code and not self._is_silent:
                async with asyncio.timeout(CLOSE_TIMEOUT_S + 1):
                    reason = str(end).encode()[:REASON_BYTES_MAX]
                    await self._socket.close(code=end.code, message=reason)
                is_closed = True
        except (TimeoutError, ConnectionError) as error:
            self._logger.debug("stream of %s does not close: %r", self._request.remote, error)
        finally:
            if self._transport is not None and not is_closed:
                self._transport.abort()

    # --- in ----------------------------------------------------------------------------------

    async def _read(self) -> None:
        while True:
            message = await self._receive()
            match message:
                case Subscribe():
                    self._reply(self._subscribe(message))
                case Unsubscribe():
                    self._reply(self._unsubscribe(message))
                case Resume():
                    self._welcome(message.epoch, message.after)
                case Hello():
                    raise StreamEndError(CLOSE_BAD_MESSAGE, "expected hello only once")

    async def _receive(self) -> ClientMessage:
        """Return the next message; pings are answered on the way.

        Raises:
            StreamEndError: The client is gone, silent, or says what nobody understands.
        """
        while True:
            try:
                message = await self._socket.receive(timeout=self._idle_s)
            except TimeoutError:
                raise StreamEndError(CLOSE_IDLE, f"silent for {self._idle_s:g} s") from None
            match message.type:
                case WSMsgType.TEXT | WSMsgType.BINARY:
                    return self._understand(message.data)
                case WSMsgType.PING:
                    await self._socket.pong(message.data)
                case WSMsgType.PONG:
                    continue
                case _:
                    raise StreamEndError(CLOSE_GOING_AWAY, "the client closed")

    def _understand(self, data: bytes | str) -> ClientMessage:
        try:
            return read(CLIENT_MESSAGES, data)
        except WireError as error:
            raise StreamEndError(CLOSE_BAD_MESSAGE, str(error)) from error

    def _subscribe(self, message: Subscribe) -> Subscribed:
        unknown: list[str] = []
        for instrument_id in message.instrument_ids:
            if self._house.listen(instrument_id, self._on_event, latest=message.latest):
                self._subscribed.add(instrument_id)
            else:
                unknown.append(instrument_id)
        return Subscribed(request_id=message.request_id, unknown=unknown)

    def _unsubscribe(self, message: Unsubscribe) -> Subscribed:
        unknown = [each for each in message.instrument_ids if each not in self._subscribed]
        for instrument_id in self._subscribed.intersection(message.instrument_ids):
            self._house.unlisten(instrument_id, self._on_event)
            self._subscribed.discard(instrument_id)
        return Subscribed(request_id=message.request_id, unknown=unknown)

    # --- out ---------------------------------------------------------------------------------

    def _on_report(self) -> None:
        if self._log.sequence - self._reported > self._settings.backlog_max:
            self._fall_behind("reports")
        self._wake.set()

    def _on_event(self, event: MarketEvent) -> None:
        if len(self._events) >= self._settings.backlog_max:
            self._fall_behind("market events")
        else:
            self._events.append(event)
        self._wake.set()

    def _reply(self, message: ServerMessage) -> None:
        if len(self._replies) >= self._settings.backlog_max:
            self._fall_behind("answers")
        else:
            self._replies.append(message)
        self._wake.set()

    def _fall_behind(self, what: str) -> None:
        text = f"slow reader: more than {self._settings.backlog_max} {what} wait"
        self._finish(StreamEndError(CLOSE_SLOW_READER, text))

    async def _write(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._heartbeat_s):
                    await self._wake.wait()
            except TimeoutError:
                await self._send(
                    Heartbeat(sequence=self._reported, time_ns=self._house.clock.now_ns())
                )
                continue
            self._wake.clear()
            await self._send_all()

    async def _send_all(self) -> None:
        """Send what waits: answers first, then reports, then market events, until none is left."""
        log = self._log
        while True:
            if self._replies:
                await self._send(self._replies.popleft())
            elif self._reported < log.sequence:
                await self._send_reports(log)
            elif self._events:
                count = min(len(self._events), BATCH_MAX)
                events = [self._events.popleft() for _ in range(count)]
                self._market_count += 1
                await self._send(Market(sequence=self._market_count, events=events))
            else:
                return

    async def _send_reports(self, log: ReportLog) -> None:
        if not log.has_all_after(self._reported):  # the log keeps less than a backlog
            raise StreamEndError(CLOSE_SLOW_READER, "slow reader: its reports are not kept")
        reports = list(log.after(self._reported, BATCH_MAX))
        first = self._reported + 1
        self._reported += len(reports)
        await self._send_faultily(Reports(sequence=first, reports=reports))

    async def _send_faultily(self, message: Reports) -> None:
        """Send reports, unless a fault strikes them."""
        held, self._held = self._held, None
        match self._faults.of_reports():
            case DropReports():
                return
            case DuplicateReports():
                await self._send(message)
            case ReorderReports() if held is None:
                self._held = message
                return
            case DelayReports(delay_ms=delay_ms):
                await asyncio.sleep(delay_ms / MS_PER_S)
            case _:
                pass
        await self._send(message)
        if held is not None:
            await self._send(held)

    async def _send(self, message: ServerMessage) -> None:
        fault = self._faults.of_message()
        if isinstance(fault, HalfOpenStream):
            await self._keep_silent()
        elif fault is not None:
            raise StreamEndError(0, "closed on purpose")
        self._house.commit()  # what is told was kept before
        await self._socket.send_str(encode(message).decode())

    async def _keep_silent(self) -> None:
        """Neither send nor read: a half-open connection."""
        self._is_silent = True
        if isinstance(self._transport, asyncio.ReadTransport):
            self._transport.pause_reading()
        await asyncio.sleep(HALF_OPEN_S)
        raise StreamEndError(0, "half-open on purpose")
