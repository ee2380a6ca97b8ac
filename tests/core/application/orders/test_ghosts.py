"""What is left of a closed position is canceled at once (C6): only what can only close."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from hexdesk.domain.reports import CancelRejected, OrderExpired
from hexdesk.domain.values import (
    BUY,
    CLOSE,
    HEDGING,
    LIMIT,
    OPEN,
    SELL,
    STOP_MARKET,
    Authority,
    PositionEffect,
    Side,
)
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT
from tests.core.application.rig import ALL_CAPABILITIES, Rig

BARE = replace(ALL_CAPABILITIES, amend=False, reduce_only=False, position_effects=False)


def submit(
    rig: Rig, side: Side, lots: int = 1, name: str = "a", *, stop: bool = False,
    closes: bool = False, limit: int = 0, effect: PositionEffect = PositionEffect.AUTO,
) -> str:  # fmt: skip
    """Submit an order and let the venue accept it."""
    kind = STOP_MARKET if stop else LIMIT
    trigger = (BID - 500 if side is SELL else ASK + 500) if stop else 0
    order_id = rig.act(
        lambda context: context.submit(
            INSTRUMENT.id, side, lots * LOT, kind, 0 if stop else limit or ASK,
            trigger_price=trigger, reduce_only=closes, position_effect=effect,
        ),
        name,
    )  # fmt: skip
    rig.accept(order_id)
    return order_id


def held_with_stop(rig: Rig, lots: int = 1) -> str:
    """Buy, and protect it by a stop of the strategy's own; return the stop's id."""
    rig.fill(submit(rig, BUY, lots))
    return submit(rig, SELL, lots, stop=True, closes=True)


def test_a_stop_is_canceled_with_its_position() -> None:
    rig = Rig().start()
    stop = held_with_stop(rig)
    rig.fill(submit(rig, SELL))
    assert rig.cancels == [stop]
    assert rig.requests[-1].authority is Authority.PROTECTION  # type: ignore[union-attr]
    assert rig.alerts[-1] == "GHOST_ORDER"


def test_a_position_that_is_only_smaller_keeps_its_stop() -> None:
    rig = Rig().start()
    held_with_stop(rig, 2)
    rig.fill(submit(rig, SELL))
    assert not rig.cancels


def test_a_stop_entry_of_the_strategy_stays() -> None:
    rig = Rig().start()
    rig.fill(submit(rig, BUY))
    entry = submit(rig, BUY, stop=True)
    rig.fill(submit(rig, SELL))
    assert not rig.cancels
    assert entry in rig.desk.execution.open


def test_other_owners_and_their_orders_are_not_looked_at() -> None:
    rig = Rig("a", "b").start()
    held_with_stop(rig)
    rig.fill(submit(rig, BUY, name="b"))
    rig.fill(submit(rig, SELL, name="b"))
    assert not rig.cancels


def _cancels(rig: Rig, order_id: str) -> None:
    rig.act(lambda context: context.cancel(order_id))
    rig.canceled(order_id)


def _expires(rig: Rig, order_id: str) -> None:
    rig.report(OrderExpired(order_id, rig.now(), rig.now()))


def _is_rejected(rig: Rig, order_id: str) -> None:
    rig.rejected(order_id)


@pytest.mark.parametrize("end", [_cancels, _expires, _is_rejected])
def test_what_may_open_again_is_waited_for(end: Callable[[Rig, str], None]) -> None:
    rig = Rig().start()
    stop = held_with_stop(rig)
    entry = submit(rig, BUY, limit=BID - 50)
    rig.fill(submit(rig, SELL))
    assert not rig.cancels
    end(rig, entry)
    assert rig.cancels[-1] == stop


def test_an_exit_that_its_strategy_overtook_goes_and_stays_away() -> None:
    rig = Rig().start()
    ids = rig.act(
        lambda context: context.submit_bracket(
            INSTRUMENT.id, BUY, 2 * LOT, entry_price=ASK, stop_price=BID - 500
        )
    )
    rig.accept(ids.entry)
    rig.fill(ids.entry)
    rig.accept(ids.stop)
    rig.fill(submit(rig, SELL, 2))
    assert rig.cancels == [ids.stop]
    rig.canceled(ids.stop)
    assert not rig.desk.execution.open
    rig.quote()
    assert len(rig.sent) == 3
    assert "PROTECTION_LOST" not in rig.alerts, "there is nothing left to protect"


def test_an_entry_filled_after_all_has_its_exit_back_for_that_much() -> None:
    """What others closed is not counted again when a fill comes late."""
    rig = Rig().start()
    ids = rig.act(
        lambda context: context.submit_bracket(
            INSTRUMENT.id, BUY, 3 * LOT, entry_price=ASK, stop_price=BID - 500
        )
    )
    rig.accept(ids.entry)
    rig.fill(ids.entry, 2 * LOT)
    rig.accept(ids.stop)
    rig.act(lambda context: context.cancel(ids.entry))
    rig.canceled(ids.entry)
    rig.fill(submit(rig, SELL, 2))
    rig.canceled(ids.stop)
    rig.fill(ids.entry, LOT)
    assert (rig.sent[-1].list_id, rig.sent[-1].quantity) == (ids.entry, LOT)


def test_an_exit_of_a_venue_without_reduce_only_goes_too() -> None:
    """It would open the other way."""
    rig = Rig(capabilities=BARE).start()
    ids = rig.act(
        lambda context: context.submit_bracket(
            INSTRUMENT.id, BUY, LOT, entry_price=ASK, stop_price=BID - 500
        )
    )
    rig.accept(ids.entry)
    rig.fill(ids.entry)
    rig.accept(ids.stop)
    rig.fill(submit(rig, SELL))
    assert rig.cancels == [ids.stop]


def test_both_exits_of_a_bracket_end_once_when_one_fills() -> None:
    rig = Rig().start()
    ids = rig.act(
        lambda context: context.submit_bracket(
            INSTRUMENT.id, BUY, LOT, entry_price=ASK, stop_price=BID - 500, target_price=ASK + 500
        )
    )
    rig.accept(ids.entry)
    rig.fill(ids.entry)
    rig.accept(ids.stop)
    rig.accept(ids.target)
    rig.fill(ids.target)
    assert rig.cancels == [ids.stop]
    assert "GHOST_ORDER" not in rig.alerts, "the list took it back itself"


def test_a_refused_cancel_is_not_repeated_at_once() -> None:
    """Reconciliation repeats it: asking again at once would never end."""
    rig = Rig().start()
    stop = held_with_stop(rig)
    rig.fill(submit(rig, SELL))
    rig.report(CancelRejected(stop, 1, "VENUE_OTHER", "", rig.now(), rig.now()))
    assert rig.cancels == [stop]


def test_a_strategy_that_turns_at_once_keeps_what_it_has_just_sent() -> None:
    rig = Rig().start()
    old = held_with_stop(rig)
    exit_id = submit(rig, SELL)
    turned: list[str] = []

    def turn(_fill: object) -> None:
        context = rig.puppets["a"].context
        ids = context.submit_bracket(
            INSTRUMENT.id, SELL, LOT, entry_price=BID, stop_price=ASK + 500
        )
        turned.extend((ids.entry, ids.stop))

    rig.puppets["a"].hooks["on_fill"] = turn
    rig.fill(exit_id)
    rig.puppets["a"].hooks.clear()
    assert not rig.cancels, "the new entry may open again: nothing is a ghost yet"
    rig.accept(turned[0])
    rig.fill(turned[0])
    assert old in rig.desk.execution.open


def test_each_leg_of_a_hedging_account_is_looked_at_alone() -> None:
    rig = Rig(capabilities=replace(ALL_CAPABILITIES, position_mode=HEDGING)).start()
    rig.fill(submit(rig, BUY, 2, effect=OPEN))
    rig.fill(submit(rig, SELL, effect=OPEN))
    long_stop = submit(rig, SELL, stop=True, effect=CLOSE)
    submit(rig, BUY, stop=True, effect=CLOSE)
    more_than_asked_for = submit(rig, SELL, effect=CLOSE, limit=BID)
    rig.fill(more_than_asked_for, 2 * LOT)
    assert rig.cancels == [long_stop]
