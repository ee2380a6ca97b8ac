"""A strategy that asks for trouble: orders of every kind, amended and canceled at random.

Chance comes from its settings' seed and the number of what it does, which it saves; so a restart
goes on where its state was saved last. `brackets` holds one bracket at a time, so that its account
must be protected whenever it is not flat; `orders` sends everything else.
"""

from random import Random
from typing import Annotated, Literal

import msgspec

from hexdesk.domain.market import Quote
from hexdesk.domain.reports import Fill
from hexdesk.domain.values import (
    BUY,
    FOK,
    GTC,
    IOC,
    LIMIT,
    MARKET,
    SELL,
    STOP_MARKET,
    TRAILING_STOP,
    QtyRaw,
    Side,
)
from hexdesk.plugin import (
    CONTRACT_VERSION,
    Strategy,
    StrategyContext,
    StrategyRegistration,
    hookimpl,
)
from hexdesk.ports.strategy import OrderView

NAME = "chaos_disorder"
OPEN_MAX = 8
CANCEL_SHARE = 0.03
"""Of the looks at a bracket's entry that rests: those that cancel it."""
RESTING_SHARE = 0.6
"""Of orders that could as well take what is there."""
TARGET_SHARE = 0.7
"""Of brackets that have a target besides their stop."""
DISTURB_SHARE = 0.35
"""Of actions: an order is amended or canceled rather than one sent."""
PAIR_SHARE = 0.15
"""Of actions: a pair is sent."""
LINKED = "linked"
"""Tag of orders that the desk keeps together: their quantities are its own."""


class DisorderSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much trouble.

    Attributes:
        play: One bracket at a time, or all kinds of orders.
        seed: Of all it does.
        rate: Share of quotes at which it does something.
        lots_max: Largest order, in lots.
        position_lots_max: Beyond it orders only shrink the position.
    """

    play: Literal["brackets", "orders"]
    seed: int = 1
    rate: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5
    lots_max: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 20
    position_lots_max: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 200


class Saved(msgspec.Struct, frozen=True):
    """What survives a restart; see `Disorder`."""

    count: int
    filled: int
    entry_id: str


class Disorder(Strategy):
    """Acts on one quote out of some.

    Attributes:
        count: Quotes looked at, over all lives as far as they were saved.
        filled: Executions heard of, the same.
        entry_id: Of the latest bracket.
    """

    def __init__(self, context: StrategyContext, settings: DisorderSettings) -> None:
        super().__init__(context)
        self._settings = settings
        self.count = 0
        self.filled = 0
        self.entry_id = ""

    def on_quote(self, quote: Quote) -> None:
        """Do something, or nothing."""
        self.count += 1
        chance = Random(f"{self._settings.seed}:{self.count}")
        if not (quote.bid_price and quote.ask_price) or chance.random() >= self._settings.rate:
            return
        if self._settings.play == "brackets":
            self._bracket(quote, chance)
        else:
            self._order(quote, chance)

    def on_fill(self, fill: Fill) -> None:
        """Count it: after it the state is saved."""
        self.filled += 1

    def save_state(self) -> dict[str, object]:
        """Return how far it is."""
        return {"count": self.count, "filled": self.filled, "entry_id": self.entry_id}

    def restore_state(self, state: dict[str, object], version: int) -> None:
        """Go on counting."""
        saved = msgspec.convert(state, Saved)
        self.count, self.filled, self.entry_id = saved.count, saved.filled, saved.entry_id

    # --- one bracket at a time -----------------------------------------------------------------

    def _bracket(self, quote: Quote, chance: Random) -> None:
        context, instrument_id = self.context, quote.instrument_id
        if context.open_orders(instrument_id):
            entry = context.order(self.entry_id)
            may_cancel = entry is not None and not entry.cum_qty and chance.random() < CANCEL_SHARE
            if may_cancel:
                context.cancel(self.entry_id)
            return
        if context.position_quantity(instrument_id):
            return
        tick = context.instrument(instrument_id).tick_at(quote.bid_price)
        side = chance.choice((BUY, SELL))
        touch = quote.ask_price if side is BUY else quote.bid_price
        rests, has_target = chance.random() < RESTING_SHARE, chance.random() < TARGET_SHARE
        price = touch - side * chance.randint(-5, 20) * tick if rests else touch
        stop, target = (side * chance.randint(5, 60) * tick for _ in range(2))
        self.entry_id = context.submit_bracket(
            instrument_id,
            side,
            self._lots(instrument_id, chance),
            entry_price=price if rests else 0,
            stop_price=price - stop,
            target_price=price + target if has_target else 0,
            tag=LINKED,
        ).entry

    # --- everything else -----------------------------------------------------------------------

    def _order(self, quote: Quote, chance: Random) -> None:
        orders = self.context.open_orders(quote.instrument_id)
        draw = chance.random()
        if orders and (draw < DISTURB_SHARE or len(orders) >= OPEN_MAX):
            self._disturb(chance.choice(orders), quote, chance)
        elif draw < DISTURB_SHARE + PAIR_SHARE:
            self._linked_pair(quote, chance)
        else:
            self._single(quote, chance)

    def _disturb(self, order: OrderView, quote: Quote, chance: Random) -> None:
        tick = self.context.instrument(quote.instrument_id).tick_at(quote.bid_price)
        if order.order_type is not LIMIT or chance.randrange(2):
            self.context.cancel(order.client_order_id)
            return
        quantity = 0
        if order.tag != LINKED and chance.randrange(2):
            quantity = order.cum_qty + self._lots(quote.instrument_id, chance)
        price = quote.bid_price if order.side is BUY else quote.ask_price
        price -= order.side * chance.randint(-2, 20) * tick
        self.context.amend(order.client_order_id, quantity=quantity, price=price)

    def _linked_pair(self, quote: Quote, chance: Random) -> None:
        instrument_id = quote.instrument_id
        tick = self.context.instrument(instrument_id).tick_at(quote.bid_price)
        side = self._side(instrument_id, chance)
        touch = quote.ask_price if side is BUY else quote.bid_price
        self.context.submit_oco(
            instrument_id,
            side,
            self._lots(instrument_id, chance),
            limit_price=touch - side * chance.randint(3, 30) * tick,
            stop_price=touch + side * chance.randint(3, 30) * tick,
            tag=LINKED,
        )

    def _single(self, quote: Quote, chance: Random) -> None:
        instrument_id = quote.instrument_id
        tick = self.context.instrument(instrument_id).tick_at(quote.bid_price)
        side = self._side(instrument_id, chance)
        quantity = self._lots(instrument_id, chance)
        touch = quote.ask_price if side is BUY else quote.bid_price
        away = side * chance.randint(1, 30) * tick
        submit = self.context.submit
        kind = chance.choice((LIMIT, LIMIT, LIMIT, MARKET, STOP_MARKET, TRAILING_STOP))
        if kind is STOP_MARKET:
            submit(instrument_id, side, quantity, kind, trigger_price=touch + away)
        elif kind is TRAILING_STOP:
            submit(instrument_id, side, quantity, kind, trailing_offset=abs(away))
        elif kind is MARKET:
            submit(instrument_id, side, quantity)
        else:
            force = chance.choice((GTC, GTC, GTC, IOC, FOK))
            submit(
                instrument_id,
                side,
                quantity,
                LIMIT,
                touch - away if chance.random() < RESTING_SHARE else touch,
                time_in_force=force,
                post_only=force is GTC and not chance.randrange(3),
            )

    def _side(self, instrument_id: str, chance: Random) -> Side:
        """Return a side; against the position where that is large."""
        held = self.context.position_quantity(instrument_id)
        lot = self.context.instrument(instrument_id).lot
        if abs(held) > self._settings.position_lots_max * lot:
            return SELL if held > 0 else BUY
        return chance.choice((BUY, SELL))

    def _lots(self, instrument_id: str, chance: Random) -> QtyRaw:
        lots = chance.randint(1, self._settings.lots_max)
        return lots * self.context.instrument(instrument_id).lot


@hookimpl
def hexdesk_strategies() -> list[StrategyRegistration]:
    """Offer it, where a folder on the path says that it is installed (`site`)."""
    return [
        StrategyRegistration(
            name=NAME,
            summary="Orders of every kind at random, for `hexdesk chaos`",
            settings=DisorderSettings,
            factory=Disorder,
            contract=CONTRACT_VERSION,
            example_settings={"play": "orders"},
        )
    ]
