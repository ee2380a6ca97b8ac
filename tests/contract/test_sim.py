"""The broker kit against the simulated venue, without and with latency, and in hedging mode."""

import pytest

from hexdesk.testing.broker_bench import BrokerBench
from hexdesk.testing.broker_kit import BrokerKit
from hexdesk_sim.broker import SimBroker
from hexdesk_sim.settings import SimSettings

DIRECT = SimSettings(
    submit_latency_ms=0, amend_latency_ms=0, cancel_latency_ms=0, report_latency_ms=0
)
HEDGING = SimSettings(position_mode="hedging")
SLOW = SimSettings(submit_latency_ms=3, cancel_latency_ms=5, report_latency_ms=4, jitter_ms=2)


class SimKit(BrokerKit):
    """The kit less a fault that the venue still has; it passes as soon as it is mended."""

    @pytest.mark.xfail(strict=False, reason="takes orders after `close`")
    def test_b83_close(self, bench: BrokerBench) -> None:
        super().test_b83_close(bench)


class TestDirectSim(SimKit):
    def make_bench(self) -> BrokerBench:
        return BrokerBench(lambda context: SimBroker(context, DIRECT))


class TestHedgingSim(SimKit):
    def make_bench(self) -> BrokerBench:
        return BrokerBench(lambda context: SimBroker(context, HEDGING))


class TestSlowSim(SimKit):
    def make_bench(self) -> BrokerBench:
        return BrokerBench(lambda context: SimBroker(context, SLOW))


class FundedBench(BrokerBench):
    has_funds = True


class TestFundedSim(SimKit):
    def make_bench(self) -> BrokerBench:
        return FundedBench(lambda context: SimBroker(context, SimSettings(check_funds=True)))
