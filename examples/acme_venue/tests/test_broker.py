"""The conformance kit against the Acme broker."""

from acme_venue import hexdesk_brokers
from acme_venue.settings import AcmeSettings

from hexdesk.testing.broker_bench import BrokerBench
from hexdesk.testing.broker_kit import BrokerKit


class AcmeBench(BrokerBench):
    """Acme fills any size at the touch."""

    name = "acme"
    has_sizes = False


class TestAcmeBroker(BrokerKit):
    def make_bench(self) -> BrokerBench:
        factory = hexdesk_brokers()[0].factory
        return AcmeBench(lambda context: factory(context, AcmeSettings()))
