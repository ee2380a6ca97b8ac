"""What events carry, as the bytes of messages.

A message is filled with what is new; what comes again, and times, are parts that are remembered:
together half the time of filling all of it. Tests read every field back.
"""

from collections.abc import Callable

from hexdesk.domain.values import PositionEffect, Side
from hexdesk.ports import control_views as views
from hexdesk_api.v1 import common_pb2, events_pb2, orders_pb2, portfolio_pb2
from hexdesk_grpc.names import ORDERS, name_of, position_name
from hexdesk_grpc.wire import Fields

_SIDES = {Side.BUY: int(common_pb2.SIDE_BUY), Side.SELL: int(common_pb2.SIDE_SELL)}
_EFFECTS = {each: each + 1 for each in PositionEffect}


def _order_writer() -> Callable[[views.OrderInfo], bytes]:
    fields = Fields(orders_pb2.Order)
    owner, create_time, reserved = (
        fields.owner(),
        fields.time("create_time"),
        fields.money("reserved"),
    )
    terms = fields.numbers("side", "order_type", "time_in_force", "position_effect")
    state = fields.numbers("status", "life", "fill_count", "version")
    message = orders_pb2.Order()

    def write(info: views.OrderInfo) -> bytes:
        message.Clear()
        message.name = f"{ORDERS}/{info.client_order_id}" if info.client_order_id else ""
        message.quantity = info.quantity
        message.price = info.price
        message.venue_order_id = info.venue_order_id
        message.cum_qty = info.cum_qty
        message.leaves_qty = info.leaves_qty
        message.canceled_qty = info.canceled_qty
        message.avg_px = info.avg_px
        if _has_more(info):
            _put_more(info, message)
        return (
            message.SerializeToString()
            + owner(info.strategy_id, info.account, info.instrument_id)
            + terms(
                _SIDES[info.side],
                info.order_type,
                info.time_in_force,
                _EFFECTS[info.position_effect],
            )
            + state(info.status, info.life, info.fill_count, info.version)
            + create_time(info.create_ns)
            + reserved(info.reserved)
        )

    return write


def _has_more(info: views.OrderInfo) -> bool:
    return bool(
        info.code
        or info.text
        or info.tag
        or info.pending_cancels
        or info.pending_amends
        or info.doubt is not None
        or info.trigger_price
        or info.trailing_offset
        or info.expire_ns
        or info.post_only
        or info.reduce_only
        or info.display_quantity
        or info.contingency
        or info.list_id
        or info.parent_id
    )


def _put_more(info: views.OrderInfo, message: orders_pb2.Order) -> None:
    """Put what most orders lack."""
    message.code = info.code
    message.text = info.text
    message.tag = info.tag
    message.pending_cancels = info.pending_cancels
    message.pending_amends = info.pending_amends
    message.trigger_price = info.trigger_price
    message.trailing_offset = info.trailing_offset
    message.post_only = info.post_only
    message.reduce_only = info.reduce_only
    message.display_quantity = info.display_quantity
    message.contingency = int(info.contingency)  # type: ignore[assignment]
    message.list_id = info.list_id
    message.parent_order = name_of(ORDERS, info.parent_id)
    if info.expire_ns:
        message.expire_time.FromNanoseconds(info.expire_ns)
    if info.doubt is not None:
        message.doubt.operation = int(info.doubt.operation)  # type: ignore[assignment]
        message.doubt.since_time.FromNanoseconds(info.doubt.since_ns)
        message.doubt.attempts = info.doubt.attempts


def _fill_writer() -> Callable[[views.FillInfo], bytes]:
    fields = Fields(events_pb2.Fill)
    owner, commission = fields.owner(), fields.money("commission")
    terms = fields.numbers("side", "liquidity", "busted")
    event_time, receive_time = fields.time("event_time"), fields.time("receive_time")
    message = events_pb2.Fill()

    def write(info: views.FillInfo) -> bytes:
        name = f"{ORDERS}/{info.client_order_id}"
        message.name = f"{name}/fills/{info.trade_id}"
        message.order = name
        message.last_qty = info.last_qty
        message.last_px = info.last_px
        message.trade_id = info.trade_id
        return (
            message.SerializeToString()
            + owner(info.strategy_id, info.account, info.instrument_id)
            + terms(_SIDES[info.side], info.liquidity, info.busted)
            + (b"" if info.commission is None else commission(info.commission))
            + event_time(info.event_ns)
            + receive_time(info.receive_ns)
        )

    return write


def _report_writer() -> Callable[[views.ReportInfo], bytes]:
    fields = Fields(events_pb2.OrderReport)
    kind = fields.numbers("kind")
    event_time, receive_time = fields.time("event_time"), fields.time("receive_time")
    message = events_pb2.OrderReport()

    def write(info: views.ReportInfo) -> bytes:
        message.Clear()
        message.order = f"{ORDERS}/{info.client_order_id}"
        if info.quantity or info.price or info.trigger_price:
            message.quantity = info.quantity
            message.price = info.price
            message.trigger_price = info.trigger_price
        if info.trade_id or info.last_qty or info.last_px:
            message.last_qty = info.last_qty
            message.last_px = info.last_px
            message.trade_id = info.trade_id
        if info.code or info.text:
            message.code = info.code
            message.text = info.text
        return (
            message.SerializeToString()
            + kind(info.kind)
            + event_time(info.event_ns)
            + receive_time(info.receive_ns)
        )

    return write


def _position_writer() -> Callable[[views.PositionInfo], bytes]:
    fields = Fields(portfolio_pb2.Position)
    owner, money = fields.owner(), fields.money
    notional, realised = money("notional"), money("realised")
    unrealised, fees, funding = money("unrealised"), money("fees"), money("funding")
    message = portfolio_pb2.Position()

    def write(info: views.PositionInfo) -> bytes:
        message.name = position_name(info.strategy_id, info.instrument_id)
        message.quantity = info.quantity
        message.long_quantity = info.long_quantity
        message.short_quantity = info.short_quantity
        message.avg_px = info.avg_px
        message.mark_price = info.mark_price
        message.open_buy_quantity = info.open_buy_quantity
        message.open_sell_quantity = info.open_sell_quantity
        message.liquidation_price = info.liquidation_price
        message.liquidation_pct = info.liquidation_pct
        return (
            message.SerializeToString()
            + owner(info.strategy_id, info.account, info.instrument_id)
            + notional(info.notional)
            + realised(info.realised)
            + unrealised(info.unrealised)
            + fees(info.fees)
            + funding(info.funding)
        )

    return write


order = _order_writer()
fill = _fill_writer()
report = _report_writer()
position = _position_writer()
