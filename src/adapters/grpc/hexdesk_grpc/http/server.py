"""The server: aiohttp on the desk's own loop, one generic handler for all methods."""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from importlib.metadata import version

import msgspec
from aiohttp import hdrs, web
from google.protobuf.message import Message

from hexdesk.plugin import ServerContext
from hexdesk.ports.control import Caller, ControlError, Reason, Scope
from hexdesk.ports.control_requests import GetDesk
from hexdesk.ports.control_views import DeskState
from hexdesk.ports.telemetry import HEADER, join_trace
from hexdesk_grpc.calls import carry_out
from hexdesk_grpc.certificates import Certificates, server_context
from hexdesk_grpc.errors import bug_status, late_status, status_of
from hexdesk_grpc.from_wire import invalid
from hexdesk_grpc.http.answering import HEADERS, JSON, answer, refusal
from hexdesk_grpc.http.binding import Binding, bindings_of, read_request, set_text
from hexdesk_grpc.http.door import Door, GuardedSite, entrance_of
from hexdesk_grpc.http.openapi import document
from hexdesk_grpc.http.page import POLICY, page
from hexdesk_grpc.http.settings import HttpSettings
from hexdesk_grpc.http.streaming import stream_answer
from hexdesk_grpc.identity import Identity
from hexdesk_grpc.listening import control_of, is_loopback, parse_listen
from hexdesk_grpc.methods import METHODS
from hexdesk_grpc.server import FILES, STREAMS
from hexdesk_grpc.turns import Turns

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
HEALTH_PATHS = frozenset({"/healthz", "/readyz", "/openapi.json", "/docs"})
"""What needs no token and counts against no limit: it says nothing of money."""
KEY_HEADER = "Idempotency-Key"
_PROBE = Caller(subject="readyz", scopes=frozenset({Scope.READ}))
_NOT_READY = frozenset({DeskState.STARTING, DeskState.STOPPING})


class HttpServer:
    """Serves a desk's control plane as JSON over HTTP."""

    def __init__(self, context: ServerContext, settings: HttpSettings) -> None:
        """Check the settings; nothing listens yet.

        Raises:
            ConfigError: The address is not this machine's and there is no TLS, or there is no desk.
        """
        self._control = control_of(context)
        self._settings = settings
        self._logger = context.logger
        self._base_path = context.base_path
        self._host, self._port = parse_listen(settings)
        self._address = f"{self._host}:{self._port}"
        self._identity = Identity(
            context.name, self._control, anonymous=settings.anonymous, logger=context.logger
        )
        self._bindings = [
            binding
            for file in FILES
            for service in file.DESCRIPTOR.services_by_name.values()
            for method in service.methods
            for binding in bindings_of(method)
        ]
        about = document(
            self._bindings, version("hexdesk")
        )  # once: it takes longer than a tick may
        self._about = (msgspec.json.encode(about), page(about).encode())
        self._runner: web.AppRunner | None = None
        self._stopping = asyncio.Event()
        self._door = Door(settings.connections_max, settings.idle_s)
        self._turns = Turns()
        self._call_count = 0
        self._stream_count = 0
        self._bug_count = 0

    @property
    def address(self) -> str:
        """Where it listens, as `host:port`; known after `start`."""
        return self._address

    @property
    def connection_count(self) -> int:
        """Connections that are open."""
        return self._door.connection_count

    @property
    def stream_count(self) -> int:
        """Streams under way."""
        return self._stream_count

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: The address is taken.
            ConfigError: A certificate or key cannot be read.
        """
        settings = self._settings
        app = web.Application(
            client_max_size=settings.body_bytes_max, middlewares=[self._guard, self._limit]
        )
        for binding in self._bindings:
            app.router.add_route(binding.verb, binding.route, self._handler(binding))
        app.router.add_get("/healthz", self._health)
        app.router.add_get("/readyz", self._ready)
        app.router.add_get("/openapi.json", self._openapi)
        app.router.add_get("/docs", self._docs)
        self._runner = runner = web.AppRunner(
            app,
            access_log=None,
            logger=_quiet(self._logger),
            auto_decompress=False,  # a small body stays small
            handler_cancellation=True,
            keepalive_timeout=settings.idle_s,
            shutdown_timeout=settings.drain_s,
        )
        await runner.setup()
        site = GuardedSite(runner, self._door, self._host, self._port, self._tls())
        await site.start()
        port: int = runner.addresses[0][1]
        self._address = f"[{self._host}]:{port}" if ":" in self._host else f"{self._host}:{port}"

    async def stop(self) -> None:
        """Tell the streams, let calls finish, then close; idempotent."""
        runner, self._runner = self._runner, None
        self._stopping.set()
        if runner is not None:
            await runner.cleanup()

    # --- what holds for every request ------------------------------------------------------------

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Tell every refusal as a status; nothing of a bug gets out but its number."""
        entrance = entrance_of(request)
        if entrance is not None:
            entrance.begin_call()
        try:
            return await handler(request)
        except ControlError as error:
            return refusal(status_of(error))
        except TimeoutError:
            text = f"no answer within {self._settings.deadline_s:g} s"
            return refusal(late_status(text))
        except web.RequestPayloadError:
            return _plain_refusal(Reason.FIELD_INVALID, "the body is malformed", 400)
        except web.HTTPRequestEntityTooLarge:
            text = f"the body has more than {self._settings.body_bytes_max} bytes"
            return _plain_refusal(Reason.LIMIT_REACHED, text, 413)
        except web.HTTPMethodNotAllowed as error:
            text = f"{request.path} takes {', '.join(sorted(error.allowed_methods))}"
            return _plain_refusal(Reason.RESOURCE_UNKNOWN, text, 405)
        except web.HTTPNotFound:
            text = f"there is no path {request.path[:100]!r}; /openapi.json lists all"
            return _plain_refusal(Reason.RESOURCE_UNKNOWN, text, 404)
        except Exception:
            self._bug_count += 1
            incident = f"{self._identity.name}-{self._bug_count}"
            self._logger.exception("a request failed; incident %s", incident)
            return refusal(bug_status(incident))
        finally:
            if entrance is not None:
                entrance.end_call()

    @web.middleware
    async def _limit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse what comes from a page of another site, and what is too much."""
        if request.path in HEALTH_PATHS:
            return await handler(request)
        self._check_site(request)
        if self._call_count >= self._settings.calls_max:
            raise _too_many("calls are under way", self._settings.calls_max)
        self._call_count += 1
        try:
            return await handler(request)
        finally:
            self._call_count -= 1

    def _check_site(self, request: web.Request) -> None:
        """Keep pages in a browser on this machine from acting in its user's name."""
        try:
            host, own = request.url.host or "", str(request.url.origin())
        except ValueError as error:
            raise invalid("Host", "expected host:port") from error
        if not self._settings.tls_certificate and not is_loopback(host):
            raise invalid("Host", f"expected an address of this machine, was {host[:100]!r}")
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is not None and origin != own:
            raise invalid("Origin", f"pages of {origin[:100]!r} may not call this desk")

    # --- methods ---------------------------------------------------------------------------------

    def _handler(self, binding: Binding) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            if binding.method.server_streaming:
                return await self._stream(binding, request)
            return await asyncio.wait_for(self._call(binding, request), self._settings.deadline_s)

        return handle

    async def _call(self, binding: Binding, request: web.Request) -> web.Response:
        join_trace(request.headers.get(HEADER, ""))
        caller, message = await self._read(binding, request)
        method, pause = METHODS.get(binding.name), self._turns.pause
        return await answer(await carry_out(self._control, caller, method, message, pause), pause)

    async def _stream(self, binding: Binding, request: web.Request) -> web.StreamResponse:
        limit = self._settings.streams_max
        if self._stream_count >= limit:
            raise _too_many("streams are open", limit)
        self._stream_count += 1
        try:
            caller, message = await asyncio.wait_for(
                self._read(binding, request), self._settings.deadline_s
            )
            parts = STREAMS[binding.name](
                self._control, caller, message, self._stopping, self._turns
            )
            return await stream_answer(request, binding.method, parts, self._stopping)
        finally:
            self._stream_count -= 1

    async def _read(self, binding: Binding, request: web.Request) -> tuple[Caller, Message]:
        """Return who calls and what they say; the body is read only for who may call."""
        peer = request.transport.get_extra_info("peername") if request.transport else None
        kind = "ipv6" if peer and ":" in peer[0] else "ipv4"
        shown = f"{kind}:{peer[0]}:{peer[1]}" if peer else ""
        caller = self._identity.by(request.headers.get(hdrs.AUTHORIZATION), shown)
        body = await request.read()
        if body and request.content_type != JSON:
            raise invalid("Content-Type", f"expected {JSON}, was {request.content_type[:100]!r}")
        message = read_request(binding, request.match_info, request.query.items(), body)
        key = request.headers.get(KEY_HEADER, "")
        if key:
            set_text(message, "request_id", key, KEY_HEADER)
        last = request.headers.get("Last-Event-ID", "")
        if last:
            set_text(message, "resume_token", last, "Last-Event-ID")
        return caller, message

    # --- for machines ----------------------------------------------------------------------------

    async def _health(self, _request: web.Request) -> web.Response:
        """The process answers."""
        return web.json_response({"status": "ok"}, headers=HEADERS)

    async def _ready(self, _request: web.Request) -> web.Response:
        """The desk takes calls; 503 while it starts or stops."""
        desk = await self._control.ask(_PROBE, GetDesk())
        is_ready = desk.state not in _NOT_READY and not self._stopping.is_set()
        state = {"ready": is_ready, "state": desk.state.value}
        return web.json_response(state, status=200 if is_ready else 503, headers=HEADERS)

    async def _openapi(self, _request: web.Request) -> web.Response:
        """The contract."""
        return web.Response(body=self._about[0], content_type=JSON, headers=HEADERS)

    async def _docs(self, _request: web.Request) -> web.Response:
        """The contract, for people."""
        headers = HEADERS | {"Content-Security-Policy": POLICY}
        return web.Response(body=self._about[1], content_type="text/html", headers=headers)

    def _tls(self) -> ssl.SSLContext | None:
        if not self._settings.tls_certificate:
            return None
        return server_context(Certificates(self._base_path, self._settings, self._logger))


def _quiet(logger: logging.Logger) -> logging.Logger:
    """Return where aiohttp tells of what is no HTTP: that is answered, not logged."""
    quiet = logger.getChild("wire")
    quiet.setLevel(logging.CRITICAL)
    return quiet


def _too_many(what: str, limit: int) -> ControlError:
    return ControlError(Reason.LIMIT_REACHED, f"{limit} {what}", facts={"limit": str(limit)})


def _plain_refusal(reason: Reason, text: str, http_status: int) -> web.Response:
    return refusal(status_of(ControlError(reason, text)), http_status)
