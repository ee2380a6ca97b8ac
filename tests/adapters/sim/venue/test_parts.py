"""The parts that need no network: waits, lanes, numbers, logs, the walk."""

import asyncio

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hexdesk.domain.instruments import (
    Instrument,
    InstrumentKind,
    InstrumentSettings,
    make_instrument,
)
from hexdesk.domain.market import Quote, Trade
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.reports import (
    Fill,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderTriggered,
)
from hexdesk.domain.values import BUY, LIMIT, MAKER, STOP_MARKET, Life
from hexdesk.errors import ConfigError
from hexdesk.ports.broker import VenueOrder
from hexdesk.testing.broker_bench import INSTRUMENT
from hexdesk_sim.venue.faults import WireFaults
from hexdesk_sim.venue.lanes import Lanes
from hexdesk_sim.venue.reports import ReportLog
from hexdesk_sim.venue.settings import CloseStream, DropAnswer, LoseOrder
from hexdesk_sim.venue.source import DEFAULT_INSTRUMENT, RandomWalk
from hexdesk_sim.venue.translate import facts
from hexdesk_sim.venue.working import Seen, WorkingOrders
from tests.adapters.sim.venue.site import eventually

ORDER = NewOrder("K1", "s", "a", INSTRUMENT.id, BUY, LIMIT, 10, 1, 5)


@settings(max_examples=30, deadline=None)
@given(
    items=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), max_size=30),
    workers=st.integers(1, 4),
)
def test_a_lane_keeps_its_order_and_loses_nothing(
    items: list[tuple[str, int]], workers: int
) -> None:
    done: list[tuple[str, int]] = []
    busy: set[str] = set()

    async def work(item: tuple[str, int]) -> None:
        assert item[0] not in busy
        busy.add(item[0])
        for _ in range(item[1]):
            await asyncio.sleep(0)
        busy.discard(item[0])
        done.append(item)

    async def play() -> None:
        lanes = Lanes(work, workers=workers, capacity=100)
        lanes.start()
        for item in items:
            assert lanes.put(item[0], item)
        assert await lanes.close(10) == []

    asyncio.run(play())
    for key in "abc":
        assert [each for each in done if each[0] == key] == [
            each for each in items if each[0] == key
        ]


async def test_a_full_queue_takes_nothing_and_what_never_began_comes_back() -> None:
    begun = asyncio.Event()

    async def work(_item: int) -> None:
        begun.set()
        await asyncio.Event().wait()

    lanes = Lanes(work, workers=1, capacity=2)
    lanes.start()
    assert lanes.put("a", 1)
    await begun.wait()
    assert lanes.put("a", 2)
    assert lanes.put("b", 3)
    assert not lanes.put("c", 4)
    await eventually(lambda: not lanes.is_idle, "it works")
    assert sorted(await lanes.close(0.01)) == [2, 3]
    assert lanes.is_idle


@given(numbers=st.lists(st.integers(1, 30)))
def test_each_number_is_new_once(numbers: list[int]) -> None:
    seen = Seen()
    known: set[int] = set()
    for number in numbers:
        assert seen.is_new(number) is (number not in known)
        known.add(number)
        assert set(range(1, seen.upto + 1)) <= known
        assert seen.upto + 1 not in known


@given(count=st.integers(0, 50), keep_max=st.integers(1, 10), after=st.integers(-5, 60))
def test_a_log_gives_what_it_keeps(count: int, keep_max: int, after: int) -> None:
    log = ReportLog(keep_max)
    for number in range(1, count + 1):
        log.add(OrderAccepted(f"K{number}", "V", 1, 1))
    assert log.sequence == count
    assert log.has_all_after(max(count - keep_max, 0))
    if log.has_all_after(after):
        ids = [report.client_order_id for report in log.after(after, 100)]
        assert ids == [f"K{number}" for number in range(after + 1, count + 1)]
        assert len(log.after(after, 3)) == min(3, count - after)


def fill(trade_id: str, quantity: int, ts_event: int) -> Fill:
    return Fill(
        "K1", "V1", trade_id, INSTRUMENT.id, BUY, quantity, 5, MAKER, 0, "", ts_event, ts_event
    )


def test_an_order_is_asked_for_while_it_may_be_at_the_venue() -> None:
    orders = WorkingOrders()
    orders.add(ORDER)
    assert orders.ids() == []
    orders.note(OrderAccepted("K1", "V1", 1, 1))
    assert orders.ids() == ["K1"]
    assert orders.note(fill("T1", 4, 2))
    assert not orders.note(fill("T1", 4, 2))
    assert orders.note(fill("T2", 4, 2))
    assert orders.ids() == ["K1"]
    assert orders.fills_since_ns == 2
    assert orders.note(fill("T3", 2, 3))
    assert orders.ids() == []


@pytest.mark.parametrize(
    ("life", "kinds"),
    [
        (Life.ACCEPTED, [OrderAccepted]),
        (Life.PARTIALLY_FILLED, [OrderAccepted]),
        (Life.TRIGGERED, [OrderAccepted, OrderTriggered]),
        (Life.FILLED, [OrderAccepted]),
        (Life.CANCELED, [OrderAccepted, OrderCanceled]),
        (Life.EXPIRED, [OrderAccepted, OrderExpired]),
        (Life.REJECTED, [OrderRejected]),
    ],
)
def test_a_queried_state_stands_for_reports(life: Life, kinds: list[type]) -> None:
    intent = msgspec.structs.replace(ORDER, order_type=STOP_MARKET)
    order = VenueOrder(intent, "V1", life, 10, 5, 0, 0, 7)
    assert [type(report) for report in facts(order, "VENUE_OTHER")] == kinds


def test_a_fault_strikes_the_nth_of_its_kind() -> None:
    faults = WireFaults((DropAnswer(nth=2, request="cancel"), LoseOrder(nth=0, request="amend")))
    assert faults.of_request("cancel") == []
    assert faults.of_request("submit") == []
    assert faults.of_request("amend") == [LoseOrder(nth=0, request="amend")]
    assert faults.of_request("cancel") == [DropAnswer(nth=2, request="cancel")]
    assert faults.of_message() is None
    faults.replace([CloseStream()])
    assert faults.of_request("amend") == []
    assert faults.of_message() == CloseStream()
    assert faults.of_message() is None


BANDED = make_instrument(
    "7203.TSE",
    InstrumentSettings(
        kind=InstrumentKind.EQUITY,
        quote="JPY",
        tick="1",
        tick_bands=(("3000", "5"),),
        lot="100",
        lower_limit="2900",
        upper_limit="3100",
    ),
)


@given(
    seed=st.integers(),
    instrument=st.sampled_from([INSTRUMENT, DEFAULT_INSTRUMENT, BANDED]),
    start=st.sampled_from(["", "3000"]),
)
def test_a_walk_stays_on_the_grid_and_inside_its_limits(
    seed: int, instrument: Instrument, start: str
) -> None:
    starts = {instrument.id: start} if start else {}
    walk = RandomWalk([instrument], seed, step_ticks=50, start_prices=starts)
    for number in range(50):
        for event in walk.step(number + 1):
            assert event.ts_init == number + 1
            if isinstance(event, Quote):
                assert 0 < event.bid_price < event.ask_price
                for price in (event.bid_price, event.ask_price):
                    assert instrument.is_on_grid(price)
                    assert not instrument.upper_limit or price <= instrument.upper_limit
                    assert price >= instrument.lower_limit
                assert event.bid_size % instrument.lot == 0
            else:
                assert isinstance(event, Trade)
                assert event.size > 0


def test_equal_seeds_walk_equally() -> None:
    one, two, other = (
        RandomWalk([INSTRUMENT], seed, step_ticks=5, start_prices={}) for seed in (1, 1, 2)
    )
    first = [one.step(number) for number in range(20)]
    assert first == [two.step(number) for number in range(20)]
    assert first != [other.step(number) for number in range(20)]


@pytest.mark.parametrize(
    "starts", [{"NONE.X": "1"}, {INSTRUMENT.id: "0"}, {INSTRUMENT.id: "x"}, {INSTRUMENT.id: "-1"}]
)
def test_a_wrong_start_price_is_named(starts: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=next(iter(starts)).replace(".", r"\.")):
        RandomWalk([INSTRUMENT], 1, step_ticks=5, start_prices=starts)
