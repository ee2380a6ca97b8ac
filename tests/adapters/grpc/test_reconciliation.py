"""Reconciliation, orders in doubt and arming over the wire."""

import grpc

from hexdesk_api.v1 import (
    desk_pb2,
    desk_pb2_grpc,
    orders_pb2,
    orders_pb2_grpc,
    reconciliation_pb2,
    reconciliation_pb2_grpc,
)
from tests.adapters.grpc.rig import refusal, served


async def test_how_books_compare_and_what_is_refused() -> None:
    async with served() as rig:
        stub = reconciliation_pb2_grpc.ReconciliationServiceStub(rig.channel)
        found = await stub.GetReconciliation(reconciliation_pb2.GetReconciliationRequest())
        assert [each.account for each in found.accounts] == ["accounts/venue"]
        assert not found.accounts[0].ready
        listed = await stub.ListIncidents(reconciliation_pb2.ListIncidentsRequest())
        assert not listed.incidents
        request = reconciliation_pb2.ResolveIncidentRequest(
            name="accounts/venue/incidents/1",
            policy=reconciliation_pb2.Incident.POLICY_ADOPT,
            reason="try",
        )
        assert (await refusal(stub.ResolveIncident(request)))[1] == "RESOURCE_UNKNOWN"
        request.name = "accounts/venue/incidents/one"
        assert (await refusal(stub.ResolveIncident(request)))[3] == ["name"]
        rig.runtime.reconciliation = None
        asked = stub.ListIncidents(reconciliation_pb2.ListIncidentsRequest())
        assert (await refusal(asked))[:2] == (grpc.StatusCode.UNIMPLEMENTED, "NOT_OFFERED")


async def test_an_order_that_is_known_and_a_desk_that_is_not_live_are_refused() -> None:
    async with served() as rig:
        orders = orders_pb2_grpc.OrderServiceStub(rig.channel)
        request = orders_pb2.ResolveOrderRequest(
            name=f"orders/{rig.life()}",
            resolution=orders_pb2.ResolveOrderRequest.RESOLUTION_ABSENT,
            reason="try",
        )
        assert (await refusal(orders.ResolveOrder(request)))[1] == "STATE_WRONG"
        desk = desk_pb2_grpc.DeskServiceStub(rig.channel)
        arm = desk_pb2.ArmLiveRequest(account_id="account", stage_pct=100, reason="try")
        assert (await refusal(desk.ArmLive(arm)))[1] == "STATE_WRONG"
        found = await desk.DisarmLive(desk_pb2.DisarmLiveRequest())
        assert not found.HasField("live_grant")
