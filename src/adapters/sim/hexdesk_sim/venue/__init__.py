"""The simulated venue as a process of its own: server, and the broker and feed that speak to it."""

from hexdesk.plugin import (
    CONTRACT_VERSION,
    BrokerContext,
    BrokerRegistration,
    FeedContext,
    FeedRegistration,
    Server,
    ServerContext,
    ServerRegistration,
    hookimpl,
)
from hexdesk.ports.broker import Broker
from hexdesk.ports.market_data import MarketData
from hexdesk_sim.venue.capabilities import CAPABILITIES
from hexdesk_sim.venue.settings import VenueBrokerSettings, VenueFeedSettings, VenueServerSettings

NAME = "sim_venue"


def _make_server(context: ServerContext, settings: VenueServerSettings) -> Server:
    from hexdesk_sim.venue.server import VenueServer

    return VenueServer(context, settings)


def _make_broker(context: BrokerContext, settings: VenueBrokerSettings) -> Broker:
    from hexdesk_sim.venue.broker import VenueBroker

    return VenueBroker(context, settings)


def _make_feed(context: FeedContext, settings: VenueFeedSettings) -> MarketData:
    from hexdesk_sim.venue.feed import VenueFeed

    return VenueFeed(context, settings)


@hookimpl
def hexdesk_servers() -> list[ServerRegistration]:
    """Offer the venue's server."""
    return [
        ServerRegistration(
            name=NAME,
            summary="Simulated venue as a process of its own, over HTTP and a websocket",
            settings=VenueServerSettings,
            factory=_make_server,
            contract=CONTRACT_VERSION,
        )
    ]


@hookimpl
def hexdesk_brokers() -> list[BrokerRegistration]:
    """Offer the broker of a venue that runs elsewhere."""
    return [
        BrokerRegistration(
            name=NAME,
            summary="Account at a simulated venue that runs as a process of its own",
            settings=VenueBrokerSettings,
            factory=_make_broker,
            capabilities=CAPABILITIES,
            contract=CONTRACT_VERSION,
        )
    ]


@hookimpl
def hexdesk_feeds() -> list[FeedRegistration]:
    """Offer the market of a venue that runs elsewhere."""
    return [
        FeedRegistration(
            name=NAME,
            summary="Market data of a simulated venue that runs as a process of its own",
            settings=VenueFeedSettings,
            factory=_make_feed,
            contract=CONTRACT_VERSION,
        )
    ]
