"""The desk's books against the venue's truth, at rest: every difference is a sentence.

Nothing here is forgiven for being small, and nothing is asked of the desk's own reconciliation.
"""

from collections.abc import Iterable, Mapping

import msgspec

from hexdesk.application.desk import Desk
from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.application.reconciliation.evidence import terms_at_venue, terms_of
from hexdesk.domain.money import Money, currency_scale, pow10, rescale_down
from hexdesk.domain.order import IS_SUBMITTED, Order
from hexdesk.domain.positions import Position
from hexdesk.domain.reports import Fill
from hexdesk.domain.values import FILLED, HELD, REJECTED, MoneyRaw, QtyRaw
from hexdesk.ports.broker import VenueOrder, VenuePosition

TradeKey = tuple[str, str, int]


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """What the venue knows of one account.

    Attributes:
        orders: By client order id, those that were asked for; None never arrived.
        open_ids: Of its open orders.
        fills: All executions there ever were, oldest first, by trade.
        positions: What is held.
        balances: Cash.
    """

    orders: Mapping[str, VenueOrder | None]
    open_ids: frozenset[str]
    fills: Mapping[TradeKey, Fill]
    positions: tuple[VenuePosition, ...]
    balances: tuple[Money, ...]


def key_of(fill: Fill) -> TradeKey:
    """Return what makes an execution unique at its account."""
    return fill.instrument_id, fill.trade_id, fill.side


def order_differences(order_id: str, ours: Order | None, theirs: VenueOrder | None) -> list[str]:
    """Compare one order of ours with what the venue has under its id."""
    if ours is None:
        return [f"order {order_id} is in the journal and not in the books"]
    if ours.doubt is not None:
        return [f"order {order_id} is in doubt about its {ours.doubt.operation.name}"]
    if not ours.facts & IS_SUBMITTED:
        return [f"order {order_id} never left, and the venue has it"] if theirs else []
    if ours.life is REJECTED and (theirs is None or theirs.life is REJECTED):
        return []
    if theirs is None:
        return [f"order {order_id} is {ours.life.name} in the books; the venue never had it"]
    found: list[str] = []
    if ours.life is not theirs.life:
        found.append(f"order {order_id} is {ours.life.name}, at the venue {theirs.life.name}")
    if ours.cum_qty != theirs.cum_qty:
        found.append(f"order {order_id} has filled {ours.cum_qty}, at the venue {theirs.cum_qty}")
    if ours.life < FILLED:
        if ours.pending_cancels or ours.pending_amends:
            found.append(f"order {order_id} waits for an answer")
        if terms_of(ours) != terms_at_venue(ours, theirs):
            terms = terms_at_venue(ours, theirs)
            found.append(f"order {order_id} has terms {terms_of(ours)}, at the venue {terms}")
    return found


def account_differences(
    desk: Desk,
    broker: str,
    truth: Truth,
    booked: Mapping[TradeKey, Fill],
    deposit: Money,
) -> list[str]:
    """Compare orders, executions, positions and cash of one account."""
    found: list[str] = []
    for order_id, theirs in truth.orders.items():
        found += order_differences(order_id, desk.execution.order(order_id), theirs)
    ours_open = {
        order_id
        for order_id, order in desk.execution.open.items()
        if order.life is not HELD and _is_at(desk, broker, order)
    }
    found += [f"order {each} is open at the venue alone" for each in truth.open_ids - ours_open]
    found += [f"order {each} is open in the books alone" for each in ours_open - truth.open_ids]
    found += _fill_differences(booked, truth.fills)
    ledgers = [
        ledger
        for host in desk.hosts.values()
        if host.account is desk.accounts[broker]
        for ledger in host.ledgers.values()
    ]
    found += _position_differences(ledgers, truth.positions)
    found += _cash_differences(desk, broker, ledgers, truth, deposit)
    return [f"{broker}: {each}" for each in found]


def _is_at(desk: Desk, broker: str, order: Order) -> bool:
    return desk.hosts[order.intent.strategy_id].account is desk.accounts[broker]


def _fill_differences(
    booked: Mapping[TradeKey, Fill], theirs: Mapping[TradeKey, Fill]
) -> list[str]:
    found = [f"trade {key[1]} of {theirs[key].client_order_id} was missed"
             for key in theirs.keys() - booked.keys()]  # fmt: skip
    found += [f"trade {key[1]} of {booked[key].client_order_id} is unknown to the venue"
              for key in booked.keys() - theirs.keys()]  # fmt: skip
    for key in theirs.keys() & booked.keys():
        ours, other = booked[key], theirs[key]
        if _facts(ours) != _facts(other):
            found.append(f"trade {key[1]} is {_facts(ours)}, at the venue {_facts(other)}")
    return found


def _facts(fill: Fill) -> tuple[object, ...]:
    return fill.client_order_id, fill.quantity, fill.price, fill.fee, fill.fee_currency


def _position_differences(
    ledgers: Iterable[Ledger], positions: Iterable[VenuePosition]
) -> list[str]:
    held: dict[str, QtyRaw] = {}
    for ledger in ledgers:
        instrument_id = ledger.instrument.id
        held[instrument_id] = held.get(instrument_id, 0) + ledger.position.quantity
    theirs = {each.instrument_id: each.quantity for each in positions}
    return [
        f"ledgers of {each} add up to {held.get(each, 0)}, the venue holds {theirs.get(each, 0)}"
        for each in sorted(held.keys() | theirs.keys())
        if held.get(each, 0) != theirs.get(each, 0)
    ]


def _cash_differences(
    desk: Desk, broker: str, ledgers: Iterable[Ledger], truth: Truth, deposit: Money
) -> list[str]:
    """Compare cash twice, exactly.

    Ours: less the open result it is what was deposited and what all executions moved (law L11),
    whoever of us holds what against whom. The venue's: what the same executions realise one after
    the other, as it nets them.
    """
    account = desk.accounts[broker]
    balance = account.balance(deposit.currency)
    scale = balance.scale
    start: MoneyRaw = deposit.amount * pow10(scale - currency_scale(deposit.currency))
    flows = fees = realised = 0
    netted: dict[str, Position] = {}
    for fill in truth.fills.values():
        instrument = desk.markets.by_id[fill.instrument_id].instrument
        position = netted.setdefault(fill.instrument_id, Position(instrument))
        position.book(fill.side, fill.quantity, fill.price)
        fees += fill.fee
    for instrument_id, position in netted.items():
        factor = pow10(scale - desk.markets.by_id[instrument_id].instrument.value_scale)
        flows += position.cash_flow * factor
        realised += position.realised * factor
    fees *= pow10(scale - currency_scale(deposit.currency))
    ours = balance.total
    for ledger in ledgers:
        open_result = ledger.position.cash_flow - ledger.position.realised
        ours += open_result * pow10(scale - ledger.instrument.value_scale)
    found: list[str] = []
    if ours != start + flows - fees:
        found.append(f"cash less open results is {ours}, executions make it {start + flows - fees}")
    expected = rescale_down(start + realised - fees, scale, currency_scale(deposit.currency))
    theirs = {money.currency: money.amount for money in truth.balances}.get(deposit.currency, 0)
    if theirs != expected:
        found.append(f"the venue's cash is {theirs}, its executions make it {expected}")
    return found


def protection_differences(desk: Desk, strategy_id: str) -> list[str]:
    """Compare a strategy's position with the exits of its brackets, which alone make it."""
    brackets: dict[str, list[Order]] = {}
    entries: dict[str, Order] = {}
    for order in (*desk.execution.open.values(), *desk.execution.closed.values()):
        intent = order.intent
        if intent.strategy_id != strategy_id or not intent.list_id:
            continue
        if intent.parent_id:
            brackets.setdefault(intent.list_id, []).append(order)
        else:
            entries[intent.list_id] = order
    found: list[str] = []
    for list_id, entry in entries.items():
        exits = brackets.get(list_id, [])
        to_exit = entry.cum_qty - sum(order.cum_qty for order in exits)
        working = [order for order in exits if HELD < order.life < FILLED]
        if entry.is_closed and to_exit <= 0:
            found += [f"exit {_id(order)} is left of bracket {list_id}, which is flat"
                      for order in exits if not order.is_closed]  # fmt: skip
        if to_exit < 0:
            found.append(f"bracket {list_id} has exited {-to_exit} more than it entered")
        if to_exit > 0:
            found += _unprotected(list_id, exits, working, to_exit)
    return found


def _unprotected(
    list_id: str, exits: list[Order], working: list[Order], to_exit: QtyRaw
) -> list[str]:
    """Return for each kind of exit that a bracket has whether it works the quantity to exit."""
    found: list[str] = []
    for kind in {order.intent.order_type for order in exits}:
        leaves = sum(order.leaves_qty for order in working if order.intent.order_type is kind)
        if leaves != to_exit:
            lives = [
                f"{_id(order)} {order.life.name} {order.code}"
                for order in exits
                if order.intent.order_type is kind
            ]
            found.append(
                f"bracket {list_id} has {to_exit} to exit, its {kind.name} works {leaves}: {lives}"
            )
    return found


def _id(order: Order) -> str:
    return order.intent.client_order_id
