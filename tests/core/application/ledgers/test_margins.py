"""Where an account's positions would be liquidated: cross, isolated, inverse, hedged, several."""

from fractions import Fraction
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from hexdesk.application.control.views import equity_of
from hexdesk.application.ledgers.margins import liquidations
from hexdesk.domain.instruments import Instrument, InstrumentKind, MarginMode
from hexdesk.domain.liquidation import Liquidation
from hexdesk.domain.money import RATE_SCALE, parse_money, pow10
from hexdesk.domain.values import (
    BUY,
    HEDGING,
    MARKET,
    NETTING,
    OPEN,
    SELL,
    PositionEffect,
    PositionMode,
    Side,
)
from hexdesk.testing.broker_bench import INSTRUMENT
from tests.core.application.rig import ALL_CAPABILITIES, Rig

ONE = pow10(RATE_SCALE)
FIRST = replace(INSTRUMENT, maintenance_margin=ONE // 20)
SECOND = replace(FIRST, id="OTHER-PERP.ACME", base="OTHER", maintenance_margin=ONE // 50)
INVERSE = replace(
    INSTRUMENT, base="BTC", quote="USD", settle="BTC", inverse=True, margin=ONE // 100,
    multiplier=100, lot=1, min_quantity=1, quantity_scale=0, maintenance_margin=ONE // 20,
)  # fmt: skip
SPOT = replace(INSTRUMENT, id="TEST.ACME", kind=InstrumentKind.SPOT, margin=ONE)
PRICE = 100_000
AUTO = PositionEffect.AUTO


class Book(Rig):
    """A rig with a deposit, that trades at once."""

    def __init__(
        self, deposit: str, *instruments: Instrument, mode: PositionMode = NETTING
    ) -> None:
        capabilities = replace(ALL_CAPABILITIES, position_mode=mode)
        super().__init__("a", "b", instruments=instruments, capabilities=capabilities)
        wanted = parse_money(deposit)
        if wanted.currency == "USDT":
            self.deposit_more(replace(wanted, amount=wanted.amount - self.deposit.amount))
        else:
            self.deposit_more(wanted)
        self.start()
        for instrument in instruments:
            self.price(instrument, PRICE)

    def price(self, instrument: Instrument, price: int) -> None:
        self.quote(price, price, instrument)

    def hold(
        self, instrument: Instrument, side: Side, quantity: int, name: str = "a", **terms: Any
    ) -> None:
        """Send an order and fill it at the mark, without a fee."""
        order_id = self.act(
            lambda context: context.submit(instrument.id, side, quantity, MARKET, **terms), name
        )
        price = self.desk.market(instrument.id).mark
        self.fill(order_id, price=price)

    def found(self) -> dict[str, Liquidation]:
        """What is asked about."""
        hosts = self.desk.hosts.values()
        return liquidations(
            self.account, [each for host in hosts for each in host.ledgers.values()]
        )

    def slack(self, currency: str) -> Fraction:
        """Equity of a currency less the maintenance of all that is held, from outside."""
        balance = self.account.balance(currency)
        ledgers = [each for host in self.desk.hosts.values() for each in host.ledgers.values()]
        equity = Fraction(equity_of(balance, ledgers))
        for instrument in self.instruments:
            own = [each for each in ledgers if each.instrument.id == instrument.id]
            quantities = [each.position.quantity for each in own]
            if self.account.position_mode is NETTING:
                held = abs(sum(quantities))
            else:
                legs = [leg for each in own for leg in (each.position.leg(BUY, OPEN),
                        each.position.leg(SELL, OPEN))]  # fmt: skip
                held = sum(abs(leg.quantity) for leg in legs)
            value = instrument.value(self.desk.market(instrument.id).mark, held)
            factor = pow10(balance.scale - instrument.value_scale)
            equity -= Fraction(value * factor * instrument.maintenance_margin, ONE)
        return equity


TRADES = st.lists(
    st.tuples(
        st.sampled_from([FIRST, SECOND]), st.sampled_from([BUY, SELL]), st.integers(1, 60),
        st.sampled_from("ab"), st.integers(-30, 30),
    ),
    min_size=1, max_size=5,
)  # fmt: skip


@pytest.mark.parametrize("mode", [NETTING, HEDGING])
@given(trades=TRADES)
@settings(max_examples=40, deadline=None)
def test_there_equity_is_maintenance_whatever_else_is_held(
    mode: PositionMode, trades: list[tuple[Instrument, Side, int, str, int]]
) -> None:
    book = Book("4000 USDT", FIRST, SECOND, mode=mode)
    for instrument, side, lots, name, ticks in trades:
        effect = AUTO if mode is NETTING else OPEN
        book.hold(instrument, side, lots * 10, name, position_effect=effect)
        book.price(instrument, PRICE + ticks * 500)
    slack, found = book.slack("USDT"), book.found()
    for instrument_id, each in found.items():
        instrument = FIRST if instrument_id == FIRST.id else SECOND
        mark = book.desk.market(instrument_id).mark
        if slack <= 0:
            assert each == Liquidation(mark, 0)
            continue
        beyond = each.price + (1 if each.price > mark else -1)
        book.price(instrument, each.price)
        assert book.slack("USDT") >= 0
        if beyond > 0:
            book.price(instrument, beyond)
            assert book.slack("USDT") <= 1
        book.price(instrument, mark)


def test_isolated_positions_fall_alone() -> None:
    """A tenth is behind it, a twentieth must stay: 5 / 95 of the price, whatever else there is."""
    isolated = replace(FIRST, margin_mode=MarginMode.ISOLATED)
    book = Book("4000 USDT", isolated, SECOND)
    book.hold(isolated, BUY, 1_000)
    assert book.found() == {FIRST.id: Liquidation(94_737, 52_631_579)}
    book.hold(SECOND, BUY, 400, "b")
    assert book.found()[FIRST.id].price == 94_737
    other = book.found()[SECOND.id]
    assert other.price == 25_511, "3,000 are behind 4,000: (3,000 - 80) / (4,000 * 0.98) is left"
    book.price(isolated, 96_000)
    assert book.found()[SECOND.id] == other, "its result is not cross money before it is closed"
    book.price(isolated, 94_000)
    assert book.found()[FIRST.id] == Liquidation(94_000, 0)


def test_strategies_that_oppose_each_other_are_one_position_where_the_venue_nets() -> None:
    book = Book("4000 USDT", FIRST)
    book.hold(FIRST, BUY, 1_000)
    alone = book.found()[FIRST.id]
    book.hold(FIRST, SELL, 600, "b")
    assert book.found()[FIRST.id].distance > 2 * alone.distance
    book.hold(FIRST, SELL, 400, "b")
    assert book.found() == {}, "flat together"


def test_an_inverse_contract_loses_more_the_lower_it_falls() -> None:
    """1,000 contracts of 100 USD at 10,000 are 10 BTC; with 1 BTC behind them 9,545.45 ends it."""
    book = Book("1 BTC", INVERSE)
    book.hold(INVERSE, BUY, 1_000)
    (long,) = book.found().values()
    assert long.price in (95_454, 95_455)
    book.hold(INVERSE, SELL, 2_000)
    (short,) = book.found().values()
    assert short.price in (105_555, 105_556)


def test_what_is_paid_in_full_or_has_no_price_is_left_out() -> None:
    book = Book("100000 USDT", FIRST, SPOT)
    book.hold(SPOT, BUY, 1_000)
    assert book.found() == {}
    book.hold(FIRST, BUY, 1_000)
    assert book.found() == {}, "9 times as much is behind it"
    book.hold(FIRST, SELL, 2_000)
    (short,) = book.found().values()
    assert short.price > 8 * PRICE, "a price may rise for ever"
