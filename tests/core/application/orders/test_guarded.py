"""Closes that the desk alone keeps reduce-only, at a venue that answers as a test says (ADR 12).

What happens at a venue that matches is in `tests/simulation/test_opposing.py`. Ids of seed systems:
C4, C24.
"""

import pytest
from msgspec.structs import replace

from hexdesk.domain.orders import CancelOrder, NewOrder
from hexdesk.domain.reports import OutcomeUnknown
from hexdesk.domain.values import (
    BUY,
    LIMIT,
    MARKET,
    SELL,
    STOP_MARKET,
    Operation,
    OrderType,
)
from hexdesk.ports.broker import Capabilities
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT
from tests.core.application.books import check_books
from tests.core.application.replayed import assert_replayed
from tests.core.application.rig import ALL_CAPABILITIES, Rig

ID = INSTRUMENT.id


def pit(*names: str, capabilities: Capabilities = ALL_CAPABILITIES) -> Rig:
    """Return a desk of strategies that hold 3 lots each, `b` short, the others long."""
    rig = Rig(*names, capabilities=capabilities).start()
    for name in names:
        side = SELL if name == "b" else BUY
        order_id = rig.act(lambda context: context.submit(ID, side, 3 * LOT), name)  # noqa: B023 - at once
        rig.fill(order_id)
    return rig


def close(rig: Rig, lots: int, kind: OrderType = STOP_MARKET, name: str = "a") -> NewOrder:
    """Send a reduce-only order of a strategy that is long; return what left."""
    rig.act(
        lambda context: context.submit(
            ID, SELL, lots * LOT, kind, ASK + 50 if kind is LIMIT else 0, reduce_only=True,
            trigger_price=BID - 50 if kind is STOP_MARKET else 0,
        ),
        name,
    )  # fmt: skip
    return rig.sent[-1]


def sell(rig: Rig, lots: int) -> None:
    """Let `a` hold less, by a plain order."""
    rig.fill(rig.act(lambda context: context.submit(ID, SELL, lots * LOT)))


@pytest.mark.parametrize(
    ("names", "kind", "lots", "is_kept"),
    [
        (("a",), STOP_MARKET, 3, False),
        (("a", "b"), STOP_MARKET, 3, True),
        (("a", "c"), STOP_MARKET, 3, True),
        (("a", "c"), MARKET, 3, False),
        (("a", "b"), MARKET, 1, True),
        (("a", "b", "c"), MARKET, 3, False),
    ],
)
def test_the_venues_word_is_taken_where_it_means_the_same(
    names: tuple[str, ...], kind: OrderType, lots: int, *, is_kept: bool
) -> None:
    """Alone; or at once, while the account holds as much."""
    intent = close(pit(*names), lots, kind)
    assert (intent.desk_reduce_only, intent.reduce_only) == (is_kept, not is_kept)
    assert intent.reduces_only


def test_who_is_gone_and_flat_is_nobody() -> None:
    rig = pit("a", "b")
    rig.host("b").strategy = None
    assert close(rig, 1).desk_reduce_only, "its books are short"
    alone = Rig("a", "b").start()
    alone.fill(alone.act(lambda context: context.submit(ID, BUY, 3 * LOT)))
    alone.host("b").strategy = None
    assert close(alone, 1).reduce_only


def test_the_newest_of_several_closes_shrinks_first() -> None:
    rig = pit("a", "b")
    older, newer = close(rig, 2), close(rig, 1, LIMIT)
    sell(rig, 1)
    assert not rig.amends
    assert rig.cancels == [newer.client_order_id]
    rig.canceled(newer.client_order_id)
    sell(rig, 1)
    assert [(each.client_order_id, each.quantity) for each in rig.amends] == [
        (older.client_order_id, LOT)
    ]
    rig.confirm(rig.amends[-1])
    check_books(rig)
    assert_replayed(rig, 0)


def test_a_close_that_cannot_be_amended_is_canceled() -> None:
    rig = pit("a", "b", capabilities=replace(ALL_CAPABILITIES, amend=False))
    order = close(rig, 3)
    sell(rig, 1)
    assert rig.cancels == [order.client_order_id]


def test_what_cannot_be_changed_now_is_looked_at_when_it_is_answered() -> None:
    rig = pit("a", "b")
    order = close(rig, 3)
    rig.report(OutcomeUnknown(order.client_order_id, Operation.SUBMIT, 0, "", rig.now()))
    sell(rig, 1)
    assert not rig.amends
    assert not rig.cancels
    rig.accept(order.client_order_id)
    assert [each.quantity for each in rig.amends] == [2 * LOT]
    rig.refuse(rig.amends[-1])
    assert rig.cancels == [order.client_order_id], "smaller it cannot be"
    cancel = rig.requests[-1]
    assert isinstance(cancel, CancelOrder)
    rig.refuse(cancel)
    assert len(rig.cancels) == 1, "a venue that refuses is not asked for ever"


def test_a_broken_trade_of_the_entry_shrinks_its_close() -> None:
    rig = pit("a", "b")
    entry = rig.sent[0].client_order_id
    order = close(rig, 3)
    (trade,) = rig.order(entry).fills or {}
    rig.bust(entry, trade)
    assert rig.cancels == [order.client_order_id], "nothing is left to close"
