"""One side of a two-sided quote: at most one order, and what is known of it."""

from hexdesk.domain.values import PriceRaw, Side, TimeNs


class QuoteSide:
    """The order that bids or offers.

    Attributes:
        side: Buy or sell.
        order_id: Client order id, empty while there is none.
        price: What was last asked for, 0 while there is no order.
        changed_ns: When it was last sent or moved.
        amending: An amendment is not answered yet.
        canceling: A cancel is not answered yet.
        amendable: The venue refused no amendment of this order.
    """

    __slots__ = (
        "amendable",
        "amending",
        "canceling",
        "changed_ns",
        "order_id",
        "price",
        "side",
    )

    def __init__(self, side: Side) -> None:
        self.side = side
        self.changed_ns: TimeNs = 0
        self.release()

    def take(self, order_id: str, price: PriceRaw) -> None:
        """Hold a new order."""
        self.order_id = order_id
        self.price = price

    def release(self) -> None:
        """Forget the order: it is closed."""
        self.order_id = ""
        self.price = 0
        self.amending = False
        self.canceling = False
        self.amendable = True

    def reaches(self, price: PriceRaw, other: "QuoteSide") -> bool:
        """Whether a price would trade with the order of the other side."""
        return bool(other.order_id) and (price - other.price) * self.side >= 0
