"""Trading days: what becomes of positions when one begins, and what closes at such exchanges.

SHFE and INE close today's position and that of the days before by orders of their own: a plain
CLOSE is sent as CLOSE_YESTERDAY, CLOSE_TODAY, or one of each (orders.md section 6).
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol

from msgspec.structs import replace

from hexdesk.application.market.markets import Market
from hexdesk.application.orders.authority import STRATEGY, Authority
from hexdesk.application.strategies.host import StrategyHost
from hexdesk.domain.commands import RollTradingDay
from hexdesk.domain.market import InstrumentStatus
from hexdesk.domain.order import Order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.positions import split_close
from hexdesk.domain.values import BUY, CLOSE, CLOSE_TODAY, CLOSE_YESTERDAY, QtyRaw


class TradingDays:
    """Begins trading days on one desk."""

    __slots__ = ("_hosts", "_markets", "_record")

    def __init__(
        self,
        markets: Mapping[str, Market],
        hosts: Mapping[str, StrategyHost],
        record: Callable[[RollTradingDay], None],
    ) -> None:
        self._markets = markets
        self._hosts = hosts
        self._record = record

    def roll(self, command: RollTradingDay) -> None:
        """Make today's positions yesterday's in every instrument for which the day is new."""
        rolled: set[str] = set()
        for market in self._markets.values():
            if is_new_day(command, market):
                market.trading_day = command.trading_day
                rolled.add(market.instrument.id)
        for host in self._hosts.values():
            for instrument_id, ledger in host.ledgers.items():
                if instrument_id in rolled:
                    ledger.position.roll_trading_day()

    def begin(self, event: InstrumentStatus) -> None:
        """Take a day that a feed told of one instrument, in writing."""
        roll = RollTradingDay(event.trading_day, event.instrument_id, "", "feed", event.ts_init)
        self._record(roll)
        self.roll(roll)


class Closings(Protocol):
    """What splitting a close reads of the orders; `hexdesk.application.orders.execution` is one."""

    open: dict[str, Order]
    closing: set[str]

    def next_id(self) -> str:
        """Return a fresh client order id."""
        ...


def closes_by_day(
    orders: Closings, host: StrategyHost, intent: NewOrder, authority: Authority
) -> Sequence[NewOrder]:
    """Return the orders that a plain close is sent as: two where trading days are closed apart.

    The first has the id that was asked for; what `flatten` sent stays known as such. What other
    orders work to close is left to them, but the desk's own closes take it where too little else
    is left. A close that is too large stays as it is: the risk gate says why.
    """
    ledger = host.ledgers.get(intent.instrument_id)
    if ledger is None or not ledger.instrument.closes_by_day:
        return (intent,)
    if intent.list_id:
        return (close_of_one_day(intent, host),)
    quantity = intent.quantity
    if type(quantity) is not int or not 0 < quantity <= ledger.closable(intent):
        return (intent,)
    if quantity <= ledger.free_to_close(intent):
        closing = ledger.closing_buy if intent.side is BUY else ledger.closing_sell
        frozen = closing.total - closing.today  # a plain close at such an exchange is yesterday's
    elif authority is STRATEGY:
        return (intent,)
    else:
        frozen = _claimed_yesterday(orders.open, orders.closing, intent)
    position = ledger.position.leg(intent.side, CLOSE)
    (effect, first), *rest = split_close(position, quantity, frozen_yesterday=frozen)
    parts = [replace(intent, position_effect=effect, quantity=first)]
    for effect, part in rest:
        order_id = orders.next_id()
        parts.append(
            replace(intent, client_order_id=order_id, position_effect=effect, quantity=part)
        )
    if intent.client_order_id in orders.closing:
        orders.closing.update(part.client_order_id for part in parts)
    return parts


def close_of_one_day(intent: NewOrder, host: StrategyHost) -> NewOrder:
    """Return an order of a list with the trading day that it closes; it stays one order.

    An exit closes what its entry opens: today's. Else it is the day that has more to close.
    """
    if intent.position_effect is not CLOSE:
        return intent
    ledger = host.ledgers.get(intent.instrument_id)
    if ledger is None or not ledger.instrument.closes_by_day:
        return intent
    today, yesterday = (
        replace(intent, position_effect=effect) for effect in (CLOSE_TODAY, CLOSE_YESTERDAY)
    )
    is_more = ledger.free_to_close(today) > ledger.free_to_close(yesterday)
    return today if intent.parent_id or is_more else yesterday


def is_new_day(command: RollTradingDay, market: Market) -> bool:
    """Whether a command begins a day in a market."""
    return _is_meant(command, market) and command.trading_day > market.trading_day


def _is_meant(command: RollTradingDay, market: Market) -> bool:
    if command.instrument_id:
        return market.instrument.id == command.instrument_id
    return command.venue in {"", market.instrument.venue}


def _claimed_yesterday(
    open_orders: Mapping[str, Order], closing: Collection[str], intent: NewOrder
) -> QtyRaw:
    """Return what of yesterday's position orders of `flatten` are about to close."""
    return sum(
        order.leaves_qty
        for order in _known(open_orders, closing)
        if order.intent.position_effect is CLOSE_YESTERDAY
        and order.intent.side is intent.side
        and order.intent.instrument_id == intent.instrument_id
        and order.intent.strategy_id == intent.strategy_id
    )


def _known(open_orders: Mapping[str, Order], order_ids: Iterable[str]) -> Iterable[Order]:
    return (open_orders[order_id] for order_id in order_ids if order_id in open_orders)
