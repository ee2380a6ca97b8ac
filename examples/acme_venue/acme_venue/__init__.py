"""Acme: an exchange that exists only here, as an example of a plugin."""

from acme_venue.settings import AcmeFileSettings, AcmeSettings
from acme_venue.translate import CAPABILITIES
from hexdesk.plugin import (
    CONTRACT_VERSION,
    BrokerContext,
    BrokerRegistration,
    RecordingContext,
    RecordingRegistration,
    hookimpl,
)
from hexdesk.ports.broker import Broker
from hexdesk.ports.market_data import Recording


def _make_broker(context: BrokerContext, settings: AcmeSettings) -> Broker:
    from acme_venue.broker import AcmeBroker  # an SDK would be imported here, not at the top

    return AcmeBroker(context, settings)


def _make_recording(context: RecordingContext, settings: AcmeFileSettings) -> Recording:
    from acme_venue.recording import AcmeRecording

    return AcmeRecording(context, settings)


@hookimpl
def hexdesk_brokers() -> list[BrokerRegistration]:
    """Offer the broker `acme`."""
    return [
        BrokerRegistration(
            name="acme",
            summary="Acme exchange",
            settings=AcmeSettings,
            factory=_make_broker,
            capabilities=CAPABILITIES,
            contract=CONTRACT_VERSION,
        )
    ]


@hookimpl
def hexdesk_recordings() -> list[RecordingRegistration]:
    """Offer `.acme` files as recordings."""
    return [
        RecordingRegistration(
            name="acme_files",
            summary="Quotes in Acme's own file format",
            settings=AcmeFileSettings,
            factory=_make_recording,
            contract=CONTRACT_VERSION,
            suffixes=(".acme",),
        )
    ]
