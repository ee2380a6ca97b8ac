"""A broker, a recording and a strategy out of the kit, installed as a stranger's distribution."""

from tests.app.site import Site

MODULE = """
import msgspec
from hexdesk.domain.values import BUY, SELL
from hexdesk.plugin import (
    CONTRACT_VERSION, BrokerRegistration, NoSettings, RecordingRegistration, Strategy,
    StrategyRegistration, hookimpl)
from hexdesk.testing.broker import FAKE_CAPABILITIES, FakeBroker
from hexdesk.testing.broker_bench import INSTRUMENT
from hexdesk.testing.clock import START_NS
from hexdesk.testing.market_data import FakeRecording
from hexdesk.testing.market_path import market_path

class Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    dataset: str = "kit:waves"

class Size(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    '''Sizes.

    Attributes:
        quantity: Raw, of each order.
    '''
    quantity: int = 100

class Turner(Strategy):
    def __init__(self, context, settings):
        super().__init__(context)
        self.quantity = settings.quantity
        self.count = 0

    def on_quote(self, quote):
        self.count += 1
        if self.count % 50 == 0:
            side = BUY if self.count % 100 else SELL
            self.context.submit(quote.instrument_id, side, self.quantity)

@hookimpl
def hexdesk_brokers():
    return [BrokerRegistration(
        name="kit_desk", summary="Fake venue", settings=NoSettings,
        factory=lambda context, settings: FakeBroker(context),
        capabilities=FAKE_CAPABILITIES, contract=CONTRACT_VERSION)]

@hookimpl
def hexdesk_recordings():
    return [RecordingRegistration(
        name="kit_desk", summary="Waves", settings=Data, schemes=("kit:",), suffixes=(".waves",),
        factory=lambda context, settings: FakeRecording(
            [INSTRUMENT], list(market_path(INSTRUMENT, START_NS))),
        contract=CONTRACT_VERSION)]

@hookimpl
def hexdesk_strategies():
    return [StrategyRegistration(
        name="kit_desk", summary="Turns", settings=Size, factory=Turner,
        contract=CONTRACT_VERSION, example_settings={"quantity": 100})]
"""
PLUGINS_TOML = """
[desk]
name = "kit"
[brokers.venue]
plugin = "kit_desk"
[feeds.data]
plugin = "kit_desk"
[strategies.turner]
plugin = "kit_desk"
instruments = ["TEST-PERP.ACME"]
"""


def install(site: Site) -> None:
    """Install the distribution `dist-kit` 1.0."""
    site.module("kit_desk_module", MODULE)
    site.distribution("dist-kit", entries="kit_desk = kit_desk_module")
