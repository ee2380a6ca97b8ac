"""A folder on `sys.path` into which tests install distributions of strangers."""

import sys
from pathlib import Path
from textwrap import dedent, indent

STRATEGIES = "hexdesk.strategies"
STRATEGY = """
import msgspec
from hexdesk.plugin import CONTRACT_VERSION, Secret, Strategy, StrategyRegistration, hookimpl

class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    fast_window: int
    size: str = "1"
    key: Secret | None = None

@hookimpl
def hexdesk_strategies():
    return [StrategyRegistration(
        name={name!r}, summary="Follows", settings=Settings,
        factory=lambda context, settings: Strategy(context), contract=CONTRACT_VERSION)]
"""
BROKER = """
from hexdesk.plugin import CONTRACT_VERSION, BrokerRegistration, NoSettings, hookimpl
from hexdesk.ports.broker import Capabilities

def factory(context, settings):
{factory}

@hookimpl
def hexdesk_brokers():
    return [BrokerRegistration(
        name={name!r}, summary="Acme", settings=NoSettings, factory=factory,
        capabilities=Capabilities(), contract=CONTRACT_VERSION)]
"""


class Site:
    """Writes distributions as `pip` leaves them: modules and `dist-info` folders."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.modules: set[str] = set()

    def module(self, name: str, text: str) -> None:
        """Write a module."""
        (self.folder / f"{name}.py").write_text(dedent(text))
        self.modules.add(name)

    def distribution(
        self,
        name: str,
        version: str = "1.0",
        entries: str = "",
        group: str = "hexdesk.adapters",
        requires: tuple[str, ...] = (),
    ) -> None:
        """Write a distribution's metadata; `entries` are lines of its `entry_points.txt`."""
        info = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        lines += [f"Requires-Dist: {each}" for each in requires]
        (info / "METADATA").write_text("\n".join(lines) + "\n")
        (info / "entry_points.txt").write_text(f"[{group}]\n{dedent(entries)}\n")

    def strategy(self, name: str, text: str = STRATEGY) -> None:
        """Install a strategy of that name in a distribution `dist-NAME` 1.0."""
        self.module(f"{name}_module", text.replace("{name!r}", repr(name)))
        self.distribution(f"dist-{name}", entries=f"{name} = {name}_module", group=STRATEGIES)

    def broker(
        self, name: str, factory: str = "return object()", requires: tuple[str, ...] = ()
    ) -> None:
        """Install a broker of that name, whose factory has a body."""
        text = BROKER.replace("{name!r}", repr(name))
        body = indent(dedent(factory).strip("\n"), "    ")
        self.module(f"{name}_module", text.replace("{factory}", body))
        self.distribution(f"dist-{name}", entries=f"{name} = {name}_module", requires=requires)

    def forget(self) -> None:
        """Undo the imports."""
        for name in self.modules:
            sys.modules.pop(name, None)
