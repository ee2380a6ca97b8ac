"""Rows of a read model as the Control port shows them; what rows do not hold is empty."""

from collections.abc import Mapping

from hexdesk.application.control.views import average_text
from hexdesk.domain.history import FillRow, OrderRow
from hexdesk.domain.money import format_raw
from hexdesk.domain.values import Contingency, PositionEffect
from hexdesk.ports.control_views import Amount, DoubtInfo, FillInfo, OrderInfo


def archived_order(row: OrderRow, accounts: Mapping[str, str]) -> OrderInfo:
    """Return an order; `accounts` are names of accounts by id."""
    prices, quantities = row.price_scale, row.quantity_scale
    canceled = max(row.quantity - row.cum_qty - row.leaves_qty, 0)
    averages = row.cum_qty and prices is not None
    return OrderInfo(
        client_order_id=row.client_order_id,
        strategy_id=row.strategy_id,
        account=accounts.get(row.account_id, row.account_id),
        instrument_id=row.instrument_id,
        side=row.side,
        order_type=row.order_type,
        quantity=_text(row.quantity, quantities),
        price=_text(row.price, prices) if row.price else "",
        trigger_price=_text(row.trigger_price, prices) if row.trigger_price else "",
        trailing_offset="",
        time_in_force=row.time_in_force,
        expire_ns=0,
        post_only=row.post_only,
        reduce_only=row.reduce_only,
        position_effect=PositionEffect.AUTO,
        display_quantity="",
        tag=row.tag,
        contingency=Contingency.NONE,
        list_id=row.list_id,
        parent_id=row.parent_id,
        venue_order_id=row.venue_order_id,
        status=row.status,
        life=row.life,
        pending_cancels=0,
        pending_amends=0,
        doubt=None if row.doubt is None else DoubtInfo(row.doubt, 0, 0),
        cum_qty=_text(row.cum_qty, quantities),
        leaves_qty=_text(row.leaves_qty, quantities),
        canceled_qty=_text(canceled, quantities),
        avg_px=average_text(row.cum_value, row.cum_qty, prices or 0) if averages else "",
        code=row.code,
        text=row.text,
        fill_count=0,
        create_ns=row.ts_init,
        reserved=Amount("", ""),
        version=0,
    )


def archived_fill(row: FillRow, accounts: Mapping[str, str]) -> FillInfo:
    """Return a fill, likewise."""
    paid = Amount(format_raw(row.fee, row.fee_scale), row.fee_currency)
    return FillInfo(
        client_order_id=row.client_order_id,
        strategy_id=row.strategy_id,
        account=accounts.get(row.account_id, row.account_id),
        instrument_id=row.instrument_id,
        side=row.side,
        last_qty=_text(row.quantity, row.quantity_scale),
        last_px=_text(row.price, row.price_scale),
        liquidity=row.liquidity,
        commission=None if row.fee_is_estimated or not row.fee_currency else paid,
        trade_id=row.trade_id,
        event_ns=row.ts_event,
        receive_ns=row.ts_init,
        busted=bool(row.busted_number),
    )


def _text(raw: int, scale: int | None) -> str:
    """Return a raw number as a decimal; empty where the journal never said its scale."""
    return "" if scale is None else format_raw(raw, scale)
