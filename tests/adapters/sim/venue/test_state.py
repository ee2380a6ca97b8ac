"""A venue that is killed at any moment comes back as it was, with its state folder or without."""

import errno
import logging
import os
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings

from hexdesk.domain.cash import CashMoved
from hexdesk.domain.market import FundingRate, Quote
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.reports import Fill, OrderAccepted, OrderExpired, OutcomeUnknown
from hexdesk.domain.values import (
    BUY,
    CLOSE,
    DAY,
    LIMIT,
    MARKET,
    NS_PER_SECOND,
    OPEN,
    SELL,
    STOP_LIMIT,
    STOP_MARKET,
    TRAILING_STOP,
    OrderType,
    Side,
)
from hexdesk.errors import ConfigError, DataError
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT, SIZE
from hexdesk.testing.clock import FakeClock
from hexdesk_sim.venue.house import House
from hexdesk_sim.venue.state import FILE_NAME
from tests.adapters.sim.venue.site import ACCOUNT, LOGGER, Site, running, server_settings

IDS = {INSTRUMENT.id: INSTRUMENT}
TICK = INSTRUMENT.ticks[0].tick


class Venue:
    """A house that is killed and founded again, and what it told before."""

    def __init__(self, folder: Path, *, mode: str = "netting") -> None:
        self.clock = FakeClock()
        self.settings = server_settings(state=str(folder), position_mode=mode)
        self.house = self.found()
        self.count = 0

    def found(self) -> House:
        self.clock.advance_by(NS_PER_SECOND)
        house = House(IDS, self.clock, self.settings, 7, LOGGER)
        house.open()
        return house

    def kill(self) -> None:
        """Die without a word, and come back."""
        self.house.close()
        self.house = self.found()

    def quote(self, bid: int) -> None:
        now = self.clock.now_ns()
        self.house.publish([Quote(INSTRUMENT.id, bid, SIZE, bid + ASK - BID, SIZE, now, now)])

    def submit(self, side: Side, kind: OrderType, price: int, **terms: Any) -> NewOrder:
        self.count += 1
        order = NewOrder(
            f"K{self.count}", "test", ACCOUNT, INSTRUMENT.id, side, kind, 10 * LOT,
            self.clock.now_ns(), price, **terms,
        )  # fmt: skip
        self.house.submit(order)
        self.house.commit()
        return order

    def truth(self) -> list[object]:
        """All that a client can ask for, and all that streams can tell."""
        venue, log = self.house.venue, self.house.account(ACCOUNT)
        ids = [f"K{number}" for number in range(1, self.count + 1)]
        return [
            [venue.order(ACCOUNT, each) for each in ids],
            venue.open_orders(ACCOUNT),
            venue.fills(ACCOUNT),
            venue.positions(ACCOUNT),
            venue.balances(ACCOUNT),
            log.sequence,
            list(log.after(0, 10_000)),
            self.house.epoch,
        ]


STEPS = st.one_of(
    st.tuples(st.just("quote"), st.integers(-20, 20)),
    st.tuples(st.sampled_from(["buy", "sell"]), st.integers(-20, 20)),
    st.tuples(st.sampled_from(["market", "stop", "stop_limit", "trail", "day"]),
              st.integers(-20, 20)),
    st.tuples(st.sampled_from(["cancel", "amend", "bust", "reduce"]), st.integers(0, 30)),
    st.tuples(st.just("night"), st.integers(0, 2)),
)  # fmt: skip


def play(venue: Venue, steps: Iterable[tuple[str, int]], *, dies: frozenset[int]) -> None:
    """Do things to a venue, and kill it after some of them."""
    venue.quote(BID)
    for number, (what, value) in enumerate(steps):
        price = BID + value * TICK
        side = BUY if value % 2 else SELL
        order_id = f"K{value}"
        now = venue.clock.now_ns()
        match what:
            case "quote":
                venue.quote(price)
            case "buy":
                venue.submit(BUY, LIMIT, price)
            case "sell":
                venue.submit(SELL, LIMIT, price)
            case "market":
                venue.submit(side, MARKET, 0)
            case "stop":
                venue.submit(side, STOP_MARKET, 0, trigger_price=price)
            case "stop_limit":
                venue.submit(side, STOP_LIMIT, price, trigger_price=price)
            case "trail":
                venue.submit(side, TRAILING_STOP, 0, trailing_offset=5 * TICK)
            case "day":
                venue.submit(side, LIMIT, price, time_in_force=DAY)
            case "reduce":
                venue.submit(side, LIMIT, price, reduce_only=True)
            case "cancel":
                venue.house.account(ACCOUNT)
                venue.house.cancel(ACCOUNT, CancelOrder(order_id, number + 1, now))
            case "amend":
                venue.house.account(ACCOUNT)
                amendment = AmendOrder(order_id, number + 1, 5 * LOT, BID - value * TICK, 0, now)
                venue.house.amend(ACCOUNT, amendment)
            case "bust":
                venue.house.account(ACCOUNT)
                for fill in venue.house.venue.fills(ACCOUNT)[:1]:
                    live = bool(value % 2)
                    venue.house.venue.bust(ACCOUNT, fill.trade_id, leaves_live=live)
            case _:
                venue.clock.advance_by(value * 13 * 3_600 * NS_PER_SECOND)
        venue.house.commit()
        if number in dies:
            venue.kill()
            venue.quote(BID)


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(STEPS, max_size=25), mode=st.sampled_from(["netting", "hedging"]))
def test_whatever_happened_is_there_again(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]], mode: str
) -> None:
    venue = Venue(tmp_path_factory.mktemp("venue"), mode=mode)
    play(venue, steps, dies=frozenset())
    before = venue.truth()
    venue.kill()
    assert venue.truth() == before
    venue.house.close()


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(STEPS, max_size=25), seed=st.integers(0, 1_000))
def test_a_venue_that_dies_often_gives_no_id_twice_and_its_ledger_adds_up(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]], seed: int
) -> None:
    chance = Random(seed)
    venue = Venue(tmp_path_factory.mktemp("venue"))
    dies = frozenset(number for number in range(len(steps)) if chance.random() < 0.3)
    play(venue, steps, dies=dies)
    log = venue.house.account(ACCOUNT)
    reports = log.after(0, 10_000)
    trades = [report.trade_id for report in reports if isinstance(report, Fill)]
    assert len(trades) == len(set(trades))
    numbers = [
        report.venue_order_id
        for report in {
            report.client_order_id: report
            for report in reports
            if isinstance(report, OrderAccepted)
        }.values()
    ]
    assert len(numbers) == len(set(numbers))
    net = sum(fill.quantity * fill.side for fill in venue.house.venue.fills(ACCOUNT))
    positions = venue.house.venue.positions(ACCOUNT)
    assert [position.quantity for position in positions] == ([net] if net else [])
    venue.house.close()


def test_what_rested_is_filled_when_the_market_comes(tmp_path: Path) -> None:
    venue = Venue(tmp_path)
    venue.quote(BID)
    resting = venue.submit(BUY, LIMIT, BID - 10 * TICK)
    stop = venue.submit(SELL, STOP_MARKET, 0, trigger_price=BID - 20 * TICK)
    venue.kill()
    venue.quote(BID - 30 * TICK)
    fills = venue.house.venue.fills(ACCOUNT)
    assert sorted(fill.client_order_id for fill in fills) == sorted(
        [resting.client_order_id, stop.client_order_id]
    )
    venue.house.close()


def test_a_day_order_expires_though_the_day_ended_while_the_venue_was_dead(tmp_path: Path) -> None:
    venue = Venue(tmp_path)
    venue.quote(BID)
    order = venue.submit(BUY, LIMIT, BID - 10 * TICK, time_in_force=DAY)
    venue.house.close()
    venue.clock = FakeClock(venue.clock.now_ns() + 30 * 3_600 * NS_PER_SECOND)
    venue.house = venue.found()
    venue.clock.advance_by(1)
    reports = venue.house.account(ACCOUNT).after(0, 10)
    assert [type(report) for report in reports] == [OrderAccepted, OrderExpired]
    assert reports[-1].client_order_id == order.client_order_id
    venue.house.close()


def test_a_hedging_account_keeps_both_legs(tmp_path: Path) -> None:
    venue = Venue(tmp_path, mode="hedging")
    venue.quote(BID)
    venue.submit(BUY, MARKET, 0, position_effect=OPEN)
    venue.submit(SELL, MARKET, 0, position_effect=OPEN)
    venue.kill()
    venue.quote(BID)
    venue.submit(SELL, MARKET, 0, position_effect=CLOSE)
    assert len(venue.house.venue.fills(ACCOUNT)) == 3
    (position,) = venue.house.venue.positions(ACCOUNT)
    assert position.quantity == -10 * LOT
    venue.house.close()


@pytest.mark.parametrize("cut", [1, 10, 200])
def test_a_line_cut_short_was_never_heard_of(tmp_path: Path, cut: int) -> None:
    venue = Venue(tmp_path)
    venue.quote(BID)
    venue.submit(BUY, LIMIT, BID - 10 * TICK)
    before = venue.truth()
    path = tmp_path / FILE_NAME
    whole = path.read_bytes()
    venue.submit(BUY, LIMIT, BID - 20 * TICK)
    venue.house.close()
    path.write_bytes(path.read_bytes()[:-cut])
    venue.count = 1
    venue.house = venue.found()
    assert venue.truth() == before
    assert path.read_bytes() == whole
    venue.submit(BUY, LIMIT, BID - 30 * TICK)
    after = venue.truth()
    venue.kill()
    assert venue.truth() == after
    venue.house.close()


def test_a_damaged_line_is_refused_and_named(tmp_path: Path) -> None:
    venue = Venue(tmp_path)
    venue.submit(BUY, LIMIT, BID)
    venue.house.close()
    path = tmp_path / FILE_NAME
    lines = path.read_bytes().splitlines(keepends=True)
    lines[1] = b'{"kind":"opened"}\n'
    path.write_bytes(b"".join(lines))
    with pytest.raises(DataError, match=r"venue\.jsonl, row 2.*damaged"):
        venue.found()


def test_a_folder_serves_one_venue_at_a_time(tmp_path: Path) -> None:
    venue = Venue(tmp_path)
    with pytest.raises(ConfigError, match="used by another venue"):
        venue.found()
    venue.house.close()


@pytest.mark.parametrize("change", [{"tick": "mode"}, {"tick": "instrument"}])
def test_another_venue_does_not_take_the_state(tmp_path: Path, change: dict[str, str]) -> None:
    venue = Venue(tmp_path)
    venue.house.close()
    instruments = IDS
    if change["tick"] == "mode":
        venue.settings = server_settings(state=str(tmp_path), position_mode="hedging")
    else:
        other = msgspec.structs.replace(INSTRUMENT, taker_fee=INSTRUMENT.taker_fee + 1)
        instruments = {INSTRUMENT.id: other}
    with pytest.raises(ConfigError, match="other instruments or position mode"):
        House(instruments, venue.clock, venue.settings, 7, LOGGER).open()


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="name a folder that this user may write"):
        Venue(tmp_path / "file")


def test_a_full_disk_tells_nothing_and_spoils_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venue = Venue(tmp_path)
    venue.quote(BID)
    venue.submit(BUY, LIMIT, BID - 10 * TICK)
    size = (tmp_path / FILE_NAME).stat().st_size
    real = os.pwrite

    def refuse(file: int, data: bytes, offset: int) -> int:
        if offset > size:
            raise OSError(errno.ENOSPC, "full")
        return real(file, data[:10], offset)

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", refuse)
        with pytest.raises(OSError, match="full"):
            venue.submit(BUY, LIMIT, BID - 20 * TICK)
        assert (tmp_path / FILE_NAME).stat().st_size == size
    venue.house.commit()  # there is room again
    before = venue.truth()
    venue.kill()
    assert venue.truth() == before
    venue.house.close()


def test_numbers_of_a_venue_without_state_do_not_meet_those_of_its_earlier_life() -> None:
    clock = FakeClock()
    names: list[str] = []
    for _ in range(3):
        house = House(IDS, clock, server_settings(), 7, LOGGER)
        house.publish([Quote(INSTRUMENT.id, BID, SIZE, ASK, SIZE, 1, 1)])
        for number in range(5):
            house.submit(
                NewOrder(f"K{number}", "t", ACCOUNT, INSTRUMENT.id, BUY, MARKET, LOT, 1, 0)
            )
        names += [fill.trade_id for fill in house.venue.fills(ACCOUNT)]
        names += [fill.venue_order_id for fill in house.venue.fills(ACCOUNT)]
        clock.advance_by(10**6)
    assert len(set(names)) == len(names) == 30


async def test_a_killed_venue_comes_back_and_its_broker_misses_nothing(tmp_path: Path) -> None:
    async with running(state=str(tmp_path)) as site, site.desk() as desk:
        orders = [desk.submit(BID) for _ in range(3)]
        for order in orders:
            await desk.has(OrderAccepted, order)
        await kill(site)
        site.quote(BID - 100)
        for order in orders:
            await desk.has(Fill, order)
        assert not desk.of(OutcomeUnknown)
        assert len(desk.reports) == 6
        assert desk.broker.link.gap_count == 0
        async with site.desk() as later:
            assert await later.broker.query_fills(0) == [
                msgspec.structs.replace(fill, ts_init=fill.ts_event)
                for fill in desk.of(Fill)
                if isinstance(fill, Fill)
            ]
            closed = await later.broker.query_order(orders[0].client_order_id)
            assert closed is not None
            assert (closed.intent, closed.cum_qty) == (orders[0], LOT)


async def test_an_id_is_known_after_the_venue_was_killed(tmp_path: Path) -> None:
    async with running(state=str(tmp_path)) as site:
        async with site.desk() as desk:
            order = desk.submit(ASK, order_id="K1")
            await desk.has(Fill, order)
        await kill(site)
        async with site.desk() as later:
            later.broker.submit(order)
            await later.has(OrderAccepted, order)
            assert len(await later.broker.query_fills(0)) == 1
            (position,) = await later.broker.query_positions()
            assert position.quantity == LOT


async def kill(site: Site) -> None:
    """Let the venue die without a farewell; its memory is gone, its folder stays."""
    await site.restart()


def test_the_log_says_what_was_taken_up(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    venue = Venue(tmp_path)
    venue.submit(BUY, LIMIT, BID)
    with caplog.at_level(logging.INFO):
        venue.kill()
    venue.house.close()
    assert "took up 1 accounts and 1 reports" in caplog.text


def test_all_lives_share_an_epoch(tmp_path: Path) -> None:
    venue = Venue(tmp_path)
    epochs: list[str] = []
    for _ in range(3):
        epochs.append(venue.house.epoch)
        venue.kill()
    assert len(set(epochs)) == 1
    venue.house.close()


def test_what_was_kept_is_read_at_the_start_not_while_the_venue_is_made(tmp_path: Path) -> None:
    """A factory has ten seconds; a long life on a busy machine takes more."""
    (tmp_path / FILE_NAME).write_text("damaged\n")
    house = House(IDS, FakeClock(), server_settings(state=str(tmp_path)), 7, LOGGER)
    with pytest.raises(DataError, match="damaged"):
        house.open()


def test_funding_that_was_paid_is_kept(tmp_path: Path) -> None:
    venue = Venue(tmp_path)
    venue.quote(BID)
    venue.submit(BUY, MARKET, 0)
    venue.clock.advance_by(NS_PER_SECOND)
    before = venue.house.venue.balances(ACCOUNT)
    venue.house.publish([FundingRate(INSTRUMENT.id, 100_000, 1, 1)])
    (report,) = [each for each in venue.truth()[6] if isinstance(each, CashMoved)]  # type: ignore[attr-defined]
    assert report.amount < 0
    assert report.ts_event == venue.clock.now_ns(), "the venue's market is of now"
    assert venue.house.venue.balances(ACCOUNT) != before
    truth = venue.truth()
    venue.kill()
    assert venue.truth() == truth
