"""Conformance kit for brokers: subclass `BrokerKit`, say how to make a bench, run pytest.

Example::

    from hexdesk.testing.broker_bench import BrokerBench
    from hexdesk.testing.broker_kit import BrokerKit

    class TestAcmeBroker(BrokerKit):
        def make_bench(self) -> BrokerBench:
            return BrokerBench(lambda context: AcmeBroker(context, AcmeSettings()))

`hexdesk.testing.cases.cases_of(BrokerKit)` lists the cases and what each needs to be declared.
"""

from hexdesk.testing.broker_cases import LifeCases
from hexdesk.testing.broker_memory import MemoryCases
from hexdesk.testing.broker_queries import QueryCases, SoundnessCases
from hexdesk.testing.broker_terms import StopCases, TermsCases


class BrokerKit(LifeCases, TermsCases, StopCases, QueryCases, SoundnessCases, MemoryCases):
    """All cases of brokers; override `make_bench`."""
