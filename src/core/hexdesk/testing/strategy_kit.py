"""Conformance kit for strategies: subclass `StrategyKit`, name the registration, run pytest.

Example::

    from hexdesk.testing.strategy_kit import StrategyKit

    class TestAcmeTrend(StrategyKit):
        registration = acme_trend.hexdesk_strategies()[0]
"""

import ast
import inspect
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from hexdesk.application.strategies.host import HostState
from hexdesk.domain.market import MarketEvent
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.risk import RiskLimits
from hexdesk.plugin import CONTRACT_VERSION, Strategy, StrategyContext, StrategyRegistration
from hexdesk.testing.broker_bench import INSTRUMENT
from hexdesk.testing.cases import case, check
from hexdesk.testing.clock import START_NS
from hexdesk.testing.market_path import irregular_path, market_path
from hexdesk.testing.strategy import StrategyBench

FORBIDDEN_IMPORTS = frozenset({
    "aiohttp", "asyncio", "concurrent", "grpc", "http", "multiprocessing", "random", "requests",
    "secrets", "socket", "sqlite3", "subprocess", "threading", "time", "urllib", "uuid",
    "websockets",
})  # fmt: skip
"""A strategy with one of these decides differently in backtest and live, or blocks the desk."""
DENY_ALL = RiskLimits(order_quantity_max="0.001")
"""Limits below the kit instrument's lot: nothing passes."""


class StrategyKit:
    """All cases of strategies; set `registration`.

    Attributes:
        registration: What the plugin offers, with `example_settings` under which it trades.
        resumes_exactly: Whether a restart from saved state leads to the same orders as no restart;
            set it to False where a restart rightly sends quotes anew.
    """

    registration: StrategyRegistration
    resumes_exactly = True

    def make_strategy(self, context: StrategyContext) -> Strategy:
        """Return a new strategy with its example settings."""
        offered = self.registration
        settings = msgspec.convert(offered.example_settings, offered.settings)
        return offered.factory(context, settings)

    def make_bench(self, limits: RiskLimits | None = None) -> StrategyBench:
        """Return a bench with a new strategy, started."""
        if limits is None:
            bench = StrategyBench(self.make_strategy)
        else:
            bench = StrategyBench(self.make_strategy, limits=limits)
        bench.start()
        return bench

    @pytest.fixture
    def path(self) -> list[MarketEvent]:
        """Return the market of most cases: ten minutes."""
        return list(market_path(INSTRUMENT, START_NS))

    @case("S01")
    def test_s01_registration(self) -> None:
        """The registration is for this contract, has a name and a summary."""
        offered = self.registration
        check(offered.contract == CONTRACT_VERSION, "contract is CONTRACT_VERSION")
        check(offered.name.isidentifier(), "the name is an identifier", offered.name)
        check(offered.summary, "there is a summary")

    @case("S02")
    def test_s02_settings_are_strict(self) -> None:
        """Settings are a frozen Struct that refuses unknown keys, with typed fields."""
        config = self.registration.settings.__struct_config__
        check(config.frozen, "settings are frozen")
        check(config.forbid_unknown_fields, "settings forbid unknown fields")
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(
                {**self.registration.example_settings, "no_such_setting": 1},
                self.registration.settings,
            )

    @case("S03")
    def test_s03_trades(self, path: list[MarketEvent]) -> None:
        """Under its example settings it trades, without a denial for values, ticks or lots."""
        bench = self.make_bench()
        bench.feed(path)
        check(bench.orders, "it sends orders in the kit's market; mind example_settings")
        _check_sane(bench)
        senseless = [denial for denial in bench.denials if denial.code.startswith("ORDER_")]
        check(not senseless, "no order is senseless", senseless[:3])

    @case("S04")
    def test_s04_is_deterministic(self, path: list[MarketEvent]) -> None:
        """Two runs over the same market decide the same."""
        runs = [self.make_bench() for _ in range(2)]
        for bench in runs:
            bench.feed(path)
        check(runs[0].decisions == runs[1].decisions, "both runs are equal")

    @case("S05")
    def test_s05_irregular_market(self) -> None:
        """Locked, crossed, one-sided, empty and repeated quotes, books and halts do no harm."""
        bench = self.make_bench()
        bench.feed(irregular_path(INSTRUMENT, START_NS))
        _check_sane(bench)

    @case("S06")
    def test_s06_handles_denials(self, path: list[MarketEvent]) -> None:
        """When every order is denied it neither fails nor storms."""
        bench = self.make_bench(DENY_ALL)
        bench.feed(path)
        _check_sane(bench)
        _check_calm(bench, path)

    @case("S07")
    def test_s07_handles_rejects(self, path: list[MarketEvent]) -> None:
        """When every order is rejected it neither fails nor storms."""
        bench = self.make_bench()
        bench.broker.refusals.extend(["VENUE_OTHER"] * 10_000)
        bench.feed(path)
        _check_sane(bench)
        _check_calm(bench, path)

    @case("S08")
    def test_s08_handles_partial_fills(self, path: list[MarketEvent]) -> None:
        """Fills of one lot at a time do no harm."""
        bench = self.make_bench()
        bench.broker.fill_max = INSTRUMENT.lot
        bench.feed(path)
        _check_sane(bench)

    @case("S09")
    def test_s09_handles_silence(self, path: list[MarketEvent]) -> None:
        """When no request is answered it neither fails nor storms."""
        bench = self.make_bench()
        bench.broker.silent = True
        bench.feed(path)
        _check_sane(bench)
        _check_calm(bench, path)

    @case("S10")
    def test_s10_obeys_stop(self, path: list[MarketEvent]) -> None:
        """After a stop it decides nothing more and leaves no order open."""
        bench = self.make_bench()
        half = len(path) // 2
        bench.feed(path[:half])
        bench.stop()
        decided = len(bench.orders)
        bench.feed(path[half:])
        check(len(bench.orders) == decided, "no order after the stop", bench.orders[decided:])
        check(not bench.context.open_orders(), "no order is left open")
        _check_sane(bench)

    @case("S11")
    def test_s11_state_is_json(self, path: list[MarketEvent]) -> None:
        """What `save_state` returns survives JSON, at the start and amid trading."""
        bench = self.make_bench()
        for part in (path[:0], path[: len(path) // 2]):
            bench.feed(part)
            state = bench.strategy.save_state()
            check(_through_json(state) == _plain(state), "state survives JSON", state)
        check(bench.strategy.state_version >= 1, "state_version is 1 or more")

    @case("S12")
    def test_s12_state_is_restored(self, path: list[MarketEvent]) -> None:
        """A strategy restored from its state has the same state."""
        bench = self.make_bench()
        bench.feed(path[: len(path) // 2])
        state = _through_json(bench.strategy.save_state())
        fresh = self.make_strategy(bench.context)
        fresh.restore_state(state, fresh.state_version)
        check(_through_json(fresh.save_state()) == state, "the state is the same", state)

    @case("S13")
    def test_s13_resumes(self, path: list[MarketEvent]) -> None:
        """Restored amid trading it goes on as if nothing had happened."""
        if not self.resumes_exactly:
            pytest.skip("S13: resumes_exactly is False: a restart rightly decides anew")
        half = len(path) // 2
        straight, resumed = self.make_bench(), self.make_bench()
        for bench in (straight, resumed):
            bench.feed(path[:half])
        resumed.stop(keep_orders=True)
        fresh = self.make_strategy(resumed.context)
        state = _through_json(resumed.strategy.save_state())
        fresh.restore_state(state, fresh.state_version)
        resumed.host.strategy = fresh
        resumed.start()
        for bench in (straight, resumed):
            bench.feed(path[half:])
        check(_terms(resumed) == _terms(straight), "equal decisions follow")

    @case("S14")
    def test_s14_old_state(self) -> None:
        """State of another version, or none, is no reason to fail."""
        bench = self.make_bench()
        fresh = self.make_strategy(bench.context)
        fresh.restore_state({}, fresh.state_version)
        fresh.restore_state({}, fresh.state_version + 1)

    @case("S15")
    def test_s15_known_callbacks(self) -> None:
        """It overrides only callbacks that the desk knows: no typing error waits unheard."""
        bench = self.make_bench()
        known = {name for name in dir(Strategy) if name.startswith("on_")}
        offered = {name for name in dir(type(bench.strategy)) if name.startswith("on_")}
        check(offered <= known, "callbacks are known", sorted(offered - known))

    @case("S16")
    def test_s16_imports(self) -> None:
        """It imports no clock, no randomness, no I/O and no threads."""
        bench = self.make_bench()
        package = type(bench.strategy).__module__.partition(".")[0]
        found = sorted(_forbidden_imports(package))
        check(not found, "nothing forbidden is imported", found)

    @case("S17")
    def test_s17_metrics(self, path: list[MarketEvent]) -> None:
        """What it measures of itself is a finite number at any time, and asking changes nothing."""
        asked, alone = self.make_bench(), self.make_bench()
        for event in path:
            asked.feed([event])
            for metric in self.registration.metrics:
                metric.values(asked.strategy)
        alone.feed(path)
        check(asked.decisions == alone.decisions, "a strategy decides the same when it is asked")


def _check_sane(bench: StrategyBench) -> None:
    check(bench.host.state is not HostState.FAULTED, "it does not fail", bench.host.fault)


def _check_calm(bench: StrategyBench, path: list[MarketEvent]) -> None:
    check(len(bench.orders) <= 2 * len(path), "it does not storm", len(bench.orders))


def _through_json(state: dict[str, object]) -> dict[str, object]:
    loaded: dict[str, object] = json.loads(json.dumps(state))
    return loaded


def _plain(state: dict[str, object]) -> object:
    return msgspec.to_builtins(state)


def _terms(bench: StrategyBench) -> list[tuple[object, ...]]:
    return [
        (order.instrument_id, order.side, order.order_type, order.quantity, order.price)
        for order in bench.decisions
        if isinstance(order, NewOrder)
    ]


def _forbidden_imports(package: str) -> Iterator[str]:
    for file in _sources(package):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            else:
                continue
            for name in names:
                if name.partition(".")[0] in FORBIDDEN_IMPORTS:
                    yield f"{name} in {file.name}:{node.lineno}"


def _sources(package: str) -> list[Path]:
    module = sys.modules[package]
    file = Path(inspect.getfile(module))
    return sorted(file.parent.rglob("*.py")) if file.name == "__init__.py" else [file]
