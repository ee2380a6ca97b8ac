"""What a risk rule sees of an order, and how it is tried before it is trusted.

A rule about orders is a pure function of numbers: it never meets a ledger, a clock or a broker, so
that a case for it can be written down. A plugin adds rules with the hook `hexdesk_risk_rules`.

Money is at `money_scale` of the account's settlement currency, quantities at `quantity_scale`,
ratios at `RATE_SCALE`. Everything is counted at worst: with all that works filled, and with the
order that is asked about.
"""

from typing import Protocol

import msgspec

from hexdesk.domain.risk import Verdict
from hexdesk.domain.values import BUY, LIMIT, MoneyRaw, OrderType, PriceRaw, QtyRaw, Side

NONE = -1
"""There is no such thing: no stop, no quote, no earlier order."""


class OrderCase(Protocol):
    """One order that may grow a position, and what it would lead to.

    Orders that only reduce are asked about by `close_lock` alone, where somebody switched it on.

    Attributes:
        side: FIX 54.
        order_type: FIX 40.
        price: What it is valued at.
        quantity: What can still be filled of it.
        quantity_scale: Decimals of quantities.
        money_scale: Decimals of money.
        value: Price times quantity.
        reserve: Margin and fee that it binds.
        held: Position of the strategy before it, signed.
        equity: Of the account, in the settlement currency, with open positions.
        gross: Values of all positions of the account, long and short added.
        net: The same, long and short set off, without sign.
        desk_equity: Of all accounts, in the currency of their sum; likewise the next.
        desk_gross: Values of all their positions, long and short added.
        unvalued: Why those two are unknown: a currency without a rate, or with an old one; else
            empty.
        symbol_value: Value of the account's position in the instrument.
        symbol_quantity: Quantity of it, all strategies.
        position_count: Instruments and strategies in which anything is held or works.
        strategy_gross: Values of all positions of the strategy.
        strategy_equity: Its capital with its result, or the account's equity if it has no capital.
        available: What its capital still lets it bind; `NONE` without capital.
        stop_distance: Loss at its protective stop, as money; `NONE` without a stop.
        target_distance: Gain at its target, as money; `NONE` without one.
        quote_age_ns: Since the latest quote; `NONE` without one.
        is_crossed: Whether the latest quote's bid is above its ask.
        crosses_own: Whether it would trade with an order of the same account.
        equal_open: Open orders of the strategy with the same terms.
        entry_gap_ns: Since the strategy's latest growing order here; `NONE` before the first.
        messages: Requests to the venue within a minute, this one included.
        unanswered_close_ns: Since the strategy sent another order of this side here of which the
            venue has said nothing yet; `NONE` without one.
    """

    @property
    def side(self) -> Side: ...  # noqa: D102 - see the class
    @property
    def order_type(self) -> OrderType: ...  # noqa: D102
    @property
    def price(self) -> PriceRaw: ...  # noqa: D102
    @property
    def quantity(self) -> QtyRaw: ...  # noqa: D102
    @property
    def quantity_scale(self) -> int: ...  # noqa: D102
    @property
    def money_scale(self) -> int: ...  # noqa: D102
    @property
    def value(self) -> MoneyRaw: ...  # noqa: D102
    @property
    def reserve(self) -> MoneyRaw: ...  # noqa: D102
    @property
    def held(self) -> QtyRaw: ...  # noqa: D102
    @property
    def equity(self) -> MoneyRaw: ...  # noqa: D102
    @property
    def gross(self) -> MoneyRaw: ...  # noqa: D102
    @property
    def net(self) -> MoneyRaw: ...  # noqa: D102
    @property
    def desk_equity(self) -> MoneyRaw: ...  # noqa: D102
    @property
    def desk_gross(self) -> MoneyRaw: ...  # noqa: D102
    @property
    def unvalued(self) -> str: ...  # noqa: D102
    @property
    def symbol_value(self) -> MoneyRaw: ...  # noqa: D102
    @property
    def symbol_quantity(self) -> QtyRaw: ...  # noqa: D102
    @property
    def position_count(self) -> int: ...  # noqa: D102
    @property
    def strategy_gross(self) -> MoneyRaw: ...  # noqa: D102
    @property
    def strategy_equity(self) -> MoneyRaw: ...  # noqa: D102
    @property
    def available(self) -> MoneyRaw: ...  # noqa: D102
    @property
    def stop_distance(self) -> MoneyRaw: ...  # noqa: D102
    @property
    def target_distance(self) -> MoneyRaw: ...  # noqa: D102
    @property
    def quote_age_ns(self) -> int: ...  # noqa: D102
    @property
    def is_crossed(self) -> bool: ...  # noqa: D102
    @property
    def crosses_own(self) -> bool: ...  # noqa: D102
    @property
    def equal_open(self) -> int: ...  # noqa: D102
    @property
    def entry_gap_ns(self) -> int: ...  # noqa: D102
    @property
    def messages(self) -> int: ...  # noqa: D102
    @property
    def unanswered_close_ns(self) -> int: ...  # noqa: D102


class WrittenCase(msgspec.Struct, frozen=True, kw_only=True):
    """An `OrderCase` that somebody wrote down: for self-tests, and for tests of rules.

    By default all is well: one unit at a price of one, flat, and plenty of everything.
    """

    side: Side = BUY
    order_type: OrderType = LIMIT
    price: PriceRaw = 1
    quantity: QtyRaw = 1
    quantity_scale: int = 0
    money_scale: int = 0
    value: MoneyRaw = 1
    reserve: MoneyRaw = 1
    held: QtyRaw = 0
    equity: MoneyRaw = 10**30
    gross: MoneyRaw = 1
    net: MoneyRaw = 1
    desk_equity: MoneyRaw = 10**30
    desk_gross: MoneyRaw = 1
    unvalued: str = ""
    symbol_value: MoneyRaw = 1
    symbol_quantity: QtyRaw = 1
    position_count: int = 1
    strategy_gross: MoneyRaw = 1
    strategy_equity: MoneyRaw = 10**30
    available: MoneyRaw = NONE
    stop_distance: MoneyRaw = NONE
    target_distance: MoneyRaw = NONE
    quote_age_ns: int = 0
    is_crossed: bool = False
    crosses_own: bool = False
    equal_open: int = 0
    entry_gap_ns: int = NONE
    messages: int = 1
    unanswered_close_ns: int = NONE


class Edge(msgspec.Struct, frozen=True):
    """Two cases on both sides of a limit: the first must pass, the second must not."""

    inside: WrittenCase
    beyond: WrittenCase


class OrderRule(Protocol):
    """A rule about single orders; what it says depends on the case alone.

    Attributes:
        name: Of the rule.
        code: Its reason code.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def code(self) -> str: ...  # noqa: D102

    def check(self, case: OrderCase, /) -> Verdict | None:
        """Return why an order must not leave, or None."""
        ...

    def edges(self) -> tuple[Edge, ...]:
        """Return cases just inside and just beyond each of its limits, from its own settings."""
        ...
