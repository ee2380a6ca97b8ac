"""The laws of a desk's books, checked from outside: L10, L11, L12."""

from collections import defaultdict
from collections.abc import Callable, Sequence

from hexdesk.application.desk import Desk
from hexdesk.application.orders.working import is_alternative, is_close
from hexdesk.domain.accounts import Account
from hexdesk.domain.money import currency_scale, pow10
from hexdesk.domain.order import IS_SUBMITTED, Order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.values import (
    BUY,
    CLOSE_TODAY,
    CLOSE_YESTERDAY,
    MARKET,
    OPEN,
    SELL,
    PositionEffect,
    Side,
)
from tests.core.application.rig import Rig

MARK = 100_000


def check_books(rig: Rig) -> None:
    """Assert that ledgers, account and orders of a desk tell the same story, to the last unit."""
    _check_orders(rig.desk)
    _check_positions(rig.desk)
    _check_working(rig.desk)
    _check_reserves(rig.desk, rig.account)
    _check_equity(rig)


def _check_orders(desk: Desk) -> None:
    execution = desk.execution
    assert not execution.outbox
    assert all(not order.is_closed for order in execution.open.values())
    assert all(order.is_closed for order in execution.closed.values())
    assert not execution.open.keys() & execution.closed.keys()
    for host in desk.hosts.values():
        own = [
            order
            for order in execution.open.values()
            if order.intent.strategy_id == host.strategy_id
        ]
        assert host.open_count == len(own)


def _check_positions(desk: Desk) -> None:
    """L10: what a strategy holds is what its own orders filled, and nothing else."""
    filled: dict[tuple[str, str], int] = defaultdict(int)
    for order in (*desk.execution.open.values(), *desk.execution.closed.values()):
        intent = order.intent
        filled[intent.strategy_id, intent.instrument_id] += order.cum_qty * intent.side
    for host in desk.hosts.values():
        for instrument_id, ledger in host.ledgers.items():
            assert ledger.position.quantity == filled[host.strategy_id, instrument_id]


def _check_working(desk: Desk) -> None:
    """Open and closing quantities are the leaves of what works, the worse of open amendments."""
    for order in desk.execution.open.values():
        if not order.facts & IS_SUBMITTED:
            assert order.working_qty == 0
        elif order.pending_amends:
            assert order.working_qty >= order.leaves_qty
        else:
            assert order.working_qty == order.leaves_qty
    for host in desk.hosts.values():
        for instrument_id, ledger in host.ledgers.items():
            own = [
                order
                for order in desk.execution.open.values()
                if (order.intent.strategy_id, order.intent.instrument_id)
                == (host.strategy_id, instrument_id)
            ]
            closes = [order for order in own if is_close(order.intent)]
            grows = [order for order in own if not is_close(order.intent)]
            assert ledger.open_buy == _counted(grows, BUY, _quantity)
            assert ledger.open_sell == _counted(grows, SELL, _quantity)
            for side, closing in ((BUY, ledger.closing_buy), (SELL, ledger.closing_sell)):
                assert closing.total == _counted(closes, side, _quantity)
                assert closing.today == _counted(closes, side, _quantity, CLOSE_TODAY)
                assert closing.yesterday == _counted(closes, side, _quantity, CLOSE_YESTERDAY)


def _counted(
    orders: Sequence[Order],
    side: Side,
    number: Callable[[Order], int],
    effect: PositionEffect | None = None,
) -> int:
    """Add numbers up; of orders that are alternatives in one list the largest counts."""
    groups: dict[str, int] = defaultdict(int)
    for order in orders:
        intent = order.intent
        if intent.side is side and effect in (None, intent.position_effect):
            key = intent.list_id if is_alternative(intent) else f"id {intent.client_order_id}"
            groups[key] = max(groups[key], number(order))
    return sum(groups.values())


def _quantity(order: Order) -> int:
    return order.working_qty


def _reserved(order: Order) -> int:
    return order.reserved


def _check_reserves(desk: Desk, account: Account) -> None:
    reserved: dict[str, int] = defaultdict(int)
    used: dict[str, int] = defaultdict(int)
    for order in (*desk.execution.open.values(), *desk.execution.closed.values()):
        assert order.reserved >= 0
        assert not (order.is_closed and order.reserved), "L12: a closed order holds no reserve"
        assert not (is_close(order.intent) and order.reserved)
    for host in desk.hosts.values():
        for instrument_id, ledger in host.ledgers.items():
            instrument = ledger.instrument
            own = [
                order
                for order in desk.execution.open.values()
                if (order.intent.strategy_id, order.intent.instrument_id)
                == (host.strategy_id, instrument_id)
            ]
            for side in (BUY, SELL):
                reserved[instrument.settle] += _counted(own, side, _reserved)
            if instrument.is_margined:
                continue
            assert all(not order.reserved for order in own if order.intent.side is SELL)
            digits = account.scale_of(instrument.base) - instrument.quantity_scale
            sold = max(-ledger.position.leg(SELL, OPEN).quantity, 0)
            short = max(ledger.worst(_PROBE, 0), 0)
            assert short >= sold
            used[instrument.base] += sold * pow10(digits)
            reserved[instrument.base] += (short - sold) * pow10(digits)
    for currency, balance in account.balances.items():
        assert balance.reserved == reserved[currency]
        assert balance.used >= used[currency] >= 0


_PROBE = NewOrder("probe", "", "", "", SELL, MARKET, 0, 1)
"""An order of no size: what would be if all that works were filled."""


def _check_equity(rig: Rig) -> None:
    """L11: cash + what is held = deposits + realised + unrealised - fees + funding, by currency.

    Funding is that of the strategies and what came for nobody, which is external (L10).
    """
    cash_and_held: dict[str, int] = defaultdict(int)
    expected: dict[str, int] = defaultdict(int)
    for currency, balance in rig.account.balances.items():
        cash_and_held[currency] = balance.total
        expected[currency] = balance.unassigned
    for money in (rig.deposit, *rig.deposits):
        digits = rig.account.balance(money.currency).scale - currency_scale(money.currency)
        expected[money.currency] += money.amount * pow10(digits)
    for host in rig.desk.hosts.values():
        for ledger in host.ledgers.values():
            instrument, position = ledger.instrument, ledger.position
            balance = rig.account.balance(instrument.settle)
            factor = pow10(balance.scale - instrument.value_scale)
            fee_factor = pow10(balance.scale - currency_scale(instrument.settle))
            unrealised = position.unrealised(MARK) * factor
            if instrument.is_margined:
                cash_and_held[instrument.settle] += unrealised
            else:
                cash_and_held[instrument.settle] += position.held_value(MARK) * factor
            expected[instrument.settle] += position.realised * factor + unrealised
            expected[instrument.settle] -= (ledger.fees - ledger.funding) * fee_factor
            for currency, fee in ledger.other_fees.items():
                other = rig.account.balance(currency)
                expected[currency] -= fee * pow10(other.scale - currency_scale(currency))
    for currency, amount in cash_and_held.items():
        assert amount == expected[currency]
