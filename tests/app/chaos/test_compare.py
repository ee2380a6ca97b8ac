"""Whatever differs between books and venue is found; what does not is not."""

import msgspec
import pytest
from msgspec.structs import replace

from hexdesk.domain.money import Money
from hexdesk.domain.order import Order
from hexdesk.domain.reports import Fill, OrderAbandoned, OutcomeUnknown
from hexdesk.domain.values import BUY, LIMIT, SELL, Life, Operation
from hexdesk.ports.broker import VenueOrder, VenuePosition
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT
from hexdesk_app.chaos.compare import (
    TradeKey,
    Truth,
    account_differences,
    key_of,
    protection_differences,
)
from tests.core.application.rig import DEPOSIT, Rig, agreeable

ID = INSTRUMENT.id
FEE = 7


def at_venue(order: Order) -> VenueOrder:
    return VenueOrder(
        order.intent,
        order.venue_order_id,
        order.life,
        order.quantity,
        order.price,
        order.trigger_price,
        order.cum_qty,
        1,
    )


class Scene:
    """A desk that bought, sold a part with a profit, and has an order open; and its venue."""

    def __init__(self) -> None:
        self.rig = rig = Rig("a", "b").start()
        rig.broker.answer = agreeable
        bought = rig.act(lambda context: context.submit(ID, BUY, 4 * LOT))
        sold = rig.act(lambda context: context.submit(ID, SELL, LOT), "b")
        self.open = rig.act(lambda context: context.submit(ID, BUY, LOT, LIMIT, BID - 500))
        fills = [rig.fill(bought, price=ASK), rig.fill(sold, price=ASK + 100)]
        self.bought = bought
        self.booked: dict[TradeKey, Fill] = {key_of(fill): fill for fill in fills}
        orders = {each: at_venue(rig.order(each)) for each in (bought, sold, self.open)}
        scale = rig.account.balance("USDT").scale
        gain = 100 * LOT * 10 ** (scale - INSTRUMENT.value_scale)
        cash = (rig.account.balance("USDT").total + gain) // 10 ** (scale - 8)
        self.truth = Truth(
            orders=orders,
            open_ids=frozenset({self.open}),
            fills=dict(self.booked),
            positions=(VenuePosition(ID, 3 * LOT),),
            balances=(Money(cash, "USDT"),),
        )

    def differences(self, **changes: object) -> list[str]:
        truth = msgspec.structs.replace(self.truth, **changes)
        return account_differences(self.rig.desk, "venue", truth, self.booked, DEPOSIT)


def test_equal_sides_do_not_differ() -> None:
    assert not Scene().differences()


def test_every_order_is_compared() -> None:
    scene = Scene()
    theirs = dict(scene.truth.orders)
    order = theirs[scene.open]
    assert order is not None
    for changed, text in (
        (None, "never had it"),
        (replace(order, life=Life.CANCELED), "at the venue CANCELED"),
        (replace(order, cum_qty=1), "at the venue 1"),
        (replace(order, price=BID), "has terms"),
    ):
        found = scene.differences(orders=theirs | {scene.open: changed})
        assert len(found) == 1
        assert text in found[0]
    assert "not in the books" in scene.differences(orders=theirs | {"K": order})[0]


def test_open_orders_are_compared_both_ways() -> None:
    scene = Scene()
    assert "in the books alone" in scene.differences(open_ids=frozenset[str]())[0]
    both = frozenset({scene.open, "K"})
    assert scene.differences(open_ids=both) == ["venue: order K is open at the venue alone"]


def test_what_is_in_doubt_is_not_settled() -> None:
    scene = Scene()
    scene.rig.report(OutcomeUnknown(scene.open, Operation.STATUS, 0, "?", scene.rig.now()))
    assert "in doubt" in scene.differences()[0]
    scene.rig.desk.on_report(OrderAbandoned(scene.open, "X", scene.rig.now()))  # type: ignore[arg-type]
    assert any("at the venue ACCEPTED" in each for each in scene.differences())


def test_executions_are_compared_one_by_one() -> None:
    scene = Scene()
    key, fill = next(iter(scene.truth.fills.items()))
    less = {each: value for each, value in scene.truth.fills.items() if each != key}
    assert any("unknown to the venue" in each for each in scene.differences(fills=less))
    more = {**scene.truth.fills, (ID, "T-new", 1): replace(fill, trade_id="T-new")}
    assert any("was missed" in each for each in scene.differences(fills=more))
    other = {**scene.truth.fills, key: replace(fill, price=fill.price + 1)}
    assert any("at the venue" in each for each in scene.differences(fills=other))


@pytest.mark.parametrize("quantity", [0, LOT, 4 * LOT])
def test_positions_are_compared(quantity: int) -> None:
    held = (VenuePosition(ID, quantity),) if quantity else ()
    assert "add up to" in Scene().differences(positions=held)[0]


def test_cash_is_compared_to_the_last_unit() -> None:
    scene = Scene()
    (money,) = scene.truth.balances
    wrong = (Money(money.amount + 1, "USDT"),)
    assert "the venue's cash" in scene.differences(balances=wrong)[0]
    scene.rig.account.balance("USDT").total += 1
    assert "cash less open results" in scene.differences()[0]


def bracketed() -> tuple[Rig, str, str]:
    rig = Rig().start()
    rig.broker.answer = agreeable
    ids = rig.act(
        lambda context: context.submit_bracket(
            ID, BUY, 2 * LOT, entry_price=ASK, stop_price=BID - 500, target_price=ASK + 500
        )
    )
    rig.fill(ids.entry, LOT)
    return rig, ids.entry, ids.stop


def test_a_bracket_is_protected() -> None:
    rig, entry, stop = bracketed()
    assert not protection_differences(rig.desk, "a")
    rig.fill(stop, LOT, BID - 500)
    rig.canceled(entry)
    assert not protection_differences(rig.desk, "a")


def test_a_lost_stop_is_seen() -> None:
    rig, _, stop = bracketed()
    rig.canceled(stop)
    (found,) = protection_differences(rig.desk, "a")
    assert "its STOP_MARKET works 0" in found


def test_a_ghost_is_seen() -> None:
    rig, entry, stop = bracketed()
    rig.canceled(entry)
    rig.broker.answer = lambda _request: ()
    rig.fill(stop, LOT, BID - 500)
    (found,) = protection_differences(rig.desk, "a")
    assert "which is flat" in found
