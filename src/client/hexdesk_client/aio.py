"""The client for asyncio."""

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self, TypeVar

import grpc
from google.protobuf.message import Message

from hexdesk_api.v1 import (
    access_pb2_grpc,
    configuration_pb2_grpc,
    desk_pb2_grpc,
    events_pb2,
    events_pb2_grpc,
    history_pb2_grpc,
    market_data_pb2_grpc,
    monitoring_pb2_grpc,
    orders_pb2_grpc,
    plugins_pb2_grpc,
    portfolio_pb2_grpc,
    reconciliation_pb2_grpc,
    risk_pb2_grpc,
    strategies_pb2_grpc,
)
from hexdesk_client.client import TIMEOUT_S
from hexdesk_client.errors import api_error
from hexdesk_client.resuming import Place
from hexdesk_client.target import Target
from hexdesk_client.tracing import traced

Q = TypeVar("Q", bound=Message)
R = TypeVar("R", bound=Message)


class AsyncClient:
    """A connection to one desk; attributes as `Client`, within a running loop."""

    def __init__(self, target: Target | None = None, *, timeout_s: float = TIMEOUT_S) -> None:
        """Make a client; it connects when it is first used.

        Raises:
            OSError: A certificate or key cannot be read.
        """
        self._target = target or Target()
        self._timeout_s = timeout_s
        self._channel = channel = self._target.open_async()
        self.desk = desk_pb2_grpc.DeskServiceStub(channel)
        self.strategies = strategies_pb2_grpc.StrategyServiceStub(channel)
        self.orders = orders_pb2_grpc.OrderServiceStub(channel)
        self.portfolio = portfolio_pb2_grpc.PortfolioServiceStub(channel)
        self.reconciliation = reconciliation_pb2_grpc.ReconciliationServiceStub(channel)
        self.monitoring = monitoring_pb2_grpc.MonitoringServiceStub(channel)
        self.risk = risk_pb2_grpc.RiskServiceStub(channel)
        self.markets = market_data_pb2_grpc.MarketDataServiceStub(channel)
        self.history = history_pb2_grpc.HistoryServiceStub(channel)
        self.plugins = plugins_pb2_grpc.PluginServiceStub(channel)
        self.configuration = configuration_pb2_grpc.ConfigurationServiceStub(channel)
        self.access = access_pb2_grpc.AccessServiceStub(channel)
        self.events = events_pb2_grpc.EventServiceStub(channel)

    async def call(self, method: "grpc.aio.UnaryUnaryMultiCallable[Q, R]", request: Q) -> R:
        """Call a method, as `await client.call(client.desk.Halt, HaltRequest(reason=...))`.

        Raises:
            ApiError: It was refused, or the desk cannot be reached.
        """
        try:
            with traced(request, self._target.address) as trace:
                metadata = (*self._target.metadata, *trace)
                return await method(request, timeout=self._timeout_s, metadata=metadata)
        except grpc.RpcError as error:
            raise api_error(error) from error

    async def follow(
        self, request: events_pb2.StreamEventsRequest | None = None
    ) -> AsyncIterator[events_pb2.StreamEventsResponse]:
        """Yield a snapshot and then events; a stream that is lost is taken up where it was.

        Raises:
            ApiError: It was refused for a reason that does not pass by itself.
        """
        place = Place(request or events_pb2.StreamEventsRequest())
        while True:
            try:
                async for response in self.events.StreamEvents(
                    place.request, metadata=self._target.metadata
                ):
                    place.note(response)
                    yield response
            except grpc.RpcError as error:
                await asyncio.sleep(place.rest_s(api_error(error)))

    async def close(self) -> None:
        """Close the connection; idempotent."""
        await self._channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
