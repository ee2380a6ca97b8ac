"""Rules and limits over gRPC: the report, changes, re-arming, groups. A14, C16."""

import grpc
import pytest

from hexdesk.testing.broker_bench import INSTRUMENT
from hexdesk_api.v1 import risk_pb2, risk_pb2_grpc
from tests.adapters.grpc.rig import served


async def test_the_report_a_change_and_what_is_refused() -> None:
    async with served() as rig:
        risk = risk_pb2_grpc.RiskServiceStub(rig.channel)
        report = await risk.GetRiskReport(risk_pb2.GetRiskReportRequest())
        limits = {(each.rule, each.scope): each for each in report.rules}
        limit = limits["order_quantity_max", f"instrument:{INSTRUMENT.id}"]
        assert (limit.instrument, limit.code, limit.level) == (
            f"instruments/{INSTRUMENT.id}", "ORDER_SIZE", risk_pb2.RISK_LEVEL_NORMAL,
        )  # fmt: skip
        assert not limit.HasField("used_pct")
        assert not limit.HasField("level_time")
        changed = await risk.ChangeRule(
            risk_pb2.ChangeRuleRequest(
                rule="limits", key="order_quantity_max", value="0.5", reason="news"
            )
        )
        assert (changed.before, changed.looser) == (limit.limit, False)
        again = await risk.GetRiskReport(risk_pb2.GetRiskReportRequest())
        now = {(each.rule, each.scope): each.limit for each in again.rules}
        assert now["order_quantity_max", f"instrument:{INSTRUMENT.id}"] == "0.5"
        for refused, code in (
            (risk.ChangeRule(risk_pb2.ChangeRuleRequest(rule="limits", key="x", value="1",
                                                        reason="x")),
             grpc.StatusCode.INVALID_ARGUMENT),
            (risk.RearmRule(risk_pb2.RearmRuleRequest(rule="nothing", reason="x")),
             grpc.StatusCode.NOT_FOUND),
            (risk.SwitchGroup(risk_pb2.SwitchGroupRequest(group="calm", reason="x")),
             grpc.StatusCode.NOT_FOUND),
        ):  # fmt: skip
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await refused
            assert caught.value.code() is code
