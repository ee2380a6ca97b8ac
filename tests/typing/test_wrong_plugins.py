"""Wrong plugins fail type checking: each snippet with the error that mypy must find, and where.

A line that ends in `# E: code` must be reported with that code; no other line may be.
"""

import re
import subprocess
import sys

import pytest

RIGHT = {
    "strategy": """
from collections.abc import Iterable

import msgspec

from hexdesk.domain.market import Quote
from hexdesk.domain.reports import Fill
from hexdesk.domain.values import BUY
from hexdesk.plugin import (
    CONTRACT_VERSION, Strategy, StrategyContext, StrategyRegistration, hookimpl,
)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    size: int = 1


class Buyer(Strategy):
    def __init__(self, context: StrategyContext, settings: Settings) -> None:
        super().__init__(context)
        self._size = settings.size

    def on_quote(self, quote: Quote) -> None:
        order_id: str = self.context.submit(quote.instrument_id, BUY, self._size)
        self.context.cancel(order_id)

    def on_fill(self, fill: Fill) -> None:
        self.context.logger.debug("%s", fill.price)


@hookimpl
def hexdesk_strategies() -> Iterable[StrategyRegistration]:
    return [StrategyRegistration(
        name="buyer", summary="Buys", settings=Settings, factory=Buyer,
        contract=CONTRACT_VERSION, example_settings={"size": 2})]
""",
    "kits": """
from pathlib import Path

from hexdesk.ports.journal import Journal
from hexdesk.testing.broker import FakeBroker
from hexdesk.testing.broker_bench import BrokerBench
from hexdesk.testing.broker_kit import BrokerKit
from hexdesk.testing.journal import FakeJournal
from hexdesk.testing.journal_kit import JournalKit


class TestBroker(BrokerKit):
    def make_bench(self) -> BrokerBench:
        return BrokerBench(FakeBroker)


class TestJournal(JournalKit):
    def open_journal(self, folder: Path) -> Journal:
        return FakeJournal()
""",
}

WRONG = {
    "hook with a wrong item": """
from collections.abc import Iterable

from hexdesk.plugin import BrokerRegistration, StrategyRegistration, hookimpl
from hexdesk.ports.broker import Capabilities


@hookimpl
def hexdesk_strategies() -> Iterable[StrategyRegistration]:
    return ["acme"]  # E: list-item
""",
    "hook typed as another": """
from collections.abc import Iterable

from hexdesk.plugin import BrokerRegistration, HookSpecs, StrategyRegistration


class Plugin(HookSpecs):
    def hexdesk_strategies(self) -> Iterable[BrokerRegistration]:  # E: override
        return []
""",
    "factory that makes no strategy": """
from hexdesk.plugin import CONTRACT_VERSION, NoSettings, StrategyContext, StrategyRegistration


class NoStrategy:
    def __init__(self, context: StrategyContext, settings: NoSettings) -> None: ...


StrategyRegistration(
    name="x", summary="x", settings=NoSettings,
    factory=NoStrategy,  # E: arg-type
    contract=CONTRACT_VERSION)
""",
    "factory without settings": """
from hexdesk.plugin import CONTRACT_VERSION, NoSettings, Strategy, StrategyRegistration

StrategyRegistration(
    name="x", summary="x", settings=NoSettings,
    factory=Strategy,  # E: arg-type
    contract=CONTRACT_VERSION)
""",
    "registration without a contract version": """
from typing import Any

from hexdesk.plugin import NoSettings, Strategy, StrategyContext, StrategyRegistration


def make(context: StrategyContext, settings: Any) -> Strategy:
    return Strategy(context)


StrategyRegistration(name="x", summary="x", settings=NoSettings, factory=make)  # E: call-arg
""",
    "callback with a wrong event": """
from hexdesk.domain.market import Quote, Trade
from hexdesk.plugin import Strategy


class Confused(Strategy):
    def on_quote(self, quote: Trade) -> None:  # E: override
        pass

    def save_state(self) -> list[object]:  # E: override
        return []
""",
    "asynchronous callback": """
from hexdesk.domain.market import Quote
from hexdesk.plugin import Strategy


class Waiting(Strategy):
    async def on_quote(self, quote: Quote) -> None:  # E: override
        pass
""",
    "prices as text and numbers as sides": """
from hexdesk.domain.market import Quote
from hexdesk.domain.values import BUY, LIMIT
from hexdesk.plugin import Strategy


class Textual(Strategy):
    def on_quote(self, quote: Quote) -> None:
        self.context.submit(quote.instrument_id, BUY, 1, LIMIT, "100.5")  # E: arg-type
        self.context.submit(quote.instrument_id, 1, 1)  # E: arg-type
        self.context.submit(quote.instrument_id, BUY, 0.5)  # E: arg-type
        quote.bid_price = 5  # E: misc
""",
    "broker that blocks in queries or awaits in requests": """
from hexdesk.domain.orders import NewOrder
from hexdesk.ports.broker import Broker
from hexdesk.testing.broker import FakeBroker


class Waiting(FakeBroker):
    async def submit(self, order: NewOrder) -> None:  # E: override
        pass


def make() -> Broker:
    return object()  # E: return-value
""",
    "events that cannot be changed, fields that are not": """
from hexdesk.domain.reports import Fill


def double(fill: Fill) -> None:
    fill.quantity = 2 * fill.quantity  # E: misc
    print(fill.qty)  # E: attr-defined
""",
    "bench of a factory that makes no broker": """
from hexdesk.plugin import BrokerContext
from hexdesk.testing.broker_bench import BrokerBench


def make(context: BrokerContext) -> int:
    return 1


BrokerBench(make)  # E: arg-type
""",
}


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[int, str]]]:
    """Check all snippets in one run of mypy; return lines and codes by file."""
    folder = tmp_path_factory.mktemp("snippets")
    for name, text in (RIGHT | WRONG).items():
        (folder / file_of(name)).write_text(text)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary"]
    command += ["--config-file=", f"--cache-dir={folder / 'cache'}"]
    command += [str(path) for path in sorted(folder.glob("*.py"))]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=110, check=False
    )
    assert not done.stderr, done.stderr
    found: dict[str, list[tuple[int, str]]] = {}
    for line in done.stdout.splitlines():
        match = re.fullmatch(r"(?:.*/)?(\w+\.py):(\d+): error: .*\[([\w-]+)\]", line)
        if match:
            found.setdefault(match[1], []).append((int(match[2]), match[3]))
    return found


def file_of(name: str) -> str:
    return name.replace(" ", "_").replace(",", "") + ".py"


@pytest.mark.parametrize("name", RIGHT)
def test_right_code_passes(name: str, findings: dict[str, list[tuple[int, str]]]) -> None:
    assert findings.get(file_of(name), []) == []


@pytest.mark.parametrize("name", WRONG)
def test_wrong_code_is_found(name: str, findings: dict[str, list[tuple[int, str]]]) -> None:
    expected = [
        (number, line.rpartition("# E: ")[2])
        for number, line in enumerate(WRONG[name].splitlines(), 1)
        if "# E: " in line
    ]
    assert expected
    assert sorted(findings.get(file_of(name), [])) == expected
