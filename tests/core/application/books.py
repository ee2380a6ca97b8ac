"""The laws of a desk's books, checked from outside: L10, L11, L12."""

from collections import defaultdict

from hexdesk.application.desk import Desk
from hexdesk.domain.accounts import Account
from hexdesk.domain.money import currency_scale, pow10
from hexdesk.domain.order import IS_SUBMITTED
from hexdesk.domain.values import BUY, CLOSING_EFFECTS
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
    """Open quantities are the leaves of what may grow a position, the worse of open amendments."""
    sums: dict[tuple[str, str, bool], int] = defaultdict(int)
    for order in desk.execution.open.values():
        intent = order.intent
        if (
            intent.reduce_only
            or intent.position_effect in CLOSING_EFFECTS
            or not order.facts & IS_SUBMITTED
        ):
            assert order.working_qty == 0
            continue
        if order.pending_amends:
            assert order.working_qty >= order.leaves_qty
        else:
            assert order.working_qty == order.leaves_qty
        sums[intent.strategy_id, intent.instrument_id, intent.side is BUY] += order.working_qty
    for host in desk.hosts.values():
        for instrument_id, ledger in host.ledgers.items():
            assert ledger.open_buy == sums[host.strategy_id, instrument_id, True]
            assert ledger.open_sell == sums[host.strategy_id, instrument_id, False]


def _check_reserves(desk: Desk, account: Account) -> None:
    reserved: dict[str, int] = defaultdict(int)
    for order in (*desk.execution.open.values(), *desk.execution.closed.values()):
        market = desk.markets.by_id.get(order.intent.instrument_id)
        if market is not None:
            reserved[market.instrument.settle] += order.reserved
        assert order.reserved >= 0
        assert not (order.is_closed and order.reserved), "L12: a closed order holds no reserve"
    for currency, balance in account.balances.items():
        assert balance.reserved == reserved[currency]
        assert balance.used >= 0


def _check_equity(rig: Rig) -> None:
    """L11: cash + what is held = deposits + realised + unrealised - fees, by currency."""
    cash_and_held: dict[str, int] = defaultdict(int)
    expected: dict[str, int] = defaultdict(int)
    for currency, balance in rig.account.balances.items():
        cash_and_held[currency] = balance.total
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
            expected[instrument.settle] -= ledger.fees * fee_factor
            for currency, fee in ledger.other_fees.items():
                other = rig.account.balance(currency)
                expected[currency] -= fee * pow10(other.scale - currency_scale(currency))
    for currency, amount in cash_and_held.items():
        assert amount == expected[currency]
