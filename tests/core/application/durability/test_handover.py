"""What a broker that forgot everything is told: nothing of what an account is worth gets lost."""

from collections.abc import Mapping, Sequence
from functools import partial

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from hexdesk.application.durability.handover import hand_over
from hexdesk.domain.accounts import Balance
from hexdesk.domain.cash import CashKind, CashMoved
from hexdesk.domain.instruments import Instrument, InstrumentKind
from hexdesk.domain.money import pow10
from hexdesk.domain.order import Order
from hexdesk.domain.positions import HedgedPosition, Position
from hexdesk.domain.values import (
    AUTO,
    BUY,
    CLOSE,
    HEDGING,
    LIMIT,
    MARKET,
    OPEN,
    SELL,
    PositionEffect,
    Side,
)
from hexdesk.ports.broker import Capabilities, ForgetfulBroker
from hexdesk.ports.strategy import StrategyContext
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT
from tests.core.application.rig import ALL_CAPABILITIES, Rig

SPOT = replace(INSTRUMENT, id="TEST-SPOT.ACME", kind=InstrumentKind.SPOT)
INVERSE = replace(
    INSTRUMENT, id="TEST-INV.ACME", base="COIN", settle="COIN", inverse=True, multiplier=100,
    quantity_scale=0, lot=1, min_quantity=1,
)  # fmt: skip
INSTRUMENTS = (INSTRUMENT, SPOT, INVERSE)
HEDGED = replace(ALL_CAPABILITIES, position_mode=HEDGING)
MARK = 100_123


class Ear:
    """Keeps what it is told."""

    def take_up(
        self,
        orders: Sequence[Order],
        positions: Mapping[str, Position | HedgedPosition],
        balances: Sequence[Balance],
        cash_ids: Sequence[str],
    ) -> None:
        self.cash_ids = cash_ids
        self.orders = list(orders)
        self.positions = dict(positions)
        self.balances = {balance.currency: balance for balance in balances}


def told(rig: Rig) -> Ear:
    """Return what a broker is told of a desk's books."""
    ear = Ear()
    assert isinstance(ear, ForgetfulBroker)
    hand_over(rig.desk, "venue", ear)
    return ear


def at_market(
    instrument_id: str, side: Side, quantity: int, effect: PositionEffect, context: StrategyContext
) -> str:
    return context.submit(instrument_id, side, quantity, MARKET, position_effect=effect)


trades = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.sampled_from(INSTRUMENTS),
        st.sampled_from([BUY, BUY, SELL]),
        st.integers(1, 5),
        st.integers(BID - 100, ASK + 100),
        st.booleans(),
    ),
    max_size=25,
)


@pytest.mark.parametrize("capabilities", [ALL_CAPABILITIES, HEDGED])
@given(trades=trades)
@settings(max_examples=40, deadline=None)
def test_equity_and_positions_are_the_books(
    capabilities: Capabilities, trades: list[tuple[str, Instrument, int, int, int, bool]]
) -> None:
    rig = Rig("a", "b", instruments=INSTRUMENTS, capabilities=capabilities).start()
    for instrument in INSTRUMENTS:
        rig.quote(instrument=instrument)
    is_hedging = capabilities.position_mode is HEDGING
    for name, instrument, side, lots, price, closes in trades:
        effect = (CLOSE if closes else OPEN) if is_hedging else AUTO
        order_id = rig.act(
            partial(at_market, instrument.id, BUY if side > 0 else SELL, lots * LOT, effect), name
        )
        if not rig.order(order_id).is_closed:
            rig.fill(order_id, price=price)
    ear = told(rig)
    for instrument in INSTRUMENTS:
        parts = [rig.host(name).ledgers[instrument.id].position for name in "ab"]
        net = ear.positions[instrument.id]
        assert net.quantity == sum(part.quantity for part in parts)
        assert net.cash_flow == sum(part.cash_flow for part in parts)
        open_result = net.unrealised(MARK)
        assert net.cash_flow + net.held_value(MARK) == net.realised + open_result  # law L11
        held = sum(part.unrealised(MARK) for part in parts)
        assert net.realised + open_result == sum(part.realised for part in parts) + held
        if not any(part.cost for part in parts[1:]):
            assert net.cost == parts[0].cost
    for currency in ("USDT", "COIN"):
        theirs, ours = ear.balances[currency], rig.account.balance(currency)
        assert theirs.scale == ours.scale
        assert theirs.total + _open(ear.positions, currency, ours.scale) == ours.total + sum(
            _open({each: rig.host(name).ledgers[each].position for each in ear.positions},
                  currency, ours.scale)
            for name in "ab"
        )  # fmt: skip
    owned = ear.positions[SPOT.id].quantity
    base = ear.balances["TEST"]
    assert base.total == owned * pow10(base.scale - SPOT.quantity_scale)


def _open(positions: Mapping[str, Position | HedgedPosition], currency: str, scale: int) -> int:
    """Return the open result of what is margined, at a balance's scale."""
    return sum(
        positions[each.id].unrealised(MARK) * pow10(scale - each.value_scale)
        for each in INSTRUMENTS
        if each.is_margined and each.settle == currency
    )


def test_only_orders_that_the_venue_answered_are_told_closed_ones_first() -> None:
    rig = Rig("a").start()
    sent = [
        rig.act(lambda context: context.submit(INSTRUMENT.id, BUY, LOT, LIMIT, BID))
        for _ in range(5)
    ]
    silent, working, filled, refused, gone = sent
    rig.act(lambda context: context.submit(INSTRUMENT.id, BUY, 3, LIMIT, BID))  # denied
    rig.act(lambda context: context.submit_bracket(INSTRUMENT.id, BUY, LOT, stop_price=BID - 500))
    for order_id in (working, gone):
        rig.accept(order_id)
    rig.fill(filled)
    rig.rejected(refused)
    rig.canceled(gone)
    ids = [order.intent.client_order_id for order in told(rig).orders]
    assert ids == [filled, refused, gone, working]
    assert silent not in ids


def test_movements_of_cash_that_were_told_are_known() -> None:
    rig = Rig("a").start()
    rig.report(CashMoved("account", "F1", CashKind.INTEREST, 7, "USDT", "", 1, 1))
    assert told(rig).cash_ids == ("F1",)
