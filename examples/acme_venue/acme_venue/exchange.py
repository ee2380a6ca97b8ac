"""The exchange itself: it knows nothing of hexdesk and speaks in messages of strings.

A real adapter has a socket here. Its rules: limit orders that rest or take at once, one price
level a side, numbers as decimal text, errors as numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

Message = dict[str, str]


@dataclass
class _Order:
    ref: str
    number: str
    side: str
    symbol: str
    rest: Decimal
    price: Decimal | None
    done: Decimal = Decimal(0)


class Exchange:
    """Takes requests, matches against the touch it is shown, and sends events."""

    def __init__(self, send: Callable[[Message], None]) -> None:
        self._send = send
        self._touch: dict[str, tuple[Decimal, Decimal]] = {}
        self._orders: dict[str, _Order] = {}
        self._trades = 0
        self._open = True

    def show(self, symbol: str, bid: str, ask: str) -> None:
        """Take the touch of a symbol; "0" is a missing side."""
        self._touch[symbol] = Decimal(bid), Decimal(ask)
        for order in [each for each in self._orders.values() if each.symbol == symbol]:
            self._match(order)

    def place(self, request: Message) -> None:
        """Take an order: ref, symbol, side, size, price ("" is the market), now_or_never."""
        ref = request["ref"]
        if ref in self._orders:
            return
        error = self._error(request)
        if error:
            self._send({"event": "refused", "ref": ref, "error": error})
            return
        price = Decimal(request["price"]) if request["price"] else None
        order = _Order(
            ref, f"A{len(self._orders) + 1}", request["side"], request["symbol"],
            Decimal(request["size"]), price,
        )  # fmt: skip
        self._orders[ref] = order
        self._send({"event": "placed", "ref": ref, "number": order.number})
        self._match(order)
        if order.rest and (price is None or request["now_or_never"] == "yes"):
            self._end(order)

    def withdraw(self, request: Message) -> None:
        """Take a cancel request: ref, request."""
        order = self._orders.get(request["ref"])
        if order is None or not order.rest:
            self._send({"event": "kept", "ref": request["ref"], "request": request["request"]})
        else:
            self._end(order)

    def look_up(self, ref: str) -> Message | None:
        """Return an order: number, rest, done."""
        order = self._orders.get(ref)
        if order is None:
            return None
        return {"number": order.number, "rest": str(order.rest), "done": str(order.done)}

    def shut(self) -> None:
        """Refuse every later order."""
        self._open = False

    def _error(self, request: Message) -> str:
        if not self._open:
            return "5"
        if request["symbol"] not in self._touch:
            return "4"
        if Decimal(request["size"]) % Decimal(request["lot"]) or Decimal(request["size"]) <= 0:
            return "2"
        if request["price"] and Decimal(request["price"]) % Decimal(request["tick"]):
            return "1"
        return ""

    def _match(self, order: _Order) -> None:
        bid, ask = self._touch[order.symbol]
        touch = ask if order.side == "buy" else bid
        takes = touch and (
            order.price is None
            or (touch <= order.price if order.side == "buy" else touch >= order.price)
        )
        if order.rest and takes:
            size, order.rest = order.rest, Decimal(0)
            order.done += size
            self._trades += 1
            self._send({
                "event": "traded", "ref": order.ref, "number": order.number,
                "trade": f"T{self._trades}", "size": str(size), "price": str(touch),
            })  # fmt: skip

    def _end(self, order: _Order) -> None:
        order.rest = Decimal(0)
        self._send({"event": "gone", "ref": order.ref})
