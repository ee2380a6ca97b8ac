"""Puts orders, executions, cash and holdings of an earlier life back into a venue.

The market is not among them: resting orders wait for the first event, behind everybody else at
their price, and a trailing stop begins to follow anew.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from hexdesk.domain.accounts import Balance
from hexdesk.domain.money import pow10
from hexdesk.domain.order import IS_TRIGGERED, Order
from hexdesk.domain.positions import HedgedPosition, Position
from hexdesk.domain.reports import Fill
from hexdesk.domain.values import (
    BUY,
    CONDITIONAL_TYPES,
    DAY,
    FILLED,
    LIMIT,
    MARKET,
    MARKET_TO_LIMIT,
    STOP_LIMIT,
    OrderType,
    TimeNs,
)
from hexdesk.errors import require
from hexdesk_sim.book import IMMEDIATE
from hexdesk_sim.engine import Venue
from hexdesk_sim.holdings import VenueAccount, next_day_end
from hexdesk_sim.order import NOWHERE, RESTING, WAITING, SimOrder


def take_up(
    venue: Venue,
    account: VenueAccount,
    orders: Sequence[Order],
    positions: Mapping[str, Position | HedgedPosition],
    balances: Iterable[Balance],
) -> None:
    """Let an account of a new venue be what books tell; see `ForgetfulBroker.take_up`."""
    for balance in balances:
        _set_cash(account, balance)
    account.fills.extend(_executions(orders))
    made = [_working(venue, account, order, number) for number, order in enumerate(orders, 1)]
    venue.count_from(max(venue.now_ns(), len(made), *map(_highest_number, orders), 0))
    _hold(venue, account, positions)
    put_back(venue, account, made)


def put_back(venue: Venue, account: VenueAccount, orders: list[SimOrder]) -> None:
    """Put orders where they were, oldest first; nothing is matched before the market moves.

    An open one that is nowhere stays so, for `Venue.end_unworkable`.
    """
    for order in sorted(orders, key=_arrival):
        account.orders[order.intent.client_order_id] = order
        place, order.place = order.place, NOWHERE
        if order.is_closed:
            account.retire(order.intent.client_order_id)
            continue
        book = venue.book(order.intent.instrument_id)
        require(book is not None, f"{order.intent.instrument_id} is listed")
        if book is None:
            continue
        book.open(order, book.hold(account))
        if place == WAITING:
            book.stops.add(order, 0)
        elif place == RESTING:
            (book.buys if order.intent.side is BUY else book.sells).add(order, order.price)
        order.place = place
        book.settle()


def _set_cash(account: VenueAccount, balance: Balance) -> None:
    """Let cash be an amount, kept at the finer of both scales."""
    known = account.cash.balance(balance.currency)
    scale = max(known.scale, balance.scale)
    total = balance.total * pow10(scale - balance.scale)
    account.cash.balances[balance.currency] = Balance(balance.currency, scale, total)


def _hold(
    venue: Venue, account: VenueAccount, positions: Mapping[str, Position | HedgedPosition]
) -> None:
    """Hold positions; what is today's is so until the day of the latest execution ends."""
    latest: dict[str, TimeNs] = {fill.instrument_id: fill.ts_event for fill in account.fills}
    for instrument_id, position in positions.items():
        book = venue.book(instrument_id)
        if book is None:
            continue
        holding = book.hold(account)
        holding.position = position
        holding.roll_ns = next_day_end(latest.get(instrument_id, 0), venue.day_end_ns)
        if holding.base is not None and not holding.base.currency:
            holding.base.total = holding.base_of(position.quantity)


def _executions(orders: Iterable[Order]) -> list[Fill]:
    """Return the executions of orders that were not broken, oldest first."""
    fills = [
        fill
        for order in orders
        for trade_id, fill in (order.fills or {}).items()
        if trade_id not in (order.busts or {})
    ]
    fills.sort(key=lambda fill: (fill.ts_event, _number(fill.trade_id)))
    return fills


def _working(venue: Venue, account: VenueAccount, order: Order, number: int) -> SimOrder:
    """Return the venue's side of an order, and where it has its place."""
    intent = order.intent
    if intent.account_id != account.id:  # it has been renamed since
        intent = replace(intent, account_id=account.id)
    kind, price = _kind_now(order)
    made = SimOrder(
        intent,
        number,
        order.venue_order_id,
        kind,
        order.quantity,
        order.leaves_qty,
        price,
        _latest_ns(order),
        order.life,
        order.cum_qty,
        trigger_price=order.trigger_price,
        dead_qty=order.dead_qty,
        expire_ns=intent.expire_ns,
    )
    if intent.time_in_force is DAY:
        made.expire_ns = next_day_end(intent.ts_init, venue.day_end_ns)
    book = venue.book(intent.instrument_id)
    if book is not None:
        venue.set_effect(made, book)
    if order.life >= FILLED:
        return made
    if kind in CONDITIONAL_TYPES:
        made.place = WAITING
    elif kind is LIMIT and intent.time_in_force not in IMMEDIATE:
        made.place = RESTING
        made.tip_qty = min(intent.display_quantity, made.leaves_qty)
    return made


def _kind_now(order: Order) -> tuple[OrderType, int]:
    """Return what an order works as, and at which limit."""
    kind = order.intent.order_type
    if kind in CONDITIONAL_TYPES and (order.facts & IS_TRIGGERED or order.cum_qty):
        return (LIMIT, order.price) if kind is STOP_LIMIT else (MARKET, 0)
    if kind is MARKET_TO_LIMIT and order.fills:
        first = min(order.fills.values(), key=lambda fill: (fill.ts_event, _number(fill.trade_id)))
        return LIMIT, order.price or first.price  # it stays where it began
    return kind, order.price


def _latest_ns(order: Order) -> TimeNs:
    times = (fill.ts_event for fill in (order.fills or {}).values())
    ends = (order.canceled_ns, order.expired_ns, order.rejected_ns)
    return max(order.intent.ts_init, *ends, *times)


def _highest_number(order: Order) -> int:
    ids = (order.venue_order_id, *(order.fills or {}))
    return max(map(_number, ids))


def _number(venue_id: str) -> int:
    """Return the number in an id of this venue, 0 for anybody else's."""
    digits = venue_id[1:]
    return int(digits) if venue_id[:1] in {"V", "T"} and digits.isdecimal() else 0


def _arrival(order: SimOrder) -> int:
    return order.sequence
