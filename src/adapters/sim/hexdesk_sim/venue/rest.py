"""The venue over HTTP, seen from a client; says exactly what a failure proves."""

from typing import TypeVar
from urllib.parse import quote

import aiohttp
import msgspec

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.links import LINK_DOWN
from hexdesk.domain.money import Money
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.reports import Fill
from hexdesk.domain.values import NS_PER_MS, TimeNs
from hexdesk.errors import VenueCredentialsError, VenuePermanentError, VenueUnavailableError
from hexdesk.ports.broker import VenueOrder, VenuePosition
from hexdesk.ports.clock import Clock
from hexdesk.ports.telemetry import UNTRACED, RequestTracer
from hexdesk_sim.checks import VENUE_OTHER, VENUE_RATE
from hexdesk_sim.venue.settings import VenueBrokerSettings
from hexdesk_sim.venue.tracing import ClientTraces, Exchange
from hexdesk_sim.venue.wire import (
    ACCOUNT_HEADER,
    ANSWER,
    EXPIRES_HEADER,
    PREFIX,
    PROBLEM,
    Answer,
    OrderRequest,
    Problem,
    VenueTime,
    WireError,
    encode,
    read,
)

T = TypeVar("T")
ANSWER_BYTES_MAX = 65_536
BODY_BYTES_MAX = 64 * 1_048_576
MS_PER_S = 1_000
TIMEOUTS = (TimeoutError, aiohttp.ServerTimeoutError)

INSTRUMENTS: msgspec.json.Decoder[list[Instrument]] = msgspec.json.Decoder(list[Instrument])
ORDER = msgspec.json.Decoder(VenueOrder)
ORDERS: msgspec.json.Decoder[list[VenueOrder]] = msgspec.json.Decoder(list[VenueOrder])
FILLS: msgspec.json.Decoder[list[Fill]] = msgspec.json.Decoder(list[Fill])
POSITIONS: msgspec.json.Decoder[list[VenuePosition]] = msgspec.json.Decoder(list[VenuePosition])
BALANCES: msgspec.json.Decoder[list[Money]] = msgspec.json.Decoder(list[Money])
TIME = msgspec.json.Decoder(VenueTime)


class NotExecutedError(Exception):
    """A request was provably not executed; `code` is normalised."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class UnknownOutcomeError(Exception):
    """A request may have been executed: its bytes may have left, and no answer says more."""


class Rest:
    """Requests of one account."""

    def __init__(
        self,
        account_id: str,
        clock: Clock,
        settings: VenueBrokerSettings,
        tracer: RequestTracer = UNTRACED,
    ) -> None:
        self._account_id = account_id
        self._clock = clock
        self._settings = settings
        self._traces = ClientTraces(tracer, clock, settings.url)
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make ready; nothing is sent.

        Raises:
            ConfigError: The token is not set.
        """
        settings = self._settings
        headers = {ACCOUNT_HEADER: self._account_id}
        if settings.token is not None:
            headers["Authorization"] = f"Bearer {settings.token.reveal()}"
        self._session = aiohttp.ClientSession(
            base_url=settings.url,
            headers=headers,
            connector=aiohttp.TCPConnector(limit=0),  # lanes and queries limit themselves
            timeout=aiohttp.ClientTimeout(
                total=settings.answer_timeout_ms / MS_PER_S,
                sock_connect=settings.connect_timeout_ms / MS_PER_S,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        """Free the connections; idempotent."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    # --- orders ------------------------------------------------------------------------------

    async def send(self, request: OrderRequest, call: str = "") -> Answer:
        """Send an order request, once; `call` is the trace context of what asked for the order.

        Amendments go by PATCH and cancels by POST, because aiohttp repeats PUT and DELETE by
        itself when a connection breaks.

        Raises:
            NotExecutedError: It was provably not executed.
            UnknownOutcomeError: Nobody knows.
        """
        method, path, body = _route(request)
        try:
            with self._traces.exchange(request, path, call) as exchange:
                status, content = await self._order_request(method, path, body, exchange)
        except aiohttp.ClientConnectorError as error:
            raise NotExecutedError(LINK_DOWN, f"unsent: {error.strerror or error}") from error
        except aiohttp.ConnectionTimeoutError as error:
            raise NotExecutedError(LINK_DOWN, "unsent: no connection in time") from error
        except TIMEOUTS as error:
            text = f"no answer within {self._settings.answer_timeout_ms} ms"
            raise UnknownOutcomeError(text) from error
        except (aiohttp.ClientError, ConnectionError, WireError) as error:
            raise UnknownOutcomeError(f"connection lost: {error!r}"[:200]) from error
        return _understand(status, content)

    async def _order_request(
        self, method: str, path: str, body: bytes, exchange: Exchange
    ) -> tuple[int, bytes]:
        if self._session is None:
            raise NotExecutedError(LINK_DOWN, "unsent: closed")
        expires_ns = self._clock.now_ns() + self._settings.answer_timeout_ms * NS_PER_MS
        async with self._session.request(
            method,
            path,
            data=body,
            headers={EXPIRES_HEADER: str(expires_ns), **exchange.headers},
            allow_redirects=False,
        ) as response:
            exchange.status = response.status
            return response.status, await _body(response, ANSWER_BYTES_MAX)

    # --- queries -----------------------------------------------------------------------------

    async def time(self) -> VenueTime:
        """Return the venue's time and mode; all queries raise `VenueError` without an answer."""
        return await self._get("/time", TIME)

    async def instruments(self) -> list[Instrument]:
        """Return all instruments."""
        return await self._get("/instruments", INSTRUMENTS)

    async def order(self, client_order_id: str) -> VenueOrder | None:
        """Return one order; None if the venue does not know it."""
        path = f"/orders/{quote(client_order_id, safe='')}"
        status, content = await self._content(path)
        if status == 404:  # noqa: PLR2004 - not found
            return None
        return _read_query(ORDER, path, status, content)

    async def open_orders(self) -> list[VenueOrder]:
        """Return every open order."""
        return await self._get("/orders?open", ORDERS)

    async def fills(self, since_ns: TimeNs) -> list[Fill]:
        """Return executions at or after a time, oldest first, page by page."""
        found: list[Fill] = []
        known: set[tuple[str, str, int]] = set()
        while True:
            page = await self._get(f"/fills?since_ns={max(since_ns, 0)}", FILLS)
            fresh = [fill for fill in page if _key(fill) not in known]
            if not fresh:
                return found
            found += fresh
            known.update(_key(fill) for fill in fresh)
            since_ns = fresh[-1].ts_event

    async def positions(self) -> list[VenuePosition]:
        """Return net positions."""
        return await self._get("/positions", POSITIONS)

    async def balances(self) -> list[Money]:
        """Return cash by currency."""
        return await self._get("/balances", BALANCES)

    async def _get(self, path: str, decoder: msgspec.json.Decoder[T]) -> T:
        status, content = await self._content(path)
        return _read_query(decoder, path, status, content)

    async def _content(self, path: str) -> tuple[int, bytes]:
        if self._session is None:
            raise VenueUnavailableError(f"{self._settings.url}: not connected")
        try:
            async with self._session.get(PREFIX + path, allow_redirects=False) as response:
                return response.status, await _body(response, BODY_BYTES_MAX)
        except (*TIMEOUTS, aiohttp.ClientError, ConnectionError, WireError) as error:
            raise VenueUnavailableError(
                f"{self._settings.url}{PREFIX}{path}: {str(error) or 'no answer in time'}",
                remedy="start the venue, or correct the url",
            ) from error


def _route(request: OrderRequest) -> tuple[str, str, bytes]:
    one = f"{PREFIX}/orders/{quote(request.client_order_id, safe='')}"
    match request:
        case NewOrder():
            return "POST", f"{PREFIX}/orders", encode(request)
        case AmendOrder():
            return "PATCH", one, encode(request)
        case CancelOrder():
            return "POST", f"{one}/cancel?request_id={request.request_id}", b""


def _understand(status: int, content: bytes) -> Answer:
    """Return the answer, or what else an order request came to."""
    try:
        if status in {200, 409}:
            return read(ANSWER, content)
        problem = read(PROBLEM, content)
    except WireError as error:
        raise UnknownOutcomeError(f"HTTP {status}: an answer that cannot be read") from error
    if status == 503:  # noqa: PLR2004 - the venue refuses before it looks
        raise NotExecutedError(VENUE_RATE, problem.text)
    if 400 <= status < 500:  # noqa: PLR2004 - the request was refused as it stands
        raise NotExecutedError(problem.code, problem.text)
    raise UnknownOutcomeError(f"HTTP {status}: {problem.text}")


def _read_query(decoder: msgspec.json.Decoder[T], path: str, status: int, content: bytes) -> T:
    try:
        if status == 200:  # noqa: PLR2004 - fine
            return read(decoder, content)
        problem = read(PROBLEM, content)
    except WireError as error:
        problem = Problem(VENUE_OTHER, f"an answer that cannot be read: {error}")
    text = f"{PREFIX}{path}: HTTP {status}: {problem.text}"
    if status in {401, 403}:
        raise VenueCredentialsError(text, remedy="correct the token or the account")
    if 400 <= status < 500:  # noqa: PLR2004 - as above
        raise VenuePermanentError(text)
    raise VenueUnavailableError(text)


async def _body(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """Return a body.

    Raises:
        WireError: It is longer than the limit.
    """
    parts: list[bytes] = []
    size = 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > limit:
            raise WireError(f"an answer longer than {limit} bytes")
        parts.append(part)
    return b"".join(parts)


def _key(fill: Fill) -> tuple[str, str, int]:
    return fill.instrument_id, fill.trade_id, fill.side
