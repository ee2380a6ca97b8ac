"""The simulated venue: matching in process, or as a process of its own."""

from hexdesk.plugin import CONTRACT_VERSION, BrokerContext, BrokerRegistration, hookimpl
from hexdesk.ports.broker import Broker
from hexdesk_sim.capabilities import DEFAULT_CAPABILITIES
from hexdesk_sim.settings import SimSettings


def _make(context: BrokerContext, settings: SimSettings) -> Broker:
    from hexdesk_sim.broker import SimBroker

    return SimBroker(context, settings)


@hookimpl
def hexdesk_brokers() -> list[BrokerRegistration]:
    """Offer the broker `sim`."""
    return [
        BrokerRegistration(
            name="sim",
            summary="Simulated venue in the desk's own process",
            settings=SimSettings,
            factory=_make,
            capabilities=DEFAULT_CAPABILITIES,
            contract=CONTRACT_VERSION,
        )
    ]
