"""The kits against the fakes: what the kit gives to others passes its own cases."""

from hexdesk.testing.broker import FakeBroker
from hexdesk.testing.broker_bench import BrokerBench
from hexdesk.testing.broker_kit import BrokerKit


class TestFakeBroker(BrokerKit):
    def make_bench(self) -> BrokerBench:
        return BrokerBench(FakeBroker)
