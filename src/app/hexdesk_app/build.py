"""The one way to a desk: run, backtest, demo and tests all call `build`."""

from collections.abc import Mapping

from hexdesk.application.desk import Desk
from hexdesk.application.durability.recovery import Past
from hexdesk.domain.instruments import Instrument
from hexdesk.plugin.server import Server
from hexdesk.ports.clock import Clock
from hexdesk.ports.journal import Journal
from hexdesk.ports.market_data import MarketData, Recording
from hexdesk_app.config import Config
from hexdesk_app.containers import DeskContainer
from hexdesk_app.control.plane import Process
from hexdesk_app.resolve import Parts
from hexdesk_app.running.links import Links
from hexdesk_app.telemetry.requests import RequestBook
from hexdesk_app.wiring import Assembly


class Application:
    """A desk and what surrounds it, typed; each part is made when first asked for.

    Attributes:
        config: What was asked for.
    """

    def __init__(self, config: Config, container: DeskContainer) -> None:
        self.config = config
        self._container = container

    @property
    def parts(self) -> Parts:
        """Loaded plugins with their settings."""
        return self._container.parts()

    @property
    def clock(self) -> Clock:
        """Time."""
        return self._container.clock()

    @property
    def run_id(self) -> str:
        """Start of all order ids."""
        return self._container.run_id()

    @property
    def recordings(self) -> dict[str, Recording]:
        """Recorded feeds by section name."""
        return self._container.recordings()

    @property
    def feeds(self) -> dict[str, MarketData]:
        """Live feeds by section name; to be connected before `assembly` is asked for."""
        return self._container.feeds()

    @property
    def instruments(self) -> dict[str, Instrument]:
        """All instruments by id."""
        return self._container.instruments()

    @property
    def journal(self) -> Journal:
        """Where inputs and intents go."""
        return self._container.journal()

    @property
    def past(self) -> Past | None:
        """What the journal says of the runs before; None for a desk that begins anew."""
        return self._container.lookback().past

    @property
    def links(self) -> Links:
        """How the connections of feeds and brokers stand."""
        return self._container.links()

    @property
    def requests(self) -> RequestBook:
        """Requests of brokers to their venues, for telemetry."""
        return self._container.requests()

    @property
    def assembly(self) -> Assembly:
        """The desk with its brokers."""
        return self._container.assembly()

    @property
    def desk(self) -> Desk:
        """The desk."""
        return self.assembly.desk

    @property
    def process(self) -> Process:
        """The process, as the control plane sees it."""
        return self._container.process()

    @property
    def servers(self) -> dict[str, Server]:
        """Servers by section name."""
        return self._container.servers()

    def discover(self, instruments: Mapping[str, Instrument]) -> None:
        """Add instruments that live feeds name; before `assembly` is asked for."""
        self._container.discovered.override(dict(instruments))  # pyright: ignore[reportUnknownMemberType] - the library's stub


def build(config: Config, *, overrides: Mapping[str, object] | None = None) -> Application:
    """Return the application of a configuration; nothing is connected, nothing listens.

    Args:
        config: What to build.
        overrides: Objects that take a provider's place, by its name in `DeskContainer`, such as
            `clock` or `journal`.

    Raises:
        ConfigError: Settings of a plugin are wrong.
        PluginError: A plugin cannot be loaded.
        KeyError: An override names no provider.
    """
    container = DeskContainer(config=config)
    for name, value in (overrides or {}).items():
        container.providers[name].override(value)  # pyright: ignore[reportUnknownMemberType] - the library's stub
    return Application(config, container)
