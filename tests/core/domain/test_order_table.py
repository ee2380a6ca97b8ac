"""The table of the state machine, cell by cell (design: orders, section 2)."""

import msgspec
import pytest

from hexdesk.domain.order_state import Order, Outcome, apply
from hexdesk.domain.reports import OrderEvent
from hexdesk.domain.values import LIMIT, Life, Operation
from tests.core.domain.order_events import (
    ABANDONED,
    ACCEPTED,
    DENIED,
    HELD,
    QUANTITY,
    SUBMITTED,
    TRIGGERED,
    busted,
    canceled,
    expired,
    fill,
    order_in,
    rejected,
    updated,
)

TABLE = """
    Held Submitted Accepted Triggered Fill  Canceled Expired Rejected Denied Updated Busted Aband.
I   H    S         Ax       Tx        P/Fx  Cx       Ex      Rx       D      =       -      -
H   -    S         -        -         -     C        E       -        D      =       -      -
S   -    -         A        Tc        P/F   C        E       R        -      =       park   Rn
A   -    -         .        Tc        P/F   C        E       R        -      =       park   Cn
T   -    -         .        .         P/F   C        E       R        -      =       park   Cn
P   -    -         .        .         P/F   C        E       C        -      =/F     b      Cn
F   -    -         .        .         Fover .        .       !        -      =/Pu    b      -
C   -    -         .        .         C/F   .        .       .        -      =/F     b      -
E   -    -         .        .         E/F   C        .       .        -      =/F     b      -
R   -    -         .        .         C/F!  C        E       .        -      .       park   .
D   -    -         -        -         -     -        -       -        -      -       -      -
"""

LIVES = {
    "I": Life.INITIALIZED,
    "H": Life.HELD,
    "S": Life.SUBMITTED,
    "A": Life.ACCEPTED,
    "T": Life.TRIGGERED,
    "P": Life.PARTIALLY_FILLED,
    "F": Life.FILLED,
    "C": Life.CANCELED,
    "E": Life.EXPIRED,
    "R": Life.REJECTED,
    "D": Life.DENIED,
}
EVENTS: dict[str, OrderEvent] = {
    "Held": HELD,
    "Submitted": SUBMITTED,
    "Accepted": ACCEPTED,
    "Triggered": TRIGGERED,
    "Canceled": canceled(),
    "Expired": expired(),
    "Rejected": rejected(),
    "Denied": DENIED,
    "Aband.": ABANDONED,
}
"""Events of columns in which one event says it all; fills, updates and busts come in kinds."""


def cells() -> list[tuple[str, str, str]]:
    header, *rows = TABLE.strip("\n").splitlines()
    return [
        (life, column, cell)
        for row in rows
        for life, *entries in [row.split()]
        for column, cell in zip(header.split(), entries, strict=True)
    ]


def expectations(life: str, column: str, cell: str) -> list[tuple[OrderEvent, str]]:
    """Return the events that a cell stands for, each with what it must do."""
    if column == "Fill" and "/" in cell:
        partial, full = cell.rstrip("x!")[0], "F"
        mark = cell[3:]
        rest = QUANTITY - order_in(LIVES[life]).cum_qty
        return [(fill(1), partial + mark), (fill(rest), full + mark)]
    if column == "Fill":
        return [(fill(1), cell)]
    if column == "Updated":
        filled = order_in(LIVES[life], cum_qty=_cum(life)).cum_qty
        more = updated(QUANTITY + 10), "P" if cell == "=/Pu" else cell[0]
        return [more, (updated(filled), "F")] if cell == "=/F" else [more]
    if column == "Busted":
        trade = "t0" if cell == "b" else "t9"
        return [(busted(trade, live=live), cell) for live in (True, False, None)]
    return [(EVENTS[column], cell)]


def _cum(life: str) -> int:
    return 40 if life in "PCE" else 0


@pytest.mark.parametrize(("life", "column", "cell"), cells())
def test_cell(life: str, column: str, cell: str) -> None:
    for event, meaning in expectations(life, column, cell):
        before = order_in(LIVES[life], cum_qty=_cum(life) if column in ("Updated", "Busted") else 0)
        if meaning.endswith("x"):
            _external_only(life, event, meaning[:-1])
        elif meaning == "b":
            _bust(before, event)
        else:
            _compare(before, event, meaning)
    if cell == "Tc":
        _compare(order_in(LIVES[life], order_type=LIMIT), TRIGGERED, "-")


def _compare(order: Order, event: OrderEvent, meaning: str) -> None:
    before, untouched = order.life, msgspec.msgpack.encode(order)
    outcome = apply(order, event)
    if meaning == "-":
        assert outcome is Outcome.INVALID
        assert msgspec.msgpack.encode(order) == untouched
    elif meaning == "park":
        assert (outcome, order.life) == (Outcome.PARKED, before)
    elif meaning == "=":
        assert (outcome, order.life) == (Outcome.APPLIED, before)
    elif meaning == ".":
        assert (outcome, order.life) == (Outcome.IGNORED, before)
    elif meaning == "!":
        assert (outcome, order.life) == (Outcome.CONTRADICTED, before)
    elif meaning == "Fover":
        assert (outcome, order.life) == (Outcome.OVERFILLED, Life.FILLED)
    elif meaning.endswith("!"):
        assert (outcome, order.life) == (Outcome.CONTRADICTED, LIVES[meaning[0]])
    else:
        assert (outcome, order.life) == (Outcome.APPLIED, LIVES[meaning[0]])


def _external_only(life: str, event: OrderEvent, meaning: str) -> None:
    _compare(order_in(LIVES[life]), event, "-")
    _compare(order_in(LIVES[life], external=True), event, meaning)


def _bust(order: Order, event: OrderEvent) -> None:
    life, held, canceled_qty = order.life, order.cum_qty, order.canceled_qty
    live = getattr(event, "leaves_live", None)
    assert apply(order, event) in (Outcome.APPLIED, Outcome.IGNORED)
    assert order.cum_qty == 0
    if live:
        assert order.life is Life.ACCEPTED
        assert order.leaves_qty == QUANTITY
    else:
        assert order.life is {Life.FILLED: Life.CANCELED, Life.PARTIALLY_FILLED: Life.ACCEPTED}.get(
            life, life
        )
        assert order.canceled_qty == canceled_qty + held
    in_doubt = order.doubt is not None and order.doubt.operation is Operation.STATUS
    assert in_doubt is (live is None)


def test_table_is_complete() -> None:
    assert len(cells()) == 11 * 12


def test_only_denied_and_rejected_orders_are_refused() -> None:
    refused = {life for life in LIVES.values() if order_in(life).is_refused}
    assert refused == {Life.DENIED, Life.REJECTED}


def test_partial_fill_stays_partial_after_live_bust_of_another() -> None:
    order = order_in(Life.PARTIALLY_FILLED)
    apply(order, fill(10, "t2"))
    apply(order, busted("t2", live=True))
    assert (order.life, order.cum_qty, order.leaves_qty) == (Life.PARTIALLY_FILLED, 40, 60)


def test_older_replace_number_is_ignored() -> None:
    order = order_in(Life.ACCEPTED)
    apply(order, updated(80, request_id=3))
    assert apply(order, updated(90, request_id=2)) is Outcome.IGNORED
    assert order.quantity == 80


@pytest.mark.parametrize("evidence", [ACCEPTED, fill(1), updated(90)])
def test_later_report_withdraws_abandonment(evidence: OrderEvent) -> None:
    order = order_in(Life.SUBMITTED)
    apply(order, ABANDONED)
    assert order.life is Life.REJECTED
    assert apply(order, evidence) is Outcome.REVIVED
    assert not order.is_closed


def test_live_bust_withdraws_abandonment() -> None:
    order = order_in(Life.PARTIALLY_FILLED)
    apply(order, ABANDONED)
    assert order.life is Life.CANCELED
    assert apply(order, busted("t0", live=True)) is Outcome.REVIVED
    assert (order.life, order.leaves_qty) == (Life.ACCEPTED, QUANTITY)


def test_venue_end_replaces_inferred_end() -> None:
    order = order_in(Life.PARTIALLY_FILLED)
    apply(order, ABANDONED)
    apply(order, canceled(6))
    apply(order, busted("t0", live=True))
    assert order.life is Life.ACCEPTED


def test_fill_after_its_bust_revives_and_doubts_as_in_the_other_order() -> None:
    straight, crossed = order_in(Life.SUBMITTED), order_in(Life.SUBMITTED)
    for event in (fill(10), busted("t1", live=None)):
        apply(straight, event)
    for event in (busted("t1", live=None), fill(10)):
        apply(crossed, event)
    assert crossed == straight


@pytest.mark.parametrize("bad", [fill(0), fill(-1), fill(1, price=0)])
def test_fill_without_quantity_or_price_is_invalid(bad: OrderEvent) -> None:
    order = order_in(Life.ACCEPTED)
    assert apply(order, bad) is Outcome.INVALID
    assert order == order_in(Life.ACCEPTED)


def test_update_of_a_held_order_does_not_accept_it() -> None:
    order = order_in(Life.HELD)
    apply(order, updated(60))
    assert (order.life, order.quantity, order.leaves_qty) == (Life.HELD, 60, 60)


def test_doubt_after_a_silent_bust_lasts_until_the_venue_speaks() -> None:
    order = order_in(Life.ACCEPTED)
    for event in (
        fill(60, "t1"),
        fill(40, "t2"),
        busted("t1", live=None),
        busted("t2", live=False),
    ):
        apply(order, event)
    assert order.life is Life.CANCELED
    assert order.doubt is not None
    apply(order, canceled(9))
    assert order.doubt is None


def test_rejected_after_a_broken_trade_reads_canceled_in_either_order() -> None:
    first, last = order_in(Life.ACCEPTED), order_in(Life.ACCEPTED)
    for event in (fill(1), busted("t1", live=False), rejected()):
        apply(first, event)
    for event in (rejected(), fill(1), busted("t1", live=False)):
        apply(last, event)
    assert first.life is last.life is Life.CANCELED


def test_the_latest_live_bust_counts_in_whatever_order_busts_arrive() -> None:
    early, late = busted("t1", live=True, ts=10), busted("t2", live=True, ts=30)
    for busts in ((early, late), (late, early)):
        order = order_in(Life.ACCEPTED)
        for event in (fill(40, "t1"), fill(40, "t2"), canceled(20), *busts):
            apply(order, event)
        assert (order.life, order.leaves_qty) == (Life.ACCEPTED, QUANTITY)


def test_an_update_twice_is_an_update_once() -> None:
    order = order_in(Life.ACCEPTED)
    assert apply(order, updated(90)) is Outcome.APPLIED
    assert apply(order, updated(90)) is Outcome.IGNORED
