"""A broker or venue that takes orders.

Requests are fire-and-forget: they must not block, and their outcome comes back as reports through
the sink that the broker was given. A request that could not be sent is reported as well
(`OrderRejected` if provably nothing left, else `OutcomeUnknown`); nothing is raised.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeAlias, runtime_checkable

import msgspec

from hexdesk.domain.accounts import Balance
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.money import Money
from hexdesk.domain.order import Order
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.positions import HedgedPosition, Position
from hexdesk.domain.reports import Fill, VenueReport
from hexdesk.domain.values import (
    GTC,
    IOC,
    LIMIT,
    MARKET,
    NETTING,
    Life,
    OrderType,
    PositionMode,
    QtyRaw,
    TimeInForce,
    TimeNs,
)

ReportSink: TypeAlias = Callable[[VenueReport], None]
"""Takes one report; never blocks and never raises."""


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a broker declares of itself; risk denies what it does not declare.

    Attributes:
        order_types: Types it takes.
        times_in_force: The same.
        position_mode: How it nets.
        post_only: Whether it knows FIX 18=6.
        reduce_only: Whether it knows FIX 18=E.
        display_quantity: Whether it takes icebergs.
        amend: Whether an open order can be amended; else desks cancel and send anew.
        position_effects: Whether it takes OPEN and CLOSE.
        client_ids: Whether the venue keeps client order ids; where it does not, queries and late
            reports name orders by the venue's id alone, and of equal orders only one may be
            unanswered at a time.
        dedupes_client_id: Whether sending one client order id twice provably makes one order.
        lookup_key: What an order in doubt is looked up by: `client_order_id`, or empty for none.
        visibility_delay_ms: After this long a query shows every order that was received.
        absence_is_proof: Whether "not found" after that delay proves that there is no order.
        orders_per_second_max: The venue's budget; 0 is unlimited.
    """

    order_types: frozenset[OrderType] = frozenset({MARKET, LIMIT})
    times_in_force: frozenset[TimeInForce] = frozenset({GTC, IOC})
    position_mode: PositionMode = NETTING
    post_only: bool = False
    reduce_only: bool = False
    display_quantity: bool = False
    amend: bool = False
    position_effects: bool = False
    client_ids: bool = True
    dedupes_client_id: bool = False
    lookup_key: str = ""
    visibility_delay_ms: int = 0
    absence_is_proof: bool = False
    orders_per_second_max: int = 0


class VenueOrder(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """An order as the venue knows it, answer to a query.

    `code` is why it was rejected, normalised as in `OrderRejected`; empty where nobody says.
    """

    intent: NewOrder
    venue_order_id: str
    life: Life
    quantity: QtyRaw
    price: int
    trigger_price: int
    cum_qty: QtyRaw
    ts_event: TimeNs
    code: str = ""


class VenuePosition(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A net position as the venue knows it; `avg_px` is its raw entry price, 0 if nobody says."""

    instrument_id: str
    quantity: QtyRaw
    avg_px: float = 0.0


class Broker(Protocol):
    """One account at one venue."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do; constant."""
        ...

    def submit(self, order: NewOrder) -> None:
        """Send an order.

        The same order may come again under the same id, where `dedupes_client_id` is declared or
        its send was reported as one that never left. While an earlier send may have arrived, a
        second one that fails is reported as `OutcomeUnknown`: it proves nothing.
        """
        ...

    def amend(self, request: AmendOrder) -> None:
        """Ask to replace terms of an open order."""
        ...

    def cancel(self, request: CancelOrder) -> None:
        """Ask to cancel an open order."""
        ...

    async def connect(self) -> None:
        """Make ready to take orders.

        Raises:
            VenueError: It cannot be reached now, or refuses.
        """
        ...

    async def close(self) -> None:
        """Send what is queued and free everything; idempotent."""
        ...

    async def instruments(self) -> Sequence[Instrument]:
        """Return the instruments that the venue lists."""
        ...

    async def query_order(self, client_order_id: str) -> VenueOrder | None:
        """Return one order, open or closed; None if the venue does not know it.

        Raises:
            VenueError: No answer.
        """
        ...

    async def query_open_orders(self) -> Sequence[VenueOrder]:
        """Return every open order of the account."""
        ...

    async def query_fills(self, since_ns: TimeNs) -> Sequence[Fill]:
        """Return executions at or after a time, oldest first."""
        ...

    async def query_positions(self) -> Sequence[VenuePosition]:
        """Return net positions that are not flat."""
        ...

    async def query_balances(self) -> Sequence[Money]:
        """Return cash by currency."""
        ...


@runtime_checkable
class ModalBroker(Protocol):
    """A broker that tells how its account is set up; optional, beside `Broker`."""

    async def query_modes(self) -> Mapping[str, str]:
        """Return settings of the account by name, as `position_mode`: `netting` or `hedging`.

        A desk compares those that it knows; a difference halts it.

        Raises:
            VenueError: No answer.
        """
        ...


@runtime_checkable
class ForgetfulBroker(Protocol):
    """A broker in the desk's own process: with the desk it dies, and all that it knew.

    Optional, beside `Broker`. What the books of the runs before say is then the only truth there
    is, and the broker takes it for its own. Requests that nobody answered never arrived.
    """

    def take_up(
        self,
        orders: Sequence[Order],
        positions: Mapping[str, Position | HedgedPosition],
        balances: Sequence[Balance],
        cash_ids: Sequence[str],
    ) -> None:
        """Go on where the books of the runs before end; once, before `connect`.

        Queries then tell what the books tell, and no id of an order or execution meets one given
        before. Working orders go on, behind everybody else at their price; what cannot go on (an
        order for immediate execution, one that expired meanwhile) ends by reports from `connect`
        on.

        Args:
            orders: Those that the venue answered: closed ones, the oldest first, then open ones.
                They are the desk's own and change with it: read them now, keep none.
            positions: What the account holds, by instrument; the broker's from now on.
            balances: Cash as a venue counts it; the same.
            cash_ids: Movements of cash that are in it, oldest first: not to be told again.
        """
        ...
