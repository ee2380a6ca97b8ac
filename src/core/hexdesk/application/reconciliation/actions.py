"""What reconciliation asks of the desk. Each action is small, and makes sense on its own."""

from typing import TypeAlias

import msgspec

from hexdesk.application.alerts import Alert
from hexdesk.application.reconciliation.incidents import Incident
from hexdesk.domain.commands import ClearReducing, Halt, SetReducing
from hexdesk.domain.money import Money
from hexdesk.domain.reports import Fill, OrderAbandoned, VenueReport
from hexdesk.domain.values import PriceRaw, QtyRaw
from hexdesk.ports.broker import VenueOrder


class FeedReport(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="feed"):
    """Take a report through the one door that reports go through."""

    report: VenueReport | OrderAbandoned


class CancelLeftover(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="cancel_leftover"):
    """Cancel one of our open orders, on the desk's own authority."""

    client_order_id: str
    reason: str


class AdoptExternal(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="adopt_external"):
    """Take an order that is not ours into the books of what is nobody's, with its executions.

    Attributes:
        order: As the broker lists it; None if only executions are known.
        fills: Executions of it that are known.
        is_canceled: Whether to cancel it as soon as it is in the books.
    """

    order: VenueOrder | None
    fills: tuple[Fill, ...] = ()
    is_canceled: bool = False


class AdjustPosition(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="adjust_position"):
    """Book an adjusting execution: a fill that says of itself that no venue reported it.

    Attributes:
        trade_id: Deterministic; the same adjustment has the same id, and is booked once.
        instrument_id: What is adjusted.
        strategy_id: Whose; empty for what is no strategy's.
        quantity: Signed change.
        price: Raw; 0 means the market's mark.
        reason: What was found.
    """

    trade_id: str
    instrument_id: str
    strategy_id: str
    quantity: QtyRaw
    price: PriceRaw
    reason: str


class AdjustCash(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="adjust_cash"):
    """Book a difference of cash, so that it shows where it came from."""

    money: Money
    reason: str


class FlattenInstrument(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="flatten_one"):
    """Close what is held of an instrument, after what no books had of it was booked as nobody's.

    The quantity is the broker's, signed; whose part of it is whose, the books say.
    """

    instrument_id: str
    quantity: QtyRaw
    reason: str


class OpenIncident(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="open_incident"):
    """An incident was opened, or what it says has changed."""

    incident: Incident


class CloseIncident(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="close_incident"):
    """An incident was resolved, by a person or because its difference is gone."""

    incident: Incident


Action: TypeAlias = (
    FeedReport
    | CancelLeftover
    | AdoptExternal
    | AdjustPosition
    | AdjustCash
    | FlattenInstrument
    | OpenIncident
    | CloseIncident
    | SetReducing
    | ClearReducing
    | Halt
    | Alert
)


class Resolution(msgspec.Struct, frozen=True):
    """What became of a person's decision; `problem` says why nothing did."""

    actions: list[Action] = []
    problem: str = ""
