"""The venue's HTTP side: one function per route, and what guards them all."""

import asyncio
import hmac
import ipaddress
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
from aiohttp import web

from hexdesk.domain.market import BookUpdate, MarketEvent, Trade
from hexdesk.domain.orders import (
    CancelOrder,
    client_order_id_problem,
    order_value_problem,
)
from hexdesk_sim.checks import VENUE_OTHER
from hexdesk_sim.venue.faults import WireFaults
from hexdesk_sim.venue.house import House, RefusedError
from hexdesk_sim.venue.settings import (
    AnyWireFault,
    DelayAnswer,
    DropAnswer,
    LoseOrder,
    OrderRequestKind,
    VenueServerSettings,
)
from hexdesk_sim.venue.wire import (
    ACCOUNT_HEADER,
    AMEND_ORDER,
    EXPIRES_HEADER,
    MARKET_EVENTS,
    NEW_ORDER,
    NUMBER_MAX,
    PREFIX,
    STREAM_PATH,
    Answer,
    Problem,
    VenueTime,
    WireError,
    encode,
    number_problem,
    read,
)

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
FAULTS: msgspec.json.Decoder[list[AnyWireFault]] = msgspec.json.Decoder(list[AnyWireFault])
FILLS_MAX = 10_000
"""Executions in one answer; ask again from the time of the last."""
MS_PER_S = 1_000
ADMIN = f"{PREFIX}/admin"


class Handlers:
    """Answers requests of one server."""

    def __init__(
        self,
        house: House,
        settings: VenueServerSettings,
        *,
        faults: WireFaults,
        moves: asyncio.Event,
        logger: logging.Logger,
        cut: Callable[[web.Request], int],
    ) -> None:
        self._house = house
        self._cut = cut
        self._settings = settings
        self._faults = faults
        self._moves = moves
        self._logger = logger

    def routes(self) -> list[web.RouteDef]:
        """Return every route but that of the stream."""
        one = PREFIX + "/orders/{client_order_id}"
        routes = [
            web.get("/healthz", self.health),
            web.get(f"{PREFIX}/time", self.time),
            web.get(f"{PREFIX}/instruments", self.instruments),
            web.post(f"{PREFIX}/orders", self.submit),
            web.get(f"{PREFIX}/orders", self.orders),
            web.get(one, self.order),
            web.patch(one, self.amend),
            web.put(one, self.amend),
            web.delete(one, self.cancel),
            web.post(f"{one}/cancel", self.cancel),
            web.get(f"{PREFIX}/fills", self.fills),
            web.get(f"{PREFIX}/positions", self.positions),
            web.get(f"{PREFIX}/balances", self.balances),
            web.post(f"{PREFIX}/market", self.market),
        ]
        if self._settings.admin:
            routes += [
                web.post(f"{ADMIN}/faults", self.set_faults),
                web.post(f"{ADMIN}/cut", self.cut),
                web.post(f"{ADMIN}/hold", self.hold),
                web.post(f"{ADMIN}/release", self.release),
            ]
        return routes

    # --- guards ------------------------------------------------------------------------------

    @web.middleware
    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse strangers, and turn every refusal into a `Problem`."""
        try:
            self._check_sender(request)
            response = await handler(request)
            self._house.commit()  # what is told was kept before
            return response
        except RefusedError as error:
            return as_response(Problem(error.code, str(error)), error.status)
        except WireError as error:
            return as_response(Problem(VENUE_OTHER, str(error)), 400)
        except web.HTTPException as error:
            return as_response(Problem(VENUE_OTHER, error.reason), error.status)

    def _check_sender(self, request: web.Request) -> None:
        if "Origin" in request.headers:  # a page in a browser of this machine
            raise RefusedError(403, "VENUE_PERMISSION", "pages of browsers have no access")
        if request.path.startswith(ADMIN) and not is_loopback(request.remote or ""):
            raise RefusedError(403, "VENUE_PERMISSION", "only this machine may break things")
        token = self._settings.token
        says_hello = request.path == STREAM_PATH  # and shows its token there
        if token is None or says_hello or not request.path.startswith(PREFIX):
            return
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {token.reveal()}".encode()):
            raise RefusedError(401, "VENUE_AUTH", "expected the venue's token as Bearer")

    def _check_expiry(self, request: web.Request) -> None:
        """Refuse what its sender has given up: later it would be a surprise."""
        expires = _whole_number(request.headers.get(EXPIRES_HEADER, "0"), EXPIRES_HEADER)
        now = self._house.clock.now_ns()
        if expires and now > expires:
            late_ms = (now - expires) // 1_000_000
            text = f"expired {late_ms} ms ago: answered too late, or the clocks differ"
            raise RefusedError(408, VENUE_OTHER, text)

    def _account(self, request: web.Request) -> str:
        """Return the account of a request, opened if it is new."""
        account_id = request.headers.get(ACCOUNT_HEADER, "")
        self._house.account(account_id)
        return account_id

    # --- orders ------------------------------------------------------------------------------

    async def submit(self, request: web.Request) -> web.StreamResponse:
        """Take a new order: 200, or 409 with the order that has its id already."""
        account_id = self._account(request)
        order = read(NEW_ORDER, await request.read())
        problem = (
            client_order_id_problem(order.client_order_id)
            or number_problem(order)
            or order_value_problem(order)
        )
        if order.account_id != account_id:
            problem = f"account={order.account_id!r} expected={account_id!r}"
        _refuse_if(problem)
        return await self._execute(request, "submit", lambda: self._house.submit(order))

    async def amend(self, request: web.Request) -> web.StreamResponse:
        """Take an amendment."""
        account_id = self._account(request)
        amendment = read(AMEND_ORDER, await request.read())
        problem = number_problem(amendment)
        if amendment.client_order_id != request.match_info["client_order_id"]:
            problem = "client_order_id: expected that of the path"
        if min(amendment.quantity, amendment.price, amendment.trigger_price) < 0:
            problem = "expected no number below 0"
        _refuse_if(problem)
        return await self._execute(
            request, "amend", lambda: self._house.amend(account_id, amendment)
        )

    async def cancel(self, request: web.Request) -> web.StreamResponse:
        """Take a cancel; `request_id` is in the query."""
        account_id = self._account(request)
        cancel = CancelOrder(
            request.match_info["client_order_id"],
            _whole_number(request.query.get("request_id", "0"), "request_id"),
            self._house.clock.now_ns(),
        )
        return await self._execute(
            request, "cancel", lambda: self._house.cancel(account_id, cancel)
        )

    async def _execute(
        self, request: web.Request, kind: OrderRequestKind, work: Callable[[], Answer]
    ) -> web.StreamResponse:
        faults = self._faults.of_request(kind)
        if any(isinstance(fault, LoseOrder) for fault in faults):
            return _break(request)
        self._check_expiry(request)
        answer = work()
        for fault in faults:
            if isinstance(fault, DelayAnswer):
                await asyncio.sleep(fault.delay_ms / MS_PER_S)
        if any(isinstance(fault, DropAnswer) for fault in faults):
            return _break(request)
        return as_response(answer, 409 if answer.order is not None else 200)

    # --- queries -----------------------------------------------------------------------------

    async def health(self, request: web.Request) -> web.StreamResponse:
        """Say that the venue is up."""
        return as_response({"status": "ok"})

    async def time(self, request: web.Request) -> web.StreamResponse:
        """Return time, epoch and position mode."""
        house = self._house
        mode = house.venue.position_mode.name.lower()
        return as_response(
            VenueTime(time_ns=house.clock.now_ns(), epoch=house.epoch, position_mode=mode)
        )

    async def instruments(self, request: web.Request) -> web.StreamResponse:
        """Return all instruments."""
        return as_response(self._house.listed())

    async def orders(self, request: web.Request) -> web.StreamResponse:
        """Return open orders by arrival; there is no list of closed ones."""
        if "open" not in request.query:
            raise RefusedError(400, VENUE_OTHER, "expected /v1/orders?open, or an id in the path")
        return as_response(self._house.venue.open_orders(self._account(request)))

    async def order(self, request: web.Request) -> web.StreamResponse:
        """Return one order, open or closed; 404 if it never arrived."""
        account_id = self._account(request)
        found = self._house.venue.order(account_id, request.match_info["client_order_id"])
        if found is None:
            return as_response(Problem("NOT_FOUND", "order=unknown"), 404)
        return as_response(found)

    async def fills(self, request: web.Request) -> web.StreamResponse:
        """Return executions at or after `since_ns`, oldest first, up to `FILLS_MAX`."""
        since_ns = _whole_number(request.query.get("since_ns", "0"), "since_ns")
        found = self._house.venue.fills(self._account(request), since_ns)
        return as_response(found[:FILLS_MAX])

    async def positions(self, request: web.Request) -> web.StreamResponse:
        """Return net positions that are not flat."""
        return as_response(self._house.venue.positions(self._account(request)))

    async def balances(self, request: web.Request) -> web.StreamResponse:
        """Return cash by currency."""
        return as_response(self._house.venue.balances(self._account(request)))

    # --- the market and faults -----------------------------------------------------------------

    async def market(self, request: web.Request) -> web.StreamResponse:
        """Take market events of a client that plays the market; 409 while the venue does."""
        if self._settings.market != "pushed":
            raise RefusedError(409, VENUE_OTHER, 'market="walk" expected="pushed"')
        events = read(MARKET_EVENTS, await request.read())
        for event in events:
            _refuse_if(self._event_problem(event))
        self._house.publish(events)
        return as_response({"events": len(events)})

    def _event_problem(self, event: MarketEvent) -> str:
        if event.instrument_id not in self._house.instruments:
            return f"instrument={event.instrument_id[:80]!r} expected=listed"
        levels = (*event.bids, *event.asks) if isinstance(event, BookUpdate) else (event,)
        for level in levels:
            for name in level.__struct_fields__:
                value: object = getattr(level, name)
                lowest = -NUMBER_MAX if name == "rate" else -1
                if isinstance(value, int) and not lowest <= value <= NUMBER_MAX:
                    return f"{name}: expected 0 to 10**36"
        if isinstance(event, Trade) and not (event.price > 0 and event.size > 0):
            return "trade: expected price and size above 0"
        return ""

    async def set_faults(self, request: web.Request) -> web.StreamResponse:
        """Replace all faults; they count from now."""
        faults = read(FAULTS, await request.read())
        self._faults.replace(faults)
        self._logger.warning("%d faults were set on purpose", len(faults))
        return as_response({"faults": len(faults)})

    async def cut(self, request: web.Request) -> web.StreamResponse:
        """Break every connection but that of the request."""
        count = self._cut(request)
        self._logger.warning("%d connections were cut on purpose", count)
        return as_response({"connections": count})

    async def hold(self, request: web.Request) -> web.StreamResponse:
        """Let the random walk stand still, so that nothing changes but by requests."""
        self._moves.clear()
        return as_response({"moves": False})

    async def release(self, request: web.Request) -> web.StreamResponse:
        """Let the random walk go on."""
        self._moves.set()
        return as_response({"moves": True})


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def as_response(value: object, status: int = 200) -> web.Response:
    """Return any wire type as an answer in JSON."""
    return web.Response(body=encode(value), status=status, content_type="application/json")


def _break(request: web.Request) -> web.Response:
    """Close the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def _refuse_if(problem: str) -> None:
    if problem:
        raise RefusedError(400, VENUE_OTHER, problem)


def _whole_number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 36:  # noqa: PLR2004 - NUMBER_MAX
        raise RefusedError(400, VENUE_OTHER, f"{name}: expected a whole number")
    return int(text)
