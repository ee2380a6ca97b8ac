"""Calls over the wire: what goes in and out, refusals and limits."""

import asyncio
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from hexdesk.errors import ConfigError
from hexdesk.ports.control import Reason
from hexdesk.ports.control_checks import CheckInfo, CheckOutcome
from hexdesk_api.v1 import (
    access_pb2,
    access_pb2_grpc,
    common_pb2,
    desk_pb2,
    desk_pb2_grpc,
    history_pb2,
    history_pb2_grpc,
    market_data_pb2,
    market_data_pb2_grpc,
    orders_pb2,
    orders_pb2_grpc,
    portfolio_pb2,
    portfolio_pb2_grpc,
    reconciliation_pb2,
    reconciliation_pb2_grpc,
    risk_pb2,
    risk_pb2_grpc,
    strategies_pb2,
    strategies_pb2_grpc,
)
from hexdesk_grpc.errors import CODES
from hexdesk_grpc.server import FILES
from hexdesk_grpc.settings import GrpcSettings
from tests.adapters.grpc.rig import INSTRUMENT, ServedRig, order, refusal, served

LOCAL = "127.0.0.1:0"


async def test_checks_of_a_running_desk() -> None:
    """D43, E44: a health list that programs can read."""
    async with served() as rig:
        found = CheckInfo(code="CLOCK", title="t", outcome=CheckOutcome.WARNED, text="x")
        rig.runtime.checks = [found]
        desk = desk_pb2_grpc.DeskServiceStub(rig.channel)
        checks = (await desk.RunChecks(desk_pb2.RunChecksRequest(live=True))).checks
        by_code = {each.code: each for each in checks}
        assert by_code["DESK_HALTED"].outcome == desk_pb2.Check.OUTCOME_PASSED
        assert by_code["CLOCK"].outcome == desk_pb2.Check.OUTCOME_WARNED
        assert by_code["LIMITS_SET"].remedy.startswith("set order_notional_max")


async def test_an_orders_whole_life() -> None:
    async with served() as rig:
        orders = orders_pb2_grpc.OrderServiceStub(rig.channel)
        made = await orders.CreateOrder(
            orders_pb2.CreateOrderRequest(
                order=order(order_type=orders_pb2.ORDER_TYPE_LIMIT, price="9990.5", tag="t"),
                request_id="k-1",
            )
        )
        assert made.name.startswith("orders/hd")
        assert made.strategy == "strategies/manual@venue"
        assert (made.price, made.side) == ("9990.5", common_pb2.SIDE_BUY)
        assert made.status == orders_pb2.ORDER_STATUS_SUBMITTED
        order_id = made.name.removeprefix("orders/")
        rig.accept(order_id)
        asked = await orders.AmendOrder(orders_pb2.AmendOrderRequest(name=made.name, quantity="2"))
        assert asked.status == orders_pb2.ORDER_STATUS_PENDING_REPLACE
        rig.confirm(rig.amends[0])
        rig.fill(order_id, 500, trade_id="T/1")
        canceled = await orders.CancelOrder(orders_pb2.CancelOrderRequest(name=made.name))
        assert canceled.status == orders_pb2.ORDER_STATUS_PENDING_CANCEL
        rig.canceled(order_id)
        now = await orders.GetOrder(orders_pb2.GetOrderRequest(name=made.name))
        assert (now.life, now.cum_qty) == (orders_pb2.ORDER_STATUS_CANCELED, "0.5")
        assert now.canceled_qty == "1.5"
        listed = await orders.ListOrders(orders_pb2.ListOrdersRequest(page_size=1))
        assert [each.name for each in listed.orders] == [made.name]
        history = history_pb2_grpc.HistoryServiceStub(rig.channel)
        fills = await history.ListFills(history_pb2.ListFillsRequest(order=made.name))
        assert [each.last_qty for each in fills.fills] == ["0.5"]
        timeline = await history.GetOrderTimeline(
            history_pb2.GetOrderTimelineRequest(name=made.name)
        )
        assert len(timeline.reports) == 7
        portfolio = portfolio_pb2_grpc.PortfolioServiceStub(rig.channel)
        positions = await portfolio.ListPositions(portfolio_pb2.ListPositionsRequest())
        assert [each.quantity for each in positions.positions] == ["0.5"]
        again = await portfolio.GetPosition(
            portfolio_pb2.GetPositionRequest(name=positions.positions[0].name)
        )
        assert again == positions.positions[0]
        accounts = await portfolio.ListAccounts(portfolio_pb2.ListAccountsRequest())
        assert [each.name for each in accounts.accounts] == ["accounts/venue"]


async def test_the_desk_and_its_strategies() -> None:
    async with served() as rig:
        desk = desk_pb2_grpc.DeskServiceStub(rig.channel)
        state = await desk.GetDesk(desk_pb2.GetDeskRequest())
        assert (state.mode, state.state) == (common_pb2.MODE_PAPER, desk_pb2.Desk.STATE_RUNNING)
        halted = await desk.Halt(desk_pb2.HaltRequest(reason="fire"))
        assert halted.halt_reason == "fire"
        risk = risk_pb2_grpc.RiskServiceStub(rig.channel)
        armed = await risk.Rearm(risk_pb2.RearmRequest(reason="out"))
        assert armed.halt_reason == "fire"
        alerts = await desk.ListAlerts(desk_pb2.ListAlertsRequest())
        assert [each.code for each in alerts.alerts] == ["HALT_ENDED", "HALTED"]
        strategies = strategies_pb2_grpc.StrategyServiceStub(rig.channel)
        paused = await strategies.PauseStrategy(
            strategies_pb2.PauseStrategyRequest(name="strategies/a")
        )
        assert not paused.entries_allowed
        listed = await strategies.ListStrategies(strategies_pb2.ListStrategiesRequest())
        assert [each.entries_allowed for each in listed.strategies] == [False, True, True]
        markets = market_data_pb2_grpc.MarketDataServiceStub(rig.channel)
        market = await markets.GetMarket(
            market_data_pb2.GetMarketRequest(name="markets/TEST-PERP.ACME")
        )
        assert (market.quote.bid_price, market.mark_price) == ("10000", "10000.5")
        flat = await desk.Flatten(desk_pb2.FlattenRequest(dry_run=True))
        assert not flat.positions


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"quantity": "x"}, "quantity"),
        ({"side": 0}, "order.side"),
        ({"side": 77}, "order.side"),
        ({"order_type": 0}, "order.order_type"),
        ({"time_in_force": 99}, "order.time_in_force"),
        ({"instrument": "TEST-PERP.ACME"}, "order.instrument"),
        ({"instrument": "instruments/a/b"}, "order.instrument"),
        ({"name": "orders/mine"}, "order.name"),
        ({"expire_time": {"seconds": -5}}, "order.expire_time"),
    ],
)
async def test_a_wrong_field_is_named(wrong: dict[str, Any], field: str) -> None:
    async with served() as rig:
        orders = orders_pb2_grpc.OrderServiceStub(rig.channel)
        call = orders.CreateOrder(orders_pb2.CreateOrderRequest(order=order(**wrong)))
        code, reason, _, fields = await refusal(call)
        assert (code, reason) == (grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID")
        assert fields == [field]
        assert rig.sent == []


async def test_refusals_carry_reasons_and_facts() -> None:
    async with served() as rig:
        orders = orders_pb2_grpc.OrderServiceStub(rig.channel)
        unknown = await refusal(orders.GetOrder(orders_pb2.GetOrderRequest(name="orders/none")))
        assert unknown[:2] == (grpc.StatusCode.NOT_FOUND, "RESOURCE_UNKNOWN")
        assert unknown[2]["name"] == "none"
        first = orders_pb2.CreateOrderRequest(order=order(), request_id="k")
        await orders.CreateOrder(first)
        other = orders_pb2.CreateOrderRequest(order=order(quantity="2"), request_id="k")
        reused = await refusal(orders.CreateOrder(other))
        assert reused[:2] == (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED")
        rig.runtime.reconciliation = None
        books = reconciliation_pb2_grpc.ReconciliationServiceStub(rig.channel)
        request = reconciliation_pb2.GetReconciliationRequest()
        missing = await refusal(books.GetReconciliation(request))
        assert missing[:2] == (grpc.StatusCode.UNIMPLEMENTED, "NOT_OFFERED")


def test_every_reason_has_a_code_and_stands_in_the_contract() -> None:
    assert set(CODES) == set(Reason)
    names = set(common_pb2.ErrorReason.keys())
    assert {f"ERROR_REASON_{reason.value}" for reason in Reason} <= names


async def test_health_and_reflection() -> None:
    async with served() as rig:
        health: Any = health_pb2_grpc.HealthStub(rig.channel)
        for service in ("", "hexdesk_api.v1.OrderService"):
            found = await health.Check(health_pb2.HealthCheckRequest(service=service))
            assert found.status == health_pb2.HealthCheckResponse.SERVING
        channel: Any = rig.channel
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
        asked = reflection_pb2.ServerReflectionRequest(list_services="")
        async for answer in stub.ServerReflectionInfo(iter([asked])):
            names = {each.name for each in answer.list_services_response.service}
            own = {name for file in FILES for name in file.DESCRIPTOR.services_by_name}
            assert {f"hexdesk_api.v1.{name}" for name in own} < names
            assert len(names) == len(own) + 2


async def test_a_message_too_large_is_refused() -> None:
    async with served(GrpcSettings(listen=LOCAL, message_bytes_max=1_000)) as rig:
        orders = orders_pb2_grpc.OrderServiceStub(rig.channel)
        call = orders.CreateOrder(orders_pb2.CreateOrderRequest(order=order(tag="x" * 2_000)))
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_without_leave_for_anonymous_callers_a_token_is_needed() -> None:
    async with served(GrpcSettings(listen=LOCAL, anonymous=False)) as rig:
        desk = desk_pb2_grpc.DeskServiceStub(rig.channel)
        code, reason, _, _ = await refusal(desk.GetDesk(desk_pb2.GetDeskRequest()))
        assert (code, reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_INVALID")
        bad = desk.GetDesk(desk_pb2.GetDeskRequest(), metadata=(("authorization", "Basic x"),))
        assert (await refusal(bad))[1] == "TOKEN_INVALID"


async def test_tokens_over_the_wire() -> None:
    async with served() as rig:
        access = access_pb2_grpc.AccessServiceStub(rig.channel)
        nobody = await access.GetCaller(access_pb2.GetCallerRequest())
        assert (nobody.subject, len(nobody.scopes)) == ("local", 4)
        made = await access.CreateToken(
            access_pb2.CreateTokenRequest(
                token_id="bot",  # noqa: S106 - a name
                scopes=[common_pb2.SCOPE_READ, common_pb2.SCOPE_ADMIN],
            )
        )
        refused = await refusal(access.GetCaller(access_pb2.GetCallerRequest()))
        assert refused[1] == "TOKEN_INVALID"
        header = (("authorization", f"Bearer {made.secret}"),)
        caller = await access.GetCaller(access_pb2.GetCallerRequest(), metadata=header)
        assert caller.subject == "bot"
        assert set(caller.scopes) == {common_pb2.SCOPE_READ, common_pb2.SCOPE_ADMIN}
        desk = desk_pb2_grpc.DeskServiceStub(rig.channel)
        await desk.GetDesk(desk_pb2.GetDeskRequest(), metadata=header)
        refused = await refusal(desk.Halt(desk_pb2.HaltRequest(), metadata=header))
        assert refused[:2] == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")
        assert refused[2] == {"scope": "risk"}


async def test_stopping_lets_what_is_under_way_finish() -> None:
    async with served() as rig:
        desk = desk_pb2_grpc.DeskServiceStub(rig.channel)
        call = desk.GetDesk(desk_pb2.GetDeskRequest())
        await call
        await rig.server.stop()
        await rig.server.stop()
        with pytest.raises(grpc.aio.AioRpcError):
            await desk.GetDesk(desk_pb2.GetDeskRequest())


async def test_a_taken_address_is_an_error() -> None:
    async with served() as rig:
        other = rig.make_server(GrpcSettings(listen=rig.server.address))
        with pytest.raises(OSError, match="cannot listen"):
            await other.start()
        await other.stop()


@pytest.mark.parametrize(
    "settings",
    [
        GrpcSettings(listen="0.0.0.0:50051"),
        GrpcSettings(listen="192.0.2.1:50051"),
        GrpcSettings(listen="[::]:50051"),
        GrpcSettings(listen="example.org:50051"),
        GrpcSettings(listen="50051"),
        GrpcSettings(listen="127.0.0.1:99999"),
        GrpcSettings(listen="127.0.0.1:port"),
        GrpcSettings(tls_certificate="x.pem"),
    ],
)
async def test_only_this_machine_without_tls(settings: GrpcSettings) -> None:
    rig = ServedRig("a")
    with pytest.raises(ConfigError):
        rig.make_server(settings)


async def test_many_calls_at_once_are_all_answered() -> None:
    async with served() as rig:
        orders = orders_pb2_grpc.OrderServiceStub(rig.channel)
        made = await asyncio.gather(
            *(
                orders.CreateOrder(
                    orders_pb2.CreateOrderRequest(order=order(), request_id=f"k{number % 50}")
                )
                for number in range(200)
            )
        )
        assert len({each.name for each in made}) == 50
        assert len(rig.sent) == 50


def test_a_reference_is_a_name() -> None:
    assert order().instrument == INSTRUMENT


async def test_bytes_that_are_no_message_are_refused_by_us() -> None:
    async with served() as rig:
        channel: Any = rig.channel
        for method in ("DeskService/Halt", "EventService/StreamEvents"):
            open_method = channel.unary_stream if "Stream" in method else channel.unary_unary
            call = open_method(f"/hexdesk_api.v1.{method}")(b"\xff\xff\xff")
            refused = await refusal(call.read() if "Stream" in method else call)
            assert refused[:2] == (grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID")
