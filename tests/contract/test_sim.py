"""The broker kit against the simulated venue: direct, slow, hedging, funded, without our ids."""

from hexdesk.testing.broker_bench import BrokerBench
from hexdesk.testing.broker_kit import BrokerKit
from hexdesk_sim.broker import SimBroker
from hexdesk_sim.settings import SimSettings

DIRECT = SimSettings(
    submit_latency_ms=0, amend_latency_ms=0, cancel_latency_ms=0, report_latency_ms=0
)
HEDGING = SimSettings(position_mode="hedging")
SLOW = SimSettings(submit_latency_ms=3, cancel_latency_ms=5, report_latency_ms=4, jitter_ms=2)


class TestDirectSim(BrokerKit):
    def make_bench(self) -> BrokerBench:
        return BrokerBench(lambda context: SimBroker(context, DIRECT))


class TestHedgingSim(BrokerKit):
    def make_bench(self) -> BrokerBench:
        return BrokerBench(lambda context: SimBroker(context, HEDGING))


class TestSlowSim(BrokerKit):
    def make_bench(self) -> BrokerBench:
        return BrokerBench(lambda context: SimBroker(context, SLOW))


class FundedBench(BrokerBench):
    has_funds = True


class TestFundedSim(BrokerKit):
    def make_bench(self) -> BrokerBench:
        return FundedBench(lambda context: SimBroker(context, SimSettings(check_funds=True)))


class TestNamelessSim(BrokerKit):
    def make_bench(self) -> BrokerBench:
        return BrokerBench(lambda context: SimBroker(context, SimSettings(client_ids=False)))
