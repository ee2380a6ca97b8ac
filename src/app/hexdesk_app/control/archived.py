"""Rows of a read model as the Control port shows them; what rows do not hold is empty."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from hexdesk.application.control.facts import FACTS, decimal_text, fact_of
from hexdesk.application.control.views import average_text
from hexdesk.domain.history import FillRow, OrderHistory, OrderRow
from hexdesk.domain.money import format_raw
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.values import Contingency, PositionEffect
from hexdesk.ports.control_history import ArchivedOrder
from hexdesk.ports.control_views import Amount, DoubtInfo, FillInfo, OrderInfo
from hexdesk.ports.journal import JournalRecord

_decode_record: Any = msgspec.json.Decoder(JournalRecord).decode


def archived_history(history: OrderHistory, accounts: Mapping[str, str]) -> ArchivedOrder:
    """Return an order with what happened to it; its records say what its row does not."""
    prices, quantities = history.order.price_scale, history.order.quantity_scale
    records = [_decode_record(each.body) for each in history.events]
    order = archived_order(history.order, accounts)
    order = replace(order, fill_count=sum(not each.busted_number for each in history.fills))
    for intent in records:
        if isinstance(intent, NewOrder):
            order = _with_intent(order, intent, prices, quantities)
    facts = [fact_of(each, prices, quantities) for each in records if type(each) in FACTS]
    return ArchivedOrder(order=order, reports=tuple(facts))


def _with_intent(
    order: OrderInfo, intent: NewOrder, prices: int | None, quantities: int | None
) -> OrderInfo:
    offset, shown = intent.trailing_offset, intent.display_quantity
    return replace(
        order,
        trailing_offset=decimal_text(offset, prices) if offset else "",
        display_quantity=decimal_text(shown, quantities) if shown else "",
        expire_ns=intent.expire_ns,
        position_effect=intent.position_effect,
        contingency=intent.contingency,
    )


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
        quantity=decimal_text(row.quantity, quantities),
        price=decimal_text(row.price, prices) if row.price else "",
        trigger_price=decimal_text(row.trigger_price, prices) if row.trigger_price else "",
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
        cum_qty=decimal_text(row.cum_qty, quantities),
        leaves_qty=decimal_text(row.leaves_qty, quantities),
        canceled_qty=decimal_text(canceled, quantities),
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
        last_qty=decimal_text(row.quantity, row.quantity_scale),
        last_px=decimal_text(row.price, row.price_scale),
        liquidity=row.liquidity,
        commission=None if row.fee_is_estimated or not row.fee_currency else paid,
        trade_id=row.trade_id,
        event_ns=row.ts_event,
        receive_ns=row.ts_init,
        busted=bool(row.busted_number),
    )
