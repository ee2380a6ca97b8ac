"""An order folded from its journal records, with where it stands among them."""

from collections.abc import Callable
from typing import Any

import msgspec

from hexdesk.domain.commands import AdoptOrder
from hexdesk.domain.history import OrderRow
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.order import IS_EXTERNAL, IS_SUBMITTED, Order, derive_life, new_order
from hexdesk.domain.order_state import Outcome, accept_plainly, apply, fill_plainly
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.reports import (
    AmendRejected,
    CancelRejected,
    Fill,
    OrderAccepted,
    OrderDenied,
    OrderEvent,
    OrderHeld,
    OrderUpdated,
    OutcomeUnknown,
)
from hexdesk.domain.values import FILLED, HELD, SUBMITTED, TimeNs

REQUESTS_MAX = 100_000
"""Highest request number taken: pending requests are bits of one integer."""

_APPLIED = Outcome.APPLIED.name
_INVALID = Outcome.INVALID.name
_NAMES = {each: each.name for each in Outcome}


class TrackedOrder(msgspec.Struct, gc=False):
    """An order and its records.

    Attributes:
        number: Of the record that began it: its intent, or its adoption.
        price_scale: Of its instrument then; None if that was unknown.
        quantity_scale: Likewise.
        ts_last: When its latest record was made.
        last_number: Of that record.
        closed_number: Of the record that closed it; 0 while it is open.
        is_intent_last: Whether that was the intent itself.
        fill_numbers: Of its fills, by trade id.
    """

    number: int
    order: Order
    price_scale: int | None
    quantity_scale: int | None
    ts_last: TimeNs
    last_number: int
    closed_number: int = 0
    is_intent_last: bool = True
    fill_numbers: dict[str, int] = msgspec.field(default_factory=dict[str, int])

    @classmethod
    def begin(
        cls, number: int, record: NewOrder | AdoptOrder, instrument: Instrument | None
    ) -> "TrackedOrder":
        """Return the order of an intent that is about to leave, or of one that others sent."""
        if instrument is None:
            return cls.with_scales(number, record, None, None)
        return cls.with_scales(number, record, instrument.price_scale, instrument.quantity_scale)

    @classmethod
    def with_scales(
        cls,
        number: int,
        record: NewOrder | AdoptOrder,
        price_scale: int | None,
        quantity_scale: int | None,
    ) -> "TrackedOrder":
        """Return the same with scales that are known from earlier."""
        if isinstance(record, AdoptOrder):
            order = new_order(record.intent)
            order.facts |= IS_EXTERNAL
        else:
            order = new_order(record)
            _submit(order)
        tracked = cls(number, order, price_scale, quantity_scale, record.ts_init, number)
        tracked.is_intent_last = isinstance(record, NewOrder)
        return tracked

    def row(self) -> OrderRow:
        """Return how it stands."""
        order = self.order
        intent = order.intent
        doubt = order.doubt
        return OrderRow(
            number=self.number,
            client_order_id=intent.client_order_id,
            venue_order_id=order.venue_order_id,
            strategy_id=intent.strategy_id,
            account_id=intent.account_id,
            instrument_id=intent.instrument_id,
            side=intent.side,
            order_type=intent.order_type,
            time_in_force=intent.time_in_force,
            life=order.life,
            status=order.reported_status,
            is_open=order.life < FILLED,
            doubt=None if doubt is None else doubt.operation,
            quantity=order.quantity,
            price=order.price,
            trigger_price=order.trigger_price,
            cum_qty=order.cum_qty,
            leaves_qty=order.leaves_qty,
            cum_value=order.cum_value,
            reduce_only=intent.reduces_only,
            post_only=intent.post_only,
            code=order.code,
            text=order.text,
            list_id=intent.list_id,
            parent_id=intent.parent_id,
            tag=intent.tag,
            ts_init=intent.ts_init,
            ts_last=self.ts_last,
            last_number=self.last_number,
            closed_number=self.closed_number,
            price_scale=self.price_scale,
            quantity_scale=self.quantity_scale,
        )


def fold(tracked: TrackedOrder, number: int, record: Any) -> str:  # noqa: ANN401 - any record about an order
    """Add a record to its order; return the name of the outcome, empty for what we asked."""
    outcome = _FOLDS.get(record.__class__, _apply)(tracked, number, record)
    tracked.is_intent_last = record.__class__ is NewOrder
    tracked.last_number = number
    tracked.ts_last = record.ts_init
    return outcome


def _apply(tracked: TrackedOrder, _number: int, event: OrderEvent) -> str:
    return _NAMES[apply(tracked.order, event)]


def _accept(tracked: TrackedOrder, _number: int, event: OrderAccepted) -> str:
    if accept_plainly(tracked.order, event):
        return _APPLIED
    return _NAMES[apply(tracked.order, event)]


def _fill(tracked: TrackedOrder, number: int, fill: Fill) -> str:
    order = tracked.order
    intent = order.intent
    if fill.side != intent.side or fill.instrument_id != intent.instrument_id:
        return _INVALID
    if fill_plainly(order, fill):
        tracked.fill_numbers[fill.trade_id] = number
        return _APPLIED
    outcome = apply(order, fill)
    if outcome is not Outcome.INVALID and outcome is not Outcome.DUPLICATE:
        tracked.fill_numbers[fill.trade_id] = number
    return _NAMES[outcome]


def _take_back(tracked: TrackedOrder, _number: int, event: OrderDenied | OrderHeld) -> str:
    """Take what says, right behind an intent, that it has not left after all."""
    order = tracked.order
    if tracked.is_intent_last:
        order.facts &= ~IS_SUBMITTED
        order.life = derive_life(order)
    return _NAMES[apply(order, event)]


def _answer(tracked: TrackedOrder, _number: int, event: Any) -> str:  # noqa: ANN401 - what has a request id
    if not 0 <= event.request_id <= REQUESTS_MAX:
        return _INVALID
    return _NAMES[apply(tracked.order, event)]


def _submit(order: Order) -> None:
    order.facts |= IS_SUBMITTED
    order.life = SUBMITTED


def _release(tracked: TrackedOrder, _number: int, intent: NewOrder) -> str:
    """Let a held order leave on the terms that it now has."""
    order = tracked.order
    if order.life is not HELD:
        return _INVALID
    ts_init = order.intent.ts_init  # rows are ordered by when an order was first decided
    order.intent = msgspec.structs.replace(intent, ts_init=ts_init)
    order.quantity = intent.quantity
    order.price = intent.price
    order.trigger_price = intent.trigger_price
    _submit(order)
    return ""


def _ask(tracked: TrackedOrder, _number: int, request: CancelOrder | AmendOrder) -> str:
    """Note a request that now waits for its answer."""
    order = tracked.order
    if order.life >= FILLED or not 0 <= request.request_id <= REQUESTS_MAX:
        return _INVALID
    order.request_count = max(order.request_count, request.request_id)
    if isinstance(request, CancelOrder):
        order.pending_cancels |= 1 << request.request_id
    else:
        order.pending_amends |= 1 << request.request_id
    return ""


_FOLDS: dict[type, Callable[[TrackedOrder, int, Any], str]] = {
    NewOrder: _release,
    CancelOrder: _ask,
    AmendOrder: _ask,
    OrderAccepted: _accept,
    Fill: _fill,
    OrderDenied: _take_back,
    OrderHeld: _take_back,
    CancelRejected: _answer,
    AmendRejected: _answer,
    OrderUpdated: _answer,
    OutcomeUnknown: _answer,
}
