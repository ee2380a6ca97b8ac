"""The view of a real desk: whose orders, what is held, what the broker should have in cash."""

import pytest

from hexdesk.application.reconciliation import books as module
from hexdesk.application.reconciliation.books import Books, Changes, books_of
from hexdesk.application.reconciliation.cash import cash_of
from hexdesk.domain.accounts import Account
from hexdesk.domain.money import Money
from hexdesk.domain.values import BUY, LIMIT, SELL, Side
from hexdesk.testing.broker_bench import BID, INSTRUMENT, LOT
from tests.core.application.rig import DEPOSIT, Rig

ID = INSTRUMENT.id
FEE = 7
"""Of every execution that the rig reports."""


def view(rig: Rig, changes: Changes | None = None, **named: object) -> Books:
    return books_of(rig.desk, "venue", changes or Changes(), now_ns=rig.now(), **named)  # type: ignore[arg-type]


def trade(rig: Rig, name: str, side: Side, price: int, quantity: int = LOT) -> str:
    order_id = rig.act(lambda each: each.submit(ID, side, quantity, LIMIT, price), name)
    rig.accept(order_id)
    rig.fill(order_id, price=price)
    return order_id


def cash(rig: Rig, late: tuple[str, ...] = ()) -> Money | None:
    ledgers = [host.ledgers[ID] for host in rig.desk.hosts.values()]
    found = cash_of(rig.account, ledgers, late)
    return None if "USDT" in found.unclear else Money(found.amounts["USDT"], "USDT")


def test_it_shows_open_and_closed_orders_and_what_is_held() -> None:
    rig = Rig("a", "b").start()
    first = trade(rig, "a", BUY, BID)
    second = rig.act(lambda each: each.submit(ID, SELL, LOT, LIMIT, BID + 500), "b")
    books = view(rig)
    assert set(books.orders) == {first, second}
    assert books.held(ID) == LOT
    assert books.busy_instruments() == {ID}
    assert (books.holdings["a", ID].quantity, books.holdings["b", ID].is_flat) == (LOT, True)
    assert books.quantity_text(ID, LOT) == "0.1"
    rig.accept(second)
    assert view(rig).busy_instruments() == set()


def test_another_brokers_orders_are_not_in_it() -> None:
    rig = Rig("a").start()
    trade(rig, "a", BUY, BID)
    rig.desk.accounts["other"] = Account("account", [INSTRUMENT])
    assert books_of(rig.desk, "other", Changes(), now_ns=1).orders == {}


def test_an_old_order_is_in_it_when_the_broker_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CLOSED_MAX", 1)
    rig = Rig("a").start()
    old, new = trade(rig, "a", BUY, BID), trade(rig, "a", SELL, BID)
    assert set(view(rig).orders) == {new}
    assert set(view(rig, named=[(old, "")]).orders) == {old, new}
    assert set(view(rig, named=[("", f"V-{old}")]).orders) == {old, new}
    assert set(view(rig, named=[("STRANGER", "V9"), ("", "V9")]).orders) == {new}


def test_cash_of_one_strategy_is_its_own() -> None:
    rig = Rig("a", "b").start()
    assert cash(rig) == DEPOSIT
    trade(rig, "a", BUY, BID)
    assert cash(rig) == Money(DEPOSIT.amount - FEE, "USDT")


def test_cash_of_strategies_that_offset_each_other_is_what_the_broker_realised() -> None:
    """The broker sold at a profit what it had bought; each of ours holds an open position."""
    rig = Rig("a", "b").start()
    trade(rig, "a", BUY, BID)
    trade(rig, "b", SELL, BID + 100)
    assert not any(host.ledgers[ID].position.realised for host in rig.desk.hosts.values())
    profit = 100 * LOT * 10 ** (8 - 4)
    assert cash(rig) == Money(DEPOSIT.amount + profit - 2 * FEE, "USDT")


def test_cash_is_unclear_while_several_strategies_hold_a_net_position() -> None:
    rig = Rig("a", "b").start()
    trade(rig, "a", BUY, BID)
    trade(rig, "b", SELL, BID + 100, LOT // 2)
    assert cash(rig) is None


def test_cash_is_unclear_after_late_executions_until_the_position_is_flat() -> None:
    rig = Rig("a", "b").start()
    trade(rig, "a", BUY, BID)
    assert cash(rig, late=(ID,)) is None
    changes = Changes()
    changes.late = {ID}
    assert view(rig, changes).unclear_cash == {"USDT"}
    trade(rig, "a", SELL, BID)
    assert view(rig, changes).unclear_cash == set()
    assert changes.late == set()
