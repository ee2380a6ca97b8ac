"""A real server on a free port, in front of a desk whose venue says what a test says."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2  # pyright: ignore[reportMissingTypeStubs]

from hexdesk.application.control.control import ControlStores, DeskControl
from hexdesk.domain.money import parse_raw
from hexdesk.domain.risk import RiskLimits
from hexdesk.domain.values import Side
from hexdesk.plugin import ServerContext
from hexdesk.testing.broker_bench import INSTRUMENT as TRADED
from hexdesk.testing.strategy import WIDE_LIMITS
from hexdesk_api.v1 import common_pb2, orders_pb2
from hexdesk_grpc.server import GrpcServer
from hexdesk_grpc.settings import GrpcSettings
from tests.core.application.control.rig import ControlRig

T = TypeVar("T")
INSTRUMENT = "instruments/TEST-PERP.ACME"
PATIENCE_S = 20.0


class ServedRig(ControlRig):
    """A desk with its control plane, served.

    Attributes:
        server: What listens.
        channel: To it.
    """

    server: GrpcServer
    channel: grpc.aio.Channel

    def make_control(self) -> DeskControl:
        """As `ControlRig`, with the running loop in place of a list."""
        control = DeskControl(
            self.desk,
            self.clock,
            self.runtime,
            self.office,
            wall_ns=self.clock.now_ns,
            later=lambda call: asyncio.get_running_loop().call_soon(call),  # type: ignore[arg-type]
            stores=ControlStores(
                self.answers, self.audit, self.tokens, self.approvals, self.stage_days
            ),
            make_secret=self.make_secret,
            events_max=self.events_max,
        )
        control.open()
        return control

    def make_server(self, settings: GrpcSettings) -> GrpcServer:
        """Make a server that does not listen yet."""
        context = ServerContext(
            name="control",
            clock=self.clock,
            instruments={each.id: each for each in self.instruments},
            seed=1,
            logger=logging.getLogger("hexdesk.server.control"),
            control=self.control,
        )
        return GrpcServer(context, settings)

    def life(self, quantity: str = "1") -> str:
        """Let an order be filled at once, past the API."""
        raw = TRADED.quantity_scale
        order_id = self.act(
            lambda context: context.submit(TRADED.id, Side.BUY, parse_raw(quantity, raw))
        )
        self.accept(order_id)
        self.fill(order_id)
        return order_id


@asynccontextmanager
async def served(
    settings: GrpcSettings | None = None,
    *,
    limits: RiskLimits = WIDE_LIMITS,
    events_max: int = 1_000,
) -> AsyncGenerator[ServedRig]:
    """Serve a desk of two strategies."""
    rig = ServedRig("a", "b", limits=limits, events_max=events_max)
    rig.start()
    rig.server = rig.make_server(settings or GrpcSettings(listen="127.0.0.1:0"))
    await rig.server.start()
    try:
        async with grpc.aio.insecure_channel(rig.server.address) as channel:
            rig.channel = channel
            yield rig
    finally:
        await rig.server.stop()


def order(**fields: Any) -> orders_pb2.Order:
    """An order to buy one at the market."""
    given: dict[str, Any] = {
        "instrument": INSTRUMENT,
        "side": common_pb2.SIDE_BUY,
        "order_type": orders_pb2.ORDER_TYPE_MARKET,
        "quantity": "1",
    }
    return orders_pb2.Order(**given | fields)


async def refusal(call: Any) -> tuple[grpc.StatusCode, str, dict[str, str], list[str]]:
    """Return code, reason, facts and faulty fields of a call that is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    error = caught.value
    trailing: dict[str, Any] = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(trailing["grpc-status-details-bin"])
    assert status.code == error.code().value[0]
    info, request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(request)
    fields = [each.field for each in request.field_violations]
    return error.code(), info.reason, dict(info.metadata), fields


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - see below
            await asyncio.sleep(0.002)  # nobody tells a test when a server has noticed
