"""A broker that is not there: it keeps the place of one whose books a journal holds."""

from collections.abc import Sequence
from typing import NoReturn

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.money import Money
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.reports import Fill
from hexdesk.domain.values import TimeNs
from hexdesk.errors import VenueError
from hexdesk.ports.broker import Capabilities, VenueOrder, VenuePosition

CAPABILITIES = Capabilities()


class DetachedBroker:
    """Implements `Broker` by refusing."""

    @property
    def capabilities(self) -> Capabilities:
        """The least that there is."""
        return CAPABILITIES

    def submit(self, order: NewOrder) -> None:
        """Refuse."""
        _refuse(order.client_order_id)

    def amend(self, request: AmendOrder) -> None:
        """Refuse."""
        _refuse(request.client_order_id)

    def cancel(self, request: CancelOrder) -> None:
        """Refuse."""
        _refuse(request.client_order_id)

    async def connect(self) -> None:
        """Refuse."""
        _refuse("connect")

    async def close(self) -> None:
        """Do nothing."""

    async def instruments(self) -> Sequence[Instrument]:
        """Refuse."""
        _refuse("instruments")

    async def query_order(self, client_order_id: str) -> VenueOrder | None:
        """Refuse."""
        _refuse(client_order_id)

    async def query_open_orders(self) -> Sequence[VenueOrder]:
        """Refuse."""
        _refuse("open orders")

    async def query_fills(self, since_ns: TimeNs) -> Sequence[Fill]:
        """Refuse."""
        _refuse(f"fills since {since_ns}")

    async def query_positions(self) -> Sequence[VenuePosition]:
        """Refuse."""
        _refuse("positions")

    async def query_balances(self) -> Sequence[Money]:
        """Refuse."""
        _refuse("balances")


def _refuse(what: str) -> NoReturn:
    message = f"{what}: its broker is not configured"
    raise VenueError(message, remedy="configure the broker as in the journal")
