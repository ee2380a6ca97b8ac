"""A kit is worth what it refuses: planted faults, each with the case that must find it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from hexdesk.domain.market import Quote
from hexdesk.domain.orders import CancelOrder, NewOrder
from hexdesk.domain.reports import (
    CancelRejected,
    Fill,
    OrderAccepted,
    OrderRejected,
    VenueReport,
)
from hexdesk.domain.values import BUY, LIMIT, MARKET, Side
from hexdesk.plugin import (
    CONTRACT_VERSION,
    BrokerContext,
    NoSettings,
    Strategy,
    StrategyRegistration,
)
from hexdesk.ports.broker import VenueOrder
from hexdesk.ports.journal import Journal
from hexdesk.testing.broker import FakeBroker
from hexdesk.testing.broker_bench import BID, INSTRUMENT, LOT, BrokerBench
from hexdesk.testing.broker_kit import BrokerKit
from hexdesk.testing.cases import cases_of
from hexdesk.testing.clock import START_NS
from hexdesk.testing.journal import FakeJournal
from hexdesk.testing.journal_kit import JournalKit
from hexdesk.testing.market_data import FakeRecording
from hexdesk.testing.market_data_kit import MarketDataKit, RecordingKit
from hexdesk.testing.market_path import market_path
from hexdesk.testing.strategy import StrategyBench
from hexdesk.testing.strategy_kit import DENY_ALL, StrategyKit


class ForgetsCancels(FakeBroker):
    def cancel(self, request: CancelOrder) -> None:
        pass


class RejectsDuplicates(FakeBroker):
    def submit(self, order: NewOrder) -> None:
        if any(order is known for known in self.requests):
            now = order.ts_init
            self._context.reports(
                OrderRejected(order.client_order_id, "VENUE_OTHER", "twice", now, now)
            )
        super().submit(order)


class OwnCodes(FakeBroker):
    def submit(self, order: NewOrder) -> None:
        now = order.ts_init
        self._context.reports(OrderRejected(order.client_order_id, "-1013", "filter", now, now))


class ForgetsOrders(FakeBroker):
    async def query_order(self, client_order_id: str) -> VenueOrder | None:
        return None


class Altered(FakeBroker):
    """Passes its reports through `alter` first."""

    def _report(self, report: VenueReport) -> None:
        self.alter(report)

    def alter(self, report: VenueReport) -> None:
        raise NotImplementedError


class FillsTwice(Altered):
    def alter(self, report: VenueReport) -> None:
        self._context.reports(report)
        if isinstance(report, Fill):
            self._context.reports(report)


class WrongSide(Altered):
    def alter(self, report: VenueReport) -> None:
        if isinstance(report, Fill):
            report = replace(report, side=Side(-report.side))
        self._context.reports(report)


class Unanswered(Altered):
    def alter(self, report: VenueReport) -> None:
        if not isinstance(report, CancelRejected | OrderAccepted):
            self._context.reports(report)


def finds(make: Callable[[BrokerContext], FakeBroker], case: str) -> None:
    """Run one case as pytest would and demand that it fails."""
    with BrokerBench(make).running() as bench:
        try:
            getattr(BrokerKit(), case)(bench)
        except AssertionError:
            return
        assert bench.problems


@pytest.mark.parametrize(
    ("make", "case"),
    [
        (ForgetsCancels, "test_b06_cancel"),
        (ForgetsCancels, "test_b07_cancel_unknown"),
        (RejectsDuplicates, "test_b14_duplicate"),
        (OwnCodes, "test_b17_off_tick"),
        (OwnCodes, "test_b20_reject_says_why"),
        (ForgetsOrders, "test_b60_query_order"),
        (FillsTwice, "test_b80_fills_add_up"),
        (WrongSide, "test_b64_positions"),
        (Unanswered, "test_b01_rests"),
        (Unanswered, "test_b84_many"),
    ],
)
def test_broker_faults_are_found(make: Callable[[BrokerContext], FakeBroker], case: str) -> None:
    finds(make, case)


class Honest(Strategy):
    """Buys once and keeps quiet."""

    def __init__(self, context: object, settings: object) -> None:
        super().__init__(context)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        self._done = False

    def on_quote(self, quote: Quote) -> None:
        if not self._done:
            self._done = True
            self.context.submit(quote.instrument_id, BUY, LOT)


class Storming(Honest):
    def on_quote(self, quote: Quote) -> None:
        for _ in range(5):
            self.context.submit(quote.instrument_id, BUY, LOT)


class Fragile(Honest):
    def on_quote(self, quote: Quote) -> None:
        super().on_quote(quote)
        _ = 1 / quote.ask_price


class Mistyped(Honest):
    def on_fills(self, fill: Fill) -> None:
        pass


class Forgetful(Honest):
    def save_state(self) -> dict[str, object]:
        return {"settings": {1, 2}}


class OffTick(Honest):
    def on_quote(self, quote: Quote) -> None:
        self.context.submit(quote.instrument_id, BUY, LOT, LIMIT, BID + 1)


def kit_of(strategy: type[Honest], settings: type = NoSettings) -> StrategyKit:
    kit = StrategyKit()
    kit.registration = StrategyRegistration(
        name="planted", summary="x", settings=settings, factory=strategy, contract=CONTRACT_VERSION
    )
    return kit


PATH = list(market_path(INSTRUMENT, START_NS, count=50))


def test_an_honest_strategy_passes() -> None:
    kit = kit_of(Honest)
    kit.test_s01_registration()
    kit.test_s03_trades(PATH)
    kit.test_s06_handles_denials(PATH)
    kit.test_s11_state_is_json(PATH)


def test_strategy_faults_are_found() -> None:
    with pytest.raises(AssertionError, match="does not storm"):
        kit_of(Storming).test_s07_handles_rejects(PATH)
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        kit_of(Fragile).test_s05_irregular_market()
    with pytest.raises(AssertionError, match="on_fills"):
        kit_of(Mistyped).test_s15_known_callbacks()
    with pytest.raises(AssertionError, match="ORDER_TICK"):
        kit_of(OffTick).test_s03_trades(PATH)


def test_forbidden_imports_are_found() -> None:
    elsewhere = type("Elsewhere", (Honest,), {"__module__": "asyncio"})
    with pytest.raises(AssertionError, match="threading in "):
        kit_of(elsewhere).test_s16_imports()


def test_state_that_is_not_json_is_found() -> None:
    with pytest.raises(TypeError):
        kit_of(Forgetful).test_s11_state_is_json(PATH)


def test_loose_settings_are_found() -> None:
    class Loose(NoSettings.__base__):  # type: ignore[misc, name-defined]
        size: int = 1

    with pytest.raises(AssertionError, match="frozen"):
        kit_of(Honest, Loose).test_s02_settings_are_strict()


def test_denying_limits_deny() -> None:
    kit = kit_of(Honest)
    bench = kit.make_bench(DENY_ALL)
    bench.feed(PATH)
    assert len(bench.denials) == 1
    assert not bench.broker.requests


def test_disordered_and_unsound_recordings_are_found() -> None:
    kit = RecordingKit()
    with pytest.raises(AssertionError, match="backwards"):
        kit.test_r01_order(FakeRecording([INSTRUMENT], PATH[::-1]))
    with pytest.raises(AssertionError, match="nobody defines"):
        kit.test_r02_sound(FakeRecording([], PATH))
    with pytest.raises(AssertionError, match="a size without a price"):
        kit.test_r02_sound(FakeRecording([INSTRUMENT], [Quote(INSTRUMENT.id, 0, 5, 10, 5, 1, 1)]))


class Lossy(FakeJournal):
    def commit(self) -> None:
        self.pending[:] = self.pending[:-1]
        super().commit()


class LossyKit(JournalKit):
    is_durable = False

    def open_journal(self, folder: Path) -> Journal:
        return Lossy()


def test_lost_records_are_found(tmp_path: Path) -> None:
    kit = LossyKit()
    with pytest.raises(AssertionError, match="only what was appended"):
        kit.test_j07_empty_commit(tmp_path)


@pytest.mark.parametrize("kit", [BrokerKit, StrategyKit, JournalKit, RecordingKit, MarketDataKit])
def test_cases_are_numbered_once_and_titled(kit: type) -> None:
    cases = cases_of(kit)
    numbers = [case.number for case in cases]
    assert len(numbers) == len(set(numbers)) > 0
    assert all(case.title for case in cases)
    methods = {name for name in dir(kit) if name.startswith("test_")}
    assert {name[5:8].upper() for name in methods} == set(numbers)
    assert len(methods) == len(numbers)


def test_bench_market_is_the_brokers() -> None:
    with BrokerBench(FakeBroker).running() as bench:
        bench.submit(BUY, LOT, MARKET)
        assert bench.held == LOT
    assert isinstance(StrategyBench(lambda context: Honest(context, None)).strategy, Honest)
