"""Both ways between Acme's messages and hexdesk's; pure functions."""

from acme_venue.exchange import Message
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.money import format_raw, parse_raw
from hexdesk.domain.orders import CancelOrder, NewOrder
from hexdesk.domain.reports import (
    CancelRejected,
    Fill,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    VenueReport,
)
from hexdesk.domain.values import BUY, GTC, IOC, LIMIT, MARKET, TAKER, TimeNs
from hexdesk.ports.broker import Capabilities

CAPABILITIES = Capabilities(
    order_types=frozenset({MARKET, LIMIT}),
    times_in_force=frozenset({GTC, IOC}),
    dedupes_client_id=True,
    lookup_key="client_order_id",
    absence_is_proof=True,
)

ERRORS = {"1": "VENUE_TICK", "2": "VENUE_LOT", "4": "VENUE_PERMISSION", "5": "VENUE_SESSION"}
"""Acme's error numbers, normalised; any other is VENUE_OTHER."""


def place_message(order: NewOrder, instrument: Instrument) -> Message:
    """Return the request that places an order."""
    return {
        "ref": order.client_order_id,
        "symbol": instrument.id,
        "side": "buy" if order.side is BUY else "sell",
        "size": instrument.format_quantity(order.quantity),
        "price": instrument.format_price(order.price) if order.order_type is LIMIT else "",
        "now_or_never": "yes" if order.time_in_force is IOC else "no",
        "tick": instrument.format_price(instrument.tick_at(order.price)),
        "lot": instrument.format_quantity(instrument.lot),
    }


def withdraw_message(request: CancelOrder) -> Message:
    """Return the request that cancels an order."""
    return {"ref": request.client_order_id, "request": str(request.request_id)}


def report_of(
    message: Message, order: NewOrder, instrument: Instrument, now: TimeNs
) -> VenueReport:
    """Return what a message of Acme means.

    Raises:
        ValueError: Acme never sends such a message.
    """
    ref = message["ref"]
    match message["event"]:
        case "placed":
            return OrderAccepted(ref, message["number"], now, now)
        case "refused":
            error = message["error"]
            return OrderRejected(ref, ERRORS.get(error, "VENUE_OTHER"), f"Acme {error}", now, now)
        case "gone":
            return OrderCanceled(ref, "", now, now)
        case "kept":
            return CancelRejected(ref, int(message["request"]), "VENUE_OTHER", "kept", now, now)
        case "traded":
            return Fill(
                ref,
                message["number"],
                message["trade"],
                instrument.id,
                order.side,
                parse_raw(message["size"], instrument.quantity_scale),
                parse_raw(message["price"], instrument.price_scale),
                TAKER,
                0,
                "",
                now,
                now,
            )
        case other:
            raise ValueError(f"expected an event that Acme knows, was {other!r}")


def price_text(price: int, instrument: Instrument) -> str:
    """Return a price as Acme writes it."""
    return format_raw(price, instrument.price_scale)
