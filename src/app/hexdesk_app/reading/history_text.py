"""Rows of history as people and machines read them: decimal texts, names, UTC times."""

from enum import Enum

import msgspec

from hexdesk.domain.history import EquityRow, EventRow, FillRow, OrderRow, PositionRow
from hexdesk.domain.money import currency_scale, format_raw
from hexdesk_app.display.numbers import count, grouped, moment, signed

_SCALES = {
    "quantity": "quantity_scale",
    "cum_qty": "quantity_scale",
    "leaves_qty": "quantity_scale",
    "price": "price_scale",
    "trigger_price": "price_scale",
    "fee": "fee_scale",
    "fees": "fee_scale",
    "funding": "fee_scale",
    "cost": "value_scale",
    "realised": "value_scale",
    "cash_flow": "value_scale",
    "equity": "scale",
    "cash": "scale",
}
"""Fields that hold a raw number, and the fields that hold its scale."""
_INTERNAL = frozenset({*_SCALES.values(), "cum_value"})


def decimal_text(raw: int | None, scale: int | None) -> str:
    """Return a raw number as a decimal text; with an unknown scale as `raw:123`."""
    if raw is None:
        return ""
    return f"raw:{raw}" if scale is None else format_raw(raw, scale)


def average_text(avg_px: float, scale: int | None) -> str:
    """Return an average raw price, for display; empty without one."""
    if not avg_px:
        return ""
    return f"raw:{avg_px:.10g}" if scale is None else f"{avg_px / 10**scale:.10g}"


def to_data(row: msgspec.Struct) -> dict[str, object]:
    """Return a row as JSON shows it: numbers as decimal texts, enumerations by name."""
    shown: dict[str, object] = {}
    for name in row.__struct_fields__:
        value = getattr(row, name)
        if name in _SCALES:
            shown[name] = decimal_text(value, getattr(row, _SCALES[name]))
        elif name == "avg_px":
            continue
        elif name == "other_fees":
            shown[name] = {
                each: format_raw(fee, currency_scale(each)) for each, fee in value.items()
            }
        elif name not in _INTERNAL:
            shown[name] = _plain(value)
    if isinstance(row, OrderRow | PositionRow):
        shown["avg_px"] = average_text(row.avg_px, row.price_scale)
    return shown


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value if isinstance(value.value, str) else value.name
    return value


def order_cells(row: OrderRow) -> tuple[str, ...]:
    """Return an order as a line of a table."""
    return (
        moment(row.ts_init),
        row.client_order_id,
        row.strategy_id,
        row.instrument_id,
        row.side.name,
        row.order_type.name,
        grouped(decimal_text(row.quantity, row.quantity_scale)),
        grouped(decimal_text(row.price, row.price_scale)) if row.price else "",
        grouped(decimal_text(row.cum_qty, row.quantity_scale)),
        average_text(row.avg_px, row.price_scale),
        row.status.name,
        row.code,
    )


def fill_cells(row: FillRow) -> tuple[str, ...]:
    """Return a fill as a line of a table."""
    fee = f"{grouped(decimal_text(row.fee, row.fee_scale))} {row.fee_currency}".strip()
    return (
        moment(row.ts_init),
        row.client_order_id,
        row.strategy_id,
        row.instrument_id,
        row.side.name,
        grouped(decimal_text(row.quantity, row.quantity_scale)),
        grouped(decimal_text(row.price, row.price_scale)),
        fee + (" (est.)" if row.fee_is_estimated else ""),
        row.trade_id,
        "BUSTED" if row.busted_number else "",
    )


def position_cells(row: PositionRow) -> tuple[str, ...]:
    """Return a position as a line of a table."""
    return (
        row.strategy_id,
        row.account_id,
        row.instrument_id,
        row.leg.value,
        grouped(decimal_text(row.quantity, row.quantity_scale)),
        average_text(row.avg_px, row.price_scale),
        signed(decimal_text(row.realised, row.value_scale)),
        grouped(decimal_text(row.fees, row.fee_scale)),
        signed(decimal_text(row.funding, row.fee_scale)),
        count(row.fill_count),
    )


def equity_cells(row: EquityRow) -> tuple[str, ...]:
    """Return a sample as a line of a table."""
    return (
        moment(row.ts_ns),
        row.account_id or "all",
        grouped(decimal_text(row.equity, row.scale)),
        grouped(decimal_text(row.cash, row.scale)),
        row.currency,
    )


def event_cells(row: EventRow) -> tuple[str, ...]:
    """Return an event as a line of a table."""
    return (
        moment(row.ts_ns),
        row.category.value,
        row.kind,
        row.strategy_id,
        row.client_order_id,
        row.text,
    )
