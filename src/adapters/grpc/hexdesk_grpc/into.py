"""What events carry, put into messages that are there already: half the time of making new ones.

Fields that are empty in most messages are passed over together; protobuf sends no empty field.
"""

from google.protobuf.timestamp_pb2 import Timestamp

from hexdesk.domain.values import NS_PER_SECOND, Side, TimeNs
from hexdesk.ports import control_views as views
from hexdesk_api.v1 import common_pb2, events_pb2, orders_pb2, portfolio_pb2
from hexdesk_grpc.names import ACCOUNTS, INSTRUMENTS, ORDERS, STRATEGIES, name_of, position_name

_SIDES = {Side.BUY: common_pb2.SIDE_BUY, Side.SELL: common_pb2.SIDE_SELL}


def put_time(ns: TimeNs, message: Timestamp) -> None:
    """Put a time; one of 0 is better left unset."""
    message.seconds, message.nanos = divmod(ns, NS_PER_SECOND)


def put_money(amount: views.Amount, message: common_pb2.Money) -> None:
    """Put an amount."""
    message.amount = amount.amount
    message.currency = amount.currency


def put_order(info: views.OrderInfo, message: orders_pb2.Order) -> None:
    """Put an order."""
    message.name = name_of(ORDERS, info.client_order_id)
    message.strategy = name_of(STRATEGIES, info.strategy_id)
    message.account = name_of(ACCOUNTS, info.account)
    message.instrument = name_of(INSTRUMENTS, info.instrument_id)
    message.side = _SIDES[info.side]
    message.order_type = int(info.order_type)  # type: ignore[assignment]
    message.quantity = info.quantity
    message.price = info.price
    message.time_in_force = int(info.time_in_force)  # type: ignore[assignment]
    message.position_effect = int(info.position_effect) + 1  # type: ignore[assignment]
    message.venue_order_id = info.venue_order_id
    message.status = int(info.status)  # type: ignore[assignment]
    message.life = int(info.life)  # type: ignore[assignment]
    message.cum_qty = info.cum_qty
    message.leaves_qty = info.leaves_qty
    message.canceled_qty = info.canceled_qty
    message.avg_px = info.avg_px
    message.fill_count = info.fill_count
    message.version = info.version
    if info.create_ns:
        put_time(info.create_ns, message.create_time)
    put_money(info.reserved, message.reserved)
    if info.code or info.tag or info.pending_cancels or info.pending_amends or info.post_only:
        message.code = info.code
        message.text = info.text
        message.tag = info.tag
        message.pending_cancels = info.pending_cancels
        message.pending_amends = info.pending_amends
        message.post_only = info.post_only
    if info.doubt is not None:
        message.doubt.operation = int(info.doubt.operation)  # type: ignore[assignment]
        put_time(info.doubt.since_ns, message.doubt.since_time)
        message.doubt.attempts = info.doubt.attempts
    if _is_special(info):
        _put_special_terms(info, message)


def _is_special(info: views.OrderInfo) -> bool:
    return bool(
        info.trigger_price
        or info.trailing_offset
        or info.expire_ns
        or info.reduce_only
        or info.display_quantity
        or info.contingency
        or info.list_id
        or info.parent_id
    )


def _put_special_terms(info: views.OrderInfo, message: orders_pb2.Order) -> None:
    message.trigger_price = info.trigger_price
    message.trailing_offset = info.trailing_offset
    if info.expire_ns:
        put_time(info.expire_ns, message.expire_time)
    message.reduce_only = info.reduce_only
    message.display_quantity = info.display_quantity
    message.contingency = int(info.contingency)  # type: ignore[assignment]
    message.list_id = info.list_id
    message.parent_order = name_of(ORDERS, info.parent_id)


def put_fill(info: views.FillInfo, message: events_pb2.Fill) -> None:
    """Put a fill."""
    name = name_of(ORDERS, info.client_order_id)
    message.name = f"{name}/fills/{info.trade_id}"
    message.order = name
    message.strategy = name_of(STRATEGIES, info.strategy_id)
    message.account = name_of(ACCOUNTS, info.account)
    message.instrument = name_of(INSTRUMENTS, info.instrument_id)
    message.side = _SIDES[info.side]
    message.last_qty = info.last_qty
    message.last_px = info.last_px
    message.liquidity = int(info.liquidity)  # type: ignore[assignment]
    if info.commission is not None:
        put_money(info.commission, message.commission)
    message.trade_id = info.trade_id
    if info.event_ns:
        put_time(info.event_ns, message.event_time)
    if info.receive_ns:
        put_time(info.receive_ns, message.receive_time)
    message.busted = info.busted


def put_report(info: views.ReportInfo, message: events_pb2.OrderReport) -> None:
    """Put a fact about an order."""
    message.order = name_of(ORDERS, info.client_order_id)
    message.kind = int(info.kind)  # type: ignore[assignment]
    if info.quantity:
        message.quantity = info.quantity
        message.price = info.price
        message.trigger_price = info.trigger_price
    if info.last_qty:
        message.last_qty = info.last_qty
        message.last_px = info.last_px
    if info.trade_id or info.code or info.text or info.price or info.trigger_price:
        message.code = info.code
        message.text = info.text
        message.price = info.price
        message.trigger_price = info.trigger_price
        message.trade_id = info.trade_id
    if info.event_ns:
        put_time(info.event_ns, message.event_time)
    if info.receive_ns:
        put_time(info.receive_ns, message.receive_time)


def put_position(info: views.PositionInfo, message: portfolio_pb2.Position) -> None:
    """Put a position."""
    message.name = position_name(info.strategy_id, info.instrument_id)
    message.strategy = name_of(STRATEGIES, info.strategy_id)
    message.account = name_of(ACCOUNTS, info.account)
    message.instrument = name_of(INSTRUMENTS, info.instrument_id)
    message.quantity = info.quantity
    message.long_quantity = info.long_quantity
    message.short_quantity = info.short_quantity
    message.avg_px = info.avg_px
    message.mark_price = info.mark_price
    put_money(info.notional, message.notional)
    put_money(info.realised, message.realised)
    put_money(info.unrealised, message.unrealised)
    put_money(info.fees, message.fees)
    message.open_buy_quantity = info.open_buy_quantity
    message.open_sell_quantity = info.open_sell_quantity
