"""Trading days: positions age, and closes name the day that they close (SHFE, INE)."""

from collections.abc import Callable

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from hexdesk.domain.commands import Flatten, RollTradingDay
from hexdesk.domain.market import InstrumentStatus
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.positions import HedgedPosition, Position
from hexdesk.domain.reports import OrderExpired
from hexdesk.domain.values import (
    BUY,
    CLOSE,
    CLOSE_TODAY,
    CLOSE_YESTERDAY,
    HEDGING,
    LIMIT,
    MARKET,
    OPEN,
    SELL,
    PositionEffect,
    Side,
    TradingStatus,
)
from hexdesk.ports.strategy import StrategyContext
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT
from tests.core.application.books import check_books
from tests.core.application.replayed import (
    assert_every_commit_replays,
    assert_replayed,
    capture_fully,
)
from tests.core.application.rig import ALL_CAPABILITIES, Rig, agreeable

DAILY = replace(INSTRUMENT, closes_by_day=True)
OTHER = replace(DAILY, id="OTHER.SHFE")
HEDGED = replace(ALL_CAPABILITIES, position_mode=HEDGING)
ID = DAILY.id
DAY = 20_261_123
FAR = ASK + 500


def submit(
    side: Side, quantity: int, effect: PositionEffect, price: int = 0
) -> Callable[[StrategyContext], str]:
    kind = LIMIT if price else MARKET
    return lambda context: context.submit(
        ID, side, quantity, kind, price, position_effect=effect, tag="t"
    )


def roll(rig: Rig, day: int, instrument_id: str = "", venue: str = "") -> None:
    rig.desk.command(RollTradingDay(day, instrument_id, venue, "test", rig.now()))


def holding(yesterday: int, today: int, side: Side = BUY, **rest: int) -> Rig:
    """Return a desk that holds lots of both days; `max_quantity` limits an order."""
    instrument = replace(DAILY, **rest)
    rig = Rig(instruments=(instrument, OTHER), capabilities=HEDGED).start()
    rig.broker.answer = agreeable
    for lots, day in ((yesterday, DAY), (today, 0)):
        for _ in range(lots):
            rig.fill(rig.act(submit(side, LOT, OPEN)))
        if day:
            roll(rig, day)
    return rig


def leg(rig: Rig, side: Side = BUY) -> Position:
    position = rig.host().ledgers[ID].position
    assert isinstance(position, HedgedPosition)
    return position.long if side is BUY else position.short


def closes(rig: Rig) -> list[tuple[str, int]]:
    """Return day and lots of every close that left."""
    return [
        (order.position_effect.name.removeprefix("CLOSE_"), order.quantity // LOT)
        for order in rig.sent
        if order.position_effect is not OPEN
    ]


# --- days -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("instrument_id", "venue", "is_meant"),
    [
        ("", "", True),
        (ID, "", True),
        ("", "ACME", True),
        ("", "SHFE", False),
        (OTHER.id, "", False),
    ],
)
def test_a_new_day_makes_todays_yesterdays_where_it_is_meant(
    instrument_id: str, venue: str, *, is_meant: bool
) -> None:
    rig = holding(0, 3)
    roll(rig, DAY + 1, instrument_id, venue)
    assert leg(rig).yesterday == (3 * LOT if is_meant else 0)
    assert_replayed(rig, len(rig.records) // 2)


def test_the_same_day_twice_or_an_earlier_one_changes_nothing() -> None:
    rig = holding(2, 3)
    for day in (DAY, DAY - 1, DAY):
        roll(rig, day)
    assert (leg(rig).yesterday, leg(rig).today) == (2 * LOT, 3 * LOT)
    roll(rig, DAY + 1)
    assert leg(rig).today == 0
    assert_replayed(rig, len(rig.records) - 1)


def test_a_feed_tells_the_day_and_it_is_written_down() -> None:
    rig = holding(0, 3)
    for day in (0, DAY, DAY, DAY + 1):
        now = rig.now()
        rig.desk.handle(InstrumentStatus(ID, TradingStatus.TRADING, now, now, day))
    rolls = [each for each in rig.records if isinstance(each, RollTradingDay)]
    assert [(each.trading_day, each.instrument_id) for each in rolls[1:]] == [(DAY + 1, ID)]
    assert leg(rig).yesterday == 3 * LOT
    assert_replayed(rig, len(rig.records) // 2)


# --- closes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", [BUY, SELL])
@pytest.mark.parametrize(
    ("yesterday", "today", "lots", "expected"),
    [
        (2, 3, 1, [("YESTERDAY", 1)]),
        (2, 3, 2, [("YESTERDAY", 2)]),
        (2, 3, 4, [("YESTERDAY", 2), ("TODAY", 2)]),
        (2, 3, 5, [("YESTERDAY", 2), ("TODAY", 3)]),
        (0, 3, 2, [("TODAY", 2)]),
        (3, 0, 3, [("YESTERDAY", 3)]),
        (2, 3, 6, []),
        (0, 0, 1, []),
    ],
)
def test_a_close_names_its_days(
    side: Side, yesterday: int, today: int, lots: int, expected: list[tuple[str, int]]
) -> None:
    rig = holding(yesterday, today, side)
    order_id = rig.act(submit(SELL if side is BUY else BUY, lots * LOT, CLOSE))
    assert closes(rig) == expected
    own = [order for order in rig.sent if order.position_effect is not OPEN]
    if expected:
        assert own[0].client_order_id == order_id
        assert {order.tag for order in own} == {"t"}
        assert len({order.client_order_id for order in own}) == len(own)
        for order in own:
            rig.fill(order.client_order_id)
        assert abs(leg(rig, side).quantity) == (yesterday + today - lots) * LOT
    else:
        (denial,) = rig.denials()
        assert (denial.client_order_id, denial.code) == (order_id, "ORDER_OVER_CLOSE")
    check_books(rig)
    assert_replayed(rig, len(rig.records) // 2)


def test_what_other_closes_work_on_is_left_to_them() -> None:
    rig = holding(3, 3)
    rig.act(submit(SELL, LOT, CLOSE_YESTERDAY, FAR))
    rig.act(submit(SELL, 2 * LOT, CLOSE_TODAY, FAR))
    rig.act(submit(SELL, 3 * LOT, CLOSE, FAR))
    assert closes(rig)[2:] == [("YESTERDAY", 2), ("TODAY", 1)]
    rig.act(submit(SELL, LOT, CLOSE, FAR))
    assert [denial.code for denial in rig.denials()] == ["ORDER_OVER_CLOSE"]
    check_books(rig)


@pytest.mark.parametrize("quantity", [0, -LOT, "1", None, 1.5])
def test_a_quantity_that_is_none_is_denied_as_ever(quantity: object) -> None:
    rig = holding(2, 3)
    rig.act(submit(SELL, quantity, CLOSE))  # type: ignore[arg-type]  # a mistake
    assert [denial.code for denial in rig.denials()] == ["ORDER_VALUE"]


def test_where_days_are_not_apart_a_close_stays_as_it_is() -> None:
    rig = holding(2, 3, closes_by_day=False)
    rig.act(submit(SELL, 4 * LOT, CLOSE))
    assert closes(rig) == [("CLOSE", 4)]


# --- flatten, lists -------------------------------------------------------------------------------


def test_flatten_closes_each_day_by_its_own_order_and_once() -> None:
    rig = holding(2, 3)
    for _ in range(2):
        rig.desk.command(Flatten("", "test", rig.now()))
        assert closes(rig) == [("YESTERDAY", 2), ("TODAY", 3)]
    for order in rig.sent[-2:]:
        rig.fill(order.client_order_id)
    assert leg(rig).quantity == 0
    assert not rig.cancels
    assert_replayed(rig, len(rig.records) // 2)


def test_flatten_takes_what_canceled_closes_still_freeze_in_parts_that_fit() -> None:
    rig = holding(3, 4, max_quantity=2 * LOT)
    rig.act(submit(SELL, 2 * LOT, CLOSE_YESTERDAY, FAR))
    rig.act(submit(SELL, 2 * LOT, CLOSE_TODAY, FAR))
    rig.broker.answer = lambda _request: ()
    rig.desk.command(Flatten("", "test", rig.now()))
    sent = closes(rig)[2:]
    assert sum(lots for day, lots in sent if day == "YESTERDAY") == 3
    assert sum(lots for day, lots in sent if day == "TODAY") == 4
    assert not rig.denials()
    check_books(rig)


def test_exits_close_what_their_entry_opened_today() -> None:
    rig = holding(2, 0)
    ids = rig.act(
        lambda context: context.submit_bracket(
            ID, BUY, 2 * LOT, stop_price=BID - 500, target_price=FAR
        )
    )
    rig.fill(ids.entry)
    assert closes(rig) == [("TODAY", 2), ("TODAY", 2)]
    rig.fill(ids.target, price=FAR)
    assert (leg(rig).yesterday, leg(rig).today) == (2 * LOT, 0)
    check_books(rig)


@pytest.mark.parametrize(("yesterday", "today", "day"), [(3, 1, "YESTERDAY"), (1, 3, "TODAY")])
def test_a_pair_closes_the_day_that_has_more(yesterday: int, today: int, day: str) -> None:
    rig = holding(yesterday, today)
    rig.act(
        lambda context: context.submit_oco(
            ID, SELL, 2 * LOT, limit_price=FAR, stop_price=BID - 500, reduce_only=True
        )
    )
    assert closes(rig) == [(day, 2), (day, 2)]
    check_books(rig)


# --- any history ----------------------------------------------------------------------------------


class DayMachine(RuleBasedStateMachine):
    """Opens, closes, flattens, fills and ends over many days, beside a model of the buckets."""

    @initialize()
    def set_up(self) -> None:
        self.rig = Rig("a", "b", instruments=(DAILY,), capabilities=HEDGED).start()
        self.rig.broker.answer = agreeable
        self.day = DAY
        self.commits: list[int] = []
        self.rig.journal.follow(
            lambda first, records: self.commits.append(first + len(records) - 1)
        )
        roll(self.rig, self.day)
        self.buckets = {(name, side): [0, 0] for name in "ab" for side in (BUY, SELL)}

    @rule(name=st.sampled_from("ab"), side=st.sampled_from([BUY, SELL]), lots=st.integers(1, 5))
    def open(self, name: str, side: Side, lots: int) -> None:
        self.rig.act(submit(side, lots * LOT, OPEN, BID), name)

    @rule(
        name=st.sampled_from("ab"),
        side=st.sampled_from([BUY, SELL]),
        lots=st.integers(1, 8),
        effect=st.sampled_from([CLOSE, CLOSE, CLOSE, CLOSE_TODAY, CLOSE_YESTERDAY]),
    )
    def close(self, name: str, side: Side, lots: int, effect: PositionEffect) -> None:
        self.rig.act(submit(side, lots * LOT, effect, FAR), name)

    @rule(name=st.sampled_from("ab"), side=st.sampled_from([BUY, SELL]), lots=st.integers(1, 3))
    def bracket(self, name: str, side: Side, lots: int) -> None:
        price = ASK - side * 500
        self.rig.act(lambda context: context.submit_bracket(ID, side, lots * LOT, stop_price=price),
                     name)  # fmt: skip

    @rule(name=st.sampled_from(["", "a", "b"]))
    def flatten(self, name: str) -> None:
        self.rig.desk.command(Flatten(name, "test", self.rig.now()))

    @rule(choice=st.integers(0, 99), lots=st.integers(1, 9))
    def fill(self, choice: int, lots: int) -> None:
        orders = [order for order in self.rig.desk.execution.open.values() if order.venue_order_id]
        if not orders:
            return
        order = orders[choice % len(orders)]
        quantity = min(lots * LOT, order.leaves_qty)
        self._book(order.intent, quantity)
        self.rig.fill(order.intent.client_order_id, quantity)

    @rule(choice=st.integers(0, 99))
    def end(self, choice: int) -> None:
        ids = list(self.rig.desk.execution.open)
        if ids:
            self.rig.canceled(ids[choice % len(ids)])

    @rule(is_new=st.booleans(), by_feed=st.booleans())
    def begin_day(self, *, is_new: bool, by_feed: bool) -> None:
        """Let a day begin; at such an exchange orders live no longer than their day."""
        rig = self.rig
        if is_new:
            for order_id in list(rig.desk.execution.open):
                now = rig.now()
                rig.report(OrderExpired(order_id, now, now))
            self.day += 1
            for bucket in self.buckets.values():
                bucket[:] = [sum(bucket), 0]
        if by_feed:
            now = rig.now()
            status = InstrumentStatus(ID, TradingStatus.TRADING, now, now, self.day)
            rig.desk.handle(status)
        else:
            roll(rig, self.day)

    def _book(self, intent: NewOrder, quantity: int) -> None:
        name, side, effect = intent.strategy_id, intent.side, intent.position_effect
        if effect is OPEN:
            self.buckets[name, side][1] += quantity
        else:
            held = SELL if side is BUY else BUY
            self.buckets[name, held][effect is CLOSE_TODAY] -= quantity

    @invariant()
    def buckets_are_the_models(self) -> None:
        for (name, side), (yesterday, today) in self.buckets.items():
            position = self.rig.host(name).ledgers[ID].position
            assert isinstance(position, HedgedPosition)
            held = position.long if side is BUY else position.short
            assert (held.yesterday, held.today) == (yesterday, today)
            assert min(yesterday, today) >= 0
            assert yesterday + today == abs(held.quantity)

    @invariant()
    def nothing_closes_more_than_its_day_has(self) -> None:
        work: dict[tuple[str, Side, bool], int] = {}
        for order in self.rig.desk.execution.open.values():
            intent = order.intent
            assert intent.position_effect is not CLOSE
            if intent.position_effect is not OPEN and not intent.parent_id:
                held = SELL if intent.side is BUY else BUY
                key = (intent.strategy_id, held, intent.position_effect is CLOSE_TODAY)
                work[key] = work.get(key, 0) + order.leaves_qty
        for (name, side, is_today), quantity in work.items():
            assert quantity <= self.buckets[name, side][is_today]

    @invariant()
    def the_books_are_in_order(self) -> None:
        check_books(self.rig)

    def teardown(self) -> None:
        if hasattr(self, "rig"):
            assert_replayed(self.rig, self.commits[len(self.commits) // 2])
            assert_every_commit_replays(self.rig, self.commits, capture_fully(self.rig))


TestDayMachine = DayMachine.TestCase
TestDayMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
