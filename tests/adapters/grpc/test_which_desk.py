"""What cannot be taken back on a live desk wants its account typed out; no method can forget it.

The methods are those of the contract: one that is new is in a table of the guide, or this fails.
"""

import re
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass
from msgspec.structs import replace

from hexdesk.testing.strategy import WIDE_LIMITS
from hexdesk_grpc.server import FILES
from hexdesk_grpc.settings import GrpcSettings
from tests.adapters.grpc.rig import ServedRig, refusal
from tests.architecture.docs import rows, section

MUTATIONS: list[MethodDescriptor] = [
    method
    for file in FILES
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
    if "dry_run" in method.input_type.fields_by_name
]
DESTRUCTIVE = [each for each in MUTATIONS if "account_id" in each.input_type.fields_by_name]
SAMPLES: dict[str, dict[str, Any]] = {
    "ArmLive": {"stage_pct": 100, "duration": {"seconds": 3_600}},
    "ChangeRule": {"rule": "limits", "key": "order_quantity_max", "value": "2000"},
    "RearmRule": {"rule": "daily_loss"},
    "ResolveIncident": {"name": "accounts/venue/incidents/1", "policy": 1},
    "ResolveOrder": {"name": "orders/none", "resolution": 1},
    "RollbackConfiguration": {"revision": 1},
    "StopStrategy": {"name": "strategies/a"},
    "UnloadStrategy": {"name": "strategies/a"},
}
"""What a method needs beside an account and a reason, to come so far that it looks at them."""


def test_the_guide_says_of_every_method_which_it_is() -> None:
    text = section("control.md", "Which desk is meant")
    wanted, others = (
        {name for row in rows(text, header) for name in re.findall(r"`(\w+)`", row[0])}
        for header in ("wants the account's id", "wants none")
    )
    assert wanted == {each.name for each in DESTRUCTIVE}
    assert others == {each.name for each in MUTATIONS} - wanted


async def answer(rig: ServedRig, method: MethodDescriptor, **fields: Any) -> list[str]:
    """Call a method; return the fields that it is refused for."""
    message = GetMessageClass(method.input_type)(
        **{**SAMPLES.get(method.name, {}), "reason": "x", **fields}
    )
    service = method.containing_service
    assert service is not None
    channel: Any = rig.channel
    call = channel.unary_unary(
        f"/{service.full_name}/{method.name}",
        request_serializer=GetMessageClass(method.input_type).SerializeToString,
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )(message)
    try:
        await call
    except grpc.aio.AioRpcError:
        return (await refusal(call))[3]
    return []


LIMITS = replace(WIDE_LIMITS, order_quantity_max="1000")


async def live() -> ServedRig:
    rig = ServedRig("a", "b", mode="live", limits=LIMITS)
    rig.runtime.reconciliation = None
    rig.start()
    rig.server = rig.make_server(GrpcSettings(listen="127.0.0.1:0"))
    await rig.server.start()
    return rig


@pytest.mark.parametrize("method", DESTRUCTIVE, ids=lambda each: each.name)
async def test_a_live_desk_does_it_only_for_its_own_account(method: MethodDescriptor) -> None:
    rig = await live()
    try:
        async with grpc.aio.insecure_channel(rig.server.address) as channel:
            rig.channel = channel
            records = len(rig.records)
            for typed in ("", "another", f"{rig.account.id} "):
                assert await answer(rig, method, account_id=typed) == ["account_id"]
            assert len(rig.records) == records, "nothing was done"
            assert "account_id" not in await answer(rig, method, account_id=rig.account.id)
            if method.name != "ArmLive":
                assert "account_id" not in await answer(rig, method, dry_run=True)
    finally:
        await rig.server.stop()


async def test_a_tighter_limit_and_what_is_safer_wait_for_nothing() -> None:
    rig = await live()
    try:
        async with grpc.aio.insecure_channel(rig.server.address) as channel:
            rig.channel = channel
            by_name = {each.name: each for each in MUTATIONS}
            tighter = {"rule": "limits", "key": "order_quantity_max", "value": "1"}
            assert await answer(rig, by_name["ChangeRule"], **tighter) == []
            for name in ("Halt", "StopEntries", "DisarmLive", "CancelAllOrders"):
                assert await answer(rig, by_name[name]) == []
    finally:
        await rig.server.stop()
