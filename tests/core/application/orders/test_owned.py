"""What is paid in full: a purchase binds cash, a sale binds what it sells."""

import pytest
from msgspec.structs import replace

from hexdesk.domain.accounts import Account
from hexdesk.domain.instruments import InstrumentKind
from hexdesk.domain.money import parse_money
from hexdesk.domain.risk import UNLIMITED, RiskLimits
from hexdesk.domain.values import BUY, LIMIT, MARKET, SELL, Side
from hexdesk.ports.strategy import StrategyContext
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT
from tests.core.application.books import check_books
from tests.core.application.rig import Rig

SPOT = replace(INSTRUMENT, id="TEST-SPOT.ACME", kind=InstrumentKind.SPOT)
STOCK = replace(INSTRUMENT, id="7203.ACME", kind=InstrumentKind.EQUITY, base="")
WIDE = RiskLimits(
    order_notional_max=UNLIMITED,
    position_notional_max=UNLIMITED,
    collar_pct=UNLIMITED,
    orders_per_second_max=UNLIMITED,
    open_orders_max=UNLIMITED,
)


def started(*names: str, base: str = "") -> Rig:
    rig = Rig(*names, limits=WIDE, instruments=[SPOT, STOCK]).start()
    for instrument in (SPOT, STOCK):
        rig.quote(BID, ASK, instrument)
    if base:
        rig.deposit_more(parse_money(base))
    return rig


def send(
    rig: Rig, side: Side, quantity: int, price: int = 0, name: str = "a", of: str = SPOT.id
) -> str:
    def act(context: StrategyContext) -> str:
        return context.submit(of, side, quantity, LIMIT if price else MARKET, price)

    # a puppet trades on public trades of the kit's instrument, which this desk does not have
    puppet = rig.puppets[name]
    order_ids: list[str] = []
    puppet.hooks["on_quote"] = lambda _quote: order_ids.append(act(puppet.context))
    rig.quote(BID, ASK, SPOT)
    puppet.hooks.pop("on_quote")
    return order_ids[0]


def codes(rig: Rig, name: str = "a") -> list[str]:
    return [denial.code for denial in rig.denials(name)]


def test_a_purchase_binds_its_whole_price_and_fee() -> None:
    rig = started()
    order_id = send(rig, BUY, LOT, BID)
    balance = rig.account.balance("USDT")
    value = SPOT.value(BID, LOT) * 10 ** (balance.scale - SPOT.value_scale)
    assert rig.order(order_id).reserved == balance.reserved == value * 10_004 // 10_000
    check_books(rig)


@pytest.mark.parametrize("price", [0, ASK])
def test_a_sale_of_what_was_bought_binds_no_cash(price: int) -> None:
    rig = started()
    rig.fill(send(rig, BUY, 3 * LOT))
    cash = rig.account.balance("USDT")
    cash.total, rest = 0, cash.total
    order_id = send(rig, SELL, 2 * LOT, price)
    assert codes(rig) == []
    assert rig.order(order_id).reserved == cash.reserved == 0
    cash.total = rest
    check_books(rig)
    rig.fill(order_id, price=ASK)
    assert rig.held(instrument=SPOT) == LOT
    check_books(rig)


@pytest.mark.parametrize("of", [SPOT.id, STOCK.id])
def test_what_is_neither_held_nor_deposited_cannot_be_sold(of: str) -> None:
    rig = started()
    rig.fill(send(rig, BUY, 2 * LOT, of=of))
    send(rig, SELL, LOT, ASK, of=of)
    send(rig, SELL, 2 * LOT, ASK, of=of)
    (denial,) = rig.denials()
    assert denial.code == "CAPITAL_FUNDS"
    assert denial.text.startswith("CAPITAL_FUNDS: needed=")
    assert "available=0 asset=" in denial.text
    send(rig, SELL, LOT, ASK, of=of)
    assert len(codes(rig)) == 1
    check_books(rig)


def test_a_deposit_can_be_sold_once_by_whichever_strategy() -> None:
    rig = started("a", "b", base="0.3 TEST")
    assert LOT == 100, "0.1 of the asset"
    first = send(rig, SELL, 2 * LOT, ASK)
    base = rig.account.balance("TEST")
    assert (base.reserved, base.used) == (20_000_000, 0)
    check_books(rig)
    send(rig, SELL, 2 * LOT, ASK, "b")
    assert codes(rig, "b") == ["CAPITAL_FUNDS"]
    rig.fill(first, LOT)
    assert (base.reserved, base.used) == (10_000_000, 10_000_000)
    rig.canceled(first)
    assert (base.reserved, base.used) == (0, 10_000_000)
    send(rig, SELL, 2 * LOT, ASK, "b")
    assert len(codes(rig, "b")) == 1
    assert base.available == 0
    check_books(rig)
    rig.bust(first, next(iter(rig.order(first).fills or {})))
    assert base.used == 0
    check_books(rig)


def test_buying_back_what_was_sold_of_a_deposit_is_paid_too() -> None:
    rig = started(base="1 TEST")
    rig.fill(send(rig, SELL, 2 * LOT), price=BID)
    cash = rig.account.balance("USDT")
    cash.total, rest = 0, cash.total
    send(rig, BUY, LOT, BID)
    assert codes(rig) == ["CAPITAL_FUNDS"]
    cash.total = rest
    order_id = send(rig, BUY, LOT, BID)
    assert cash.reserved == rig.order(order_id).reserved > 0
    check_books(rig)
    rig.fill(order_id, price=BID)
    assert rig.account.balance("TEST").used == 10_000_000
    check_books(rig)


def test_an_asset_has_a_scale_that_holds_every_quantity_of_it() -> None:
    fine = replace(SPOT, quantity_scale=12, multiplier_scale=2)
    account = Account("a", [fine])
    assert list(account.balances) == ["USDT"], "no row for what nobody owns"
    account.deposit(parse_money("1 TEST"))
    assert account.balance("TEST").total == 10**14
    assert Account("a", [replace(fine, kind=InstrumentKind.FUTURE)]).scale_of("TEST") == 8
