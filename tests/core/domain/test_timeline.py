from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hexdesk.domain.commands import OpenBooks, OperatorSubmit
from hexdesk.domain.inputs import TimerFired
from hexdesk.domain.market import Quote
from hexdesk.domain.orders import CancelOrder, NewOrder
from hexdesk.domain.reports import (
    Fill,
    FillBusted,
    OrderAccepted,
    OrderCanceled,
    OrderDenied,
    OrderRejected,
    OutcomeUnknown,
)
from hexdesk.domain.timeline import MARKS_MAX, Cause, EndedOrder, Stage, TimelineFold
from hexdesk.domain.values import BUY, LIMIT, Liquidity, Operation

ID = "BTCUSDT-PERP.BINANCE"
QUOTE = Quote(ID, 100_000, 5, 100_100, 5, 900, 1_000)


def intent(name: str = "a1", *, ts: int = 1_000, price: int = 100_200, qty: int = 10) -> NewOrder:
    return NewOrder(name, "mm", "acc", ID, BUY, LIMIT, qty, ts, price)


def fill(name: str, trade: str, quantity: int, price: int, ts: int) -> Fill:
    return Fill(name, "v1", trade, ID, BUY, quantity, price, Liquidity.TAKER, 0, "USDT", ts - 5, ts)


def one(*commits: tuple[int, list[Any]], origin: str = "") -> EndedOrder:
    fold = TimelineFold({})
    for written_ns, records in commits:
        fold.add(records, written_ns=written_ns, origin=origin)
    (ended,) = fold.take()
    assert len(fold) == 0
    return ended


def test_a_filled_order_has_all_its_times() -> None:
    ended = one(
        (1_050, [intent(), QUOTE]),
        (2_010, [OrderAccepted("a1", "v1", 1_500, 2_000)]),
        (3_010, [fill("a1", "t1", 4, 100_100, 3_000)]),
        (4_010, [fill("a1", "t2", 6, 100_150, 4_000)]),
    )
    found = ended.timeline
    assert found.state == "filled"
    assert found.cause == Cause("quote", ID, 900, 1_000)
    assert [mark.stage for mark in found.marks] == [Stage.ACCEPTED, Stage.FILLED, Stage.FILLED]
    assert found.tick_to_signal_ns == 100
    assert found.tick_to_order_ns == 50
    assert found.order_to_ack_ns == 950
    assert found.ack_to_fill_ns == 1_000
    assert found.end_ns == 4_000
    assert ended.slippage_ppm == (6 * 50 * 1_000_000) // (10 * 100_100)
    assert not found.has_trouble


def test_in_virtual_time_nothing_is_claimed_about_the_time_inside_an_input() -> None:
    ended = one(
        (
            0,
            [
                intent(),
                QUOTE,
                OrderAccepted("a1", "v", 1, 1_400),
                OrderCanceled("a1", "", 2, 1_500),
            ],
        )
    )
    assert ended.timeline.tick_to_order_ns is None
    assert ended.timeline.order_to_ack_ns == 400
    assert ended.timeline.state == "canceled"


def test_an_order_that_rests_has_no_slippage() -> None:
    ended = one((0, [intent(price=99_000), QUOTE, fill("a1", "t", 10, 99_000, 2_000)]))
    assert ended.slippage_ppm is None


def test_timers_and_people_are_causes() -> None:
    ended = one(
        (
            0,
            [
                TimerFired("mm", "tick", 1_000, 1_000),
                intent(),
                OrderDenied("a1", "HALTED", "", 1_000),
            ],
        )
    )
    assert ended.timeline.cause.kind == "timer"
    assert (ended.timeline.state, ended.timeline.code) == ("denied", "HALTED")
    assert ended.timeline.has_trouble
    call = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    asked = one(
        (
            0,
            [
                OperatorSubmit(intent(""), "why", 1_000),
                intent(),
                OrderRejected("a1", "FUNDS", "no", 1, 1_100),
            ],
        ),
        origin=call,
    )
    assert asked.timeline.cause.kind == "operator"
    assert asked.timeline.origin == call


def test_doubt_is_trouble_also_where_it_ends_well() -> None:
    ended = one(
        (0, [intent(), QUOTE]),
        (0, [OutcomeUnknown("a1", Operation.SUBMIT, 0, "timeout", 1_200)]),
        (0, [fill("a1", "t", 10, 100_100, 1_300)]),
    )
    assert ended.timeline.has_trouble
    assert ended.timeline.state == "filled"


def test_a_fill_may_cause_an_order() -> None:
    fold = TimelineFold({})
    fold.add([intent(), QUOTE, fill("a1", "t", 10, 1, 2_000), intent("a2", ts=2_000)])
    fold.add([OrderCanceled("a2", "", 1, 3_000)])
    assert fold.take()[1].timeline.cause == Cause("report", "a1", 0, 2_000)


def test_memory_is_bounded() -> None:
    fold = TimelineFold({}, open_max=3)
    fold.add([intent(f"a{number}") for number in range(10)])
    assert len(fold) == 3
    assert fold.given_up == 7
    fold.add([CancelOrder("a9", number, 1) for number in range(2 * MARKS_MAX)])
    last = fold.give_up()[-1].timeline
    assert last.state == "open"
    assert (len(last.marks), last.marks_dropped) == (MARKS_MAX, MARKS_MAX)
    assert len(fold) == 0


@given(st.lists(st.sampled_from([
    intent(), intent("b2"), QUOTE, OrderAccepted("a1", "v", 1, 2), fill("a1", "t", 10, 1, 2),
    OrderCanceled("b2", "", 1, 2), OrderRejected("a1", "X", "", 1, 2), CancelOrder("b2", 1, 1),
    OutcomeUnknown("b2", Operation.SUBMIT, 0, "", 3), object(),
]), max_size=40))  # fmt: skip
def test_any_order_of_records_is_survived(records: list[Any]) -> None:
    fold = TimelineFold({})
    fold.add(records)
    ended = len(fold.take()) + len(fold.give_up())
    assert ended <= sum(type(record) is NewOrder for record in records)


def positions(fold: TimelineFold) -> list[int | None]:
    return [
        mark.position
        for ended in fold.give_up()
        for mark in ended.timeline.marks
        if mark.stage is Stage.FILLED
    ]


def test_each_fill_tells_what_was_held_after_it() -> None:
    fold = TimelineFold({})
    fold.hold({("mm", ID): -3})
    fold.add([intent(), fill("a1", "t1", 4, 100_100, 3_000), fill("a1", "t2", 5, 100_100, 3_000)])
    assert positions(fold) == [1, 6]


def test_books_that_are_opened_later_begin_with_nothing() -> None:
    fold = TimelineFold({})
    fold.add([OpenBooks("mm", "sim", (ID,), 1), intent(), fill("a1", "t1", 4, 100_100, 3_000)])
    assert positions(fold) == [4]


def test_what_is_held_is_not_told_where_fills_were_not_seen_whole() -> None:
    fold = TimelineFold({})
    fold.hold({("mm", ID): 0})
    fold.add([fill("stranger", "t0", 4, 100_100, 3_000), OpenBooks("mm", "sim", (ID,), 1)])
    fold.add([intent(), fill("a1", "t1", 4, 100_100, 3_000)])
    assert positions(fold) == [None]
    fold.hold({("mm", ID): 0})
    fold.add([intent(), fill("a1", "t1", 4, 100_100, 3_000), FillBusted("a1", "t1", None, 1, 1)])
    fold.add([fill("a1", "t2", 4, 100_100, 3_000)])
    assert positions(fold) == [4, None]
    fold.hold({("mm", ID): 0})
    fold.forget_positions()
    fold.add([intent(), fill("a1", "t1", 4, 100_100, 3_000)])
    assert positions(fold) == [None]
