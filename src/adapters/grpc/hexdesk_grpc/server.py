"""The server: one grpc.aio server on the desk's own loop."""

from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from hexdesk.plugin import ServerContext
from hexdesk_api.v1 import (
    access_pb2,
    configuration_pb2,
    desk_pb2,
    events_pb2,
    history_pb2,
    market_data_pb2,
    monitoring_pb2,
    orders_pb2,
    plugins_pb2,
    portfolio_pb2,
    reconciliation_pb2,
    risk_pb2,
    strategies_pb2,
)
from hexdesk_grpc.calls import Calls, Stream, reader
from hexdesk_grpc.certificates import Certificates, server_credentials
from hexdesk_grpc.identity import Identity
from hexdesk_grpc.listening import control_of, parse_listen
from hexdesk_grpc.methods import METHODS
from hexdesk_grpc.settings import GrpcSettings
from hexdesk_grpc.streams import stream_events, stream_markets

FILES = (
    access_pb2, configuration_pb2, desk_pb2, events_pb2, history_pb2, market_data_pb2,
    monitoring_pb2, orders_pb2, plugins_pb2, portfolio_pb2, reconciliation_pb2, risk_pb2,
    strategies_pb2,
)  # fmt: skip
STREAMS: dict[str, Stream] = {
    "EventService.StreamEvents": stream_events,
    "MarketDataService.StreamMarkets": stream_markets,
}
MS_PER_S = 1_000
WAITING_MAX = 10_000
"""Calls that have come and nobody has taken up yet; grpc cancels what comes beyond.

Its own limit is 1,000, above which it cancels at random: a burst of one client met that before
`calls_max` could refuse it with a reason.
"""


class GrpcServer:
    """Serves a desk's control plane."""

    def __init__(self, context: ServerContext, settings: GrpcSettings) -> None:
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
        identity = Identity(
            context.name, self._control, anonymous=settings.anonymous, logger=context.logger
        )
        self._identity = identity
        self._calls: Calls | None = None
        self._server: grpc.aio.Server | None = None
        self._health: health.aio.HealthServicer | None = None

    @property
    def address(self) -> str:
        """Where it listens, as `host:port`; known after `start`."""
        return self._address

    @property
    def stream_count(self) -> int:
        """Streams under way."""
        return 0 if self._calls is None else self._calls.stream_count

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: The address is taken.
            ConfigError: A certificate or key cannot be read.
        """
        settings = self._settings
        self._calls = calls = Calls(
            self._control,
            self._identity,
            streams_max=settings.streams_max,
            deadline_s=settings.deadline_s,
            logger=self._logger,
        )
        server = grpc.aio.server(
            maximum_concurrent_rpcs=settings.calls_max, options=_options(settings)
        )
        names = [health_pb2.DESCRIPTOR.services_by_name["Health"].full_name]
        for file in FILES:
            for service in file.DESCRIPTOR.services_by_name.values():
                server.add_generic_rpc_handlers((_handlers(service, calls),))
                names.append(service.full_name)
        self._health = servicer = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
        if settings.reflection:
            reflection.enable_server_reflection((*names, reflection.SERVICE_NAME), server)
        port = self._bind(server)
        await server.start()
        for name in ("", *names):
            await servicer.set(name, health_pb2.HealthCheckResponse.SERVING)
        self._server = server
        self._address = f"[{self._host}]:{port}" if ":" in self._host else f"{self._host}:{port}"

    async def stop(self) -> None:
        """Tell the streams, let calls finish, then close; idempotent."""
        server, self._server = self._server, None
        if server is None:
            return
        if self._health is not None:
            await self._health.enter_graceful_shutdown()
        if self._calls is not None:
            self._calls.stopping.set()
        await server.stop(self._settings.drain_s)

    def _bind(self, server: grpc.aio.Server) -> int:
        host = f"[{self._host}]" if ":" in self._host else self._host
        address = f"{host}:{self._port}"
        try:
            if self._settings.tls_certificate:
                certificates = Certificates(self._base_path, self._settings, self._logger)
                port = server.add_secure_port(address, server_credentials(certificates))
            else:
                port = server.add_insecure_port(address)
        except RuntimeError as error:
            raise OSError(f"cannot listen on {address}: {error}") from error
        if not port:
            raise OSError(f"cannot listen on {address}: is it taken?")
        return port


def _options(settings: GrpcSettings) -> list[tuple[str, int]]:
    keepalive_ms = int(settings.keepalive_s * MS_PER_S)
    return [
        ("grpc.max_receive_message_length", settings.message_bytes_max),
        ("grpc.max_send_message_length", -1),
        ("grpc.max_metadata_size", 16_384),
        ("grpc.keepalive_time_ms", keepalive_ms),
        ("grpc.keepalive_timeout_ms", min(keepalive_ms, 20_000)),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
        ("grpc.http2.max_ping_strikes", 3),
        ("grpc.server.max_pending_requests", WAITING_MAX),
        ("grpc.server.max_pending_requests_hard_limit", WAITING_MAX),
        ("grpc.so_reuseport", 0),  # a second server on the address is an error, not a share
    ]


def _handlers(service: ServiceDescriptor, calls: Calls) -> grpc.GenericRpcHandler:
    handlers = {method.name: _handler(service, method, calls) for method in service.methods}
    return grpc.method_handlers_generic_handler(service.full_name, handlers)


def _handler(service: ServiceDescriptor, method: MethodDescriptor, calls: Calls) -> Any:  # noqa: ANN401 - no public type
    name = f"{service.name}.{method.name}"
    read = reader(GetMessageClass(method.input_type))
    if method.server_streaming:
        answer: Any = calls.stream(STREAMS[name])  # its parts are encoded already
        return grpc.unary_stream_rpc_method_handler(  # pyright: ignore[reportUnknownVariableType] - stubs know no bytes
            answer, request_deserializer=read
        )
    return grpc.unary_unary_rpc_method_handler(
        calls.unary(METHODS.get(name)),
        request_deserializer=read,
        response_serializer=GetMessageClass(method.output_type).SerializeToString,
    )
